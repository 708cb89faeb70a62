"""Profiles of uploaded datasets."""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from node_containers.profiling import preview
from node_containers.reading import describe_columns, read_csv
from node_containers.runtime.settings import client, load
from node_containers.sdk import NodeError


def profile_dataset(order: Mapping[str, Any]) -> dict[str, Any]:
    """Read an uploaded dataset strictly and describe it: the `profile_dataset` payload of `docs/contracts.md`, section 7, with the profile beside it."""
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
        try:
            reading = read_csv(path)
        except NodeError as refused:
            error = {"code": refused.code, "message": refused.message, "field": refused.field, "hint": refused.hint}
            return {"payload": {**facts, "warnings": [], "error": error}, "profile": None}
    frame = reading.frame
    warnings = [{"code": code, "message": message} for code, message in reading.warnings]
    if (twins := int(pd.util.hash_pandas_object(frame, index=False).duplicated().sum())) > 0:
        warnings.append({"code": "duplicate-rows", "message": f"{twins:,} of {len(frame):,} rows repeat another row."})
    payload = {**facts, "rows": len(frame), "columns": describe_columns(frame), "warnings": warnings, "error": None}
    shown = preview(frame)
    profile = {
        "version": 1,
        "rows": len(frame),
        "columns": shown["columns"],
        "warnings": warnings,
        "preview": {"columns": payload["columns"], "rows": shown["rows"]},
    }
    return {"payload": payload, "profile": profile}
