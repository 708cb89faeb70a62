"""Charts of a table: how columns spread and go together, as data (`docs/charts.md`)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from node_containers.charts import SCATTER_POINTS, chart
from node_containers.columns import column_type
from node_containers.recipe import number_values
from node_containers.scoring.groups import MAX_GROUPS, group_names
from node_containers.sdk import NodeError

MAX_BARS = 50
MAX_LINE_POINTS = 500
MAX_CORRELATED = 40
OUTLIERS = 50
AGGREGATES: dict[str, Callable[[np.ndarray], float]] = {
    "mean": np.mean,
    "median": np.median,
    "sum": np.sum,
    "min": np.min,
    "max": np.max,
}


def histogram(frame: pd.DataFrame, x: str, color: str | None, bins: int) -> dict[str, Any]:
    """Counts over equal ranges of a number, one series a group; of a text, bars of its most frequent values."""
    if column_type(frame[x]) not in ("integer", "number"):
        return bars(frame, x, None, color, "count")
    values = number_values(frame[x])
    known = ~np.isnan(values)
    if not known.any():
        raise NodeError("column-empty", f"The column “{x}” is empty.", field="params.x", hint="Choose another column.")
    edges = np.histogram_bin_edges(values[known], bins)
    groups = group_names(frame[color]) if color else np.full(len(values), "all")
    series = [{"name": str(one), "counts": np.histogram(values[known & (groups == one)], edges)[0].tolist()} for one in np.unique(groups)]
    return chart("histogram", column=x, edges=edges.tolist(), series=series)


def box(frame: pd.DataFrame, y: str, x: str | None) -> dict[str, Any]:
    """Quartiles, whiskers at 1.5 interquartile ranges, and what lies outside (Tukey, Exploratory Data Analysis, 1977)."""
    values = numbers(frame, y, "y")
    groups = group_names(frame[x]) if x else np.full(len(values), "all")
    known = ~np.isnan(values)
    boxes = [_box(str(one), values[known & (groups == one)]) for one in np.unique(groups[known])]
    if not boxes:
        raise NodeError("column-empty", f"The column “{y}” is empty.", field="params.y", hint="Choose another column.")
    return chart("box", y=y, x=x, boxes=boxes)


def _box(group: str, values: np.ndarray) -> dict[str, Any]:
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    reach = 1.5 * (q3 - q1)
    inside = values[(values >= q1 - reach) & (values <= q3 + reach)]
    outside = np.sort(values[(values < q1 - reach) | (values > q3 + reach)])
    shown = outside[np.unique(np.linspace(0, len(outside) - 1, OUTLIERS).round().astype(int))] if len(outside) else outside
    # Quartiles lie between rows: with few of them, a whisker could end inside the box.
    low, high = min(float(inside.min()), float(q1)), max(float(inside.max()), float(q3))
    five = {"low": low, "q1": float(q1), "median": float(median), "q3": float(q3), "high": high}
    return {"group": group, "rows": len(values), **five, "outliers": shown.tolist()}


def scatter(frame: pd.DataFrame, x: str, y: str, color: str | None, points: int) -> dict[str, Any]:
    """Two numbers of each row; rows with an empty one are left out."""
    across, up = numbers(frame, x, "x"), numbers(frame, y, "y")
    known = np.flatnonzero(~np.isnan(across) & ~np.isnan(up))
    shown = known[np.unique(np.linspace(0, len(known) - 1, min(points, SCATTER_POINTS)).round().astype(int))] if len(known) else known
    colours = {"groups": group_names(frame[color])[shown].tolist(), "group_title": color} if color else {}
    return chart("scatter", x=across[shown].tolist(), y=up[shown].tolist(), x_title=x, y_title=y, total=len(frame), **colours)


def bars(frame: pd.DataFrame, x: str, y: str | None, color: str | None, agg: str) -> dict[str, Any]:
    """One bar a value of x (the most frequent first), the aggregate of y as its height."""
    names = (
        group_names(frame[x])
        if column_type(frame[x]) != "text"
        else frame[x].astype(object).where(frame[x].notna(), "empty").to_numpy(dtype=str)
    )
    values, counts = np.unique(names, return_counts=True)
    order = values[np.argsort(-counts, kind="stable")[:MAX_BARS]]
    colours = group_names(frame[color]) if color else np.full(len(names), "all")
    series = [
        {"name": str(one), "values": [_aggregate(frame, y, agg, (names == bar) & (colours == one)) for bar in order]}
        for one in np.unique(colours)
    ]
    return chart("bar", x=order.tolist(), x_title=x, y_title=_words(y, agg), series=series)


def line(frame: pd.DataFrame, x: str, y: str | None, color: str | None, agg: str) -> dict[str, Any]:
    """An aggregate of y over the ordered values of x; more than can be shown are put into equal parts."""
    kind = column_type(frame[x])
    if kind not in ("integer", "number", "datetime"):
        raise NodeError("column-type", f"“{x}” holds {kind}; a line needs numbers or times.", field="params.x", hint="Draw bars instead.")
    values = number_values(frame[x])
    known = ~np.isnan(values)
    places = np.unique(values[known])
    if len(places) > MAX_LINE_POINTS:
        edges = np.linspace(places[0], places[-1], MAX_LINE_POINTS + 1)
        values = np.where(known, edges[np.clip(np.searchsorted(edges, values, "right") - 1, 0, MAX_LINE_POINTS - 1)], np.nan)
        places = np.unique(values[known])
    colours = group_names(frame[color]) if color else np.full(len(values), "all")
    if len(np.unique(colours)) > MAX_GROUPS:
        raise NodeError("groups-too-many", f"“{color}” has too many values for lines.", field="params.color", hint="Choose another column.")
    series = [
        {"name": str(one), "values": [_aggregate(frame, y, agg, (values == place) & (colours == one)) for place in places]}
        for one in np.unique(colours)
    ]
    shown = (
        [str(np.datetime64("1970-01-01", "s") + np.timedelta64(round(place * 86_400), "s")) for place in places]
        if kind == "datetime"
        else places.tolist()
    )
    return chart("line", x=shown, x_title=x, y_title=_words(y, agg), series=series)


def correlations(frame: pd.DataFrame, columns: list[str]) -> dict[str, Any]:
    """Pearson's correlation of every two numbers, over the rows where both are there; empty where one does not vary."""
    names = [name for name in columns or frame.columns if column_type(frame[name]) in ("integer", "number", "boolean")][:MAX_CORRELATED]
    if len(names) < 2:
        message = f"A correlation needs two columns of numbers; there {'is one' if names else 'is none'}."
        raise NodeError("column-type", message, field="params.columns", hint="Choose columns of numbers.")
    numbers_of = pd.DataFrame({str(name): number_values(frame[name]) for name in names})
    found = numbers_of.corr().to_numpy()
    values = [[None if np.isnan(one) else float(np.clip(one, -1, 1)) for one in row] for row in found]
    return chart(
        "heatmap",
        x=[str(one) for one in names],
        y=[str(one) for one in names],
        values=values,
        low=-1,
        high=1,
        measure="Pearson correlation",
    )


def heat(frame: pd.DataFrame, x: str, y: str, color: str | None, agg: str) -> dict[str, Any]:
    """A cell for every two values of x and y: how many rows, or the aggregate of the colour column."""
    across, up = group_names(frame[x]), group_names(frame[y])
    columns, rows = np.unique(across), np.unique(up)
    values = [[_aggregate(frame, color, agg, (across == one) & (up == other)) for one in columns] for other in rows]
    known = [value for row in values for value in row if value is not None] or [0.0]
    return chart("heatmap", x=columns.tolist(), y=rows.tolist(), values=values, low=min(known), high=max(known), measure=_words(color, agg))


def numbers(frame: pd.DataFrame, name: str, param: str) -> np.ndarray:
    """A column as numbers; anything else is refused."""
    if column_type(frame[name]) not in ("integer", "number", "boolean"):
        message = f"“{name}” holds {column_type(frame[name])}; this chart needs numbers there."
        raise NodeError("column-type", message, field=f"params.{param}", hint="Choose a column of numbers, or change its type first.")
    return number_values(frame[name])


def _aggregate(frame: pd.DataFrame, y: str | None, agg: str, rows: np.ndarray) -> float | None:
    if agg == "count" or y is None:
        return float(rows.sum())
    values = numbers(frame, y, "y")[rows]
    values = values[~np.isnan(values)]
    return float(AGGREGATES[agg](values)) if len(values) else None


def _words(y: str | None, agg: str) -> str:
    return "rows" if agg == "count" or y is None else f"{agg} of {y}"
