"""Split a table into training and test rows."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field
from sklearn.model_selection import train_test_split as split_at_random

from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, TestRows, TrainRows, column, node


class Params(NodeParams):
    test_size: float = Field(0.25, gt=0, lt=1, title="Test share", description="Share of the rows that is kept for testing.")
    random_state: int = Field(42, ge=0, le=2**32 - 1, title="Seed", description="The same seed gives the same split.")
    shuffle: bool = Field(True, title="Shuffle", description="Off: the last rows become the test rows, as for data in order of time.")
    stratify: str | None = column(None, title="Stratify by", description="Keep the shares of this column's values equal in both parts.")


class Outputs(NamedTuple):
    train: TrainRows
    test: TestRows


@node(title="Split", group="Prepare", family="split", icon="arrows-split", columns="same")
def train_test_split(table: AnyTable, params: Params, context: Context) -> Outputs:
    """Split rows into a training part and a test part; equal rows always stay together.

    A row that occurs twice would otherwise be learned in one part and scored in the other. Where no row occurs twice, the split is the one of
    scikit-learn's train_test_split with the same seed.
    """
    frame = table.frame
    # First occurrences in order, so that a table without duplicates is split exactly as scikit-learn would.
    groups, firsts = pd.factorize(pd.util.hash_pandas_object(frame, index=False).to_numpy())
    if len(firsts) < len(frame):
        twins = len(frame) - len(firsts)
        context.warn("duplicate-rows", f"{twins:,} of {len(frame):,} rows repeat another row; equal rows stay on one side of the split.")
    first_rows = frame.loc[~pd.Series(groups, index=frame.index).duplicated()]
    train, test = _split_groups(first_rows, params)
    in_test = np.isin(groups, test)
    context.summary = f"{int((~in_test).sum()):,} training rows, {int(in_test.sum()):,} test rows"
    if len(firsts) == len(frame):
        return Outputs(_part(table, train, "train"), _part(table, test, "test"))
    return Outputs(_part(table, np.flatnonzero(~in_test), "train"), _part(table, np.flatnonzero(in_test), "test"))


def _part(table: AnyTable, rows: np.ndarray, role: str) -> AnyTable:
    return table.with_frame(table.frame.iloc[rows].reset_index(drop=True)).with_role(role)


def _split_groups(rows: pd.DataFrame, params: Params) -> tuple[np.ndarray, np.ndarray]:
    labels = _strata(rows, params)
    try:
        train, test = split_at_random(
            np.arange(len(rows)),
            test_size=params.test_size,
            random_state=params.random_state if params.shuffle else None,
            shuffle=params.shuffle,
            stratify=labels,
        )
    except ValueError as wrong:
        message = f"{len(rows)} different rows cannot be split with a test share of {params.test_size}: {wrong}"
        raise NodeError("split-too-small", message, field="params.test_size", hint="Take more rows or another share.") from wrong
    return train, test


def _strata(rows: pd.DataFrame, params: Params) -> pd.Series | None:
    if params.stratify is None:
        return None
    if params.stratify not in rows.columns:
        message = f"There is no column “{params.stratify}” to stratify by."
        raise NodeError("column-unknown", message, field="params.stratify", hint=f"Columns: {', '.join(map(str, rows.columns[:12]))}.")
    if not params.shuffle:
        raise NodeError(
            "stratify-needs-shuffle", "Rows in order cannot be stratified.", field="params.shuffle", hint="Switch shuffling on."
        )
    labels = rows[params.stratify].astype("str").fillna("")
    counts = labels.value_counts()
    if counts.min() < 2:
        message = f"The class “{counts.idxmin()}” of “{params.stratify}” has {counts.min()} row; stratifying needs two of each."
        raise NodeError("stratify-too-few", message, field="params.stratify", hint="Split without stratifying, or merge rare classes.")
    return labels
