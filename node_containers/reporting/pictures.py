"""Charts as SVG or as tables, for a page that stands alone: no script, no font, no address of anywhere.

Every text goes through `text`, every number through `number`: names of columns, classes and models are people's own words and may be hostile.
"""

import html
from collections.abc import Callable, Sequence
from typing import Any

from node_containers.numerals import numeral

WIDTH, HEIGHT, EDGE = 420, 260, 44
COLOURS = ("#2f6fd0", "#c2571a", "#2c8a57", "#8a4fbf", "#8a6d1f")
MAX_ROWS = 30
MAX_COLUMNS = 12


def text(value: Any, most: int = 80) -> str:
    """Words for the page: shortened and escaped."""
    words = "" if value is None else str(value)
    return html.escape(words if len(words) <= most else words[: most - 1] + "…", quote=True)


def number(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return text(value)
    return f"{value:,}" if isinstance(value, int) else numeral(value)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table with at most thirty rows; how many there are is said below it."""
    head = "".join(f"<th scope='col'>{text(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{number(cell)}</td>" for cell in row) + "</tr>" for row in rows[:MAX_ROWS])
    more = f"<p class='note'>{len(rows):,} rows; the first {MAX_ROWS} are shown.</p>" if len(rows) > MAX_ROWS else ""
    return f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"


class _Plane:
    """Places of values on the picture."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self.left, self.right = min(xs, default=0.0), max(xs, default=1.0)
        self.low, self.high = min(ys, default=0.0), max(ys, default=1.0)

    def x(self, value: float) -> str:
        span = (self.right - self.left) or 1.0
        return f"{EDGE + (value - self.left) / span * (WIDTH - EDGE - 12):.1f}"

    def y(self, value: float) -> str:
        span = (self.high - self.low) or 1.0
        return f"{HEIGHT - EDGE - (value - self.low) / span * (HEIGHT - EDGE - 12):.1f}"

    def axes(self, x_title: str, y_title: str) -> str:
        base, middle = HEIGHT - EDGE, (WIDTH + EDGE) / 2
        marks = f"<path d='M{EDGE},12V{base}H{WIDTH - 12}' class='axis'/>"
        marks += f"<text x='{EDGE}' y='{base + 16}'>{number(float(self.left))}</text>"
        marks += f"<text x='{WIDTH - 12}' y='{base + 16}' text-anchor='end'>{number(float(self.right))}</text>"
        marks += f"<text x='{EDGE - 4}' y='{base}' text-anchor='end'>{number(float(self.low))}</text>"
        marks += f"<text x='{EDGE - 4}' y='20' text-anchor='end'>{number(float(self.high))}</text>"
        marks += f"<text x='{middle}' y='{base + 34}' text-anchor='middle'>{text(x_title, 40)}</text>"
        return marks + f"<text x='12' y='{base / 2}' text-anchor='middle' transform='rotate(-90 12 {base / 2})'>{text(y_title, 30)}</text>"


def _svg(label: str, inside: str, height: int = HEIGHT) -> str:
    return f"<svg viewBox='0 0 {WIDTH} {height}' role='img' aria-label='{text(label)}'>{inside}</svg>"


def lines(label: str, x: Sequence[float], series: Sequence[tuple[str, Sequence[float | None]]], x_title: str, y_title: str) -> str:
    """Curves over a common axis, with their names below."""
    known = [value for _, values in series for value in values if value is not None]
    plane = _Plane(x, known)
    drawn = ""
    for at, (name, values) in enumerate(series):
        points = " ".join(f"{plane.x(a)},{plane.y(b)}" for a, b in zip(x, values, strict=True) if b is not None)
        colour = COLOURS[at % len(COLOURS)]
        drawn += f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2'/>"
        drawn += f"<text x='{EDGE + 8}' y='{24 + 14 * at}' fill='{colour}'>{text(name, 40)}</text>" if len(series) > 1 else ""
    return _svg(label, plane.axes(x_title, y_title) + drawn)


def points(label: str, x: Sequence[float], y: Sequence[float], groups: Sequence[str] | None, x_title: str, y_title: str) -> str:
    plane = _Plane(x, y)
    names = sorted(set(groups or ()))
    colours = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate(names)}
    chosen = [colours[name] for name in groups] if groups else [COLOURS[0]] * len(x)
    dots = "".join(
        f"<circle cx='{plane.x(a)}' cy='{plane.y(b)}' r='2.5' fill='{c}' fill-opacity='0.6'/>" for a, b, c in zip(x, y, chosen, strict=True)
    )
    legend = "".join(
        f"<text x='{EDGE + 8}' y='{24 + 14 * at}' fill='{colours[name]}'>{text(name, 30)}</text>" for at, name in enumerate(names[:8])
    )
    return _svg(label, plane.axes(x_title, y_title) + dots + legend)


def bars(
    label: str, names: Sequence[str], values: Sequence[float], low: Sequence[float] | None = None, high: Sequence[float] | None = None
) -> str:
    """Horizontal bars with names and figures; error bars where there are ends."""
    names, values = names[:MAX_ROWS], values[:MAX_ROWS]
    most = max([1e-12, *map(abs, values), *map(abs, (high or [])[: len(values)])])
    room, row = WIDTH - 190, 20
    drawn = ""
    for at, (name, value) in enumerate(zip(names, values, strict=True)):
        length, top = abs(value) / most * room, at * row
        drawn += f"<text x='124' y='{top + 14}' text-anchor='end'>{text(name, 20)}</text>"
        drawn += f"<rect x='130' y='{top + 4}' width='{length:.1f}' height='12' fill='{COLOURS[value < 0]}'/>"
        if low is not None and high is not None:
            ends = [130 + max(0.0, end) / most * room for end in (low[at], high[at])]
            drawn += f"<path d='M{ends[0]:.1f},{top + 10}H{ends[1]:.1f}' class='axis'/>"
        drawn += f"<text x='{WIDTH - 4}' y='{top + 14}' text-anchor='end'>{number(float(value))}</text>"
    return _svg(label, drawn, row * len(names) + 6)


def columns(label: str, edges: Sequence[float], series: Sequence[dict[str, Any]], title: str) -> str:
    """A histogram, one step line a series."""
    corners = [edge for edge in edges for _ in range(2)][1:-1]
    heights = [(one["name"], [float(count) for count in one["counts"] for _ in range(2)]) for one in series]
    return lines(label, corners, heights, title, "rows")


def matrix(rows: Sequence[str], across: Sequence[str], values: Sequence[Sequence[float | None]], corner: str) -> str:
    """A table shaded by value."""
    known = [abs(value) for line in values for value in line if value is not None]
    most = max([1e-12, *known])
    head = "".join(f"<th scope='col'>{text(name, 20)}</th>" for name in across[:MAX_COLUMNS])
    body = ""
    for name, line in list(zip(rows, values, strict=True))[:MAX_ROWS]:
        cells = "".join(
            f"<td style='background:rgba(47,111,208,{abs(value or 0) / most * 0.7:.2f})'>{number(value)}</td>"
            for value in line[:MAX_COLUMNS]
        )
        body += f"<tr><th scope='row'>{text(name, 20)}</th>{cells}</tr>"
    return f"<div class='scroll'><table><thead><tr><th>{text(corner)}</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def draw(chart: dict[str, Any]) -> str:
    """One chart of any declared kind."""
    return _DRAWINGS.get(chart["kind"], _as_table)(chart)


def title_of(chart: dict[str, Any]) -> str:
    words = chart.get("title") or chart["kind"].replace("_", " ").capitalize()
    extra = chart.get("column") or chart.get("feature") or chart.get("model")
    return f"{words}: {extra}" if extra else str(words)


def _metrics(chart: dict[str, Any]) -> str:
    rows = [[one["name"], one["value"], _between(one), one.get("baseline"), one.get("reason") or ""] for one in chart["metrics"]]
    note = f"<p class='note'>{chart['rows']:,} rows; baseline: {text(chart['baseline'], 120)}.</p>"
    return table(["figure", "value", "95 % interval", "baseline", ""], rows) + note


def _between(one: dict[str, Any]) -> str:
    return "–" if one.get("low") is None else f"{number(one['low'])} to {number(one['high'])}"


def _contributions(chart: dict[str, Any]) -> str:
    parts = [f"<p class='note'>{text(chart['method'])}; in {text(chart['scale'])}; {'exact' if chart['exact'] else 'estimated'}.</p>"]
    for row in chart["rows"][:5]:
        names = [f"{one['feature']} = {one['value']}" for one in row["contributions"]]
        parts.append(f"<p>Row {number(row['row'])}, predicted {text(row.get('prediction'))}</p>")
        parts.append(bars(f"Row {row['row']}", names, [one["contribution"] for one in row["contributions"]]))
    return "".join(parts)


def _tree(chart: dict[str, Any]) -> str:
    """The questions as lines, each below the one whose answer leads to it and further in."""
    nodes = chart["nodes"]
    below: dict[int | None, list[int]] = {}
    for at, node in enumerate(nodes):
        below.setdefault(node["parent"], []).append(at)
    rows, ahead = [], [(0, 0)]
    while ahead:
        at, depth = ahead.pop()
        node = nodes[at]
        led = "" if node["holds"] is None else "yes: " if node["holds"] else "no: "
        share = "" if node.get("share") is None else f" ({100 * node['share']:.0f} of 100)"
        asked = f"{node['question']}?" if node["question"] else "answer"
        rows.append([f"{'· ' * depth}{led}{asked}", node["rows"], f"{node['answer']}{share}"])
        ahead += [(child, depth + 1) for child in reversed(below.get(at, []))]
    return table(["question", "rows", "most frequent" if "share" in nodes[0] else "mean"], rows)


def _boxes(chart: dict[str, Any]) -> str:
    rows = [[one[name] for name in ("group", "rows", "low", "q1", "median", "q3", "high")] for one in chart["boxes"]]
    return table([chart.get("x") or "group", "rows", "low", "q1", "median", "q3", "high"], rows)


def _drift(chart: dict[str, Any]) -> str:
    names = ("name", "verdict", "psi", "test", "statistic", "p_value")
    return table(names, [[one.get(name) for name in names] for one in chart["features"]])


def _dependence(chart: dict[str, Any]) -> str:
    if chart["values"] and isinstance(chart["values"][0], str):
        return bars(chart["feature"], chart["values"], chart["average"], chart["low"], chart["high"])
    series = [("mean", chart["average"]), ("10 % of the rows are below", chart["low"]), ("10 % are above", chart["high"])]
    return lines(chart["feature"], chart["values"], series, chart["feature"], chart["output"])


def _line(chart: dict[str, Any]) -> str:
    x = chart["x"] if not chart["x"] or not isinstance(chart["x"][0], str) else list(range(len(chart["x"])))
    return lines(title_of(chart), x, [(one["name"], one["values"]) for one in chart["series"]], chart["x_title"], chart["y_title"])


def _as_table(chart: dict[str, Any]) -> str:
    """Every list of plain values is a column, every list of objects a table of its own."""
    plain = {name: value for name, value in chart.items() if isinstance(value, list) and value and not isinstance(value[0], list | dict)}
    found = ""
    if plain:
        length = max(map(len, plain.values()))
        found += table(list(plain), [[value[at] if at < len(value) else None for value in plain.values()] for at in range(length)])
    for value in chart.values():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            names = [name for name, cell in value[0].items() if not isinstance(cell, list | dict)]
            found += table(names, [[one.get(name) for name in names] for one in value])
    return found


_DRAWINGS: dict[str, Callable[[dict[str, Any]], str]] = {
    "metrics": _metrics,
    "table": lambda c: table(c["columns"], c["rows"]),
    "confusion": lambda c: matrix(c["labels"], c["labels"], c["counts"], "true \\ predicted"),
    "heatmap": lambda c: matrix(c["y"], c["x"], c["values"], c["measure"]),
    "roc": lambda c: lines(
        f"ROC, AUC {number(c['auc'])}", c["fpr"], [("", c["tpr"])], f"false positive rate (AUC {number(c['auc'])})", "true positive rate"
    ),
    "pr": lambda c: lines("Precision and recall", c["recall"], [("", c["precision"])], "recall", "precision"),
    "lift": lambda c: lines(
        "Gain", c["shares"], [("found", c["gain"]), ("at random", c["shares"])], "share of the rows", "share of the positives"
    ),
    "calibration": lambda c: lines("Calibration", c["predicted"], [("seen", c["observed"]), ("said", c["predicted"])], "said", "seen"),
    "threshold": lambda c: lines("Cost of each threshold", c["thresholds"], [("", c["cost"])], "threshold", "cost"),
    "importance": lambda c: bars(c["measure"], c["features"], c["values"], c.get("low"), c.get("high")),
    "predicted_actual": lambda c: points("Predicted and actual", c["actual"], c["predicted"], None, "actual", "predicted"),
    "residuals": lambda c: points("Residuals", c["predicted"], c["residuals"], None, "predicted", "residual"),
    "projection": lambda c: points("Projection", c["x"], c["y"], c["groups"], "first direction", "second direction"),
    "scatter": lambda c: points("Scatter", c["x"], c["y"], c.get("groups"), c["x_title"], c["y_title"]),
    "histogram": lambda c: columns(c["column"], c["edges"], c["series"], c["column"]),
    "bar": lambda c: bars(c["y_title"], c["x"], [value or 0.0 for value in c["series"][0]["values"]]),
    "line": _line,
    "rounds": lambda c: lines(c["measure"], c["rounds"], [("", c["train"])], c.get("unit", "round"), c["measure"]),
    "learning_curve": lambda c: lines(
        c["scoring"], c["rows"], [("learned from", c["train"]), ("held back", c["validation"])], "rows", c["scoring"]
    ),
    "partial_dependence": _dependence,
    "contributions": _contributions,
    "tree": _tree,
    "box": _boxes,
    "drift": _drift,
}
