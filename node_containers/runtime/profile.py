"""Profiles of uploaded datasets."""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from node_containers.loading import load_dataset
from node_containers.profiling import preview_table
from node_containers.reading import describe_columns, format_of
from node_containers.runtime.settings import client, load
from node_containers.runtime.storage import pack
from node_containers.sdk import Context, Dataset, FileTable, NodeError, Table

# A file of ten thousand odd columns could say something of each; the profile holds them all.
MAX_WARNINGS = 100
# A file of rows larger than this is more than a browser tab should hold: such a dataset is shown by its first rows.
MOST_BYTES = 64 * 2**20


def profile_dataset(order: Mapping[str, Any]) -> dict[str, Any]:
    """Read an uploaded dataset strictly and describe it: the `profile_dataset` payload of `docs/contracts.md`, section 7, with the profile beside it and all
    rows as a Parquet file, where a person can look at so many."""
    with tempfile.TemporaryDirectory(prefix="flowza-") as place:
        path = Path(place) / "content"
        client("s3").download_file(load().bucket, order["object"], str(path))
        digest = hashlib.file_digest(path.open("rb"), "sha256").hexdigest()
        facts: dict[str, Any] = {
            "owner": order["owner"],
            "dataset": order["dataset"],
            "sha256": digest,
            "bytes": path.stat().st_size,
            "rows": 0,
            "columns": [],
            "target": None,
        }
        context = Context(dataset=Dataset(order["dataset"], path=str(path), filename=order["filename"]))
        try:
            form = format_of(path)
            table = load_dataset(context, form)
        except NodeError as refused:
            error = {"code": refused.code, "message": refused.message, "field": refused.field, "hint": refused.hint}
            return {"payload": {**facts, "warnings": [], "error": error}, "profile": None, "rows": None}
    warnings = [*context.warnings]
    if (twins := _repeated(table)) > 0:
        warnings.append({"code": "duplicate-rows", "message": f"{twins:,} of {table.rows:,} rows repeat another row."})
    shown = preview_table(table)
    rows = _rows(table)
    columns = describe_columns(table.read(0, 1).frame if not isinstance(table, FileTable) else _no_rows(table))
    payload = {**facts, "rows": table.rows, "columns": columns, "warnings": warnings[:MAX_WARNINGS], "error": None, "format": form}
    profile = {
        "version": 1,
        "rows": table.rows,
        "columns": shown["columns"],
        "warnings": warnings,
        "preview": {"columns": columns, "rows": shown["rows"]},
        "dropped": [{"reason": line.reason, "count": line.rows, "sample": line.sample} for line in context.dropped],
        "format": form,
        "file": None if rows is None else {"bytes": len(rows)},
    }
    return {"payload": payload, "profile": profile, "rows": rows}


def _rows(table: Table) -> bytes | None:
    """All rows as Parquet; None where that is too much to look at."""
    if not isinstance(table, FileTable):
        data = pack(table)[2]
    elif Path(table.path).stat().st_size <= MOST_BYTES:
        data = Path(table.path).read_bytes()
    else:
        return None
    return data if len(data) <= MOST_BYTES else None


def _repeated(table: Table) -> int:
    """How many rows repeat an earlier one; of a table in a file eight bytes a row are held for it."""
    frames = (
        [table.frame]
        if not isinstance(table, FileTable)
        else (part.to_pandas() for part in pq.ParquetFile(table.path).iter_batches(100_000))
    )
    hashes, row = np.empty(table.rows, dtype="uint64"), 0
    for frame in frames:
        hashes[row : row + len(frame)] = pd.util.hash_pandas_object(frame, index=False).to_numpy()
        row += len(frame)
    # Where it lies: a sorted copy would need the same memory again.
    hashes.sort()
    return int((hashes[1:] == hashes[:-1]).sum())


def _no_rows(table: FileTable) -> pd.DataFrame:
    return pq.ParquetFile(table.path).schema_arrow.empty_table().to_pandas()
