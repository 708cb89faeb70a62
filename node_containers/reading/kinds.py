"""Which type a column of text is: seen whole, block by block, before a single cell is changed.

A column becomes a number, date or truth value only where every cell says so in a way that can be written back; one stray cell among many is put aside
with its line, and everything else stays text, which keeps every character. What is decided is said with its reason.
"""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from node_containers.columns import column_type
from node_containers.sdk import NodeError

TYPES = ("integer", "number", "text", "boolean", "datetime")
DTYPES = {"integer": "int64", "number": "float64", "text": "str", "boolean": "bool", "datetime": "datetime64[us]"}
NULLABLE = {"integer": "Int64", "boolean": "boolean"}
ARROW = {"integer": pa.int64(), "number": pa.float64(), "text": pa.string(), "boolean": pa.bool_(), "datetime": pa.timestamp("us")}
# One stray cell in so many, and at least one in a column of twenty: the column is a number column with a mistake in it.
STRAY_IN = 1_000
MIN_FOR_STRAY = 20
# With a type that a person has set, more mistakes than this share are not mistakes.
MAX_WRONG_SHARE = 0.05
SURELY_TEXT_AFTER = 2_000

# Words that mean “nothing here”, but only in a column whose other cells are all numbers, dates or truth values.
MISSING_WORDS = pa.array(["na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", "."])
_INTEGER = r"^[+-]?[0-9]+$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_LEADING_ZERO = r"^[+-]?0[0-9]+(\.[0-9]*)?$"
_NOT_FINITE = r"^[+-]?(inf|infinity)$"
_BOOLEAN = r"^(true|false)$"
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?$"
_SLASHED = r"^[0-9]{1,4}[/.][0-9]{1,2}[/.][0-9]{2,4}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?$"
_LOCAL_NUMBER = r"^[+-]?[0-9]{1,3}([.,' ][0-9]{3})+([.,][0-9]+)?$|^[+-]?[0-9]+,[0-9]+$"


@dataclass(frozen=True)
class Marks:
    """How numbers and dates are written: what a reader is told, not what it guesses."""

    decimal: str = "."
    thousands: str | None = None
    date_format: str | None = None
    na_values: tuple[str, ...] = ("",)


@dataclass
class Seen:
    """What the cells of one column look like, counted. `wanted` is the type a person has set."""

    name: str
    marks: Marks
    wanted: str | None = None
    counts: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    distinct_one: str | None = None
    constant: bool = True
    lowest: float = np.inf
    highest: float = -np.inf

    def observe(self, cells: pa.Array) -> None:
        """Take a block of cells into account."""
        missing = pc.is_in(cells, value_set=pa.array(self.marks.na_values, pa.string()))
        gone = pc.sum(missing).as_py() or 0
        self.counts["missing"] += gone
        settled = self.wanted == "text" or self.is_surely_text
        self.counts["present"] += len(cells) - gone
        if settled:
            return
        found = pc.value_counts(cells.filter(pc.invert(missing)) if gone else cells)
        cells, weights = pc.utf8_trim_whitespace(found.field("values")), found.field("counts").to_numpy(zero_copy_only=False)
        self._note_constant(cells)
        self._numbers(cells, weights)

    @property
    def is_surely_text(self) -> bool:
        """So many cells are nothing else that no later block can change it."""
        known = max(self.counts[kind] for kind in ("number", "boolean", "datetime")) + self.counts["word"]
        return (
            self.counts["present"] > SURELY_TEXT_AFTER
            and known * 2 < self.counts["present"]
            and not self.counts["local"]
            and not self.counts["slashed"]
        )

    def _note_constant(self, cells: pa.Array) -> None:
        if not self.constant or len(cells) == 0:
            return
        first = cells[0].as_py()
        self.distinct_one = first if self.distinct_one is None else self.distinct_one
        self.constant = len(cells) == 1 and first == self.distinct_one

    def _numbers(self, cells: pa.Array, weights: np.ndarray) -> None:
        plain = plain_numbers(cells, self.marks)
        numeric = _match(plain, _NUMBER)
        self.counts["number"] += int(weights[numeric].sum())
        if numeric.any():
            self._about_numbers(plain.filter(pa.array(numeric)), weights[numeric])
        if not numeric.all():
            self._others(cells.filter(pa.array(~numeric)), weights[~numeric])

    def _about_numbers(self, cells: pa.Array, weights: np.ndarray) -> None:
        whole = _match(cells, _INTEGER)
        self.counts["integer"] += int(weights[whole].sum())
        self.counts["leading_zero"] += int(weights[_match(cells, _LEADING_ZERO)].sum())
        values = pc.cast(_without_plus(cells), pa.float64()).to_numpy(zero_copy_only=False)
        self.counts["infinite"] += int(weights[np.isinf(values)].sum())
        self.lowest, self.highest = min(self.lowest, float(values.min())), max(self.highest, float(values.max()))
        long = whole & (np.abs(values) >= 2**53)
        if long.any():
            self.counts["long"] += int(weights[long].sum())
            digits = cells.filter(pa.array(long)).to_pylist()
            self.counts["too_long"] += sum(not -(2**63) <= int(text) < 2**63 for text in digits)

    def _others(self, cells: pa.Array, weights: np.ndarray) -> None:
        lower = pc.utf8_lower(cells)
        words = pc.is_in(lower, value_set=MISSING_WORDS).to_numpy(zero_copy_only=False)
        for text, weight in zip(cells.filter(pa.array(words)).to_pylist(), weights[words].tolist(), strict=True):
            self.words[text] += weight
        for kind, pattern in (("infinite", _NOT_FINITE), ("boolean", _BOOLEAN), ("slashed", _SLASHED), ("local", _LOCAL_NUMBER)):
            self.counts[kind] += int(weights[_match(lower, pattern)].sum())
        self.counts["word"] += int(weights[words].sum())
        if self.marks.date_format or self.wanted == "datetime":
            dates = _dates(cells, self.marks.date_format)
        else:
            dates = _match(cells, _ISO)
            dates[dates] = _dates(cells.filter(pa.array(dates)), None)
        self.counts["datetime"] += int(weights[dates].sum())

    def decide(self) -> "Kind":
        """The type of the column, why, and what a careful colleague would say about it."""
        return _Decision(self).kind()


@dataclass(frozen=True)
class Kind:
    """A column's type and the `reason` for it; `stray` cells are to be put aside; `words` count as missing; `notes` are (code, message)."""

    name: str
    type: str
    reason: str
    marks: Marks
    stray: int = 0
    words: bool = False
    nullable: bool = False
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def dtype(self) -> str:
        return NULLABLE[self.type] if self.nullable and self.type in NULLABLE else DTYPES[self.type]

    def convert(self, cells: pa.Array) -> tuple[pa.Array, np.ndarray | None]:
        """The cells in their type, and where a cell is no value of it (None where there is none)."""
        missing = pc.is_in(cells, value_set=pa.array(self.marks.na_values, pa.string()))
        if self.type == "text":
            return pc.if_else(missing, pa.scalar(None, pa.string()), cells), None
        cells = pc.utf8_trim_whitespace(cells)
        if self.words:
            missing = pc.or_(missing, pc.is_in(pc.utf8_lower(cells), value_set=MISSING_WORDS))
        cells = pc.if_else(missing, pa.scalar(None, pa.string()), cells)
        wrong = None
        if self.stray:
            fits = self._fits(cells)
            wrong = ~(fits | missing.to_numpy(zero_copy_only=False))
            cells = pc.if_else(pa.array(fits), cells, pa.scalar(None, pa.string()))
        return self._cast(cells), wrong

    def _fits(self, cells: pa.Array) -> np.ndarray:
        if self.type == "datetime":
            return _dates(cells, self.marks.date_format)
        if self.type == "boolean":
            return _match(pc.utf8_lower(cells), _BOOLEAN)
        plain = plain_numbers(cells, self.marks)
        if self.type == "number":
            return _match(plain, _NUMBER)
        whole = _match(plain, _INTEGER)
        long = whole & (pc.fill_null(pc.utf8_length(plain), 0).to_numpy(zero_copy_only=False) >= 19)
        whole[long] = [-(2**63) <= int(text) < 2**63 for text in plain.filter(pa.array(long)).to_pylist()]
        return whole

    def _cast(self, cells: pa.Array) -> pa.Array:
        if self.type == "datetime":
            return _parse_dates(cells, self.marks.date_format)
        if self.type == "boolean":
            return pc.equal(pc.utf8_lower(cells), "true")
        return pc.cast(_without_plus(plain_numbers(cells, self.marks)), ARROW[self.type])


class _Decision:
    """The rules, from the strictest type to text."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.counts = seen.counts
        self.present = seen.counts["present"]
        self.notes: list[tuple[str, str]] = []

    def kind(self) -> Kind:
        seen, name = self.seen, self.seen.name
        if self.present == 0:
            self.note("column-empty", f"The column “{name}” is empty.")
            return self._kind(seen.wanted or "text", "no cell has a value")
        if seen.wanted == "text":
            return self._kind("text", "set by you")
        if seen.wanted:
            return self._as_wanted(seen.wanted)
        if self.seen.constant and self.present > 1:
            self.note("column-constant", f"Every cell of “{name}” is the same.")
        for kind in ("number", "boolean", "datetime"):
            stray = self.present - self.counts["word"] - self.counts[kind] - (self.counts["infinite"] if kind == "number" else 0)
            if self.counts[kind] and stray <= self._tolerated(kind):
                found = self._numeric(stray) if kind == "number" else self._kind(kind, self._reason(kind, stray), stray)
                if found is not None:
                    return found
        self._say_what_it_might_be()
        return self._kind("text", "not all cells are numbers, dates or truth values")

    def _tolerated(self, kind: str) -> int:
        if kind == "datetime" and self.counts["slashed"]:
            return 0
        return max(1, self.present // STRAY_IN) if self.present >= MIN_FOR_STRAY and self.counts[kind] >= MIN_FOR_STRAY - 1 else 0

    def _numeric(self, stray: int) -> Kind | None:
        """Integer or number, or None where a number would lose a digit."""
        counts, name = self.counts, self.seen.name
        if counts["leading_zero"]:
            return self._kind("text", f"{counts['leading_zero']:,} cells begin with a zero, as codes do")
        whole = counts["integer"] == counts["number"]
        if counts["too_long"] or (counts["long"] and not whole):
            what = "more digits than a 64-bit integer" if counts["too_long"] else "more digits than a decimal number keeps"
            self.note("number-too-long", f"“{name}” holds whole numbers with {what}: it was kept as text, every digit is there.")
            return self._kind("text", f"whole numbers with {what}")
        if counts["infinite"]:
            raise self._infinite()
        kind = "integer" if whole else "number"
        if whole and "date" in name.lower() and 20_000 <= self.seen.lowest <= self.seen.highest <= 60_000:
            self.note("excel-serial-date", f"“{name}” may hold the day numbers of a spreadsheet; they were kept as whole numbers.")
        return self._kind(kind, self._reason(kind, stray), stray)

    def _as_wanted(self, wanted: str) -> Kind:
        counts = self.counts
        if wanted in ("integer", "number") and counts["infinite"]:
            raise self._infinite()
        good = counts["integer"] - counts["too_long"] if wanted == "integer" else counts[wanted]
        stray = self.present - counts["word"] - good
        ambiguous = wanted == "datetime" and stray and counts["slashed"]
        if ambiguous or stray > max(int(self.present >= MIN_FOR_STRAY), MAX_WRONG_SHARE * self.present):
            message = f"{stray:,} of {self.present:,} cells of “{self.seen.name}” are no {wanted}."
            hint = "Set another type for the column" + (", or say how its dates are written." if wanted == "datetime" else ".")
            code = "date-ambiguous" if ambiguous else "value-type"
            raise NodeError(code, message, field=self.seen.name, hint=hint)
        return self._kind(wanted, "set by you", stray)

    def _reason(self, kind: str, stray: int) -> str:
        words = f", {self.counts['word']:,} stand for a missing value" if self.counts["word"] else ""
        return (
            f"{self.present - stray - self.counts['word']:,} cells are {_PLURAL[kind]}"
            + words
            + (f", {stray:,} are not and were put aside" if stray else "")
        )

    def _kind(self, kind: str, reason: str, stray: int = 0) -> Kind:
        words = kind != "text" and self.counts["word"] > 0
        if words and self.present:
            listed = ", ".join(f"“{word}”" for word in sorted(self.seen.words)[:4])
            self.note("missing-word", f"In “{self.seen.name}” {listed} counts as missing ({self.counts['word']:,} cells).")
        nullable = self.counts["missing"] > 0 or words or self.present == 0
        return Kind(self.seen.name, kind, reason, self.seen.marks, stray, words, nullable, tuple(self.notes))

    def _infinite(self) -> NodeError:
        message = f"The column “{self.seen.name}” holds {self.counts['infinite']:,} infinite or too large values."
        hint = "Empty these cells, or list how they are written in the missing values."
        return NodeError("value-not-finite", message, field=self.seen.name, hint=hint)

    def _say_what_it_might_be(self) -> None:
        """Text that was nearly something else: nothing is guessed, and nothing is silent."""
        counts, name, known = self.counts, self.seen.name, self.present - self.counts["word"]
        if counts["slashed"] and counts["slashed"] + counts["datetime"] == known:
            how = "in several ways" if counts["datetime"] else "in a way that can be read twice"
            self.note("date-ambiguous", f"“{name}” holds dates written {how}; they were kept as text. Say how in “date_format”.")
        elif counts["local"] and counts["local"] + counts["number"] == known:
            self.note(
                "number-format",
                f"“{name}” holds numbers with marks such as 1.234,5; they were kept as text. Set “decimal” and “thousands”.",
            )

    def note(self, code: str, message: str) -> None:
        self.notes.append((code, message))


_PLURAL = {"integer": "whole numbers", "number": "numbers", "boolean": "true or false", "datetime": "dates"}


def plain_numbers(cells: pa.Array, marks: Marks) -> pa.Array:
    """Numbers as a program writes them: without marks between thousands, with a point.

    Where the mark stands between anything but groups, as in the date 31.12.2025, the cell is missing: it is no number.
    """
    if marks.thousands:
        # Groups of two digits before the last one are how India writes.
        grouped = f"^[+-]?[0-9]{{1,3}}([{marks.thousands}][0-9]{{2,3}})*[{marks.thousands}][0-9]{{3}}([{marks.decimal}eE]|$)"
        marked = pc.match_substring(cells, marks.thousands)
        astray = pc.and_(marked, pc.invert(pc.match_substring_regex(cells, grouped)))
        cells = pc.if_else(astray, pa.scalar(None, pa.string()), pc.replace_substring(cells, marks.thousands, ""))
    return pc.replace_substring(cells, marks.decimal, ".") if marks.decimal != "." else cells


def _without_plus(cells: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(cells, r"^\+", "")


def _match(cells: pa.Array, pattern: str) -> np.ndarray:
    """Where a cell matches; a missing cell does not."""
    return pc.fill_null(pc.match_substring_regex(cells, pattern), False).to_numpy(zero_copy_only=False)


def _dates(cells: pa.Array, form: str | None) -> np.ndarray:
    return _parse_dates(cells, form).is_valid().to_numpy(zero_copy_only=False)


def _parse_dates(cells: pa.Array, form: str | None) -> pa.Array:
    """Dates of text; missing where a cell is none."""
    if form is None:
        # Arrow is many times faster, and gives up at the first cell that is no date.
        with contextlib.suppress(pa.ArrowInvalid):
            return pc.cast(cells, pa.timestamp("us"))
    values = pd.to_datetime(cells.to_pandas(), format=form or "ISO8601", errors="coerce")
    return pa.Array.from_pandas(values.astype("datetime64[us]"), type=pa.timestamp("us"))


def pandas_schema(kinds: Sequence[Kind]) -> pa.Schema:
    """The Arrow schema with which a table of these kinds becomes the same frame, from memory or from a file."""
    return _schema(tuple((kind.name, kind.dtype, kind.type) for kind in kinds))


@lru_cache(maxsize=8)
def _schema(kinds: tuple[tuple[str, str, str], ...]) -> pa.Schema:
    """Asked for once while the rows are typed and again for the frame; for a small file it would be a third of the work."""
    empty = pd.DataFrame({name: pd.Series([], dtype=dtype) for name, dtype, _ in kinds})
    metadata = pa.Schema.from_pandas(empty, preserve_index=False).metadata
    return pa.schema([(name, ARROW[kind]) for name, _, kind in kinds], metadata=metadata)


def describe_columns(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [{"name": str(name), "type": column_type(frame[name])} for name in frame.columns]


def wanted_types(names: Sequence[str], dtype: Mapping[str, str], dates: Sequence[str]) -> dict[str, Any]:
    """The types people set, by column. Raises `column-unknown`."""
    wanted = {**dtype, **dict.fromkeys(dates, "datetime")}
    unknown = [name for name in wanted if name not in names]
    if unknown:
        hint = f"There is {', '.join(names[:12])}{' …' if len(names) > 12 else ''}."
        raise NodeError("column-unknown", f"The file has no column “{unknown[0][:60]}”.", field="params.dtype", hint=hint)
    return wanted
