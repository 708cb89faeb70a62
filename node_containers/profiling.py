"""What a table looks like: types, gaps, ranges, histograms. Figures for people and for the check; nothing is fitted with them."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from node_containers.columns import column_type
from node_containers.recipe import number_values
from node_containers.sdk import FileTable, Table
from node_containers.view import display

BINS = 20
TOP = 10
PREVIEW_ROWS = 50
# Histograms of more columns than this are left out: a preview stays small enough to draw.
MAX_PROFILED_COLUMNS = 500


def preview(frame: pd.DataFrame) -> dict[str, Any]:
    """First rows as text and a profile of each column."""
    shown = frame.iloc[:PREVIEW_ROWS, :MAX_PROFILED_COLUMNS]
    rows = [[plain_cell(cell) for cell in row] for row in shown.itertuples(index=False, name=None)]
    return {"row_count": len(frame), "columns": [profile_column(frame[name]) for name in shown.columns], "rows": rows}


def preview_table(table: Table, fitted: bool = False) -> dict[str, Any]:
    """The same of a table, with a `note` where its recipe is shown `fitted`; one that lies in a file is looked at column by column, and never held whole."""
    if fitted:
        frame, note = display(table)
        return {**preview(frame), "row_count": table.rows, "note": note}
    if not isinstance(table, FileTable) or table.recipe:
        behind = (
            None
            if table.view is table.frame
            else "Behind the steps of the recipe that learn nothing; the stored file holds the rows as they came."
        )
        return {**preview(table.view), "note": behind}
    file = pq.ParquetFile(table.path)
    names = file.schema_arrow.names[:MAX_PROFILED_COLUMNS]
    first = next(file.iter_batches(PREVIEW_ROWS, columns=names)).to_pandas()
    columns = [profile_column(pd.read_parquet(table.path, columns=[name])[name]) for name in names]
    return {"row_count": table.rows, "columns": columns, "rows": preview(first)["rows"]}


def plain_cell(cell: Any) -> Any:
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
