"""Saving a table as a file: what is in it, and that it comes back as it was."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from node_containers.catalog import declarations
from node_containers.connect import buckets, egress
from node_containers.nodes import save_dataset
from node_containers.reading import read_any
from node_containers.sdk import Context, NodeError, Table

FRAME = pd.DataFrame(
    {
        "id": pd.array([1, None, 2**62], dtype="Int64"),
        "text": pd.array(["=1+1", 'a,b\n"c"', "00501"], dtype="str"),
        "real": [0.1, -2.5, 1e300],
        "ok": pd.array([True, None, False], dtype="boolean"),
        "when": pd.to_datetime(["2020-02-29 01:02:03", "2020-01-01 00:00:00", "1999-12-31 23:59:59"]).astype("datetime64[us]"),
    }
)


def save(place: Path, **params: Any) -> tuple[Path, Context]:
    kept: list[Path] = []

    def keep(name: str, path: str, kind: str) -> dict[str, Any]:
        kept.append(Path(shutil.copy(path, place / name)))
        return {"name": name, "object": f"o/{name}", "sha256": "0" * 64, "bytes": Path(path).stat().st_size}

    asked: list[Any] = []
    context = Context(keep_file=keep, effect=lambda kind, payload: asked.append((kind, payload)) or {"dataset": "ds_9"})
    declaration = declarations()["save_dataset"]
    table = Table(FRAME)
    assert declaration.function(table=table, params=declaration.params(**params), context=context) is table
    context.asked = asked  # type: ignore[attr-defined]
    return kept[0], context


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip"])
def test_parquet_comes_back_as_it_was(tmp_path: Path, compression: str) -> None:
    path, context = save(tmp_path, name="rows", compression=compression)
    assert (path.name, context.files[0]["name"]) == ("rows.parquet", "rows.parquet")
    pd.testing.assert_frame_equal(read_any(path).frame, FRAME)


def test_csv_comes_back_as_it_was_when_nothing_is_guarded(tmp_path: Path) -> None:
    path, context = save(tmp_path, name="rows.csv", format="csv", spreadsheet_safe=False)
    assert path.name == "rows.csv"
    pd.testing.assert_frame_equal(read_any(path).frame, FRAME)
    assert context.warnings == []


def test_a_formula_is_guarded_in_a_csv_and_that_is_said(tmp_path: Path) -> None:
    path, context = save(tmp_path, name="rows", format="csv", index=True)
    found = read_any(path).frame
    assert found["text"].tolist() == ["'=1+1", 'a,b\n"c"', "00501"]
    assert found["row"].tolist() == [0, 1, 2]
    assert found["real"].tolist() == FRAME["real"].tolist(), "numbers are no formulas"
    assert [(one["code"], "1 texts" in one["message"]) for one in context.warnings] == [("formula-guarded", True)]


def test_a_dataset_is_asked_for_once_with_the_file_it_is_made_of(tmp_path: Path) -> None:
    _, context = save(tmp_path, name="Scored people", to="dataset")
    asked: Any = context.asked  # type: ignore[attr-defined]
    assert [(kind, payload["name"], payload["filename"], payload["object"]) for kind, payload in asked] == [
        ("save_dataset", "Scored people", "Scored people.parquet", "o/Scored people.parquet")
    ]
    assert "ds_9" in context.summary


@pytest.mark.parametrize("uri", ["http://x/y", "s3://B/x", "s3://a..b/x", "s3:///x", ""])
def test_only_addresses_of_buckets_are_taken(uri: str) -> None:
    with pytest.raises(NodeError) as refused:
        buckets.split_uri(uri)
    assert refused.value.code == "uri-invalid"


@pytest.mark.parametrize("secret", ["no json", "[]", "{}", '{"aws_access_key_id": "very-private"}'])
def test_a_login_that_is_none_is_refused_without_its_words(secret: str) -> None:
    with pytest.raises(NodeError) as refused:
        buckets.login_of(secret, "us-east-1")
    assert (refused.value.code, "very-private" in refused.value.message) == ("secret-invalid", False)


# -- buckets ------------------------------------------------------------------------------------------------------------------


class Bucket:
    """A bucket that answers as S3 does to HEAD and PUT. `blind` answers HEAD with 403, as S3 does where a login may only write; `late` writes the object of
    somebody else between the two; `plain` does not know the condition."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.conditions: list[str | None] = []
        self.blind = self.late = self.plain = False
        bucket = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                there = bucket.objects.get(self.path)
                self.send_response(403 if bucket.blind else 200 if there else 404)
                if there and not bucket.blind:
                    self.send_header(buckets.MARK, there[1])
                self.end_headers()

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                bucket.conditions.append(self.headers["If-None-Match"])
                if bucket.late:
                    bucket.objects[self.path] = (b"theirs", "")
                refused = self.headers["If-None-Match"] == "*" and self.path in bucket.objects and not bucket.plain
                if not refused:
                    bucket.objects[self.path] = (body, self.headers[buckets.MARK] or "")
                self.send_response(412 if refused else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put(self, run: str, **params: Any) -> str:
        """Save in a run; the words of the node."""
        login = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "endpoint_url": f"http://127.0.0.1:{self.server.server_port}"}
        context = Context(secret=lambda _: json.dumps(login), identity=f"{run}/save")
        wishes = {"to": "s3", "uri": "s3://theirs/out/", "connection_secret": "bucket", **params}
        save_dataset.save_dataset(Table(FRAME), save_dataset.Params(**wishes), context)
        return context.summary.split(", ")[-1]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    made = Bucket()
    monkeypatch.setenv(egress.VARIABLE, f"127.0.0.1:{made.server.server_port}")
    yield made
    made.server.shutdown()
    made.server.server_close()


def refused(bucket: Bucket, run: str, **params: Any) -> str:
    with pytest.raises(NodeError) as wrong:
        bucket.put(run, **params)
    assert wrong.value.field == "params.mode"
    assert "s3://theirs/out/results.parquet" in wrong.value.message
    return wrong.value.code


def test_an_object_is_replaced_as_long_as_nothing_else_is_asked_for(bucket: Bucket) -> None:
    bucket.objects["/theirs/out/results.parquet"] = (b"old", "")
    assert bucket.put("run_1") == "at s3://theirs/out/results.parquet"
    assert bucket.objects["/theirs/out/results.parquet"][0].startswith(b"PAR1")
    assert bucket.conditions == [None]


def test_an_object_that_is_there_stays_and_only_a_retry_knows_its_own(bucket: Bucket) -> None:
    assert bucket.put("run_1", mode="fail") == "at s3://theirs/out/results.parquet"
    kept = dict(bucket.objects)
    assert bucket.put("run_1", mode="fail") == "put there by an earlier try: s3://theirs/out/results.parquet"
    assert refused(bucket, "run_2", mode="fail") == "object-exists"
    assert bucket.objects == kept
    assert bucket.conditions == ["*"], "what is there is not sent again"


def test_of_two_who_write_at_once_one_is_refused(bucket: Bucket) -> None:
    bucket.late = True
    assert refused(bucket, "run_1", mode="fail") == "object-exists"
    assert bucket.objects == {"/theirs/out/results.parquet": (b"theirs", "")}


def test_a_login_that_may_only_write_replaces_nothing(bucket: Bucket) -> None:
    bucket.blind = True
    assert bucket.put("run_1", mode="fail") == "at s3://theirs/out/results.parquet"
    kept = dict(bucket.objects)
    assert refused(bucket, "run_2", mode="fail") == "object-exists"
    assert bucket.objects == kept


def test_a_store_that_does_not_know_the_condition_replaces_nothing_it_shows(bucket: Bucket) -> None:
    bucket.plain = True
    bucket.objects["/theirs/out/results.parquet"] = (b"old", "")
    assert refused(bucket, "run_1", mode="fail") == "object-exists"
    assert bucket.objects["/theirs/out/results.parquet"][0] == b"old"


def test_each_run_may_have_an_object_of_its_own(bucket: Bucket) -> None:
    said = [bucket.put(run, mode="new", **more) for run in ("run_1", "run_2", "run_2") for more in ({}, {"uri": "s3://theirs/day.all"})]
    assert said == [
        "at s3://theirs/out/results-run_1.parquet",
        "at s3://theirs/day-run_1.all",
        "at s3://theirs/out/results-run_2.parquet",
        "at s3://theirs/day-run_2.all",
        "put there by an earlier try: s3://theirs/out/results-run_2.parquet",
        "put there by an earlier try: s3://theirs/day-run_2.all",
    ]
    assert len(bucket.objects) == 4
