# ruff: noqa: E501, DTZ001 the parts of a workbook are what they are, and its dates have no zone
"""Source nodes: files with types of their own, rows by hand, models from the registry."""

import json
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from node_containers import loading
from node_containers.catalog import declarations
from node_containers.columns import column_type
from node_containers.connect import egress
from node_containers.nodes import prediction_log
from node_containers.profiling import preview_table
from node_containers.reading import format_of
from node_containers.reading.params import OF_FORMAT, FileParams, reader_options
from node_containers.sdk import Context, Dataset, Endpoint, FileTable, NodeError, Table

NA = pd.NA


def run(name: str, path: Path | None = None, *, context: Context | None = None, **params: Any) -> tuple[Table, Context]:
    declaration = declarations()[name]
    given = context or Context(dataset=Dataset("ds_1", path=str(path), filename="file") if path else None)
    return declaration.function(params=declaration.params(**params), context=given), given


def cells(table: Table, name: str) -> list[Any]:
    return [NA if pd.isna(cell) else cell for cell in table.frame[name].tolist()]


def refusal(name: str, path: Path, **params: Any) -> NodeError:
    with pytest.raises(NodeError) as refused:
        run(name, path, **params)
    assert refused.value.hint
    return refused.value


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    columns = {
        "whole": pa.array([1, None, 2**53 + 1]),
        "real": pa.array([1.5, float("nan"), None]),
        "text": pa.array(["NA", "", None]),
        "truth": pa.array([True, None, False]),
        "day": pa.array([date(2020, 1, 2), None, date(2021, 1, 1)]),
        "word": pa.array(["a", "b", "a"]).dictionary_encode(),
        "money": pa.array([Decimal("1.10"), None, Decimal("2.00")]),
        "list": pa.array([[1, 2], None, []]),
        "big": pa.array([2**64 - 1, 1, 2], pa.uint64()),
    }
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_keeps_what_it_holds_exactly(parquet: Path) -> None:
    table, context = run("parquet_loader", parquet)
    assert cells(table, "whole") == [1, NA, 2**53 + 1]
    assert cells(table, "real") == [1.5, NA, NA]
    assert cells(table, "text") == ["NA", "", NA]
    assert cells(table, "truth") == [True, NA, False]
    assert cells(table, "day") == [pd.Timestamp("2020-01-02"), NA, pd.Timestamp("2021-01-01")]
    assert cells(table, "word") == ["a", "b", "a"]
    assert cells(table, "money") == ["1.10", NA, "2.00"]
    assert cells(table, "list") == ["[1, 2]", NA, "[]"]
    assert cells(table, "big") == ["18446744073709551615", "1", "2"]
    assert {one["code"] for one in context.warnings} == {"column-as-text", "number-too-long"}


def test_parquet_reads_chosen_columns_and_rows(parquet: Path) -> None:
    table, _ = run("parquet_loader", parquet, columns=["whole"], filters=[{"column": "word", "op": "==", "value": "a"}])
    assert cells(table, "whole") == [1, 2**53 + 1]
    assert refusal("parquet_loader", parquet, columns=["nowhere"]).code == "column-unknown"
    assert refusal("parquet_loader", parquet, filters=[{"column": "whole", "op": ">", "value": "x"}]).code == "filter-invalid"


def test_a_file_of_another_kind_names_the_node_that_reads_it(parquet: Path, tmp_path: Path) -> None:
    assert "Load Parquet" in str(refusal("csv_loader", parquet).hint)
    assert "Load Parquet" in str(refusal("json_loader", parquet).hint)
    text = tmp_path / "file.json"
    text.write_text('{"a": 1}\n{"a": 2}\n')
    assert (format_of(text), "Load JSON" in str(refusal("csv_loader", text).hint)) == ("json", True)
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(parquet.read_bytes()[:-20])
    assert refusal("parquet_loader", damaged).code == "data-not-parquet"


JSON: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "records": ('[{"a": 1, "b": "x"}, {"a": null}]', {"a": [1, NA], "b": ["x", NA]}),
    "lines": ('{"a": 1.5}\n\n{"a": 2}\n', {"a": [1.5, 2.0]}),
    "columns": ('{"a": [1, 2], "b": [true, false]}', {"a": [1, 2], "b": [True, False]}),
    "split": ('{"columns": ["a"], "index": [0], "data": [[1], [2]]}', {"a": [1, 2]}),
    "exact": ('[{"a": 9007199254740993}, {"a": 1}]', {"a": [9007199254740993, 1]}),
    "mixed": ('[{"a": 1}, {"a": "x"}, {"a": [1]}]', {"a": ["1", "x", "[1]"]}),
    "beyond": ('[{"a": 18446744073709551617}, {"a": 1}]', {"a": ["18446744073709551617", "1"]}),
}


@pytest.mark.parametrize(("text", "columns"), JSON.values(), ids=JSON)
def test_json_in_every_form(tmp_path: Path, text: str, columns: dict[str, list[Any]]) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    table, _ = run("json_loader", path)
    assert {name: cells(table, name) for name in table.frame.columns} == columns


BAD_JSON = {
    "cut off": ('[{"a": 1}, {"a"', "data-not-json", "line 1"),
    "a number": ("17", "data-not-json", "no table"),
    "list of numbers": ("[1, 2]", "data-not-json", "Entry 1"),
    "a key twice": ('[{"a": 1, "a": 2}]', "data-not-json", "twice"),
    "infinite": ('[{"a": Infinity}]', "data-not-json", "Infinity"),
    "columns of two lengths": ('{"a": [1], "b": [1, 2]}', "data-ragged", "lengths"),
    "empty list": ("[]", "data-no-rows", "no rows"),
    "too deep": ("[" * 100_000, "json-too-deep", "deep"),
    "broken lines": ('{"a": 1}\nx\n{"a"\n{"a": 3}\n', "data-ragged", "lines 2, 3"),
}


@pytest.mark.parametrize(("text", "code", "words"), BAD_JSON.values(), ids=BAD_JSON)
def test_bad_json_is_refused_with_its_place(tmp_path: Path, text: str, code: str, words: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    wrong = refusal("json_loader", path)
    assert (wrong.code, words in wrong.message) == (code, True)


def test_one_broken_line_of_many_is_put_aside_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    lines = [json.dumps({"n": i}) for i in range(40)]
    path.write_text("\n".join([*lines[:9], "{oops", *lines[9:]]))
    table, context = run("json_loader", path)
    assert table.rows == 40
    assert [(line.rows, line.sample[0][0]) for line in context.dropped] == [(1, "line 10")]


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    """The smallest .xlsx that holds these rows: numbers, texts, and dates as a spreadsheet keeps them."""

    def cell(value: Any) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, datetime):
            return f'<c s="1"><v>{(value - datetime(1899, 12, 30)).days}</v></c>'
        if isinstance(value, bool):
            return f'<c t="b"><v>{int(value)}</v></c>'
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    body = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="People" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def test_excel_gives_the_types_of_its_cells(tmp_path: Path) -> None:
    day = datetime(2020, 2, 29)
    rows = [["n", "x", "t", "when", "ok", "mixed"], [1, 1.5, "NA", day, True, 7], [None] * 6, [2, 2, "00501", None, False, "x"]]
    table, context = run("excel_loader", workbook(tmp_path / "file.xlsx", rows))
    assert {name: cells(table, name) for name in table.frame.columns} == {
        "n": [1, 2],
        "x": [1.5, 2.0],
        "t": ["NA", "00501"],
        "when": [pd.Timestamp(day), NA],
        "ok": [True, False],
        "mixed": ["7", "x"],
    }
    assert [(line.reason, line.sample[0][0]) for line in context.dropped] == [("an empty row", "line 3")]
    assert [one["code"] for one in context.warnings] == ["column-mixed"]


def test_excel_says_which_sheets_and_columns_there_are(tmp_path: Path) -> None:
    path = workbook(tmp_path / "file.xlsx", [["a", "b"], [1, 2]])
    assert "People" in str(refusal("excel_loader", path, sheet_name="Peeple").hint)
    assert refusal("excel_loader", path, usecols=["z"]).code == "column-unknown"
    assert list(run("excel_loader", path, sheet_name="People", usecols=["b"])[0].frame.columns) == ["b"]
    path.write_bytes(path.read_bytes()[:200])
    assert refusal("excel_loader", path).code in ("data-not-excel", "archive-damaged")


def test_a_workbook_that_is_a_bomb_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 200_000_000)
    assert refusal("excel_loader", path).code == "data-ratio"


def test_rows_by_hand_are_read_like_a_file() -> None:
    table, _ = run("enter_rows", context=Context(), rows="zip;n\n00501;1\n10001;2\n")
    assert {name: cells(table, name) for name in table.frame.columns} == {"zip": ["00501", "10001"], "n": [1, 2]}
    with pytest.raises(NodeError, match="twice"):
        run("enter_rows", context=Context(), rows="a,a\n1,2\n")


GERMAN = "Stand 2026;;;\nPLZ;Preis;Tag;Größe\n00501;1.234,50;31.12.2025;k.A.\n10115;0,99;01.02.2026;XL\n".encode("cp1252")
AS_GERMAN = {
    "sep": ";",
    "skiprows": 1,
    "decimal": ",",
    "thousands": ".",
    "encoding": "cp1252",
    "na_values": ["", "k.A."],
    "parse_dates": ["Tag"],
    "date_format": "%d.%m.%Y",
}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Files of a folder at an address that is opened by the owner."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(egress.VARIABLE, f"127.0.0.1:{server.server_port}")
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def from_bucket(address: str, name: str, **params: Any) -> Table:
    login = {"aws_access_key_id": "somebody", "aws_secret_access_key": "very-private", "endpoint_url": address}
    context = Context(secret=lambda _: json.dumps(login))
    return run("s3_loader", context=context, uri=f"s3://theirs/{name}", connection_secret="bucket", **params)[0]


def test_a_german_file_on_the_web_and_in_a_bucket_is_read_as_from_an_upload(served: str, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    path = tmp_path / "theirs" / "preise.csv"
    path.write_bytes(GERMAN)
    upload, _ = run("csv_loader", path, **AS_GERMAN)
    assert {name: cells(upload, name) for name in upload.frame.columns} == {
        "PLZ": ["00501", "10115"],
        "Preis": [1234.5, 0.99],
        "Tag": [pd.Timestamp("2025-12-31"), pd.Timestamp("2026-02-01")],
        "Größe": [NA, "XL"],
    }
    web, _ = run("url_loader", context=Context(), url=f"{served}/theirs/preise.csv", **AS_GERMAN)
    pd.testing.assert_frame_equal(web.frame, upload.frame)
    pd.testing.assert_frame_equal(from_bucket(served, "preise.csv", **AS_GERMAN).frame, upload.frame)


def test_a_workbook_and_a_parquet_file_in_a_bucket_take_the_params_of_their_readers(served: str, tmp_path: Path, parquet: Path) -> None:
    (tmp_path / "theirs").mkdir()
    workbook(tmp_path / "theirs" / "a.xlsx", [["made by hand", None], ["n", "t"], [1, "x"], [2, "-"]])
    table = from_bucket(served, "a.xlsx", sheet_name="People", skiprows=1, usecols=["t"], na_values=["-", ""])
    assert (list(table.frame), cells(table, "t")) == (["t"], ["x", NA])
    parquet.rename(tmp_path / "theirs" / "b.parquet")
    table = from_bucket(served, "b.parquet", columns=["whole"], filters=[{"column": "word", "op": "==", "value": "a"}])
    assert cells(table, "whole") == [1, 2**53 + 1]


@pytest.mark.parametrize(
    ("name", "params", "field"),
    [
        ("a.xlsx", {"sep": ";"}, "params.sep"),
        ("a.xlsx", {"encoding": "latin-1", "header": 1}, "params.encoding"),
        ("a.csv", {"sheet_name": "People", "sep": ";"}, "params.sheet_name"),
        ("a.csv", {"columns": ["n"]}, "params.columns"),
        ("a.json", {"usecols": ["n"], "orient": "records"}, "params.usecols"),
        ("a.csv", {"format": "json", "dtype": {"n": "text"}}, "params.dtype"),
    ],
)
def test_what_the_format_does_not_know_is_refused_at_its_field(
    served: str, tmp_path: Path, name: str, params: dict[str, Any], field: str
) -> None:
    (tmp_path / "theirs").mkdir()
    workbook(tmp_path / "theirs" / "a.xlsx", [["n"], [1]])
    (tmp_path / "theirs" / "a.csv").write_text("n,m\n1,2\n")
    (tmp_path / "theirs" / "a.json").write_text('[{"n": 1}]')
    for load in (
        partial(run, "url_loader", context=Context(), url=f"{served}/theirs/{name}", **params),
        partial(from_bucket, served, name, **params),
    ):
        with pytest.raises(NodeError) as refused:
            load()
        assert (refused.value.code, refused.value.field) == ("option-misplaced", field)
        assert refused.value.hint


def test_every_reader_is_told_all_its_params_and_no_other() -> None:
    every = {name for params in OF_FORMAT.values() for name in params.model_fields}
    assert every | {"format"} == set(FileParams.model_fields)
    for form, params in OF_FORMAT.items():
        alone = declarations()[f"{form}_loader"].params
        assert set(alone.model_fields) == {"dataset", *params.model_fields}
        assert reader_options(FileParams(), form) == reader_options(alone(), form)


def test_a_large_file_lies_on_disk_and_gives_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.csv"
    path.write_text(
        "id,when,ok,x,note\n"
        + "".join(f"{i},2020-01-{i % 28 + 1:02},{i % 2 == 0},{i / 7},n{i}\n".lower() for i in range(5_000))
        + "oops,,,,\n"
    )
    small, _ = run("csv_loader", path)
    monkeypatch.setattr(loading, "STREAMED_BYTES", 0)
    heard: list[str] = []
    context = Context(dataset=Dataset("ds_1", path=str(path), filename="f"), on_progress=heard.append)
    large, _ = run("csv_loader", context=context)
    assert isinstance(large, FileTable)
    assert "frame" not in vars(large)
    assert large.rows == small.rows == 5_000
    assert context.dropped[0].sample == [["line 5002", "oops"]]
    assert heard[-1] == "reading, 100 %"
    pd.testing.assert_frame_equal(large.with_role("train").frame, small.frame)
    assert large.with_steps({"step": "impute"}).recipe == ({"step": "impute"},)
    assert large.with_frame(small.frame).rows == 5_000


def log_of(requests: list[dict[str, Any]], types: dict[str, str], **params: Any) -> tuple[Table, Context]:
    """The prediction log as the node gives it, from requests that are given newest first."""
    asked: list[tuple[Any, ...]] = []

    def ask(*words: Any) -> Iterator[dict[str, Any]]:
        asked.append(words)
        return iter(requests)

    context = Context(endpoint=Endpoint("m-abc", "m", types), asked=ask)
    node = declarations()["prediction_log"]
    return node.function(node.params(endpoint="m", **params), context), context


def request(at: str, inputs: list[dict[str, Any]], version: int = 1, **said: Any) -> dict[str, Any]:
    truth = said.pop("truth", None)
    outputs = [{"prediction": said.get("prediction", 1.5), **said} for _ in inputs]
    words = {"id": f"r{at[14:16]}", "at": at, "version": version, "latency_ms": 2.0, "inputs": inputs, "outputs": outputs}
    return {**words, "truth": truth}


def test_truth_that_came_since_stands_beside_what_was_predicted() -> None:
    said = {"prediction": "b", "probabilities": {"a": 0.25, "b": 0.75}}
    late = request("2026-11-20T10:02:00.000+00:00", [{"n": 3}, {"n": 4}], **said, truth={"1": "a"})
    early = request("2026-11-20T10:01:00.000+00:00", [{"n": 1}, {"n": 2}], **said)
    types = {"n": "integer"}
    table, _ = log_of([late, early], types, joined_with_truth=True)
    places = list(table.frame.columns)
    assert places[places.index("predicted") + 1] == "truth"
    assert table.frame["truth"].isna().tolist() == [True, True, True, False]
    assert table.frame["truth"].tolist()[-1] == "a"
    only, context = log_of([late], types, joined_with_truth=True, only_with_truth=True)
    assert only.frame[["n", "truth"]].to_numpy().tolist() == [[4, "a"]]
    assert context.summary == "1 rows that “m” was asked"
    assert "truth" not in log_of([late, early], types)[0].frame
    assert "truth_" in log_of([request("2026-11-20T10:00:00.000+00:00", [{"truth": 1}])], {}, joined_with_truth=True)[0].frame
    with pytest.raises(NodeError) as refused:
        log_of([], types, only_with_truth=True)
    assert (refused.value.code, refused.value.field) == ("data-no-truth", "params.only_with_truth")


def test_the_truth_of_quantities_is_a_number_where_none_has_come_as_well() -> None:
    known = request("2026-11-20T10:02:00.000+00:00", [{"n": 1}], prediction=2.5, truth={"0": 3})
    for requests, cells in (([known], [3.0]), ([request("2026-11-20T10:02:00.000+00:00", [{"n": 1}])], [None])):
        frame = log_of(requests, {"n": "integer"}, joined_with_truth=True)[0].frame
        assert column_type(frame["truth"]) == "number"
        assert [None if cell != cell else cell for cell in frame["truth"].astype(float)] == cells


def test_the_log_of_an_endpoint_is_a_table_with_the_types_of_the_model() -> None:
    late = request(
        "2026-11-20T10:02:00.000+00:00",
        [{"age": 30, "n": 2, "born": "1990-01-31", "ok": True}, {"age": 31.5, "n": None, "born": None, "ok": None}],
    )
    early = request("2026-11-20T10:01:00.000+00:00", [{"age": None, "n": 1, "born": "1991-02-28T05:00:00", "ok": False}])
    table, context = log_of([late, early], {"age": "number", "n": "integer", "born": "datetime", "ok": "boolean"})
    frame = table.frame
    assert {name: column_type(frame[name]) for name in frame} == {
        "time": "datetime",
        "request_id": "text",
        "row": "integer",
        "version": "integer",
        "latency_ms": "number",
        "age": "number",
        "n": "integer",
        "born": "datetime",
        "ok": "boolean",
        "predicted": "number",
    }
    assert list(frame["request_id"]) == ["r01", "r02", "r02"]
    assert list(frame["row"]) == [0, 0, 1]
    assert frame["age"].fillna(-1).tolist() == [-1, 30, 31.5]
    assert frame["born"].iloc[0] == pd.Timestamp("1991-02-28 05:00")
    assert (context.summary, context.warnings) == ("3 rows that “m” was asked", [])
    assert json.dumps(preview_table(table), allow_nan=False)


def test_columns_of_the_log_leave_the_names_of_the_rows_alone() -> None:
    said = {"prediction": "b", "probabilities": {"a": 0.25, "b": 0.75}}
    rows = [{"time": "noon", "version": "x", "predicted": "y", "odd": None}]
    table, _ = log_of([request("2026-11-20T10:00:00.000+00:00", rows, **said)], {"time": "text", "version": "text", "predicted": "text"})
    assert list(table.frame.columns) == [
        "time_", "request_id", "row", "version_", "latency_ms", "time", "version", "predicted", "odd", "predicted_", "probability of a", "probability of b"
    ]  # fmt: skip
    assert table.frame["time"].tolist() == ["noon"]
    assert table.frame["predicted_"].tolist() == ["b"]


def test_other_versions_may_have_taken_other_columns_and_types() -> None:
    new = request("2026-11-20T10:02:00.000+00:00", [{"age": 30}], version=2)
    old = request("2026-11-20T10:01:00.000+00:00", [{"age": "thirty", "sex": "f"}])
    table, _ = log_of([new, old], {"age": "number"})
    assert table.frame["age"].tolist() == ["thirty", "30"]
    assert table.frame["sex"].isna().tolist() == [False, True]


def test_a_log_longer_than_the_limit_gives_its_newest_rows_and_says_so() -> None:
    many = [request(f"2026-11-20T10:{minute:02}:00.000+00:00", [{"n": minute}, {"n": -minute}]) for minute in range(50, 10, -1)]
    table, context = log_of(many, {"n": "integer"}, row_limit=5)
    assert table.frame["n"].tolist() == [-48, 49, -49, 50, -50]
    assert [warning["code"] for warning in context.warnings] == ["row-limit"]


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ({}, "data-no-rows", "params.days"),
        ({"since": "2026-02-30"}, "date-unknown", "params.since"),
        ({"since": "2026-11-20", "until": "2026-11-20"}, "window-empty", "params.since"),
    ],
)
def test_a_log_without_an_answer_and_a_window_without_time_are_refused(params: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(NodeError) as refused:
        log_of([], {}, **params)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.hint


def test_a_window_is_what_was_asked_for_and_never_longer_than_the_log_is_kept() -> None:
    params, now = declarations()["prediction_log"].params, datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert prediction_log.window(params(), now) == ("2026-11-13T12:00:00.000", "2026-11-20T12:00:00.000")
    assert prediction_log.window(params(until="2026-11-19", days=1), now) == ("2026-11-18T00:00:00.000", "2026-11-19T00:00:00.000")
    assert prediction_log.window(params(since="2020-01-01"), now)[0] == "2026-10-21T12:00:00.000"
