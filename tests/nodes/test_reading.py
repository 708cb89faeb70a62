"""Reading without lying: every bad file is refused with its place, every odd one is kept right."""

import gzip
import os
import resource
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node_containers.reading import Reading, describe_columns, read_csv
from node_containers.reading.delimited import CsvOptions, CsvReader
from node_containers.sdk import NodeError


def read(tmp_path: Path, data: str | bytes, **options: Any) -> Reading:
    path = tmp_path / "file.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_csv(path, **options)


REFUSED: dict[str, tuple[str | bytes, str, str]] = {
    "empty": ("", "data-empty", "0 bytes"),
    "line breaks only": ("\n\n\n", "data-empty", "blanks"),
    "header only": ("a,b\n", "data-no-rows", "no rows"),
    "HTML": ("<!DOCTYPE html><html><body>404</body></html>", "data-not-csv", "HTML"),
    "JSON array": ('[{"a": 1}]', "data-not-csv", "JSON"),
    "JSON object": ('{"a": 1}', "data-not-csv", "JSON"),
    "PNG": (b"\x89PNG\r\n\x1a\n", "data-not-csv", "PNG"),
    "zip": (b"PK\x03\x04rest", "archive-damaged", "damaged"),
    "PDF": (b"%PDF-1.7", "data-not-csv", "PDF"),
    "binary": (bytes(range(256)) * 40, "data-not-csv", "binary"),
    "NUL in a cell": (b"a,b\n1,2\n3,\x00\n", "data-control-char", "Line 3"),
    "a bomb in one cell": (gzip.compress(os.urandom(400_000).hex().encode() + b"0" * 20_000_000), "cell-too-large", "line 1"),
    "latin-1": ("a,b\n1,2\n3,é\n".encode("latin-1"), "data-encoding", "Line 3"),
    "mixed encodings": ("a\né\n".encode() + "é\n".encode("latin-1"), "data-encoding", "Line 3"),
    "every row too long": ("a,b\n1,2,3\n4,5,6\n", "data-header-mismatch", "Nothing was shifted"),
    "ragged": ("a,b\n1\n2\n3,4\n", "data-ragged", "lines 2, 3"),
    "duplicate header": ("a,b,a\n1,2,3\n", "column-duplicate", "columns 1 and 3"),
    "too wide": (",".join(f"c{i}" for i in range(10_001)) + "\n1\n", "data-too-wide", "10,001"),
    "open quote": ('a,b\n1,"x\n2,3\n4,5\n', "data-quote", "line 2"),
    "infinite": ("a,b\n1,inf\n2,3\n", "value-not-finite", "“b”"),
    "too large for a float": ("a,b\n1,1e400\n2,3\n", "value-not-finite", "“b”"),
    "truncated gzip": (gzip.compress(b"a,b\n1,2\n" * 50)[:-9], "data-truncated", "cut off"),
    "long column name": ("x" * 300 + ",b\n1,2\n", "column-name-long", "300"),
}


@pytest.mark.parametrize(("data", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_a_bad_file_is_refused_with_its_place_and_the_way_out(tmp_path: Path, data: str | bytes, code: str, words: str) -> None:
    with pytest.raises(NodeError) as refused:
        read(tmp_path, data)
    assert refused.value.code == code
    assert words in refused.value.message
    assert refused.value.hint


def test_a_gzip_bomb_is_refused_with_flat_memory(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a,b\n" + b"0,0\n" * 75_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(NodeError) as refused:
        read(tmp_path, bomb)
    assert refused.value.code == "data-ratio"
    grown_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kilobytes < 150_000


KEPT: dict[str, tuple[str | bytes, list[tuple[str, str]], list[list[Any]]]] = {
    "NA is text": ("country,n\nNA,1\nDE,2\n", [("country", "text"), ("n", "integer")], [["NA", 1], ["DE", 2]]),
    "leading zeros": ("zip\n00501\n10001\n", [("zip", "text")], [["00501"], ["10001"]]),
    "exact beside a gap": ("id,x\n9007199254740993,1\n,2\n", [("id", "integer"), ("x", "integer")], [[9007199254740993, 1], [pd.NA, 2]]),
    "beyond 64 bits": ("id\n99999999999999999999\n1\n", [("id", "text")], [["99999999999999999999"], ["1"]]),
    "byte order mark": ("\ufeffa,b\n1,2\n", [("a", "integer"), ("b", "integer")], [[1, 2]]),
    "semicolons": ("a;b\n1;x,y\n", [("a", "integer"), ("b", "text")], [[1, "x,y"]]),
    "tabs": ("a\tb\n1\t2\n", [("a", "integer"), ("b", "integer")], [[1, 2]]),
    "UTF-16": ("a,b\n1,é\n".encode("utf-16"), [("a", "integer"), ("b", "text")], [[1, "é"]]),
    "old Mac line ends": ("a,b\r1,2\r3,4\r", [("a", "integer"), ("b", "integer")], [[1, 2], [3, 4]]),
    "line break in quotes": ('a,b\n1,"x\ny"\n', [("a", "integer"), ("b", "text")], [[1, "x\ny"]]),
    "empty header": ("a,,c\n1,2,3\n", [("a", "integer"), ("column_2", "integer"), ("c", "integer")], [[1, 2, 3]]),
    "booleans with a gap": ("a,b\ntrue,1\n,2\nfalse,3\n", [("a", "boolean"), ("b", "integer")], [[True, 1], [pd.NA, 2], [False, 3]]),
    "no such day": ("d\n2020-01-01\n2020-02-30\n", [("d", "text")], [["2020-01-01"], ["2020-02-30"]]),
    "all empty": ("a,b\n1,\n2,\n", [("a", "integer"), ("b", "text")], [[1, None], [2, None]]),
    "gzip": (gzip.compress(b"a,b\n1,2\n"), [("a", "integer"), ("b", "integer")], [[1, 2]]),
}


@pytest.mark.parametrize(("data", "columns", "rows"), KEPT.values(), ids=KEPT)
def test_an_odd_file_is_kept_right(tmp_path: Path, data: str | bytes, columns: list[tuple[str, str]], rows: list[list[Any]]) -> None:
    frame = read(tmp_path, data).frame
    assert [(one["name"], one["type"]) for one in describe_columns(frame)] == columns
    found = [
        [None if cell is None or cell is pd.NA or cell != cell else cell for cell in row]
        for row in frame.astype(object).to_numpy().tolist()
    ]
    assert found == [[None if cell is pd.NA else cell for cell in row] for row in rows]


def test_latin_1_is_read_when_it_is_named(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,é\n".encode("latin-1"), encoding="latin-1").frame["b"][0] == "é"


def test_a_few_ragged_rows_are_put_aside_with_their_lines(tmp_path: Path) -> None:
    found = read(tmp_path, "a,b\n" + "1,2\n" * 60 + "1,2,3\n" + "9\n")
    assert len(found.frame) == 60
    assert [line for line, _ in found.ragged] == [62, 63]
    assert found.warnings[0][0] == "data-ragged"


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='",'), max_size=12)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CELL, st.integers(-(2**63), 2**63 - 1), st.booleans()), min_size=2, max_size=20))
def test_what_was_written_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, bool]]) -> None:
    path = tmp_path_factory.mktemp("csv") / "file.csv"
    lines = [f'"{text}",{number},{str(flag).lower()}' for text, number, flag in rows]
    path.write_text("text,number,flag\n" + "\n".join(lines) + "\n", "utf-8")
    frame = read_csv(path).frame
    assert frame["number"].tolist() == [number for _, number, _ in rows]
    assert frame["flag"].tolist() == [flag for _, _, flag in rows]


def test_the_text_of_a_file_is_let_go_as_its_rows_get_their_types(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("note,n\n" + "".join(f"{'word ' * 40}{i},{i}\n" for i in range(60_000)))
    before = pa.total_allocated_bytes()
    batches = CsvReader(path, CsvOptions()).typed()
    first = next(batches)
    kept = pa.total_allocated_bytes() - before
    assert kept > 0.9 * path.stat().st_size
    rows = first.num_rows + sum(batch.num_rows for batch in batches)
    assert rows == 60_000
    assert pa.total_allocated_bytes() - before < 0.5 * kept
