"""Reading delimited text without lying.

A file is read whole and right, or refused with the place: every cell comes in as text first, so that nothing is guessed before the whole column
has been seen. `00501` and `NA` stay text, 9007199254740993 stays exact, a row that is too long never shifts its cells under the wrong header.

    text ─▶ delimiter, header ─▶ rows as text, ragged ones put aside (first pass: what is in the columns) ─▶ typed rows (second pass)

Both passes stream: a file of a gigabyte needs no more memory than one of a hundred megabytes. Small files are parsed once, and their text is let go
as its rows get their types.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from node_containers.reading.header import column_names, detect_delimiter
from node_containers.reading.kinds import Kind, Marks, Seen, pandas_schema, wanted_types
from node_containers.reading.lines import EMPTY, MAX_CELL_CHARACTERS, RAGGED, SHOWN, Aside, Rows, cell_too_large
from node_containers.reading.stream import Progress, TextStream
from node_containers.sdk import NodeError

MAX_COLUMNS = 10_000
# A few broken rows are put aside and counted; more than this share and the file is not what it seems.
MAX_RAGGED_SHARE = 0.05
# Of text that is parsed at a time: memory is about a hundred times this.
BLOCK_BYTES = 2 * 2**20
# Parsed text of files up to this size is kept between the passes.
KEPT_BYTES = 32 * 2**20


@dataclass(frozen=True)
class CsvOptions:
    """How to read a file; names and meanings are those of `pandas.read_csv`, with None for `find it out`."""

    sep: str | None = None
    header: int | None = 0
    skiprows: int = 0
    usecols: tuple[str, ...] | None = None
    dtype: Mapping[str, str] = field(default_factory=dict)
    na_values: tuple[str, ...] = ("",)
    parse_dates: tuple[str, ...] = ()
    date_format: str | None = None
    nrows: int | None = None
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str | None = None


@dataclass
class Reading:
    """What was read beside the rows. `aside` is the ledger: rows of the file = rows + all rows put aside."""

    rows: int = 0
    kinds: list[Kind] = field(default_factory=list)
    aside: dict[str, Aside] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    delimiter: str = ","
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def ragged(self) -> list[tuple[int, str]]:
        return self.aside[RAGGED].lines if RAGGED in self.aside else []


def read_csv(path: str | Path, progress: Progress | None = None, **options: Any) -> Reading:
    """Read a file strictly into a frame. Raises `NodeError` with one of the codes of `docs/reading.md`."""
    reader = CsvReader(Path(path), options_of(options), progress)
    batches = list(reader.typed())
    table = pa.Table.from_batches(batches, pandas_schema(reader.reading.kinds))
    del batches
    reader.reading.frame = table.to_pandas(split_blocks=True, self_destruct=True)
    return reader.finished()


def csv_to_parquet(path: str | Path, target: str | Path, progress: Progress | None = None, **options: Any) -> Reading:
    """The same into a Parquet file, in the memory of a few blocks whatever the size of the file; `frame` stays empty."""
    reader = CsvReader(Path(path), options_of(options), progress)
    writer: pq.ParquetWriter | None = None
    try:
        for batch in reader.typed():
            writer = writer or pq.ParquetWriter(target, batch.schema, compression="zstd")
            writer.write_batch(batch, row_group_size=100_000)
    finally:
        if writer:
            writer.close()
    return reader.finished()


def options_of(options: Mapping[str, Any]) -> CsvOptions:
    lists = {name: tuple(value) for name, value in options.items() if name in ("usecols", "na_values", "parse_dates") and value is not None}
    return CsvOptions(**{**options, **lists})


class CsvReader:
    """One file being read."""

    def __init__(self, path: Path, options: CsvOptions, progress: Progress | None = None) -> None:
        self.path, self.options, self.progress = path, options, progress
        self.reading = Reading()
        self._odd_quotes = False
        self._kept: list[pa.RecordBatch] | None = [] if path.stat().st_size <= KEPT_BYTES else None
        self._kept_bytes = 0
        with self._stream() as stream:
            stream.skip_lines(options.skiprows)
            head = stream.peek(4 * 2**20)
        self.reading.delimiter = options.sep or detect_delimiter(head)
        self.names, self._header_lines = self._read_header(head)
        self._rows = self._new_rows()
        chosen = options.usecols
        wanted_types(self.names, dict.fromkeys(chosen or (), "text"), ())
        self._positions = [i for i, name in enumerate(self.names) if chosen is None or name in chosen]

    def typed(self) -> Iterator[pa.RecordBatch]:
        """The rows in their types. The first pass is over before the first batch comes."""
        kinds = self._look()
        schema = pandas_schema(kinds)
        row = 0
        for batch in self._last_batches():
            columns, wrong = self._convert(batch, kinds, row)
            row += batch.num_rows
            made = pa.RecordBatch.from_arrays(columns, schema=schema)
            made = made.filter(pa.array(~wrong)) if wrong is not None else made
            self.reading.rows += made.num_rows
            yield made

    def finished(self) -> Reading:
        if self.reading.rows == 0:
            raise NodeError("data-no-rows", "No row of the file could be used.", hint="See which rows were put aside, and why.")
        for reason, aside in self.reading.aside.items():
            if reason not in (RAGGED, EMPTY):
                what = "1 row was" if aside.rows == 1 else f"{aside.rows:,} rows were"
                self.reading.warnings.append(("rows-put-aside", f"{what} put aside for {reason}: {aside}."))
        return self.reading

    def _look(self) -> list[Kind]:
        """The first pass: ragged rows judged, and a type for every column."""
        options, reading = self.options, self.reading
        marks = Marks(options.decimal, options.thousands, options.date_format, options.na_values)
        wanted = wanted_types(self.names, options.dtype, options.parse_dates)
        seen = [Seen(self.names[i], marks, wanted.get(self.names[i])) for i in self._positions]
        rows = 0
        for batch in self._parse(0.0):
            rows += batch.num_rows
            for one, position in zip(seen, self._positions, strict=True):
                one.observe(batch.column(position))
            self._keep(batch)
        self._rows.settle()
        reading.aside = self._rows.aside
        _judge_ragged(rows, self._rows, len(self.names))
        if rows == 0:
            raise NodeError("data-no-rows", "The file has a header and no rows.", hint="Check that the export was complete.")
        reading.warnings += self._rows.warnings
        if self._odd_quotes:
            self._find_open_quote()
        if (ragged := reading.aside.get(RAGGED)) is not None:
            reading.warnings.append(("data-ragged", f"{ragged.rows:,} rows with too few or too many cells were put aside: {ragged}."))
        reading.kinds = [self._decided(one) for one in seen]
        reading.warnings += [note for kind in reading.kinds for note in kind.notes]
        return reading.kinds

    def _decided(self, seen: Seen) -> Kind:
        try:
            return seen.decide()
        except NodeError as wrong:
            wrong.message += f" They are in {self._lines_against(seen)}."
            raise

    def _lines_against(self, seen: Seen) -> Aside:
        """The first lines whose cell is no value of the type that the column shall have."""
        kind = Kind(seen.name, seen.wanted or "number", "", seen.marks, stray=1, words=True)
        found, row = Aside(), 0
        for batch in self._batches():
            values, wrong = kind.convert(batch.column(self.names.index(seen.name)))
            bad = wrong if wrong is not None else np.zeros(len(values), dtype=bool)
            if kind.type == "number":
                bad = bad | pc.fill_null(pc.is_inf(values), False).to_numpy(zero_copy_only=False)
            for i in np.flatnonzero(bad)[: SHOWN + 1 - found.rows]:
                found.add(self._rows.line(row + int(i)), "")
            row += batch.num_rows
            if found.rows > SHOWN:
                break
        return found

    def _keep(self, batch: pa.RecordBatch) -> None:
        """Parsed text stays for the second pass while there is little of it; a small file may unpack to much."""
        self._kept_bytes += batch.nbytes
        if self._kept_bytes > 4 * KEPT_BYTES:
            self._kept = None
        if self._kept is not None:
            self._kept.append(batch)

    def _batches(self) -> Iterable[pa.RecordBatch]:
        """The rows as text once more: those of the first pass, or parsed again."""
        return self._kept if self._kept is not None else self._parse(0.5)

    def _last_batches(self) -> Iterator[pa.RecordBatch]:
        """The same for the last time: text is let go as its rows get their types, so that both are never held whole."""
        kept = self._kept
        if kept is None:
            yield from self._parse(0.5)
            return
        kept.reverse()
        while kept:
            yield kept.pop()

    def _convert(self, batch: pa.RecordBatch, kinds: Sequence[Kind], first_row: int) -> tuple[list[pa.Array], np.ndarray | None]:
        columns, dropped = [], None
        for kind, position in zip(kinds, self._positions, strict=True):
            values, wrong = kind.convert(batch.column(position))
            columns.append(values)
            if wrong is not None and wrong.any():
                news = wrong if dropped is None else wrong & ~dropped
                reason = f"a cell of “{kind.name}” that is no {kind.type}"
                aside = self.reading.aside.setdefault(reason, Aside())
                for i in np.flatnonzero(news):
                    aside.add(self._rows.line(first_row + int(i)), str(batch.column(position)[int(i)].as_py()))
                dropped = wrong if dropped is None else dropped | wrong
        return columns, dropped

    # -- parsing -------------------------------------------------------------------------------------------------------------

    def _new_rows(self) -> Rows:
        first = self.options.skiprows + self._header_lines + 1
        return Rows(self.names, first, self.reading.delimiter, header=self.options.header is not None)

    def _stream(self, done: float | None = None) -> TextStream:
        progress = self.progress
        if progress is None or done is None:
            return TextStream(self.path, self.options.encoding)
        share = 1.0 if self._kept is not None else 0.5
        return TextStream(self.path, self.options.encoding, lambda part: progress(done + share * part))

    def _parse(self, done: float) -> Iterator[pa.RecordBatch]:
        """Rows as text that have as many cells as the header, in batches."""
        rows = self._rows = self._new_rows()
        with self._stream(done) as stream:
            stream.skip_lines(self.options.skiprows + self._header_lines)
            try:
                for parsed in self._open(stream, rows):
                    batch = rows.take(parsed, quoted=stream.quotes > 0)
                    if self.options.nrows is not None and rows.kept >= self.options.nrows:
                        yield batch.slice(0, batch.num_rows - (rows.kept - self.options.nrows))
                        return
                    yield batch
                self._odd_quotes = stream.quotes % 2 == 1
            except pa.ArrowInvalid as wrong:
                raise self._explained(wrong) from wrong

    def _open(self, stream: TextStream, rows: Rows) -> Iterable[pa.RecordBatch]:
        if not stream.peek(1):
            return ()
        keys = [f"c{i}" for i in range(len(self.names))]
        return arrow_csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            # One thread: only then does Arrow know the number of a ragged row.
            read_options=arrow_csv.ReadOptions(column_names=keys, use_threads=False, block_size=BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.reading.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=rows.put_aside
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )

    def _explained(self, wrong: pa.ArrowInvalid) -> NodeError:
        self._find_open_quote()
        if "straddling" in str(wrong):
            return NodeError(
                "cell-too-large", f"A row is larger than {BLOCK_BYTES // 2**20} MB.", hint="Look for a lone quote, or take the cell out."
            )
        return NodeError(
            "data-not-csv", f"The file cannot be read as delimited text: {str(wrong)[:200]}.", hint="Check delimiter and quotes."
        )

    def _find_open_quote(self) -> None:
        """Raise with the line where a quote opens that is never closed, or where a cell is too large; nothing where all is well."""
        with self._stream() as stream:
            text = io.TextIOWrapper(io.BufferedReader(_Readable(stream)), "utf-8", newline="")
            limit, line = csv.field_size_limit(MAX_CELL_CHARACTERS), 1
            rows = csv.reader(text, delimiter=self.reading.delimiter, strict=True)
            try:
                for _ in rows:
                    line = rows.line_num + 1
            except csv.Error as wrong:
                if "field larger" in str(wrong):
                    raise cell_too_large(line) from wrong
                if "unexpected end" in str(wrong):
                    message = f"A quote that opens in line {line} is never closed."
                    raise NodeError("data-quote", message, hint="Close it or remove it.") from wrong
                message = f"A quote in line {rows.line_num} closes before the cell ends, and the quotes of the file do not pair up."
                raise NodeError("data-quote", message, hint="Close it or remove it.") from wrong
            finally:
                csv.field_size_limit(limit)

    def _read_header(self, head: bytes) -> tuple[list[str], int]:
        """Names of the columns, and how many lines stand before the first row of values."""
        lines = io.StringIO(head.decode(errors="ignore"), newline="")
        limit = csv.field_size_limit(MAX_CELL_CHARACTERS)
        try:
            rows = csv.reader(lines, delimiter=self.reading.delimiter)
            filled = (row for row in rows if row)
            for _ in range(self.options.header or 0):
                next(filled, None)
            cells = next(filled, None)
        except csv.Error as wrong:
            if "field larger" in str(wrong):
                raise cell_too_large(self.options.skiprows + 1) from wrong
            raise NodeError("data-quote", "A quote in the header line is never closed.", hint="Close it, or set the delimiter.") from wrong
        finally:
            csv.field_size_limit(limit)
        if cells is None:
            raise NodeError(
                "data-no-rows", "There is no line left to read a header from.", field="params.skiprows", hint="Skip fewer lines."
            )
        if len(cells) > MAX_COLUMNS:
            message = f"The header names {len(cells):,} columns; the limit is {MAX_COLUMNS:,}."
            raise NodeError("data-too-wide", message, hint="Choose fewer columns.")
        if self.options.header is None:
            return [f"column_{i}" for i in range(1, len(cells) + 1)], 0
        names, warnings = column_names(cells)
        self.reading.warnings += warnings
        return names, rows.line_num


class _Readable(io.RawIOBase):
    """A `TextStream` as the buffered readers of the standard library want it."""

    def __init__(self, stream: TextStream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _judge_ragged(kept: int, rows: Rows, width: int) -> None:
    total = kept + rows.ragged
    if rows.ragged and rows.longer == total:
        message = f"Every row has more cells than the header has names ({width}). Nothing was shifted or guessed."
        raise NodeError(
            "data-header-mismatch", message, hint="Add the missing name to the header, or check the delimiter and the lines to skip."
        )
    if rows.ragged > max(1, MAX_RAGGED_SHARE * total):
        message = f"{rows.ragged:,} of {total:,} rows do not have the header's {width} cells: {rows.aside[RAGGED]}."
        raise NodeError("data-ragged", message, hint="Mend these lines, or check delimiter and quotes.")
