"""Saving a table as a file: what is in it, and that it comes back as it was."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from node_containers.catalog import declarations
from node_containers.connect import buckets
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
