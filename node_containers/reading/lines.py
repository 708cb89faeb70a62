"""Which line of a file each row came from, and which rows were put aside on the way."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from node_containers.sdk import NodeError

MAX_CELL_CHARACTERS = 1_000_000
SHOWN = 5
RAGGED, EMPTY, HEADER_AGAIN = "too many or too few cells", "an empty row", "the header again"


@dataclass
class Aside:
    """Rows that were put aside for one reason: how many, and the first of them as (line, text)."""

    rows: int = 0
    lines: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, text: str) -> None:
        self.rows += 1
        if len(self.lines) < SHOWN:
            self.lines.append((line, text[:200]))

    def __str__(self) -> str:
        return f"line{'s' if self.rows > 1 else ''} {', '.join(str(line) for line, _ in self.lines)}{' …' if self.rows > len(self.lines) else ''}"


class Rows:
    """Which line of the file a row came from, and what was put aside on the way.

    A record is what the parser counts; good records come in batches, ragged ones through `put_aside`; a kept row is a good record that is neither
    empty nor the header again. Each step back is a bisection over the few that are gone.
    """

    def __init__(self, names: Sequence[str], first_line: int, delimiter: str, *, header: bool) -> None:
        self.names = list(names)
        self.first_line = first_line
        self.kept = self.longer = self.ragged = 0
        self.aside: dict[str, Aside] = {}
        self.warnings: list[tuple[str, str]] = []
        self._delimiter, self._header = delimiter, header
        self._good = 0
        # For the j-th ragged record: how many good ones stand before it. For the j-th row that is gone: how many kept ones do.
        self._good_before_ragged, self._kept_before_gone = array("q"), array("q")
        self._texts: list[str] = []
        self._swallowed = -1
        # Good records that hold line breaks, and how many breaks there were up to and with each.
        self._broken, self._breaks = array("q"), array("q", [0])

    def put_aside(self, row: Any) -> str:
        number = int(row.number or 0)
        self.longer += row.actual_columns > row.expected_columns
        self._good_before_ragged.append(number - 1 - self.ragged)
        if len(self._texts) < SHOWN:
            self._texts.append(str(row.text).rstrip("\r\n"))
        if self._swallowed < 0 and "\n" in row.text.strip("\r\n"):
            self._swallowed = self.ragged
        self.ragged += 1
        return "skip"

    def take(self, batch: pa.RecordBatch, *, quoted: bool) -> pa.RecordBatch:
        """The rows of a batch that are rows; raises for cells that cannot be right."""
        if quoted:
            self._note_breaks(batch)
        self._good += batch.num_rows
        self._check(batch)
        batch = self._without_strangers(batch)
        self.kept += batch.num_rows
        return batch

    def line(self, row: int) -> int:
        """The line on which a kept row begins."""
        return self._line_of_good(row + bisect_right(self._kept_before_gone, row))

    def settle(self) -> None:
        """The ragged rows go into the ledger, when all line breaks before them are known."""
        if self.ragged:
            self.aside[RAGGED] = Aside(self.ragged, [(self._line_of_ragged(i), text) for i, text in enumerate(self._texts)])

    def _line_of_good(self, good: int) -> int:
        record = good + bisect_right(self._good_before_ragged, good)
        return self.first_line + record + self._breaks[bisect_left(self._broken, good)]

    def _line_of_ragged(self, index: int) -> int:
        good = self._good_before_ragged[index]
        return self.first_line + good + index + self._breaks[bisect_left(self._broken, good)]

    def _check(self, batch: pa.RecordBatch) -> None:
        if self._swallowed >= 0:
            line = self._line_of_ragged(self._swallowed)
            message = f"The row in line {line} holds a line break in quotes and does not fit the header: a quote is open or one too many."
            raise NodeError("data-quote", message, hint="Close the quote, or remove it.")
        for column in batch.columns:
            if (pc.max(pc.binary_length(column)).as_py() or 0) > MAX_CELL_CHARACTERS:
                row = pc.index(pc.greater(pc.binary_length(column), MAX_CELL_CHARACTERS), True).as_py()
                raise cell_too_large(self._line_of_good(self._good - batch.num_rows + row))

    def _note_breaks(self, batch: pa.RecordBatch) -> None:
        counts = np.zeros(batch.num_rows, dtype=np.int64)
        for column in batch.columns:
            counts += pc.count_substring(column, "\n").to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(counts):
            self._broken.append(self._good + int(row))
            self._breaks.append(self._breaks[-1] + int(counts[row]))
            self._suspect(batch, int(row))

    def _suspect(self, batch: pa.RecordBatch, row: int) -> None:
        """A cell that holds whole rows: two lone quotes swallow all that stands between them."""
        width = len(self.names)
        for column in batch.columns if width > 1 else ():
            inside = column[row].as_py().split("\n")[1:-1]
            alike = sum(text.count(self._delimiter) == width - 1 for text in inside)
            if len(inside) >= 3 and alike == len(inside):
                message = f"A quote that opens in line {self._line_of_good(self._good + row)} swallows {alike} lines that look like rows."
                raise NodeError("data-quote", message, hint="Close the quote, or remove it.")
            if alike and width > 2 and not self.warnings:
                message = f"A cell in line {self._line_of_good(self._good + row)} holds what looks like whole rows: are its quotes right?"
                self.warnings.append(("quote-suspect", message))

    def _without_strangers(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch without rows that are empty or say the header again."""
        found = [(row, EMPTY) for row in _rows_that_are(batch, [""] * len(self.names))]
        found += [(row, HEADER_AGAIN) for row in _rows_that_are(batch, self.names)] if self._header else []
        if not found:
            return batch
        keep = np.ones(batch.num_rows, dtype=bool)
        for row, reason in sorted(found):
            good = self._good - batch.num_rows + row
            keep[row] = False
            self._kept_before_gone.append(good - len(self._kept_before_gone))
            self.aside.setdefault(reason, Aside()).add(self._line_of_good(good), "")
        return batch.filter(pa.array(keep))


def _rows_that_are(batch: pa.RecordBatch, cells: Sequence[str]) -> list[int]:
    """Rows that hold exactly these cells, blanks around them aside."""
    rows = np.flatnonzero(pc.equal(pc.utf8_trim_whitespace(batch.column(0)), cells[0]).to_numpy(zero_copy_only=False))
    for position in range(1, batch.num_columns):
        if not len(rows):
            break
        values = pc.utf8_trim_whitespace(batch.column(position).take(pa.array(rows)))
        rows = rows[pc.equal(values, cells[position]).to_numpy(zero_copy_only=False)]
    return [int(row) for row in rows]


def cell_too_large(line: int) -> NodeError:
    message = f"A cell in line {line} has more than {MAX_CELL_CHARACTERS:,} characters."
    return NodeError("cell-too-large", message, hint="Look for a lone quote, or take the cell out.")
