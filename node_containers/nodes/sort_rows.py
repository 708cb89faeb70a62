"""Put rows in order."""

from typing import Annotated, Literal

from pydantic import Field

from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, columns, node

One = Annotated[bool, Field(title="Smallest first")]
Each = Annotated[list[bool], Field(title="Smallest first, column", min_length=1, max_length=1_000)]


class Params(NodeParams):
    by: list[str] = columns([], title="By", description="Columns to sort by, the most important first.")
    ascending: One | Each = Field(True, title="Ascending", description="Smallest first: one answer for all columns, or one for each.")
    na_position: Literal["first", "last"] = advanced("last", title="Empty cells", description="Whether empty cells come first or last.")


@node(title="Sort", group="Rows", family="row", icon="sort-ascending", columns="same", reads="named")
def sort_rows(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Put the rows in order; rows that are equal in these columns stay in the order they had."""
    need_columns(table, params.by, "params.by")
    if not params.by:
        raise NodeError("columns-missing", "No column to sort by is named.", field="params.by", hint="Name one.")
    if isinstance(params.ascending, list) and len(params.ascending) != len(params.by):
        message = f"There are {len(params.by)} columns to sort by, and {len(params.ascending)} answers to whether they ascend."
        raise NodeError("param-range", message, field="params.ascending", hint="Give one answer for each column, or one for all.")
    order = table.view.reset_index(drop=True).sort_values(
        params.by, ascending=params.ascending, na_position=params.na_position, kind="stable"
    )
    context.summary = f"{table.rows:,} rows by {', '.join(params.by)}"
    return table.with_frame(table.frame.iloc[order.index].reset_index(drop=True))
