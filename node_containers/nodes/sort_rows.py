"""Put rows in order."""

from typing import Literal

from pydantic import Field

from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, columns, node


class Params(NodeParams):
    by: list[str] = columns([], title="By", description="Columns to sort by, the most important first.")
    ascending: bool = Field(True, title="Ascending", description="Smallest first.")
    na_position: Literal["first", "last"] = advanced("last", title="Empty cells", description="Whether empty cells come first or last.")


@node(title="Sort", group="Rows", family="row", icon="sort-ascending", columns="same", reads="named")
def sort_rows(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Put the rows in order; rows that are equal in these columns stay in the order they had."""
    need_columns(table, params.by, "params.by")
    if not params.by:
        raise NodeError("columns-missing", "No column to sort by is named.", field="params.by", hint="Name one.")
    order = table.view.reset_index(drop=True).sort_values(
        params.by, ascending=params.ascending, na_position=params.na_position, kind="stable"
    )
    context.summary = f"{table.rows:,} rows by {', '.join(params.by)}"
    return table.with_frame(table.frame.iloc[order.index].reset_index(drop=True))
