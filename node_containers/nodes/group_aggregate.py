"""One row a group."""

from typing import Literal

import pandas as pd
from pydantic import Field

from node_containers.columns import column_type
from node_containers.rows import as_kind, need_columns, plain, rebuilt
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, column_map, columns, node

Function = Literal["count", "nunique", "sum", "mean", "median", "min", "max", "std", "var", "first", "last"]
NUMBERS_ONLY = ("sum", "mean", "median", "std", "var")
KINDS = {"count": "integer", "nunique": "integer", "mean": "number", "median": "number", "std": "number", "var": "number"}


class Params(NodeParams):
    by: list[str] = columns([], title="Group by", description="Rows with the same values here become one row.")
    aggs: dict[str, list[Function]] = column_map(
        {}, title="Aggregate", description="What to say of other columns: by column, a list of functions."
    )
    dropna: bool = Field(True, title="Drop empty groups", description="Leave out rows with an empty cell in a grouping column.")


@node(
    title="Group and aggregate",
    group="Rows",
    family="row",
    icon="stack-2",
    columns=[{"op": "group", "by": "by", "aggregate": "aggs"}],
    reads="all",
)
def group_aggregate(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Make one row of each group, with counts, sums, means and the like of its other columns, named column_function.

    Groups come in the order of their values. Aggregating the target and joining it back would tell every row the answer of the others: encode by target
    does that honestly.
    """
    frame = plain(table, "Group and aggregate")
    need_columns(table, params.by, "params.by")
    need_columns(table, params.aggs, "params.aggs")
    if not params.by or not params.aggs:
        where = "by" if not params.by else "aggs"
        raise NodeError("columns-missing", "Nothing to group by, or to say of the groups.", field=f"params.{where}", hint="Name columns.")
    known = frame[params.by].notna().all(axis=1)
    if params.dropna:
        context.drop("an empty cell in a grouping column", frame[~known])
        frame = frame[known]
    cells = {f"{name}_{how}": _said(frame, params.by, name, how) for name, functions in params.aggs.items() for how in functions}
    if len({*params.by, *cells}) < len(params.by) + len(cells):
        raise NodeError("column-exists", "Two columns would have one name.", field="params.aggs", hint="Rename the grouping column first.")
    found = pd.DataFrame(cells).reset_index()
    result = rebuilt(table, found.assign(**{name: as_kind(found[name], column_type(frame[name])) for name in params.by}))
    context.drop_count("gathered into the row of its group", len(frame) - result.rows)
    context.summary = f"{len(frame):,} rows in {result.rows:,} groups"
    return result


def _said(frame: pd.DataFrame, by: list[str], name: str, how: str) -> pd.Series:
    kind = column_type(frame[name])
    if how in NUMBERS_ONLY and kind not in ("integer", "number", "boolean"):
        message = f"“{name}” holds {kind}; {how} takes numbers."
        raise NodeError("column-type", message, field="params.aggs", hint="Count it, or take min, max, first or last.")
    column = frame[name].astype("Int64") if kind == "boolean" else frame[name]
    given = column.groupby([frame[key] for key in by], sort=True, dropna=False).agg(how)
    return as_kind(given, "integer" if how == "sum" and kind == "boolean" else KINDS.get(how, kind))
