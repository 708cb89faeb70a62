"""Artifacts in the bucket: what a node run leaves behind, addressed by its key.

    o/{owner}/artifacts/{key}/{port}.{hash}.parquet | .joblib | .json      then      manifest.json, last

The manifest is the commit: where it exists, the result is complete. Files carry their hash in their name, so that whoever writes the same result again, at
the same time or later, never changes a file that a manifest speaks of. Every file is checked against its SHA-256 when it is read.
"""

import hashlib
import io
import json
import weakref
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from node_containers.reading import describe_columns
from node_containers.runtime.billing import COUNTS
from node_containers.runtime.settings import client, load
from node_containers.runtime.trouble import until_it_passes
from node_containers.sdk import CLOSED, Evaluation, FileTable, Model, NodeError, Table
from node_containers.view import view

# Rows that are read at a time from a large table: a few megabytes each.
ROW_GROUP_ROWS = 100_000
# Larger files are not kept beside their frame. So much is a small part of the smallest size of compute.
KEPT_MAX_BYTES = 8_000_000


def folder(owner: str, key: str) -> str:
    return f"o/{owner}/artifacts/{key}"


def read(name: str) -> bytes:
    """An object's bytes; `NodeError` artifact-missing where it is gone."""
    COUNTS["gets"] += 1
    try:
        # The client repeats a request that fails, but not the reading of a body that breaks off.
        return until_it_passes(lambda: bytes(client("s3").get_object(Bucket=load().bucket, Key=name)["Body"].read()))
    except ClientError as missing:
        if missing.response["Error"]["Code"] in ("NoSuchKey", "404"):
            raise NodeError("artifact-missing", f"The stored result {name} is gone.", hint="Run the node that made it again.") from missing
        raise


def write(name: str, data: bytes, content_type: str) -> None:
    COUNTS["puts"] += 1
    COUNTS["stored_bytes"] += len(data)
    client("s3").put_object(Bucket=load().bucket, Key=name, Body=data, ContentType=content_type)


def upload(name: str, path: str, content_type: str) -> None:
    """Store a file without holding it."""
    COUNTS["puts"] += 1
    COUNTS["stored_bytes"] += Path(path).stat().st_size
    client("s3").upload_file(path, load().bucket, name, ExtraArgs={"ContentType": content_type})


def names_below(prefix: str) -> Iterator[str]:
    """Names of the objects under a prefix."""
    pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=load().bucket, Prefix=prefix)
    return (entry["Key"] for page in pages for entry in page.get("Contents", []))


def commit(name: str, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, when all it speaks of is stored. One that is there already is replaced whole."""
    write(name, json.dumps(manifest, separators=(",", ":"), allow_nan=False).encode(), "application/json")


_packed: tuple["weakref.ref[pd.DataFrame]", bytes] | None = None


def _parquet(frame: pd.DataFrame) -> bytes:
    """The frame as a Parquet file. Feature nodes hand the same frame on: a small one is packed once."""
    global _packed
    last = _packed
    if last is not None and last[0]() is frame:
        return last[1]
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd", row_group_size=ROW_GROUP_ROWS)
    data = buffer.getvalue()
    if len(data) <= KEPT_MAX_BYTES:
        _packed = weakref.ref(frame), data
    return data


def pack(value: Any) -> tuple[str, str, bytes, dict[str, Any]]:
    """Suffix, content type, bytes and manifest entry of an output. The same value gives the same bytes."""
    if isinstance(value, Table):
        data = _parquet(value.frame)
        columns = describe_columns(value.view)
        entry = {
            "kind": "table",
            "rows": len(value.frame),
            "role": value.role,
            "target": value.target,
            "columns": columns,
            "recipe": list(value.recipe),
        }
        return "parquet", "application/vnd.apache.parquet", data, entry
    if isinstance(value, Model):
        buffer = io.BytesIO()
        joblib.dump(value.pipeline, buffer, compress=("zlib", 3))
        return "joblib", "application/octet-stream", buffer.getvalue(), {"kind": "model", **value.info, "registered": value.registered}
    if isinstance(value, Evaluation):
        return (
            "json",
            "application/json",
            json.dumps(vars(value), separators=(",", ":"), allow_nan=False).encode(),
            {"kind": "evaluation"},
        )
    raise TypeError(f"{type(value).__name__} is no port type")


def stored(value: Any, owner: str, key: str, port: str) -> tuple[Any, str, bytes, str, dict[str, Any]]:
    """The output as it will lie in the bucket: the value (a model now knows where it is), object name, bytes, content type, manifest entry."""
    suffix, content_type, data, entry = pack(value)
    digest = hashlib.sha256(data).hexdigest()
    file = f"{port}.{digest[:16]}.{suffix}"
    name = f"{folder(owner, key)}/{file}"
    entry = {**entry, "file": file, "sha256": digest, "bytes": len(data)}
    if isinstance(value, Model):
        # A model that is handed on unchanged (registered, deployed) keeps pointing at where it was trained.
        value = value if value.stored else replace(value, stored={"object": name, "sha256": digest, "bytes": len(data), "key": key})
        entry["stored"] = value.stored
    return value, name, data, content_type, entry


def store_file(table: FileTable, owner: str, key: str, port: str) -> dict[str, Any]:
    """Upload a table that lies in a file as it is; gives its manifest entry."""
    with Path(table.path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    file_name = f"{port}.{digest[:16]}.parquet"
    upload(f"{folder(owner, key)}/{file_name}", table.path, "application/vnd.apache.parquet")
    columns = describe_columns(view(pq.ParquetFile(table.path).schema_arrow.empty_table().to_pandas(), table.recipe))
    entry = {
        "kind": "table",
        "rows": table.rows,
        "role": table.role,
        "target": table.target,
        "columns": columns,
        "recipe": list(table.recipe),
    }
    return {**entry, "file": file_name, "sha256": digest, "bytes": Path(table.path).stat().st_size}


def closed() -> dict[str, Any]:
    """Manifest entry of a port that a gate has closed: nothing comes out of it."""
    return {"kind": "closed", "file": "", "sha256": "", "bytes": 0}


def _content(owner: str, key: str, port: str) -> tuple[dict[str, Any], bytes]:
    """Manifest entry and bytes of a stored output. What is gone or altered is forgotten whole, so that the next run makes it anew."""
    manifest = json.loads(read(f"{folder(owner, key)}/manifest.json"))
    entry = manifest["outputs"][port]
    if entry["kind"] == "closed":
        return entry, b""
    try:
        data = read(f"{folder(owner, key)}/{entry['file']}")
    except NodeError as missing:
        _forget(owner, key)
        words = f"The stored result {entry['file']} of {manifest['type']} is gone."
        raise NodeError("artifact-missing", words, hint="Resume the run: the node that made it runs again.") from missing
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        _forget(owner, key)
        message = f"The stored result {entry['file']} of {manifest['type']} was altered: its SHA-256 does not match."
        raise NodeError("artifact-altered", message, hint="Resume the run: the node that made it runs again.")
    return entry, data


def _forget(owner: str, key: str) -> None:
    client("s3").delete_object(Bucket=load().bucket, Key=f"{folder(owner, key)}/manifest.json")


class StoredTable:
    """A table in the bucket that is read in slices: for nodes that fan out over its rows."""

    def __init__(self, owner: str, key: str, port: str) -> None:
        self._entry, self._data = _content(owner, key, port)
        self.rows = int(self._entry["rows"])

    def read(self, start: int, stop: int) -> Table:
        """Rows from `start` up to `stop`: only the row groups that hold them are unpacked."""
        file = pq.ParquetFile(io.BytesIO(self._data))
        groups = range(start // ROW_GROUP_ROWS, min(file.num_row_groups, -(-stop // ROW_GROUP_ROWS)))
        unpacked = file.read_row_groups(list(groups)).to_pandas()
        first = groups.start * ROW_GROUP_ROWS
        frame = unpacked.iloc[start - first : stop - first].reset_index(drop=True)
        return Table(frame, tuple(self._entry["recipe"]), self._entry["role"], self._entry["target"])


class Parts(MutableMapping[str, pd.DataFrame]):
    """Parts of a fan-out's result, in the bucket beside the node's artifacts."""

    def __init__(self, owner: str, key: str) -> None:
        self._folder = f"{folder(owner, key)}/items/parts/"

    def __setitem__(self, name: str, frame: pd.DataFrame) -> None:
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False, compression="zstd")
        write(f"{self._folder}{name}.parquet", buffer.getvalue(), "application/vnd.apache.parquet")

    def __getitem__(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(io.BytesIO(read(f"{self._folder}{name}.parquet")))

    def __delitem__(self, name: str) -> None:
        client("s3").delete_object(Bucket=load().bucket, Key=f"{self._folder}{name}.parquet")

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(self._folder).removesuffix(".parquet") for name in names_below(self._folder))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def fetch(owner: str, key: str, port: str) -> Any:
    """An output of an earlier node run, checked against its hash; `CLOSED` where a gate let nothing through."""
    entry, data = _content(owner, key, port)
    if entry["kind"] == "closed":
        return CLOSED
    if entry["kind"] == "table":
        frame = pd.read_parquet(io.BytesIO(data))
        return Table(frame, tuple(entry["recipe"]), entry["role"], entry["target"])
    if entry["kind"] == "model":
        info = {name: entry[name] for name in ("estimator", "task", "target", "classes", "signature", "libraries")}
        # Only bytes that match the hash we wrote ourselves are ever unpickled.
        return Model(joblib.load(io.BytesIO(data)), info, entry["registered"], entry["stored"])
    return Evaluation(**json.loads(data))
