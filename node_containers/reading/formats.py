"""Parquet, Excel and JSON: files that carry types of their own, made into the five types every node knows, exactly or not at all."""

import json
import math
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from node_containers.reading import delimited, lines
from node_containers.reading.delimited import MAX_COLUMNS, Reading, read_csv
from node_containers.reading.header import column_names
from node_containers.reading.kinds import ARROW, Kind, Marks, pandas_schema
from node_containers.reading.lines import Aside
from node_containers.reading.stream import MAX_RATIO, MAX_UNPACKED_BYTES, Progress, check_size
from node_containers.sdk import NodeError

NAMES = {"csv": "CSV", "parquet": "Parquet", "excel": "Excel", "json": "JSON"}
FORMATS = tuple(NAMES)
BATCH_ROWS = 65_536
BROKEN = "a line that is no JSON object"


def format_of(path: Path) -> str:
    """Which of `FORMATS` a file is, by what it holds and not by its name."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "excel"
    if head.startswith(b"PK\x03\x04") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
        return "excel" if names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"} else "csv"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "json" if text.startswith((b"{", b"[{", b"[\n", b"[\r", b"[ ", b"[]")) else "csv"


def read_any(path: str | Path, form: str | None = None, progress: Progress | None = None, **options: Any) -> Reading:
    """Read a file of any format; `options` are those of its reader."""
    path = Path(path)
    if path.stat().st_size == 0:
        check_size(path)
    readers: dict[str, Callable[..., Reading]] = {"csv": read_csv, "parquet": read_parquet, "excel": read_excel, "json": read_json}
    chosen = form or format_of(path)
    return readers[chosen](path, progress, **options) if chosen == "csv" else readers[chosen](path, **options)


# -- Parquet ----------------------------------------------------------------------------------------------------------------


def read_parquet(path: Path, columns: Sequence[str] | None = None, filters: Sequence[Sequence[Any]] | None = None) -> Reading:
    """A Parquet file. Codes: data-not-parquet, data-too-wide, data-too-large, column-unknown, column-type, data-no-rows."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as broken:
        raise NodeError(
            "data-not-parquet", f"The file is no Parquet file, or it is damaged: {str(broken)[:150]}.", hint="Upload it again."
        ) from broken
    if file.schema_arrow.__len__() > MAX_COLUMNS:
        message = f"The file has {len(file.schema_arrow):,} columns; the limit is {MAX_COLUMNS:,}."
        raise NodeError("data-too-wide", message, hint="Choose fewer columns.")
    unpacked = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
    if unpacked > MAX_UNPACKED_BYTES:
        message = f"The file unpacks to {unpacked:,} bytes; the limit is {MAX_UNPACKED_BYTES:,}."
        raise NodeError("data-too-large", message, hint="Load fewer columns, or split the file.")
    _known(file.schema_arrow.names, [*(columns or ()), *(str(rule[0]) for rule in filters or ())])
    _, warnings = column_names([name for name in file.schema_arrow.names if not columns or name in columns])
    try:
        table = pq.read_table(
            path, columns=list(columns) if columns else None, filters=[tuple(rule) for rule in filters] if filters else None
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, TypeError) as wrong:
        raise NodeError(
            "filter-invalid",
            f"The filters do not fit the file: {str(wrong)[:200]}.",
            field="params.filters",
            hint="Compare like with like.",
        ) from wrong
    # An index that pandas has stored beside the columns is no column.
    table = table.select([name for name in table.schema.names if not name.startswith("__index_level_")])
    return from_arrow(table, warnings=warnings)


def _known(names: Sequence[str], wanted: Iterable[str]) -> None:
    for name in wanted:
        if name not in names:
            hint = f"There is {', '.join(names[:12])}{' …' if len(names) > 12 else ''}."
            raise NodeError("column-unknown", f"The file has no column “{name[:60]}”.", field="params.columns", hint=hint)


def from_arrow(table: pa.Table, aside: dict[str, Aside] | None = None, warnings: Sequence[tuple[str, str]] = ()) -> Reading:
    """Any Arrow table in the five types. What has no exact place in them becomes text, and that is said."""
    if table.num_rows == 0:
        raise NodeError("data-no-rows", "The file has no rows.", hint="Check that the export was complete.")
    made, kinds, notes = [], [], list(warnings)
    for name in table.schema.names:
        values, kind, note = _exact(name, table.column(name).combine_chunks())
        made.append(values)
        kinds.append(kind)
        notes += [note] if note else []
    typed = pa.Table.from_arrays(made, schema=pandas_schema(kinds))
    return Reading(typed.num_rows, kinds, aside or {}, notes, frame=typed.to_pandas())


def _exact(name: str, values: pa.Array) -> tuple[pa.Array, Kind, tuple[str, str] | None]:
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    values = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    kind, note = _place(values.type), None
    if kind == "integer" and pa.types.is_uint64(values.type) and (pc.max(values).as_py() or 0) >= 2**63:
        kind, note = "text", ("number-too-long", f"“{name}” holds whole numbers beyond 64 bits with a sign: it was kept as text.")
    if kind == "number" and len(values) and pc.any(pc.is_inf(pc.cast(values, pa.float64(), safe=False))).as_py():
        raise NodeError("value-not-finite", f"The column “{name}” holds infinite values.", field=name, hint="Replace them by missing ones.")
    if kind is None:
        kind, note = "text", ("column-as-text", f"“{name}” is of the type {values.type}; it was kept as text.")
        values = pa.array([None if cell is None else _words(cell) for cell in values.to_pylist()], pa.string())
    if kind == "number":
        # Not a number and missing are one thing to every node.
        values = pc.cast(values, pa.float64(), safe=False)
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)
    else:
        zoned = kind == "datetime" and getattr(values.type, "tz", None)
        values = pc.cast(values, ARROW[kind], safe=kind != "datetime")
        note = note or (("date-in-utc", f"“{name}” has a time zone; its times are given in UTC.") if zoned else None)
    nullable = values.null_count > 0
    return values, Kind(name, kind, "as the file declares it", Marks(), nullable=nullable), note


def _place(kind: pa.DataType) -> str | None:
    types = pa.types
    if types.is_integer(kind):
        return "integer"
    if types.is_floating(kind):
        return "number"
    if types.is_boolean(kind):
        return "boolean"
    if types.is_timestamp(kind) or types.is_date(kind):
        return "datetime"
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind):
        return "text"
    return None


def _words(cell: Any) -> str:
    if isinstance(cell, bytes):
        return cell.hex()
    return json.dumps(cell, default=str, ensure_ascii=False) if isinstance(cell, dict | list) else str(cell)


# -- JSON -------------------------------------------------------------------------------------------------------------------


def read_json(path: Path, orient: str | None = None, lines: bool | None = None, encoding: str = "utf-8") -> Reading:
    """JSON as pandas names its forms (`records`, `columns`, `split`), or one object a line. Codes: data-not-json, json-*, data-ragged, data-no-rows."""
    check_size(path)
    with path.open("rb") as file:
        head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    by_line = lines if lines is not None else head.startswith(b"{") and orient is None and _is_object(head)
    if by_line:
        rows, aside = _json_lines(path, encoding)
    else:
        rows, aside = _json_document(path, orient, encoding), {}
    return _of_rows(rows, aside)


def _is_object(head: bytes) -> bool:
    """Whether the first line is a whole object: then there is one on each line."""
    try:
        return isinstance(json.loads(head.split(b"\n", 1)[0]), dict) and b"\n" in head.rstrip()
    except ValueError:
        return False


def _json_lines(path: Path, encoding: str) -> tuple[list[dict[str, Any]], dict[str, Aside]]:
    rows: list[dict[str, Any]] = []
    broken = Aside()
    total = 0
    for number, text in enumerate(path.read_bytes().decode(_bom(path, encoding), "strict").split("\n"), 1):
        if not text.strip():
            continue
        total += 1
        try:
            found = _loads(text)
            if not isinstance(found, dict):
                raise ValueError("no object")
            rows.append(found)
        except ValueError:
            broken.add(number, text)
    if broken.rows > max(1, delimited.MAX_RAGGED_SHARE * total):
        message = f"{broken.rows:,} of {total:,} lines are no JSON object: {broken}."
        raise NodeError("data-ragged", message, hint="One object on each line is needed; or switch “lines” off.")
    return rows, {BROKEN: broken} if broken.rows else {}


def _bom(path: Path, encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _json_document(path: Path, orient: str | None, encoding: str) -> list[dict[str, Any]]:
    try:
        document = _loads(path.read_bytes().decode(_bom(path, encoding)))
    except UnicodeDecodeError as wrong:
        raise NodeError(
            "data-encoding", f"Byte {wrong.start} is not {encoding}.", field="params.encoding", hint="Set the encoding."
        ) from wrong
    except RecursionError as deep:
        raise NodeError("json-too-deep", "The JSON is nested too deeply.", hint="A list of flat objects is needed.") from deep
    except json.JSONDecodeError as wrong:
        message = f"The file is not JSON: {wrong.msg} in line {wrong.lineno}, column {wrong.colno}."
        raise NodeError("data-not-json", message, hint="Upload it again; if it has one object on each line, switch “lines” on.") from wrong
    except ValueError as wrong:
        raise NodeError("data-not-json", f"The file is not JSON: {wrong}.", hint="Mend the file.") from wrong
    rows = list(_records(document, orient))
    if not rows:
        raise NodeError("data-no-rows", "The file holds no rows.", hint="Check that the export was complete.")
    return rows


def _loads(text: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice in one object")
        return found

    def constant(word: str) -> Any:
        if word == "NaN":
            return None
        raise ValueError(f"{word} is no JSON number")

    return json.loads(text, object_pairs_hook=unique, parse_constant=constant)


def _records(document: Any, orient: str | None) -> Iterator[dict[str, Any]]:
    shape = "The JSON is no table: a list of objects, an object of columns, or {columns, data} is needed."
    if isinstance(document, dict) and (orient == "split" or (orient is None and document.keys() >= {"columns", "data"})):
        names = [str(name) for name in document["columns"]]
        for number, row in enumerate(document["data"], 1):
            if len(row) != len(names):
                raise NodeError("data-ragged", f"Row {number} has {len(row)} cells; there are {len(names)} columns.", hint="Mend this row.")
            yield dict(zip(names, row, strict=True))
    elif (
        isinstance(document, dict)
        and orient in (None, "columns")
        and document
        and all(isinstance(one, list | dict) for one in document.values())
    ):
        columns = {name: list(one.values()) if isinstance(one, dict) else one for name, one in document.items()}
        lengths = {len(one) for one in columns.values()}
        if len(lengths) != 1:
            raise NodeError(
                "data-ragged", f"The columns have different lengths: {sorted(lengths)}.", hint="Each column needs a cell for every row."
            )
        yield from ({name: one[i] for name, one in columns.items()} for i in range(lengths.pop()))
    elif isinstance(document, list) and orient in (None, "records"):
        for number, row in enumerate(document, 1):
            if not isinstance(row, dict):
                raise NodeError("data-not-json", f"Entry {number} of the list is no object.", hint=shape)
            yield row
    else:
        raise NodeError("data-not-json", shape, field="params.orient", hint="Choose the form, or reshape the file.")


# -- Excel ------------------------------------------------------------------------------------------------------------------


def read_excel(
    path: Path,
    sheet_name: str | int = 0,
    header: int | None = 0,
    usecols: Sequence[str] | None = None,
    skiprows: int = 0,
    na_values: Sequence[str] = ("",),
) -> Reading:
    """One sheet of a workbook (xlsx, xls, xlsb, ods). Codes: data-not-excel, data-ratio, sheet-unknown, column-unknown, data-no-rows, data-too-wide."""
    rows = _sheet(path, sheet_name)[skiprows:]
    while rows and header is not None and all(cell == "" for cell in rows[0]):
        rows = rows[1:]
    if header is not None and len(rows) <= header:
        raise NodeError(
            "data-no-rows", "The sheet has no header where one is looked for.", field="params.header", hint="Choose another sheet or line."
        )
    cells = [str(cell) for cell in rows[header]] if header is not None else [""] * max(map(len, rows), default=0)
    while cells and not cells[-1].strip() and all(len(row) < len(cells) or row[len(cells) - 1] == "" for row in rows):
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise NodeError(
            "data-too-wide", f"The sheet has {len(cells):,} columns; the limit is {MAX_COLUMNS:,}.", hint="Choose another sheet."
        )
    names, warnings = column_names(cells)
    _known(names, usecols or ())
    body = rows[header + 1 :] if header is not None else rows
    first = skiprows + (header + 2 if header is not None else 1)
    found, aside = [], Aside()
    for number, row in enumerate(body, first):
        values = [None if cell in na_values else cell for cell in row[: len(names)]]
        if all(value is None for value in values):
            aside.add(number, "")
        else:
            found.append(dict(zip(names, values, strict=False)))
    reading = _of_rows(found, {lines.EMPTY: aside} if aside.rows else {}, usecols or names)
    reading.warnings[:0] = warnings
    return reading


def _sheet(path: Path, sheet: str | int) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    _check_bomb(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        names = book.sheet_names
        if (isinstance(sheet, str) and sheet not in names) or (isinstance(sheet, int) and not 0 <= sheet < len(names)):
            listed = ", ".join(names[:12])
            raise NodeError("sheet-unknown", f"There is no sheet {sheet!r}.", field="params.sheet_name", hint=f"There is {listed}.")
        found = book.get_sheet_by_name(sheet) if isinstance(sheet, str) else book.get_sheet_by_index(sheet)
        return found.to_python(skip_empty_area=False)
    except (CalamineError, OSError) as broken:
        raise NodeError(
            "data-not-excel", f"The workbook cannot be read: {str(broken)[:150]}.", hint="Save it again as .xlsx without a password."
        ) from broken


def _check_bomb(path: Path) -> None:
    size = check_size(path)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(one.file_size for one in archive.infolist())
        if unpacked > min(MAX_UNPACKED_BYTES, max(size * MAX_RATIO, 2**20)):
            message = f"The workbook unpacks to {unpacked:,} bytes, over {MAX_RATIO} times its size."
            raise NodeError("data-ratio", message, hint="Save the sheet you need as CSV.")


# -- rows of Python values --------------------------------------------------------------------------------------------------


def _of_rows(rows: list[dict[str, Any]], aside: dict[str, Aside], columns: Sequence[str] | None = None) -> Reading:
    """Rows of loose values: a column is a number, date or truth value where all its values are; a mixture becomes text, and that is said."""
    if not rows:
        raise NodeError("data-no-rows", "There are no rows.", hint="Check that the export was complete.")
    names = list(columns) if columns is not None else list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > MAX_COLUMNS:
        raise NodeError("data-too-wide", f"The rows name {len(names):,} columns; the limit is {MAX_COLUMNS:,}.", hint="Take fewer.")
    checked, warnings = column_names(names)
    arrays = []
    for name in names:
        values, note = _column(name, [row.get(name) for row in rows])
        arrays.append(values)
        warnings += [note] if note else []
    return from_arrow(pa.Table.from_arrays(arrays, names=checked), aside, warnings)


def _column(name: str, cells: list[Any]) -> tuple[pa.Array, tuple[str, str] | None]:
    cells = [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]
    kinds = {_kind_of(cell) for cell in cells if cell is not None}
    whole = kinds <= {"integer", "number"} and all(float(cell).is_integer() for cell in cells if cell is not None and abs(cell) < 2**53)
    exact = all(abs(cell) < 2**53 for cell in cells if isinstance(cell, float))
    if not kinds:
        return pa.array(cells, pa.string()), None
    if kinds <= {"integer", "number"} and whole and exact and all(-(2**63) <= cell < 2**63 for cell in cells if cell is not None):
        # A spreadsheet keeps 1 as 1.0.
        return pa.array([None if cell is None else int(cell) for cell in cells], pa.int64()), None
    if kinds <= {"integer", "number"} and not any(isinstance(cell, int) and abs(cell) > 2**53 for cell in cells):
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64()), None
    if kinds == {"boolean"}:
        return pa.array(cells, pa.bool_()), None
    if kinds == {"datetime"}:
        return pa.array([None if cell is None else pd.Timestamp(cell) for cell in cells], pa.timestamp("us")), None
    note = None if kinds == {"text"} else ("column-mixed", f"“{name}” holds {' and '.join(sorted(kinds))} values: it was kept as text.")
    return pa.array([None if cell is None else cell if isinstance(cell, str) else _plain(cell) for cell in cells], pa.string()), note


def _kind_of(cell: Any) -> str:
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int):
        return "integer"
    if isinstance(cell, float):
        return "number"
    if isinstance(cell, date | datetime):
        return "datetime"
    return "text" if isinstance(cell, str) else "other"


def _plain(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell) if isinstance(cell, date | datetime | time | timedelta | bool | int | float) else _words(cell)
