"""What row nodes share: they look at a table as people see it, and take rows out of it with a reason."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from node_containers.columns import column_type
from node_containers.sdk import Context, NodeError, Table
from node_containers.steps import BALANCE, STEPS


def keep(table: Table, mask: Any, context: Context, reason: str) -> Table:
    """The rows where `mask` holds; the others go into the ledger. The recipe stays with them."""
    kept = np.asarray(mask, dtype=bool)
    context.drop(reason, table.view[~kept])
    return table if kept.all() else table.with_frame(table.frame[kept].reset_index(drop=True))


def told(table: Table, before: int, context: Context) -> Table:
    """Say how many rows are left; refuse a table without any, naming the node's own field."""
    if before and not table.rows:
        message = f"None of {before:,} rows is left."
        raise NodeError("data-no-rows", message, field="params", hint="Loosen the rule; the ledger shows what it took out.")
    context.summary = f"{table.rows:,} of {before:,} rows"
    return table


def need_columns(table: Table, names: Iterable[str], field: str) -> None:
    """Raise `NodeError` column-unknown for the first name that the table does not have."""
    known = [str(name) for name in table.view.columns]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean “{near[0]}”?" if near else f"Columns: {', '.join(known[:12])}."
            raise NodeError("column-unknown", f"There is no column “{name}”.", field=field, hint=hint)


def rebuilt(table: Table, frame: pd.DataFrame) -> Table:
    """A table of other rows: it has no recipe yet, and the target only if that is still among its columns."""
    target = table.target if table.target in frame.columns else None
    return Table(frame.reset_index(drop=True), (), table.role, target)


def plain(table: Table, what: str) -> pd.DataFrame:
    """The rows behind the steps that learn nothing, for a node that makes other rows of them. Raises `NodeError` row-after-learned where a step learns."""
    learned = [one["step"] for one in table.recipe if one["step"] == BALANCE or STEPS[one["step"]].learns]
    if learned:
        message = f"{what} makes new rows, but “{learned[0]}” before it waits for a model to learn from the old ones."
        raise NodeError("row-after-learned", message, field="table", hint=f"Put {what} before that node.")
    return table.view


def as_kind(series: pd.Series, kind: str) -> pd.Series:
    """A column in the type it was declared to have; whole numbers and truths stay so beside empty cells."""
    if column_type(series) == kind:
        return series
    if kind == "text":
        return pd.Series([None if pd.isna(cell) else str(cell) for cell in series], index=series.index, dtype="str")
    if kind == "integer":
        return series.astype("Int64") if series.isna().any() else series.astype("int64")
    if kind == "boolean":
        return series.astype("boolean") if series.isna().any() else series.astype("bool")
    return series.astype("float64")


def common_kind(kinds: Iterable[str]) -> str:
    """The type that holds all of these: numbers mix with whole numbers, anything else that differs becomes text."""
    found = set(kinds)
    return next(iter(found)) if len(found) == 1 else "number" if found == {"integer", "number"} else "text"


def taken(series: pd.Series, places: np.ndarray) -> pd.Series:
    """The cells at these places; -1 gives an empty cell and never changes the type."""
    if (places < 0).any():
        nullable: Any = {"integer": "Int64", "boolean": "boolean"}.get(column_type(series), series.dtype)
        series = series.astype(nullable)
    return series.reset_index(drop=True).reindex(places).reset_index(drop=True)
