"""Steps that learn nothing: they mean the same on every row alone, at training and at serving."""

import re
import sys
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from node_containers.cells import Cells, Working, origins, text_array
from node_containers.formula import Formula, days
from node_containers.sdk import NodeError
from node_containers.steps.action import Action, Columns
from node_containers.steps.dates import ISO, Dates, read_instant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TRUE, FALSE = ("true", "yes", "1", "t", "y"), ("false", "no", "0", "f", "n")


class Drop(Action):
    """Take columns out."""

    learns = False

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = columns

    def apply(self, working: Working) -> None:
        for name in self.columns:
            place = working.find(name)
            if place is not None:
                del working.cells[place]


class Rename(Action):
    """Give columns other names; they stay where they are. Names may be swapped."""

    learns = False

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def apply(self, working: Working) -> None:
        renamed = {working.find(old): sys.intern(new) for old, new in self.names.items()}
        working.cells = {renamed.get(name, name): cells for name, cells in working.cells.items()}


class ChangeTypes(Action):
    """Read columns as another type; a cell that cannot be read so becomes empty."""

    learns = False

    def __init__(self, types: Mapping[str, str], format: str | None = None, dayfirst: bool | None = None, utc: bool = True) -> None:
        self.types = types
        self.format = format
        self.dayfirst = dayfirst
        self.utc = utc

    def apply(self, working: Working) -> None:
        dates = Dates(self.format, self.dayfirst, self.utc)
        for name, kind in self.types.items():
            place = working.find(name)
            if place is not None:
                cells = working.cells[place]
                working.cells[place] = Cells(kind, converted(cells, kind, name, dates), cells.origins)


class Compute(Action):
    """A new column from an expression, or one in the place of a column of that name."""

    learns = False

    def __init__(self, name: str, expr: str, dtype: str = "number") -> None:
        self.name = name
        self.expr = expr
        self.dtype = dtype

    def apply(self, working: Working) -> None:
        formula = Formula(self.expr)
        places = {name: working.find(name) for name in formula.columns}
        if any(place is None for place in places.values()):
            # What is computed from a column that is no feature (the target) is none, either.
            working.cells.pop(self.name, None)
            return
        used = {name: working.cells[place] for name, place in places.items() if place is not None}
        value = formula.evaluate(used, working.rows)
        cells = Cells("number" if value.kind == "integer" else value.kind, value.cells)
        values = cells.values if cells.kind == self.dtype else converted(cells, self.dtype, self.name)
        working.cells[sys.intern(self.name)] = Cells(self.dtype, values, origins(used.values()))


class DateParts(Action):
    """Whole numbers from an instant, in the words of pandas: dayofweek counts from Monday, 0, and what is asked for with “is” is 0 or 1.

    `elapsed_days` are whole days since 1970, since an instant in ISO form, or since that of another column in the same row; before it they are negative.
    """

    learns = False

    def __init__(
        self, column: str, parts: Sequence[str], drop: bool = True, since: str | None = None, since_column: str | None = None
    ) -> None:
        self.column = column
        self.parts = parts
        self.drop = drop
        self.since = since
        self.since_column = since_column

    def apply(self, working: Working) -> None:
        place = working.find(self.column)
        if place is None:
            return
        cells = working.cells[place]
        instants = _instants(cells, self.column, "params.column")
        for part in self.parts:
            name = sys.intern(f"{self.column}_{part}")
            if part == "elapsed_days" and (self.since or self.since_column):
                self._elapsed(working, name, instants, cells.origins)
            else:
                working.cells[name] = _taken(instants, part, cells.origins)
        if self.drop:
            del working.cells[place]

    def _elapsed(self, working: Working, name: str, instants: list[datetime | None], made_of: frozenset[str]) -> None:
        starts: list[datetime | None] = [EPOCH + timedelta(days=days(self.since or "1970-01-01"))] * working.rows
        if self.since_column is not None:
            place = working.find(self.since_column)
            if place is None:
                # What is counted from a column that is no feature (the target) is none, either.
                working.cells.pop(name, None)
                return
            other = working.cells[place]
            starts, made_of = _instants(other, self.since_column, "params.since_column"), made_of | other.origins
        passed = [np.nan if one is None or first is None else (one - first).days for one, first in zip(instants, starts, strict=True)]
        working.cells[name] = Cells("integer", np.asarray(passed, dtype=float), made_of)


def parts_of(cells: Cells, parts: Sequence[str]) -> dict[str, Cells]:
    """Whole numbers by the name of the part, empty where the instant is."""
    instants = _instants(cells, "", "params.column")
    return {part: _taken(instants, part, cells.origins) for part in parts}


def _taken(instants: Sequence[datetime | None], part: str, made_of: frozenset[str]) -> Cells:
    return Cells("integer", np.asarray([np.nan if one is None else PARTS[part](one) for one in instants], dtype=float), made_of)


def _instants(cells: Cells, name: str, place: str) -> list[datetime | None]:
    if cells.kind != "datetime":
        raise NodeError("column-type", f"“{name}” holds {cells.kind}, not dates.", field=place, hint="Change its type to datetime first.")
    return [None if cell != cell else EPOCH + timedelta(seconds=round(cell * 86_400_000_000) / 1e6) for cell in cells.values]


# Those that are taken where nobody chooses.
USUAL_PARTS: Final = ("year", "month", "day", "dayofweek")
PARTS: dict[str, Any] = {
    "year": lambda one: one.year,
    "quarter": lambda one: (one.month + 2) // 3,
    "month": lambda one: one.month,
    "week": lambda one: one.isocalendar().week,
    "day": lambda one: one.day,
    "dayofweek": lambda one: one.weekday(),
    "dayofyear": lambda one: one.timetuple().tm_yday,
    "hour": lambda one: one.hour,
    "minute": lambda one: one.minute,
    "is_weekend": lambda one: int(one.weekday() >= 5),
    "is_month_start": lambda one: int(one.day == 1),
    "is_month_end": lambda one: int(one.day == monthrange(one.year, one.month)[1]),
    "elapsed_days": lambda one: (one - EPOCH).days,
}


class Replace(Action):
    """Other values in the place of some: whole cells, or with `regex` every part that matches. Values are written as text and read as the column's type."""

    learns = False

    def __init__(self, to_replace: Mapping[str, str | None], columns: Columns = None, regex: bool = False) -> None:
        self.to_replace = to_replace
        self.columns = columns
        self.regex = regex

    def apply(self, working: Working) -> None:
        for name in working.choose(self.columns, lambda cells: cells.values.ndim == 1 and (cells.is_text or not self.regex), "text"):
            cells = working.cells[name]
            values = self._matched(cells.values) if self.regex else self._swapped(cells)
            working.cells[name] = Cells(cells.kind, values, cells.origins)

    def _matched(self, values: np.ndarray) -> np.ndarray:
        patterns = [(compiled(pattern), value) for pattern, value in self.to_replace.items()]
        return text_array(_rewritten(cell, patterns) for cell in values)

    def _swapped(self, cells: Cells) -> np.ndarray:
        if cells.is_text:
            return text_array(self.to_replace.get(cell, cell) if cell is not None else None for cell in cells.values)
        old = converted(Cells("text", text_array(self.to_replace)), cells.kind, "")
        new = converted(Cells("text", text_array(self.to_replace.values())), cells.kind, "")
        values = cells.values.copy()
        for before, after in zip(old, new, strict=True):
            values[cells.values == before] = after
        return values


def _rewritten(cell: str | None, patterns: list[tuple[Any, str | None]]) -> str | None:
    for pattern, value in patterns:
        if cell is None:
            return None
        if value is not None:
            cell = pattern.sub(lambda _, text=value: text, cell)
        elif pattern.search(cell):
            cell = None
    return cell


def compiled(pattern: str) -> "re.Pattern[str]":
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as wrong:
        message = f"“{pattern[:60]}” is no regular expression: {wrong}."
        raise NodeError("pattern-invalid", message, field="params.to_replace", hint="Mend it, or switch “regex” off.") from wrong


def converted(cells: Cells, kind: str, name: str, dates: Dates = ISO) -> np.ndarray:
    """The cells of the column `name` read as another type, empty where they cannot be. `dates` says how dates are written."""
    if cells.values.ndim == 2:
        raise NodeError("column-type", f"“{name}” has become several columns.", field=name, hint="Change its type before that step.")
    if cells.kind == kind:
        return cells.values
    if kind == "text":
        return text_array(None if cell != cell else _written(cell, cells.kind) for cell in cells.values)
    if not cells.is_text:
        return _from_number(cells, kind, name)
    reading = {"number": _read_number, "integer": _read_integer, "boolean": _read_boolean}
    read = reading.get(kind, lambda text: read_instant(text, dates))
    return np.asarray([np.nan if cell is None else _tried(read, cell.strip()) for cell in cells.values], dtype=float)


def _from_number(cells: Cells, kind: str, name: str) -> np.ndarray:
    values = cells.values
    if "datetime" in (cells.kind, kind):
        if kind == "number":
            return values
        raise NodeError(
            "column-type", f"“{name}” holds {cells.kind}, which is no {kind}.", field=name, hint="Turn it into text or numbers."
        )
    if kind == "integer":
        return np.where(values == np.floor(values), values, np.nan)
    if kind == "boolean":
        return np.where((values == 0) | (values == 1), values, np.nan)
    return values


def _written(value: float, kind: str) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "datetime":
        instant = EPOCH + timedelta(microseconds=round(value * 86_400_000_000))
        return instant.strftime("%Y-%m-%d") if not value % 1 else instant.replace(tzinfo=None).isoformat()
    return str(int(value)) if kind == "integer" and value == int(value) else repr(float(value))


def _tried(read: Any, text: str) -> float:
    try:
        value = float(read(text))
    except (ValueError, OverflowError):
        return np.nan
    return value if np.isfinite(value) else np.nan


def _read_number(text: str) -> float:
    if "_" in text:
        raise ValueError
    return float(text)


def _read_integer(text: str) -> float:
    value = _read_number(text)
    if value != int(value):
        raise ValueError
    return value


def _read_boolean(text: str) -> float:
    word = text.casefold()
    if word not in TRUE + FALSE:
        raise ValueError
    return float(word in TRUE)
