"""A table as people see it: its rows behind the steps of its recipe that learn nothing, or behind all of them for display only."""

import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from node_containers.cells import Cells, Target, Working
from node_containers.columns import column_type
from node_containers.recipe import number_values, values_of
from node_containers.sdk import NodeError, Step, Table
from node_containers.steps import BALANCE, STEPS, action
from node_containers.steps.stateless import Drop, Rename

# Rows that a recipe is fitted on to show what it does, and columns that are shown.
DISPLAY_ROWS = 1_000
DISPLAY_COLUMNS = 500


def view(frame: pd.DataFrame, recipe: Sequence[Step]) -> pd.DataFrame:
    """The rows behind the stateless steps: what row nodes look at, and where the target is found. Columns no step touches stay exactly as they are."""
    for one in recipe:
        if one["step"] != BALANCE and not STEPS[one["step"]].learns:
            frame = _stepped(frame, action(one))
    return frame


def _stepped(frame: pd.DataFrame, doing: Any) -> pd.DataFrame:
    if isinstance(doing, Rename):
        return frame.rename(columns=dict(doing.names))
    if isinstance(doing, Drop):
        return frame.drop(columns=[name for name in doing.columns if name in frame.columns])
    before = cells_of(frame)
    working = Working(dict(before), len(frame))
    doing.apply(working)
    changed = {name: series_of(cells, name, frame.index) for name, cells in working.cells.items() if before.get(name) is not cells}
    return frame.drop(columns=[name for name in before if name not in working.cells]).assign(**changed)


def cells_of(frame: pd.DataFrame) -> dict[str, Cells]:
    """The columns as a recipe works on them."""
    return {
        str(name): Cells(kind := column_type(frame[name]), values_of(frame[name], kind), frozenset((str(name),))) for name in frame.columns
    }


def series_of(cells: Cells, name: str, index: Any = None) -> pd.Series:
    """A column in the types that tables hold: whole numbers and truths stay so beside empty cells."""
    values, missing = cells.values, cells.missing
    if cells.is_text:
        return pd.Series(values, index=index, name=name, dtype="str")
    if cells.kind == "integer" and not (np.abs(values[~missing]) < 2**63).all():
        return pd.Series(values, index=index, name=name, dtype="float64")
    if cells.kind == "datetime":
        micros = np.where(missing, 0, np.round(values * 86_400e6)).astype("int64").astype("datetime64[us]")
        return pd.Series(micros, index=index, name=name).mask(missing)
    if cells.kind not in ("integer", "boolean"):
        return pd.Series(values, index=index, name=name, dtype="float64")
    whole = np.where(missing, 0, values).astype("int64" if cells.kind == "integer" else "bool")
    if not missing.any():
        return pd.Series(whole, index=index, name=name)
    masked: Any = pd.arrays.IntegerArray if cells.kind == "integer" else pd.arrays.BooleanArray
    return pd.Series(masked(whole, missing), index=index, name=name)


def display(table: Table) -> tuple[pd.DataFrame, str]:
    """The first rows as the whole recipe would turn them, fitted on them for display only; and a sentence that says so."""
    whole = table.frame
    frame = whole.head(DISPLAY_ROWS).reset_index(drop=True)
    seen = view(frame, table.recipe)
    truth = seen[table.target] if table.target in seen.columns else None
    target = _target(truth)
    done, working = _go_on(whole, table, target) or (0, _features(frame, table.target))
    note = ""
    for one in table.recipe[done:]:
        if one["step"] == BALANCE:
            continue
        try:
            action(one).learn_apply(working, target)
        except (NodeError, ValueError) as wrong:
            note = f" From “{one['step']}” on it cannot be shown here: {wrong}"
            break
    else:
        _remember(whole, table, target, working)
    shown = pd.DataFrame(
        {label: series for name, cells in working.cells.items() for label, series in _series(name, cells)}, index=frame.index
    )
    shown = shown.iloc[:, :DISPLAY_COLUMNS]
    if truth is not None:
        shown = shown.assign(**{str(table.target): truth})
    return shown, f"The recipe, fitted on the first {len(frame):,} rows for display only; a model fits it on its training rows.{note}"


def _features(frame: pd.DataFrame, target: str | None) -> Working:
    return Working(cells_of(frame.drop(columns=[name for name in (target,) if name in frame.columns])), len(frame))


class _Shown(NamedTuple):
    """Where the last display ended: feature nodes hand the same rows on with a few steps more."""

    frame: "weakref.ref[pd.DataFrame]"
    name: str | None
    recipe: tuple[Step, ...]
    target: Target | None
    working: Working


_last: _Shown | None = None


def _remember(frame: pd.DataFrame, table: Table, target: Target | None, working: Working) -> None:
    global _last
    _last = _Shown(weakref.ref(frame), table.target, table.recipe, target, _copied(working))


def _go_on(frame: pd.DataFrame, table: Table, target: Target | None) -> tuple[int, Working] | None:
    """How many steps the last display has done already for this one, and the columns behind them."""
    last = _last
    if last is None or last.frame() is not frame or last.name != table.target or table.recipe[: len(last.recipe)] != last.recipe:
        return None
    # A step may change the target, too, for the steps before it.
    return (len(last.recipe), _copied(last.working)) if _same(last.target, target) else None


def _same(one: Target | None, other: Target | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.task == other.task and np.array_equal(one.y, other.y, equal_nan=True)


def _copied(working: Working) -> Working:
    copy = Working(dict(working.cells), working.rows)
    copy.alias = dict(working.alias)
    return copy


def _series(name: str, cells: Cells) -> list[tuple[str, pd.Series]]:
    if cells.values.ndim == 1:
        # Filled or scaled whole numbers are none any more.
        kind = "number" if cells.kind in ("integer", "boolean") and (cells.values % 1 != 0).any() else cells.kind
        return [(name, series_of(Cells(kind, cells.values), name))]
    return [(label, pd.Series(cells.values[:, place], name=label)) for place, label in enumerate(cells.names)]


def _target(truth: pd.Series | None) -> Target | None:
    if truth is None or truth.isna().any():
        return None
    if column_type(truth) in ("text", "boolean", "integer"):
        return Target(np.unique(truth.astype(str).to_numpy(dtype=str), return_inverse=True)[1], "classification")
    return Target(number_values(truth), "regression")
