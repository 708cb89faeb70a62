"""Numbers from a date."""

from typing import Any, Literal

from pydantic import Field

from node_containers.appending import apply_now
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, column, node

Part = Literal["year", "month", "day", "dayofweek", "dayofyear", "hour", "is_weekend", "elapsed_days"]
FLOW: list[dict[str, Any]] = [
    {"op": "add", "names": ["{column}_{parts}"], "type": "integer"},
    {"op": "drop", "param": "column", "when": {"drop": True}},
]


class Params(NodeParams):
    column: str | None = column(title="Column", description="A column of dates or instants.")
    parts: list[Part] = Field(
        ["year", "month", "day", "dayofweek"],
        min_length=1,
        max_length=8,
        title="Parts",
        description="What to take from it; dayofweek counts from Monday, 0, and elapsed_days from 1970.",
    )
    drop: bool = Field(True, title="Drop the date", description="Leave the date itself out of the features.")


@node(title="Date parts", group="Features", family="feature", icon="calendar", columns=FLOW)
def date_parts(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Take whole numbers from a date: year, month, day, day of the week and so on, named column_part.

    A step of the recipe: nothing is learned, and it is applied again at serving.
    """
    if params.column is None:
        raise NodeError("columns-missing", "No column is chosen.", field="params.column", hint="Choose a column of dates.")
    need_columns(table, [params.column], "params.column")
    return apply_now(table, context, "date_parts", column=params.column, parts=list(params.parts), drop=params.drop)
