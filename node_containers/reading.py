"""Reading delimited text without lying.

A file is read whole and right, or refused with the place: every cell comes in as text first, so that nothing is guessed before the whole column
has been seen. `00501` and `NA` stay text, 9007199254740993 stays exact, a row that is too long never shifts its cells under the wrong header.

    bytes ─▶ is it text at all? ─▶ encoding ─▶ delimiter ─▶ rows as text (ragged ones counted) ─▶ a type for each column
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from node_containers.columns import column_type
from node_containers.sdk import NodeError

MAX_BYTES = 512 * 2**20
MAX_COLUMNS = 10_000
MAX_RATIO = 100
# A few broken rows are put aside and counted; more than this share and the file is not what it seems.
MAX_RAGGED_SHARE = 0.05
MAX_CELL_CHARACTERS = 1_000_000
DELIMITERS = (",", ";", "\t", "|")

_MAGIC = {
    b"PK\x03\x04": "a zip archive (an Excel file is one)",
    b"\x89PNG": "a PNG picture",
    b"%PDF": "a PDF document",
    b"\xff\xd8\xff": "a JPEG picture",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"SQLite": "an SQLite database",
}
_INTEGER = r"^-?(0|[1-9][0-9]{0,18})$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_LEADING_ZERO = r"^[+-]?0[0-9]+$"
_NOT_FINITE = r"^[+-]?(inf|infinity|1e999)$"
_BOOLEAN = r"^(true|false|True|False|TRUE|FALSE)$"
_DATETIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?$"


@dataclass
class Reading:
    """A table as read: typed `frame`, `ragged` rows that were put aside as (line, text), and warnings as (code, message)."""

    frame: pd.DataFrame
    ragged: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    delimiter: str = ","


def read_csv(path: str | Path, *, sep: str | None = None, encoding: str = "utf-8", na_values: Sequence[str] = ("",)) -> Reading:
    """Read a file strictly. Raises `NodeError` with one of the codes data-empty, data-no-rows, data-not-csv, data-encoding, data-ratio, data-too-large,
    data-truncated, data-control-char, data-quote, data-ragged, data-header-mismatch, data-too-wide, column-duplicate, value-not-finite."""
    data = _decoded(_unpacked(Path(path)), encoding)
    delimiter = sep or _detect_delimiter(data)
    names, warnings = _header(data, delimiter)
    table, ragged = _rows(data, delimiter, names)
    if table.num_rows == 0:
        raise NodeError("data-no-rows", "The file has a header and no rows.", hint="Check that the export was complete.")
    columns = {name: _typed(name, table.column(i).combine_chunks(), list(na_values)) for i, name in enumerate(names)}
    warnings += [("data-ragged", f"{len(ragged)} rows with too few or too many cells were put aside: {_lines(ragged)}.")] if ragged else []
    return Reading(pd.DataFrame(columns), ragged, warnings, delimiter)


def _unpacked(path: Path) -> bytes:
    size = path.stat().st_size
    if size == 0:
        raise NodeError("data-empty", "The file is empty (0 bytes).", hint="Upload it again; the export may have been cut off.")
    if size > MAX_BYTES:
        raise NodeError(
            "data-too-large", f"The file has {size:,} bytes; the limit is {MAX_BYTES:,}.", hint="Split it, or load it as Parquet."
        )
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            file.seek(0)
            return file.read()
    return _gunzip(path, size)


def _gunzip(path: Path, packed: int) -> bytes:
    """Unpack in pieces, so that a bomb is found before it has filled the memory."""
    limit = min(MAX_BYTES, max(packed * MAX_RATIO, 2**20))
    pieces, total = [], 0
    try:
        with gzip.open(path) as file:
            while piece := file.read(2**20):
                total += len(piece)
                if total > limit:
                    message = (
                        f"The compressed file unpacks to more than {limit:,} bytes, over {MAX_RATIO} times its size or over the limit."
                    )
                    raise NodeError("data-ratio", message, hint="Unpack it and upload the part you need.")
                pieces.append(piece)
    except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
        raise NodeError("data-truncated", "The compressed file is cut off or damaged.", hint="Upload it again.") from broken
    return b"".join(pieces)


def _decoded(data: bytes, encoding: str) -> bytes:
    """The file as UTF-8 without a byte order mark, or a refusal that says what it is."""
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise NodeError("data-not-csv", f"The file is {what}, not delimited text.", hint="Export it as CSV and upload that.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    if encoding == "utf-8" and b"\x00" in data[:4096]:
        raise NodeError("data-not-csv", "The file is binary, not delimited text.", hint="Export it as CSV and upload that.")
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except (UnicodeDecodeError, LookupError) as wrong:
        raise _encoding_error(data, encoding, wrong) from wrong
    _check_text(text)
    # Old Mac line ends: no line feed anywhere, so every carriage return ends a line.
    return (text if "\n" in text else text.replace("\r", "\n")).encode()


def _encoding_error(data: bytes, encoding: str, wrong: Exception) -> NodeError:
    if not isinstance(wrong, UnicodeDecodeError):
        return NodeError(
            "data-encoding", f"There is no encoding “{encoding[:40]}”.", field="params.encoding", hint="Use utf-8, latin-1 or cp1252."
        )
    line = data.count(b"\n", 0, wrong.start) + 1
    message = f"Line {line} is not {encoding}: byte 0x{data[wrong.start]:02x} has no meaning there."
    return NodeError(
        "data-encoding",
        message,
        field="params.encoding",
        hint="Set the encoding to latin-1 or cp1252 if the file came from Windows or Excel.",
    )


def _check_text(text: str) -> None:
    head = text[:2000].lstrip().lower()
    if not text.strip():
        raise NodeError("data-empty", "The file holds nothing but blanks and line breaks.", hint="Upload a file with a header and rows.")
    if head.startswith(("<!doctype", "<html", "<?xml", "<head", "<body", "<svg")):
        raise NodeError(
            "data-not-csv", "The file is an HTML or XML page, not a table.", hint="The download may have ended at a login or error page."
        )
    if head.startswith(("{", "[{", "[[", '["', "[\n")) or re.match(r"\[\s*[\[{\"\d]", head):
        raise NodeError("data-not-csv", "The file is JSON, not delimited text.", hint="Convert it to CSV first.")
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise NodeError("data-control-char", f"Line {line} holds a NUL character.", hint="The file is damaged or binary; export it again.")


def _detect_delimiter(data: bytes) -> str:
    """The delimiter that splits the first lines most evenly; a comma where nothing does (one column)."""
    head = "\n".join(line[:10_000] for line in data[:200_000].decode(errors="ignore").splitlines()[:30])

    def score(delimiter: str) -> tuple[int, int]:
        rows = [row for row, _ in zip(csv.reader(io.StringIO(head), delimiter=delimiter), range(30), strict=False) if row]
        width = len(rows[0]) if rows else 1
        return (sum(len(row) == width for row in rows), width) if width > 1 else (0, 0)

    best = max(DELIMITERS, key=score)
    return best if score(best)[1] > 1 else ","


def _header(data: bytes, delimiter: str) -> tuple[list[str], list[tuple[str, str]]]:
    lines = io.StringIO(data[: 4 * 2**20].decode(errors="ignore"), newline="")
    limit = csv.field_size_limit(MAX_CELL_CHARACTERS)
    try:
        cells = next(row for row in csv.reader(lines, delimiter=delimiter) if row)
    except csv.Error as wrong:
        raise NodeError("data-quote", "A quote in the header line is never closed.", hint="Close it, or set the delimiter.") from wrong
    finally:
        csv.field_size_limit(limit)
    if len(cells) > MAX_COLUMNS:
        raise NodeError(
            "data-too-wide", f"The header names {len(cells):,} columns; the limit is {MAX_COLUMNS:,}.", hint="Choose fewer columns."
        )
    names = [cell.strip() or f"column_{i}" for i, cell in enumerate(cells, 1)]
    seen: dict[str, int] = {}
    for i, name in enumerate(names, 1):
        if name in seen:
            message = f"The header names “{name[:60]}” twice (columns {seen[name]} and {i})."
            raise NodeError("column-duplicate", message, field=name[:60], hint="Rename one of them in the file.")
        seen[name] = i
        if len(name) > 256:
            raise NodeError(
                "column-name-long",
                f"The name of column {i} has {len(name):,} characters; 256 are allowed.",
                hint="Is the first line a header?",
            )
    empty = [name for name, cell in zip(names, cells, strict=True) if not cell.strip()]
    return names, [("column-unnamed", f"Columns without a name are called {', '.join(empty[:5])}.")] if empty else []


def _rows(data: bytes, delimiter: str, names: list[str]) -> tuple[pa.Table, list[tuple[int, str]]]:
    ragged: list[tuple[int, str]] = []
    longer = 0

    def put_aside(row: Any) -> str:
        nonlocal longer
        longer += row.actual_columns > row.expected_columns
        ragged.append((row.number or 0, str(row.text)[:200]))
        return "skip"

    keys = [f"c{i}" for i in range(len(names))]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data),
            # One thread: only then does Arrow know the line number of a ragged row.
            read_options=arrow_csv.ReadOptions(column_names=keys, skip_rows_after_names=1, use_threads=False, block_size=16 * 2**20),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=put_aside),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as wrong:
        if "ragged" in str(wrong) or "straddling" in str(wrong) or "quote" in str(wrong).lower():
            raise NodeError(
                "data-quote", "A quoted cell is never closed, or a cell is larger than 16 MB.", hint="Look for a lone quote."
            ) from wrong
        if "Empty CSV" in str(wrong):
            raise NodeError("data-no-rows", "The file has a header and no rows.", hint="Check that the export was complete.") from wrong
        raise NodeError(
            "data-not-csv", f"The file cannot be read as delimited text: {str(wrong)[:200]}.", hint="Check delimiter and quotes."
        ) from wrong
    _judge_ragged(table.num_rows, ragged, longer, len(names))
    _check_quotes(data, table, delimiter)
    return table, ragged


def _judge_ragged(kept: int, ragged: list[tuple[int, str]], longer: int, width: int) -> None:
    total = kept + len(ragged)
    if ragged and longer == total:
        message = f"Every row has more cells than the header has names ({width}). Nothing was shifted or guessed."
        raise NodeError("data-header-mismatch", message, hint="Add the missing name to the header, or check the delimiter.")
    if len(ragged) > max(1, MAX_RAGGED_SHARE * total):
        message = f"{len(ragged):,} of {total:,} rows do not have the header's {width} cells: {_lines(ragged)}."
        raise NodeError("data-ragged", message, hint="Mend these lines, or check delimiter and quotes.")


def _check_quotes(data: bytes, table: pa.Table, delimiter: str) -> None:
    """A quote that is never closed swallows the rest of the file into one cell: that cell ends with the file's last line."""
    if data.count(b'"') % 2 == 1 and table.num_rows:
        last = str(table.column(table.num_columns - 1)[-1].as_py()) + "".join(str(column[-1].as_py()) for column in table.columns)
        if "\n" in last or table.num_rows == 1:
            line = data[: data.rindex(b'"')].count(b"\n") + 1
            raise NodeError("data-quote", f"A quote that opens near line {line} is never closed.", hint="Close it or remove it.")


def _lines(ragged: list[tuple[int, str]]) -> str:
    shown = ", ".join(str(number) for number, _ in ragged[:5])
    return f"lines {shown}{' …' if len(ragged) > 5 else ''}"


def _typed(name: str, cells: pa.Array, na_values: list[str]) -> pd.Series:
    """The narrowest type that holds every cell exactly."""
    missing = pc.is_in(cells, value_set=pa.array(na_values, pa.string()))
    present = cells.filter(pc.invert(missing))
    nulled = pc.if_else(missing, pa.scalar(None, pa.string()), cells)
    if len(present) == 0:
        return pd.Series(nulled.to_pandas(), dtype="str")
    if pc.any(pc.match_substring_regex(pc.utf8_lower(present), _NOT_FINITE)).as_py() and _all(
        pc.utf8_lower(present), f"({_NUMBER})|({_NOT_FINITE})"
    ):
        count = pc.sum(pc.match_substring_regex(pc.utf8_lower(present), _NOT_FINITE)).as_py()
        raise NodeError(
            "value-not-finite", f"The column “{name}” holds {count} infinite values.", field=name, hint="Replace them by an empty cell."
        )
    if _all(present, _BOOLEAN):
        return _nullable(pc.equal(pc.utf8_lower(nulled), "true"), "bool", "boolean")
    if _all(present, _INTEGER):
        try:
            return _nullable(pc.cast(nulled, pa.int64()), "int64", "Int64")
        except pa.ArrowInvalid:
            return pd.Series(nulled.to_pandas(), dtype="str")
    if _all(present, r"^-?[0-9]+$"):  # integers beyond 64 bits, or with leading zeros: text keeps every digit
        return pd.Series(nulled.to_pandas(), dtype="str")
    if _all(present, _NUMBER) and not pc.any(pc.match_substring_regex(present, _LEADING_ZERO)).as_py():
        return _number(name, nulled)
    if _all(present, _DATETIME):
        parsed = pd.to_datetime(nulled.to_pandas(), format="ISO8601", errors="coerce")
        if int(parsed.isna().sum()) == len(cells) - len(present):
            return pd.Series(parsed).astype("datetime64[us]")
    return pd.Series(nulled.to_pandas(), dtype="str")


def _number(name: str, cells: pa.Array) -> pd.Series:
    values = pc.cast(pc.replace_substring_regex(cells, r"^\+", ""), pa.float64())
    if pc.any(pc.is_inf(values)).as_py():
        raise NodeError(
            "value-not-finite", f"The column “{name}” holds numbers too large for a 64-bit float.", field=name, hint="Scale the column."
        )
    return pd.Series(values.to_numpy(zero_copy_only=False), dtype="float64")


def _all(cells: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(cells, pattern)).as_py())


def _nullable(values: pa.Array, plain: str, nullable: str) -> pd.Series:
    if values.null_count:
        return pd.Series(values.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}.get), dtype=nullable)
    return pd.Series(values.to_numpy(zero_copy_only=False), dtype=plain)


def describe_columns(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [{"name": str(name), "type": column_type(frame[name])} for name in frame.columns]
