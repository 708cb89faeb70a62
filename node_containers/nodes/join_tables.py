"""Join two tables on columns they share."""

from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, StringConstraints

from node_containers.columns import column_type
from node_containers.rows import need_columns, plain, rebuilt, taken
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, columns, columns_of, node

MAX_ROWS = 50_000_000
Suffix = Annotated[str, StringConstraints(max_length=40)]
INDICATOR = "_merge"
FLOW: list[dict[str, Any]] = [
    {"op": "join", "keys": "on", "other_keys": "right_on", "how": "how", "suffixes": "suffixes"},
    {"op": "add", "names": [INDICATOR], "type": "text", "when": {"indicator": True}},
]


class Params(NodeParams):
    how: Literal["left", "inner", "outer", "right"] = Field(
        "inner",
        title="Keep",
        description="“left” keeps rows without a match, “inner” only matches, “outer” all of both, “right” all of the right.",
    )
    on: list[str] = columns([], title="On", description="Columns of the first table whose values must be equal.")
    right_on: list[str] | None = columns_of("right", title="On, right", description="Their names in the right table; open: the same names.")
    suffixes: list[Suffix] = advanced(
        ["_x", "_y"], min_length=2, max_length=2, title="Suffixes", description="What tells apart other columns that both tables have."
    )
    indicator: bool = advanced(
        False,
        title="Say where from",
        description="Add the column “_merge”: both, left_only or right_only, by which table a row comes from.",
    )
    validate_: Literal["one_to_one", "one_to_many", "many_to_one"] | None = advanced(
        None, alias="validate", title="Validate", description="Refuse the join where keys repeat that should not."
    )


@node(title="Join", group="Rows", family="row", icon="arrows-join", columns=FLOW, reads="all", titles={"right": "Right table"})
def join_tables(table: AnyTable, right: AnyTable, params: Params, context: Context) -> SameRows:
    """Look up rows of a second table by columns that both share; an empty key matches nothing.

    Rows come in the order of the first table, then those that only the right table has. A row with several matches is repeated, and the ledger says how often.
    """
    left, other = plain(table, "Join"), plain(right, "Join")
    keys, other_keys = params.on, params.right_on or params.on
    _check_keys(table, right, keys, other_keys)
    pairs = _pairs(left[keys], other[other_keys], params)
    at_left, at_right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    lonely = np.setdiff1d(np.arange(len(left)), at_left)
    strange = np.setdiff1d(np.arange(len(other)), at_right)
    repeated = len(at_left) - len(np.unique(at_left))
    if params.how in ("left", "outer"):
        order = np.argsort(np.concatenate([at_left, lonely]), kind="stable")
        at_left, at_right = np.concatenate([at_left, lonely])[order], np.concatenate([at_right, np.full(len(lonely), -1)])[order]
    else:
        context.drop("no match in the right table", left.iloc[lonely])
    if params.how in ("right", "outer"):
        at_left, at_right = np.concatenate([at_left, np.full(len(strange), -1)]), np.concatenate([at_right, strange])
        context.add("rows of the right table without a match", len(strange))
    context.add("more than one match in the right table", repeated)
    context.metric("rows_without_match", float(len(lonely)))
    context.summary = f"{len(at_left):,} rows; {len(lonely):,} of {len(left):,} found no match"
    joined = _joined(left, other, at_left, at_right, keys, other_keys, params)
    return rebuilt(table, _indicated(joined, at_left, at_right) if params.indicator else joined)


def _indicated(joined: pd.DataFrame, at_left: np.ndarray, at_right: np.ndarray) -> pd.DataFrame:
    if INDICATOR in joined.columns:
        message = f"A table has a column “{INDICATOR}” already."
        raise NodeError("column-exists", message, field="params.indicator", hint="Rename it first, or leave this off.")
    words = np.select([at_left < 0, at_right < 0], ["right_only", "left_only"], "both")
    return joined.assign(**{INDICATOR: pd.array(words, dtype="str")})


def _check_keys(table: AnyTable, right: AnyTable, keys: list[str], other_keys: list[str]) -> None:
    if not keys or len(keys) != len(other_keys):
        message = "No column to join on is named." if not keys else f"{len(keys)} columns are joined with {len(other_keys)}."
        raise NodeError("columns-missing", message, field="params.on", hint="Name as many columns on both sides.")
    need_columns(table, keys, "params.on")
    need_columns(right, other_keys, "params.right_on")
    for key, other in zip(keys, other_keys, strict=True):
        kinds = column_type(table.view[key]), column_type(right.view[other])
        if kinds[0] != kinds[1] and set(kinds) != {"integer", "number"}:
            message = f"“{key}” holds {kinds[0]}, “{other}” {kinds[1]}: nothing would match."
            raise NodeError("join-types", message, field="params.on", hint="Change one of the types first.")


def _pairs(left: pd.DataFrame, right: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Places of matching rows, in the order of the left table."""
    names = [f"k{place}" for place in range(left.shape[1])]
    here = left.set_axis(names, axis=1).reset_index(drop=True).assign(left=np.arange(len(left))).dropna()
    there = right.set_axis(names, axis=1).reset_index(drop=True).assign(right=np.arange(len(right))).dropna()
    counts = there.groupby(names, sort=False).size().rename("n").reset_index()
    expected = int(here.merge(counts, on=names)["n"].sum()) if len(here) and len(there) else 0
    if expected > MAX_ROWS:
        message = f"The join would give {expected:,} rows; {MAX_ROWS:,} are allowed."
        raise NodeError("join-too-large", message, field="params.on", hint="Join on more columns, or drop duplicates before.")
    try:
        return here.merge(there, on=names, validate=params.validate_)[["left", "right"]]
    except pd.errors.MergeError as wrong:
        message = f"The keys do not go {str(params.validate_).replace('_', ' ')}: {str(wrong)[:200]}"
        raise NodeError("join-not-unique", message, field="params.validate", hint="Drop duplicates before, or allow more.") from wrong


def _joined(
    left: pd.DataFrame,
    right: pd.DataFrame,
    at_left: np.ndarray,
    at_right: np.ndarray,
    keys: list[str],
    other_keys: list[str],
    params: Params,
) -> pd.DataFrame:
    merged = {key: other for key, other in zip(keys, other_keys, strict=True) if key == other}
    clash = (set(left.columns) & set(right.columns)) - set(merged)
    cells: dict[str, pd.Series] = {}
    for name in left.columns:
        found = taken(left[name], at_left)
        if name in merged and (at_left < 0).any():
            found = found.where(pd.Series(at_left >= 0), taken(right[name], at_right))
        cells[name + (params.suffixes[0] if name in clash else "")] = found
    for name in right.columns:
        if name not in merged:
            cells[name + (params.suffixes[1] if name in clash else "")] = taken(right[name], at_right)
    if len(cells) < len(left.columns) + len(right.columns) - len(merged):
        raise NodeError("column-exists", "The suffixes make two columns of one name.", field="params.suffixes", hint="Choose others.")
    return pd.DataFrame(cells)
