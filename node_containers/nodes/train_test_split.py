"""Split a table into training and test rows."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from node_containers.columns import column_type
from node_containers.repeats import Repeats, all_together, find_repeats, none_together
from node_containers.rows import need_columns
from node_containers.sdk import (
    AnyTable,
    Context,
    NodeError,
    NodeParams,
    TestRows,
    TrainRows,
    ValidationRows,
    advanced,
    column,
    node,
    target,
)
from node_containers.splitting import groups_across, groups_of, hold_out, latest


class Params(NodeParams):
    test_size: float = Field(0.25, gt=0, lt=1, title="Test share", description="Share of the rows that is kept for testing.")
    random_state: int = Field(42, ge=0, le=2**32 - 1, title="Seed", description="The same seed gives the same split.")
    shuffle: bool = Field(True, title="Shuffle", description="Off: the last rows become the test rows, as for data in order of time.")
    stratify: str | None = column(None, title="Stratify by", description="Keep the shares of this column's values equal in both parts.")
    group_column: str | None = column(
        None, title="Keep together", description="Rows with the same value here, such as a patient or a shop, stay on one side."
    )
    time_column: str | None = column(
        None, title="Time", description="The latest rows by this column become the test rows, as they will in life."
    )
    equal_rows: Literal["auto", "together", "apart"] = advanced(
        "auto",
        title="Equal rows",
        description="Rows with the same features. Auto: copies of a row stay on one side, rows that chance made alike do not. Together: all of them stay. "
        "Apart: each row counts as an observation of its own.",
    )
    target: str | None = target(
        title="Target", description="The column that is no feature when rows are compared; filled in from the models behind the split."
    )
    validation_size: float = advanced(
        0.0, ge=0, lt=1, title="Validation share", description="Share of the rows for a third part, to compare models on before the test."
    )


class Outputs(NamedTuple):
    train: TrainRows
    test: TestRows
    validation: ValidationRows


@node(title="Split", group="Prepare", family="split", icon="arrows-split", columns="same")
def train_test_split(table: AnyTable, params: Params, context: Context) -> Outputs:
    """Split rows into a training part and a test part; copies of a row always stay together, and so do the rows of a group.

    A row that occurs twice would otherwise be learned in one part and scored in the other. In a table of few different values rows are equal without being
    copies: where their values are so common that chance brings them together, they are split like any others, and the node says how many. Where nothing is
    tied together, the split is the one of scikit-learn's train_test_split with the same seed. By time, the latest rows are the test rows. A validation part,
    if there is one, is taken from what the test leaves, in the same way.
    """
    _check(table, params)
    table = _timed(table, params, context)
    seen = table.view
    repeats = _repeats(seen, params.target or table.target, params.equal_rows)
    if words := repeats.said("on one side of the split"):
        context.warn(*words)
    codes = repeats.codes if params.group_column is None else groups_of(seen[params.group_column])
    train, test = _parted(seen, codes, params.test_size, params)
    validation = np.empty(0, dtype=int)
    if params.validation_size:
        share = params.validation_size / (1 - params.test_size)
        stay, held = _parted(seen.iloc[train], codes[train], share, params)
        train, validation = train[stay], train[held]
    if params.group_column is None:
        _say_groups(seen, np.isin(np.arange(len(seen)), test), context)
    parts = {"training": train, "test": test, "validation": validation}
    context.summary = ", ".join(f"{len(rows):,} {name} rows" for name, rows in parts.items() if len(rows))
    return Outputs(_part(table, train, "train"), _part(table, test, "test"), _part(table, validation, "validation"))


def _check(table: AnyTable, params: Params) -> None:
    for name in ("stratify", "group_column", "time_column"):
        need_columns(table, [getattr(params, name)] if getattr(params, name) else [], f"params.{name}")
    if params.test_size + params.validation_size >= 1:
        message = f"Test and validation take {params.test_size + params.validation_size:g} of the rows: none is left to learn from."
        raise NodeError("split-too-large", message, field="params.validation_size", hint="Take smaller shares.")
    if params.time_column and (params.group_column or params.stratify):
        other = "group_column" if params.group_column else "stratify"
        message = "A split by time can neither keep groups together nor stratify."
        raise NodeError("split-two-ways", message, field=f"params.{other}", hint="Choose one way of splitting.")
    if params.stratify and params.group_column:
        message = "Groups that stay together cannot be stratified."
        raise NodeError("split-two-ways", message, field="params.stratify", hint="Leave one of them open.")
    if params.stratify and not params.shuffle:
        raise NodeError(
            "stratify-needs-shuffle", "Rows in order cannot be stratified.", field="params.shuffle", hint="Switch shuffling on."
        )


def _timed(table: AnyTable, params: Params, context: Context) -> AnyTable:
    """Only rows that have a time can be put before or behind another."""
    if params.time_column is None:
        return table
    times = table.view[params.time_column]
    if column_type(times) not in ("datetime", "integer", "number"):
        message = f"“{params.time_column}” holds {column_type(times)}, which has no order of time."
        raise NodeError("column-type", message, field="params.time_column", hint="Change its type to datetime first.")
    context.drop(f"no time in “{params.time_column}”", table.view[times.isna()])
    return table.with_frame(table.frame[times.notna().to_numpy()].reset_index(drop=True))


def _parted(seen: pd.DataFrame, codes: np.ndarray, share: float, params: Params) -> tuple[np.ndarray, np.ndarray]:
    if params.time_column:
        return latest(seen[params.time_column], share)
    grouped = params.group_column is not None
    return hold_out(codes, share, params.random_state, params.shuffle, _strata(seen, codes, params), grouped)


def _strata(seen: pd.DataFrame, codes: np.ndarray, params: Params) -> pd.Series | None:
    if params.stratify is None:
        return None
    labels = seen[params.stratify].astype("str").fillna("")
    counts = labels[~pd.Series(codes, index=labels.index).duplicated()].value_counts()
    if counts.min() < 2:
        message = f"The class “{counts.idxmin()}” of “{params.stratify}” has {counts.min()} row; stratifying needs two of each."
        raise NodeError("stratify-too-few", message, field="params.stratify", hint="Split without stratifying, or merge rare classes.")
    return labels


def _repeats(seen: pd.DataFrame, target: str | None, equal_rows: str) -> Repeats:
    answer = seen[target] if target in seen.columns else None
    features = seen if answer is None else seen.drop(columns=target)
    if equal_rows == "auto":
        return find_repeats(features, answer)
    return all_together(features) if equal_rows == "together" else none_together(features)


def _say_groups(seen: pd.DataFrame, test: np.ndarray, context: Context) -> None:
    found = groups_across(seen, test)
    if found:
        name, both, groups, same = found
        context.warn(
            "groups-across-split",
            f"{both:,} of {groups:,} values of “{name}” lie on both sides of the split, and {', '.join(same[:3])} hardly change within one: "
            f"the model may know the test rows already. Keep them together by “{name}”.",
        )


def _part(table: AnyTable, rows: np.ndarray, role: str) -> AnyTable:
    return table.with_frame(table.frame.iloc[rows].reset_index(drop=True)).with_role(role)
