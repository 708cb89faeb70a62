"""Draw a chart of a table."""

from typing import Any, Literal

import pandas as pd
from pydantic import Field

from node_containers.columns import column_type
from node_containers.picturing import frames
from node_containers.scoring.groups import MAX_GROUPS
from node_containers.sdk import AnyEvaluation, AnyTable, Context, Evaluation, NodeError, NodeParams, Table, advanced, column, node


class Params(NodeParams):
    kind: Literal["histogram", "box", "scatter", "bar", "line", "heatmap", "correlation"] = Field(
        "histogram", title="Chart", description="How the columns are drawn."
    )
    x: str | None = column(None, title="x", description="The column along the horizontal axis; left open, the first that fits.")
    y: str | None = column(None, title="y", description="The column along the vertical axis; bars and lines count rows without one.")
    color: str | None = column(
        None, title="Colour", description="One colour for each value of this column; the value of a heat map’s cells."
    )
    agg: Literal["count", "mean", "median", "sum", "min", "max"] = Field(
        "count", title="Aggregate", description="What is made of the rows that share a place in bars, lines and heat maps."
    )
    bins: int = advanced(20, ge=1, le=200, title="Ranges", description="How many equal ranges a histogram has.")
    max_points: int = advanced(500, ge=10, le=500, title="Points", description="A scatter chart shows at most so many rows, taken evenly.")


@node(title="Chart", group="Explore", family="evaluate", icon="chart-histogram")
def chart(table: AnyTable, params: Params, context: Context) -> AnyEvaluation:
    """Draw a table: histogram, box, scatter, bars, line, heat map, or the correlation of all numbers.

    Columns with many values are put into groups: numbers into quarters, texts into the most frequent and “other”.
    """
    if table.frame.empty:
        raise NodeError("data-no-rows", "There is no row to draw.", field="table", hint="Check the filters before this node.")
    drawn = _draw(table, params)
    context.charts.append(drawn)
    context.summary = f"{_words(drawn)}, {len(table.frame):,} rows"
    return Evaluation({}, [drawn], {}, {"rows": len(table.frame), "sentence": context.summary})


def _words(drawn: dict[str, Any]) -> str:
    """What is drawn, as its picture is titled."""
    match drawn["kind"]:
        case "histogram":
            return f"spread of “{drawn['column']}”"
        case "box":
            return f"spread of “{drawn['y']}”" + (f" by “{drawn['x']}”" if drawn["x"] else "")
        case "scatter":
            return f"“{drawn['y_title']}” against “{drawn['x_title']}”"
        case "heatmap":
            return str(drawn["measure"])
        case _:
            return f"{drawn['y_title']} by “{drawn['x_title']}”"


def _first(frame: pd.DataFrame, kind: str) -> str:
    """The first column that such a chart is for: a number along a scale, else one with few values; any column where there is none."""
    kinds = {str(name): column_type(frame[name]) for name in frame.columns}
    if kind in ("histogram", "scatter", "line"):
        fits = [
            name for name, found in kinds.items() if found in ("integer", "number", "datetime") and (found != "datetime" or kind == "line")
        ]
    else:
        fits = [name for name in kinds if 1 < frame[name].nunique() <= MAX_GROUPS]
    return next(iter(fits), str(frame.columns[0]))


def _draw(table: Table, params: Params) -> dict[str, Any]:
    frame = table.view
    if params.kind == "correlation":
        return frames.correlations(frame, [])
    x = params.x or _first(frame, params.kind)
    if params.kind == "histogram":
        return frames.histogram(frame, x, params.color, params.bins)
    if params.kind == "bar":
        return frames.bars(frame, x, params.y, params.color, params.agg)
    if params.kind == "line":
        return frames.line(frame, x, params.y, params.color, params.agg)
    if params.y is None:
        message = f"A {params.kind} chart needs a column for y."
        raise NodeError("column-missing", message, field="params.y", hint="Choose a column.")
    if params.kind == "box":
        return frames.box(frame, params.y, params.x)
    if params.kind == "scatter":
        return frames.scatter(frame, x, params.y, params.color, params.max_points)
    return frames.heat(frame, x, params.y, params.color, params.agg)
