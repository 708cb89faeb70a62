# ruff: noqa: E501 a table reads best with one case a line
"""The catalogue of bad files, row by row: what is kept, is kept right; what cannot be, is refused with its place and a way out.

Rows that are about what a later node does with good data (splitting, encoding, leaks) are tested with those nodes.
"""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from node_containers.profiling import profile_column
from node_containers.reading import Reading, read_any
from node_containers.sdk import NodeError

MANY = "".join(f"{i},x{i}\n" for i in range(60))


def zipped(*names: str, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "a,b\n1,2\n3,4\n")
    return buffer.getvalue()


def encrypted() -> bytes:
    """A zip whose entry claims a password: the flag is set in both of its headers."""
    data = bytearray(zipped("a.csv"))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def overlapping() -> bytes:
    """A zip whose entry claims bytes that belong to the directory behind it."""
    data = bytearray(zipped("a.csv"))
    at = data.index(b"PK\x01\x02")
    data[at + 20 : at + 24] = (10_000).to_bytes(4, "little")
    return bytes(data)


def read(place: Path, data: str | bytes, **options: Any) -> Reading:
    path = place / "file.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_any(path, "csv", **options)


REFUSED: dict[str, tuple[str | bytes, dict[str, Any], str, str]] = {
    "C1 no bytes": ("", {}, "data-empty", "0 bytes"),
    "C2 line breaks": ("\n\r\n\n", {}, "data-empty", "line breaks"),
    "C3 header only": ("a,b\n", {}, "data-no-rows", "no rows"),
    "C5 too many ragged": ("a,b\n" + MANY + "1,2,3\n" * 9, {}, "data-ragged", "lines 62, 63, 64, 65, 66 …"),
    "C6 all rows longer": ("a,b\n1,2,3\n4,5,6\n", {}, "data-header-mismatch", "Nothing was shifted"),
    "C9 UTF-16 without mark": ("a,b\n1,2\n".encode("utf-16-le"), {}, "data-encoding", "utf-16-le"),
    "C10 latin-1": ("a,b\n1,x\n2,é\n".encode("latin-1"), {}, "data-encoding", "Line 3"),
    "C11 two encodings": ("a\né\n".encode() + "é\n".encode("cp1252"), {}, "data-encoding", "Line 3"),
    "C12 twice in the header": ("a,b,a\n1,2,3\n", {}, "column-duplicate", "columns 1 and 3"),
    "C14 equal but for blanks": ("age, age\n1,2\n", {}, "column-duplicate", "“age” twice"),
    "C21 infinite": ("a,b\n1,inf\n2,3\n4,-Infinity\n", {}, "value-not-finite", "lines 2, 4"),
    "C21 too large": ("a,b\n1,2\n2,1e400\n", {}, "value-not-finite", "line 3"),
    "C26 dates that a person asks for": ("d,x\n01/02/2020,1\n2020-03-04,2\n", {"parse_dates": ["d"]}, "date-ambiguous", "line 2"),
    "C28 open quote": ('a,b\n1,2\n3,"x\n5,6\n', {}, "data-quote", "line 3"),
    "C28 open quote swallows rows": ('a,b\n1,"x\n2,3\n' + MANY + '7,8,"\n', {}, "data-quote", "line 2"),
    "C29 NUL": (b"a,b\n1,2\n3,x\x00y\n", {}, "data-control-char", "Line 3"),
    "C33 PNG": (b"\x89PNG\r\n\x1a\n", {}, "data-not-csv", "PNG"),
    "C33 PDF": (b"%PDF-1.7\n", {}, "data-not-csv", "PDF"),
    "C33 old Excel": (b"\xd0\xcf\x11\xe0" + b"\0" * 99, {}, "data-not-csv", "Excel"),
    "C34 HTML": ("<!DOCTYPE html>\n<title>404</title>", {}, "data-not-csv", "HTML"),
    "C34 JSON": ('[{"a": 1}]', {}, "data-not-csv", "JSON"),
    "C36 50,000 columns": (",".join(f"c{i}" for i in range(50_000)) + "\n1\n", {}, "data-too-wide", "50,000"),
    "C37 a cell of 2 MB": ("a,b\n1,2\n3," + "x" * 2_000_000 + "\n", {}, "cell-too-large", "line 3"),
    "C37 a cell of 50 MB": ("a,b\n1,2\n3," + "x" * 50_000_000 + "\n", {}, "cell-too-large", "line 3"),
    "C38 bomb": (gzip.compress(b"a,b\n" + b"0,0\n" * 30_000_000), {}, "data-ratio", "100 times"),
    "C39 two files": (zipped("a.csv", "b.csv"), {}, "archive-several", "2 files"),
    "C39 nested": (zipped("a.zip"), {}, "archive-nested", "a.zip"),
    "C39 path": (zipped("../../etc/cron.d/x.csv"), {}, "archive-path", "../../etc"),
    "C39 encrypted": (encrypted(), {}, "archive-encrypted", "password"),
    "C39 overlap": (overlapping(), {}, "archive-overlap", "overlap"),
    "C39 damaged": (b"PK\x03\x04" + b"x" * 50, {}, "archive-damaged", "damaged"),
    "C40 cut off": (gzip.compress(b"a,b\n1,2\n" * 50)[:-9], {}, "data-truncated", "cut off"),
    "C50 long name": ("x" * 300 + ",b\n1,2\n", {}, "column-name-long", "300"),
}


@pytest.mark.parametrize(("data", "options", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_with_its_place_and_the_way_out(tmp_path: Path, data: str | bytes, options: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(NodeError) as refused:
        read(tmp_path, data, **options)
    assert refused.value.code == code
    assert words in refused.value.message
    assert refused.value.hint


NA = pd.NA
# What goes in, how it is read, the columns that come out, and what is said: warnings, and rows put aside with their first line.
KEPT: dict[str, tuple[str | bytes, dict[str, Any], dict[str, list[Any]], list[str], dict[str, int]]] = {
    "C5 one long row": ("a,b\n" + "1,2\n" * 60 + "1,2,3\n", {}, {"a": [1] * 60, "b": [2] * 60}, ["data-ragged", "column-constant"], {"too many or too few cells": 62}),
    "C7 one short row": ("a,b\n" + "1,x\n" * 60 + "1\n", {}, {"a": [1] * 60, "b": ["x"] * 60}, ["data-ragged", "column-constant"], {"too many or too few cells": 62}),
    "C8 byte order mark": ("\ufeffa,b\n1,2\n", {}, {"a": [1], "b": [2]}, [], {}),
    "C9 UTF-16": ("a,b\n1,é\n".encode("utf-16"), {}, {"a": [1], "b": ["é"]}, [], {}),
    "C10 latin-1 by name": ("a\né\n".encode("latin-1"), {"encoding": "latin-1"}, {"a": ["é"]}, [], {}),
    "C13 empty header cell": ("a,,c\n1,2,3\n", {}, {"a": [1], "column_2": [2], "c": [3]}, ["column-unnamed"], {}),
    "C14 blanks": (" age ,b\n1,2\n", {}, {"age": [1], "b": [2]}, ["column-trimmed"], {}),
    "C14 case": ("Age,age\n1,2\n", {}, {"Age": [1], "age": [2]}, ["column-ambiguous"], {}),
    "C15 semicolons": ("a;b\n1;x,y\n", {}, {"a": [1], "b": ["x,y"]}, [], {}),
    "C15 tabs": ("a\tb\n1\t2\n", {}, {"a": [1], "b": [2]}, [], {}),
    "C15 pipes": ("a|b\n1|2\n", {}, {"a": [1], "b": [2]}, [], {}),
    "C15 a wrong guess is changeable": ("a;b,c\n1;2,3\n4;5,6\n", {"sep": ","}, {"a;b": ["1;2", "4;5"], "c": [3, 6]}, [], {}),
    "C16 decimal comma is not guessed": ("a;b\n1,5;1\n2,25;2\n", {}, {"a": ["1,5", "2,25"], "b": [1, 2]}, ["number-format"], {}),
    "C16 decimal comma by name": ("a;b\n1.001,5;1\n2,25;2\n", {"decimal": ",", "thousands": "."}, {"a": [1001.5, 2.25], "b": [1, 2]}, [], {}),
    "C16 the mark between groups only": ("a;d\n1.5;31.12.2025\n1.234;01.02.2026\n", {"decimal": ",", "thousands": "."}, {"a": ["1.5", "1.234"], "d": ["31.12.2025", "01.02.2026"]}, ["date-ambiguous"], {}),
    "C16 groups of two": ("a\n1,23,45,678.5\n-1,234\n", {"sep": ";", "thousands": ","}, {"a": [12345678.5, -1234]}, [], {}),
    "C17 leading zeros": ("zip\n00501\n10001\n", {}, {"zip": ["00501", "10001"]}, [], {}),
    "C18 NA, None, null": ("c\nNA\nNone\nnull\nDE\n", {}, {"c": ["NA", "None", "null", "DE"]}, [], {}),
    "C18 NA among numbers": ("c\nNA\n2\n3\n", {}, {"c": [NA, 2, 3]}, ["missing-word"], {}),
    "C19 exact beside a gap": ("i,x\n9007199254740993,1\n,2\n", {}, {"i": [9007199254740993, NA], "x": [1, 2]}, [], {}),
    "C20 beyond 64 bits": ("i\n18446744073709551617\n1\n", {}, {"i": ["18446744073709551617", "1"]}, ["number-too-long"], {}),
    "C20 long beside a fraction": ("i\n9007199254740993\n1.5\n", {}, {"i": ["9007199254740993", "1.5"]}, ["number-too-long"], {}),
    "C21 infinite as missing by choice": ("a\n1\ninf\n", {"na_values": ["", "inf"]}, {"a": [1, NA]}, [], {}),
    "C22 all empty": ("a,b\n1,\n2,\n", {}, {"a": [1, 2], "b": [NA, NA]}, ["column-empty"], {}),
    "C23 constant": ("a,b\n1,x\n2,x\n", {}, {"a": [1, 2], "b": ["x", "x"]}, ["column-constant"], {}),
    "C25 truth with a gap": ("b,x\ntrue,1\n,2\nFALSE,3\n", {}, {"b": [True, NA, False], "x": [1, 2, 3]}, [], {}),
    "C26 dates in two forms": ("d\n2020-01-01\n01/02/2020\n", {}, {"d": ["2020-01-01", "01/02/2020"]}, ["date-ambiguous"], {}),
    "C26 dates by their form": ("d\n31/12/2020\n01/02/2020\n", {"parse_dates": ["d"], "date_format": "%d/%m/%Y"}, {"d": [pd.Timestamp("2020-12-31"), pd.Timestamp("2020-02-01")]}, [], {}),
    "C27 spreadsheet days": ("date\n43831\n43832\n", {}, {"date": [43831, 43832]}, ["excel-serial-date"], {}),
    "C30 line break in quotes": ('a,b\n1,"x\ny"\n', {}, {"a": [1], "b": ["x\ny"]}, [], {}),
    "C31 old Mac": ("a,b\r1,2\r3,4\r", {}, {"a": [1, 3], "b": [2, 4]}, [], {}),
    "C32 header again": ("a,b\n1,x\na,b\n3,y\n", {}, {"a": [1, 3], "b": ["x", "y"]}, ["rows-put-aside"], {"the header again": 3}),
    "C32 trailing total": ("a,b\n" + MANY + "Total,\n", {}, {"a": list(range(60)), "b": [f"x{i}" for i in range(60)]}, ["rows-put-aside"], {"a cell of “a” that is no integer": 62}),
    "C32 comment line": ("a,b\n" + MANY + "# made by hand\n", {}, {"a": list(range(60)), "b": [f"x{i}" for i in range(60)]}, ["data-ragged"], {"too many or too few cells": 62}),
    "C32 lines before the header": ("# made by hand\n\na,b\n1,2\n", {"skiprows": 2}, {"a": [1], "b": [2]}, [], {}),
    "C39 a zip of one file": (zipped("folder/a.csv"), {}, {"a": [1, 3], "b": [2, 4]}, [], {}),
    "C43 formulas": ("a\n=cmd|' /C calc'!A0\n@SUM(A1)\n+1\n", {}, {"a": ["=cmd|' /C calc'!A0", "@SUM(A1)", "+1"]}, [], {}),
    "C44 script": ("a\n<script>alert(1)</script>\nx\n", {}, {"a": ["<script>alert(1)</script>", "x"]}, [], {}),
    "C50 odd names": ("😀,\u202eabc\n1,2\n", {}, {"😀": [1], "\u202eabc": [2]}, [], {}),
    "types by name": ("zip,n\n007,1\n008,2\n", {"dtype": {"zip": "integer", "n": "text"}}, {"zip": [7, 8], "n": ["1", "2"]}, [], {}),
    "chosen columns and rows": ("a,b,c\n1,2,3\n4,5,6\n", {"usecols": ["c", "a"], "nrows": 1}, {"a": [1], "c": [3]}, [], {}),
    "no header": ("1,2\n3,4\n", {"header": None}, {"column_1": [1, 3], "column_2": [2, 4]}, [], {}),
    "blanks around numbers": ("a, b\n1, 2\n3, 4\n", {}, {"a": [1, 3], "b": [2, 4]}, ["column-trimmed"], {}),
}  # fmt: skip


@pytest.mark.parametrize(("data", "options", "columns", "codes", "aside"), KEPT.values(), ids=KEPT)
def test_kept_right_and_said(
    tmp_path: Path, data: str | bytes, options: dict[str, Any], columns: dict[str, list[Any]], codes: list[str], aside: dict[str, int]
) -> None:
    found = read(tmp_path, data, **options)
    assert list(found.frame.columns) == list(columns)
    for name, cells in columns.items():
        assert [NA if pd.isna(cell) else cell for cell in found.frame[name].tolist()] == cells
    assert set(codes) <= {code for code, _ in found.warnings} <= {*codes, "column-constant"}
    assert {reason: one.lines[0][0] for reason, one in found.aside.items()} == aside


def test_c24_one_stray_cell_in_many_numbers_is_put_aside_with_its_line(tmp_path: Path) -> None:
    lines = [str(i) for i in range(200_000)]
    lines[123_456] = "oops"
    found = read(tmp_path, "n\n" + "\n".join(lines))
    assert str(found.frame["n"].dtype) == "int64"
    assert (found.rows, found.aside["a cell of “n” that is no integer"].lines) == (199_999, [(123_458, "oops")])


def test_c35_five_thousand_columns_are_read(tmp_path: Path) -> None:
    names = ",".join(f"c{i}" for i in range(5_000))
    assert read(tmp_path, f"{names}\n" + ",".join(["1"] * 5_000)).frame.shape == (1, 5_000)


def test_c48_an_identifier_is_named(tmp_path: Path) -> None:
    frame = read(tmp_path, "id,x\n" + "".join(f"u{i},{i % 3}\n" for i in range(30))).frame
    assert profile_column(frame["id"])["warnings"] == ["identifier"]
    assert profile_column(frame["x"])["warnings"] == []
