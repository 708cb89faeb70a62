"""Columns as a recipe works on them: bare arrays by name, without a data frame, in training and in serving alike.

Numbers, booleans and instants (days since 1970) are float64 with NaN for an empty cell; text is objects with None. A step may put a *block* in the place
of columns: a matrix (rows, width) with a name for each of its columns, of kind `numbers` (components, powers) or `indicators` (categories, words).
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from node_containers.sdk import NodeError

BLOCKS = ("numbers", "indicators")


@dataclass(frozen=True)
class Cells:
    """One column, or a block. `origins` are the raw columns it was made from; `names` those of a block's columns."""

    kind: str
    values: np.ndarray
    origins: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        return self.kind == "text"

    @property
    def matrix(self) -> np.ndarray:
        """Numbers as (rows, width)."""
        return self.values if self.values.ndim == 2 else self.values[:, None]

    @property
    def missing(self) -> np.ndarray:
        """Which cells are empty."""
        if self.is_text:
            return np.asarray([cell is None for cell in self.values], dtype=bool)
        return np.isnan(self.values)


class Target(NamedTuple):
    """What is learned: class codes or quantities, one for each row."""

    y: np.ndarray
    task: str


class Working:
    """The columns while a recipe is at work: by name, in order."""

    def __init__(self, cells: dict[str, Cells], rows: int) -> None:
        self.cells = cells
        self.rows = rows
        # Columns that several were turned into one block: their names mean the block from then on.
        self.alias: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        """Where the column, or what came of it, is now; None where it is not."""
        while name not in self.cells and name in self.alias:
            name = self.alias[name]
        return name if name in self.cells else None

    def choose(self, columns: Sequence[str] | None, suits: Callable[[Cells], bool], takes: str) -> list[str]:
        """The columns a step works on: those it names, or all that suit it. Names that are not here (the target is not) are passed by."""
        if columns is None:
            return [name for name, cells in self.cells.items() if suits(cells)]
        found = list(dict.fromkeys(place for name in columns if (place := self.find(name)) is not None))
        for name in found:
            if not suits(self.cells[name]):
                message = (
                    f"The step takes {takes}; the column “{name}” holds {'text' if self.cells[name].is_text else self.cells[name].kind}."
                )
                raise NodeError("column-type", message, field=name, hint="Take it out of the step, or turn it before.")
        return found

    def free(self, name: str) -> str:
        """A name that no column has."""
        while name in self.cells:
            name += "_"
        return sys.intern(name)

    def merge(self, names: Iterable[str], into: str, cells: Cells) -> None:
        """Put one block in the place of several columns."""
        for name in list(names):
            self.cells.pop(name, None)
            self.alias[name] = into
        self.cells[into] = cells

    def only(self, rows: np.ndarray) -> "Working":
        """The same columns with the rows of this mask alone."""
        cells = {name: Cells(one.kind, one.values[rows], one.origins, one.names) for name, one in self.cells.items()}
        found = Working(cells, int(np.count_nonzero(rows)))
        found.alias = dict(self.alias)
        return found


def is_number(cells: Cells) -> bool:
    """A column of numbers, or a block of them; categories and words are not meant by "all numbers"."""
    return cells.kind not in ("text", "indicators")


def is_numeric(cells: Cells) -> bool:
    return not cells.is_text


def is_text(cells: Cells) -> bool:
    return cells.is_text


def origins(cells: Iterable[Cells]) -> frozenset[str]:
    """All raw columns behind these."""
    return frozenset[str]().union(*(one.origins for one in cells))


def stacked(working: Working, names: Sequence[str]) -> np.ndarray:
    """Their numbers side by side, shape (rows, width of all)."""
    if not names:
        return np.empty((working.rows, 0))
    return np.concatenate([working.cells[name].matrix for name in names], axis=1)


def unstacked(working: Working, names: Sequence[str], matrix: np.ndarray) -> None:
    """Write numbers back to where `stacked` took them from."""
    place = 0
    for name in names:
        old = working.cells[name]
        width = old.matrix.shape[1]
        part = matrix[:, place : place + width]
        values = part if old.values.ndim == 2 else part[:, 0]
        working.cells[name] = Cells(old.kind, values, old.origins, old.names)
        place += width


def text_of(values: np.ndarray) -> list[str]:
    """Text with an empty string for an empty cell."""
    return ["" if cell is None else cell for cell in values]


def text_array(cells: Iterable[str | None]) -> np.ndarray:
    """Objects, never a matrix of characters."""
    listed = list(cells)
    out = np.empty(len(listed), dtype=object)
    out[:] = listed
    return out
