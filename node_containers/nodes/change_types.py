"""Read columns as another type."""

from typing import Literal

from pydantic import Field

from node_containers.appending import apply_now
from node_containers.recipe import step
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, column_map, node
from node_containers.view import view

Kind = Literal["integer", "number", "text", "boolean", "datetime"]


class Params(NodeParams):
    dtype: dict[str, Kind] = column_map({}, title="Types", description="The new type of each column.")
    errors: Literal["raise", "coerce"] = Field(
        "raise",
        title="Unreadable cells",
        description="Refuse the table with examples, or make such cells empty; an endpoint makes them empty.",
    )
    format: str | None = advanced(
        None, max_length=60, title="Date format", description="How dates are written, such as %d.%m.%Y; open: as 2026-01-31 or with a time."
    )


@node(title="Change types", group="Features", family="feature", icon="transform", columns=[{"op": "retype", "param": "dtype"}])
def change_types(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Read text as numbers, dates or truths, or anything as text.

    A step of the recipe: nothing is learned, and it is applied again at serving. A cell that cannot be read becomes empty there.
    """
    need_columns(table, params.dtype, "params.dtype")
    if not params.dtype:
        context.summary = "no type is changed yet"
        return table
    changed = view(table.view, [step("change_types", types=dict(params.dtype), format=params.format)])
    for name in params.dtype:
        lost = changed[name].isna() & table.view[name].notna()
        if lost.any():
            examples = ", ".join(f"“{str(cell)[:30]}”" for cell in table.view[name][lost].head(3))
            message = f"{int(lost.sum()):,} cells of “{name}” are no {params.dtype[name]}: {examples}."
            if params.errors == "raise":
                raise NodeError(
                    "cells-unreadable", message, field="params.dtype", hint="Make them empty instead (coerce), or replace them first."
                )
            context.warn("cells-unreadable", f"{message} They are empty now.")
    return apply_now(table, context, "change_types", types=dict(params.dtype), format=params.format)
