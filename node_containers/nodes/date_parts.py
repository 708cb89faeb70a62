"""Numbers from a date."""

from typing import Any, Literal

from pydantic import Field

from node_containers.appending import apply_now
from node_containers.formula import days
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, column, node
from node_containers.steps.stateless import USUAL_PARTS

Part = Literal[
    "year", "quarter", "month", "week", "day", "dayofweek", "dayofyear", "hour", "minute", "is_weekend", "is_month_start", "is_month_end", "elapsed_days"
]  # fmt: skip
FLOW: list[dict[str, Any]] = [
    {"op": "add", "names": ["{column}_{parts}"], "type": "integer"},
    {"op": "drop", "param": "column", "when": {"drop": True}},
]

BEGINNING = column(title="Since the date in", description="For elapsed_days: another column of dates, to count from that of the same row.")


class Params(NodeParams):
    column: str | None = column(title="Column", description="A column of dates or instants.")
    parts: list[Part] = Field(
        [*USUAL_PARTS],
        min_length=1,
        max_length=13,
        title="Parts",
        description="What to take from it; dayofweek counts from Monday, 0, and elapsed_days from 1970 where nothing else is said.",
    )
    drop: bool = Field(True, title="Drop the date", description="Leave the date itself out of the features.")
    since: str | None = Field(
        None,
        min_length=8,
        max_length=40,
        title="Since",
        description="For elapsed_days: the day or moment they count from, UTC, such as 2026-01-31.",
    )
    since_column: str | None = BEGINNING


@node(title="Date parts", group="Features", family="feature", icon="calendar", columns=FLOW)
def date_parts(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Take whole numbers from a date: year, month, day, day of the week and so on, named column_part.

    Days can be counted since a date, or since the date in another column: how long an order took, how old a customer was. Before it they are negative.
    A step of the recipe: nothing is learned, and it is applied again at serving.
    """
    if params.column is None:
        raise NodeError("columns-missing", "No column is chosen.", field="params.column", hint="Choose a column of dates.")
    need_columns(table, [params.column], "params.column")
    need_columns(table, [params.since_column] if params.since_column else (), "params.since_column")
    words = {"column": params.column, "parts": list(params.parts), "drop": params.drop}
    return apply_now(table, context, "date_parts", **words, **_start(params))


def _start(params: Params) -> dict[str, str]:
    """What elapsed days count from, where that is not 1970."""
    given = {name: value for name in ("since", "since_column") if (value := getattr(params, name)) is not None}
    if given and "elapsed_days" not in params.parts:
        message = "Nothing is counted since a date: elapsed_days is not among the parts."
        raise NodeError("param-range", message, field="params.parts", hint="Add elapsed_days, or leave “since” open.")
    if len(given) > 1:
        message = "Elapsed days count from a date, or from the date in a column; both are named."
        raise NodeError("param-range", message, field="params.since", hint="Leave one of them open.")
    if params.since is not None:
        try:
            days(params.since)
        except (ValueError, OverflowError) as wrong:
            message = f"“{params.since}” is no date."
            raise NodeError("date-unknown", message, field="params.since", hint="Write 2026-01-31, or 2026-01-31T08:00.") from wrong
    return given
