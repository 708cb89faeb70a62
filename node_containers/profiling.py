"""What a table looks like: types, gaps, ranges, histograms. Figures for people and for the check; nothing is fitted with them."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from node_containers.columns import column_type
from node_containers.sdk import FileTable, Table
from node_containers.surveying import survey
from node_containers.view import display

BINS = 20
TOP = 10
PREVIEW_ROWS = 50
# Histograms of more columns than this are left out: a preview stays small enough to draw.
MAX_PROFILED_COLUMNS = 500
# A column of more rows is not held to be described.
LONG_ROWS = 1_000_000
BATCH_ROWS = 200_000
QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}


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
    kinds = {str(name): column_type(series) for name, series in file.schema_arrow.empty_table().to_pandas().items()}
    columns = [
        profile_long_column(str(table.path), name, kinds[name], table.rows)
        if table.rows > LONG_ROWS
        else profile_column(pd.read_parquet(table.path, columns=[name])[name])
        for name in names
    ]
    return {"row_count": table.rows, "columns": columns, "rows": preview(first)["rows"]}


def plain_cell(cell: Any) -> Any:
    """A cell as JSON: numbers stay numbers while JavaScript can hold them, the rest is text, missing is null."""
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, bool | np.bool_):
        return bool(cell)
    if isinstance(cell, int | np.integer):
        return int(cell) if abs(int(cell)) < 2**53 else str(cell)
    if isinstance(cell, float | np.floating) and math.isfinite(cell):
        return float(cell)
    return str(cell)[:200]


def profile_column(series: pd.Series) -> dict[str, Any]:
    """Type, missing and distinct count, then range, quantiles and histogram, or the most frequent values."""
    kind = column_type(series)
    empty = series.isna().to_numpy()
    missing = int(empty.sum())
    present = series[~empty] if missing else series
    distinct, more = _values_profile(present, kind) if len(present) else (0, {})
    return _counted(str(series.name), kind, len(series), missing, distinct) | more


def _values_profile(present: pd.Series, kind: str) -> tuple[int, dict[str, Any]]:
    """How many different values there are, and what is said of them."""
    if kind in ("integer", "number"):
        # Counted in the type they have: as floats, large whole numbers would fall together.
        own: Any = present.dtype
        ordered = np.sort(present.to_numpy(dtype=getattr(own, "numpy_dtype", own)))
        return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1])), _number_profile(ordered.astype("float64", copy=False))
    if kind == "datetime":
        return int(present.nunique()), {"min": str(present.min()), "max": str(present.max())}
    counts = present.value_counts()
    return len(counts), {"top": _top(counts.head(TOP).items())}


def profile_long_column(path: str, name: str, kind: str, rows: int) -> dict[str, Any]:
    """The same of a column in a Parquet file, which is read in batches and never held: see `surveying` for what is exact."""

    def batches() -> Iterator[pd.Series]:
        return (batch.to_pandas()[name] for batch in pq.ParquetFile(path).iter_batches(BATCH_ROWS, columns=[name]))

    seen = survey(batches, kind, rows, BINS, list(QUANTILES.values()))
    distinct = seen["distinct"] if seen["exact"] else min(seen["distinct"], rows - seen["missing"])
    found = _counted(name, kind, rows, seen["missing"], distinct, exact=seen["exact"])
    if "moments" in seen:
        moments = seen["moments"]
        found |= _numbers(moments.low, moments.high, moments.mean, moments.std, seen["quantiles"], seen["counts"], seen["edges"])
    elif kind == "datetime" and seen["range"][0] is not None:
        found |= {"min": str(seen["range"][0]), "max": str(seen["range"][1])}
    elif seen["top"]:
        found["top"] = _top(seen["top"].most_common(TOP))
    return found


def _counted(name: str, kind: str, rows: int, missing: int, distinct: int, *, exact: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "type": kind, "missing": missing, "distinct": distinct, "warnings": []}
    if not exact:
        found["distinct_estimated"] = True
    if distinct <= 1:
        found["warnings"].append("constant" if distinct else "empty")
    # An estimate is right to within one percent.
    elif rows > 20 and not missing and kind in ("text", "integer") and (distinct == rows if exact else distinct > 0.99 * rows):
        found["warnings"].append("identifier")
    return found


def _top(counted: Iterable[tuple[Any, int]]) -> list[dict[str, Any]]:
    return [{"value": str(value)[:80], "count": int(count)} for value, count in counted]


def _number_profile(ordered: np.ndarray) -> dict[str, Any]:
    """Of the finite ones of ascending numbers; nothing where there are none. Sorted once, they give quantiles and histogram without another pass."""
    values = ordered[np.isfinite(ordered)]
    if not len(values):
        return {}
    low, high = float(values[0]), float(values[-1])
    with np.errstate(over="ignore"):
        mean, std = float(values.mean()), float(values.std())
    edges = np.linspace(*_span(low, high), BINS + 1)
    # As NumPy's histogram does it: a bin has its left edge, the last one its right edge, too.
    inner = np.searchsorted(values, edges[1:-1], side="left")
    counts = np.diff(inner, prepend=0, append=len(values))
    return _numbers(low, high, mean, std, _quantiles(values), counts, edges)


def _quantiles(ordered: np.ndarray) -> np.ndarray:
    """Linear between neighbours, as NumPy's default."""
    places = np.array(list(QUANTILES.values())) * (len(ordered) - 1)
    below = np.floor(places).astype(int)
    left, right = ordered[below], ordered[np.minimum(below + 1, len(ordered) - 1)]
    part, gap = places - below, right - left
    # From the nearer neighbour, as NumPy does it, so that both give the same to the last bit.
    return np.where(part < 0.5, left + gap * part, right - gap * (1 - part))


def _numbers(
    low: float, high: float, mean: float, std: float, quantiles: np.ndarray, counts: np.ndarray, edges: np.ndarray
) -> dict[str, Any]:
    return {
        "min": low,
        "max": high,
        "mean": _finite(mean),
        "std": _finite(std),
        "quantiles": {name: float(value) for name, value in zip(QUANTILES, quantiles, strict=True)},
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def _finite(value: float) -> float | None:
    """None for a figure that is too large for a float: JSON has no infinity."""
    return value if math.isfinite(value) else None


def _span(low: float, high: float) -> tuple[float, float]:
    """The range of the histogram: far from zero, neighbouring floats may lie too far apart for all its bins."""
    least = 4 * BINS * float(np.spacing(max(abs(low), abs(high))))
    if high - low >= least:
        return low, high
    half = max(least, 0.0 if high > low else 1.0) / 2
    return low - half, high + half
