"""What a table looks like: types, gaps, ranges, histograms. Figures for people and for the check; nothing is fitted with them."""

import hashlib
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from node_containers.columns import column_type
from node_containers.reading import describe_columns, read_csv
from node_containers.recipe import number_values
from node_containers.runtime.settings import client, load
from node_containers.sdk import NodeError

BINS = 20
TOP = 10
PREVIEW_ROWS = 50
# Histograms of more columns than this are left out: a preview stays small enough to draw.
MAX_PROFILED_COLUMNS = 500


def preview(frame: pd.DataFrame) -> dict[str, Any]:
    """First rows as text and a profile of each column."""
    shown = frame.iloc[:PREVIEW_ROWS, :MAX_PROFILED_COLUMNS]
    rows = [[cell_text(cell) for cell in row] for row in shown.itertuples(index=False, name=None)]
    return {"row_count": len(frame), "columns": [profile_column(frame[name]) for name in shown.columns], "rows": rows}


def cell_text(cell: Any) -> Any:
    """A cell as JSON: numbers stay numbers while JavaScript can hold them, the rest is text, missing is null."""
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, bool | np.bool_):
        return bool(cell)
    if isinstance(cell, int | np.integer):
        return int(cell) if abs(int(cell)) < 2**53 else str(cell)
    if isinstance(cell, float | np.floating):
        return float(cell)
    return str(cell)[:200]


def profile_column(series: pd.Series) -> dict[str, Any]:
    """Type, missing and distinct count, then range, quantiles and histogram, or the most frequent values."""
    kind = column_type(series)
    present = series.dropna()
    distinct = int(present.nunique())
    found: dict[str, Any] = {
        "name": str(series.name),
        "type": kind,
        "missing": int(series.isna().sum()),
        "distinct": distinct,
        "warnings": [],
    }
    if kind in ("integer", "number") and len(present):
        found |= _number_profile(number_values(present))
    elif kind == "datetime" and len(present):
        found |= {"min": str(present.min()), "max": str(present.max())}
    elif len(present):
        found["top"] = [{"value": str(value)[:80], "count": int(count)} for value, count in present.value_counts().head(TOP).items()]
    if distinct <= 1:
        found["warnings"].append("constant" if distinct else "empty")
    elif distinct == len(series) > 20 and kind in ("text", "integer"):
        found["warnings"].append("identifier")
    return found


def _number_profile(values: np.ndarray) -> dict[str, Any]:
    counts, edges = np.histogram(values, bins=BINS)
    quantiles = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    return {
        "min": float(values.min()),
        "max": float(values.max()),
        "mean": float(values.mean()),
        "std": float(values.std()),
        "quantiles": {name: float(value) for name, value in zip(("p5", "p25", "p50", "p75", "p95"), quantiles, strict=True)},
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


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
