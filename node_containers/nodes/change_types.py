"""Read columns as another type."""

from typing import Any, Literal

import pandas as pd
from pydantic import Field

from node_containers.appending import apply_now
from node_containers.recipe import step
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, Table, advanced, column_map, node
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
    dayfirst: bool | None = advanced(
        None,
        title="Day first",
        description="Read 01/02/2026 as the first of February, or, off, as January the second; open: such dates are refused.",
    )
    utc: bool = advanced(
        True,
        title="In UTC",
        description="A time with a zone is given in UTC, where pandas has False; off, it keeps the hour that is written, and its zone is let go.",
    )


@node(title="Change types", group="Features", family="feature", icon="transform", columns=[{"op": "retype", "param": "dtype"}])
def change_types(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Read text as numbers, dates or truths, or anything as text.

    A step of the recipe: nothing is learned, and it is applied again at serving. A cell that cannot be read becomes empty there. A date that can be read
    twice is never guessed: 01/02/2026 needs “dayfirst” or a form, and 31/12/2026 is no date where the month comes first.
    """
    need_columns(table, params.dtype, "params.dtype")
    if not params.dtype:
        context.summary = "no type is changed yet"
        return table
    if params.format is not None and params.dayfirst is not None:
        hint = "Leave one of them open."
        raise NodeError("param-range", "The form of the dates says already where the day stands.", field="params.dayfirst", hint=hint)
    changed = view(table.view, [step("change_types", **_words(params))])
    for name in params.dtype:
        _tell_lost(table.view[name], changed[name], params, context)
    if not params.utc:
        _tell_zones(table, changed, params, context)
    return apply_now(table, context, "change_types", **_words(params))


def _words(params: Params) -> dict[str, Any]:
    """Those of the step; what stands at its default is left out."""
    words: dict[str, Any] = {"types": dict(params.dtype), "format": params.format}
    return words | ({} if params.dayfirst is None else {"dayfirst": params.dayfirst}) | ({} if params.utc else {"utc": False})


def _tell_lost(before: pd.Series, after: pd.Series, params: Params, context: Context) -> None:
    """Refuse cells that could not be read, or warn of them."""
    lost = after.isna() & before.notna()
    if not lost.any():
        return
    kind = params.dtype[str(before.name)]
    examples = ", ".join(f"“{str(cell)[:30]}”" for cell in before[lost].head(3))
    message = f"{int(lost.sum()):,} cells of “{before.name}” are no {kind}: {examples}."
    if params.errors == "raise":
        said = "Say how dates are written (dayfirst, or a format), make" if kind == "datetime" else "Make"
        raise NodeError(
            "cells-unreadable", message, field="params.dtype", hint=f"{said} them empty instead (coerce), or replace them first."
        )
    context.warn("cells-unreadable", f"{message} They are empty now.")


def _tell_zones(table: Table, changed: pd.DataFrame, params: Params, context: Context) -> None:
    """Warn where the hours that are kept are those of several zones."""
    in_utc = view(table.view, [step("change_types", **{**_words(params), "utc": True})])
    for name, kind in params.dtype.items():
        if kind == "datetime" and (changed[name] - in_utc[name]).nunique() > 1:
            message = f"“{name}” holds times of several zones; without them, an earlier time may stand behind a later one."
            context.warn("zones-mixed", message)
