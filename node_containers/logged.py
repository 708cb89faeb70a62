"""Requests of an endpoint as rows: what was sent, what was answered, what turned out to be true, and the request it belongs to."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

Row = tuple[Mapping[str, Any], int]
# A request's own columns; one that the rows have already gets an underscore.
OWN: dict[str, tuple[Callable[[Row], Any], pa.DataType]] = {
    "time": (lambda row: datetime.fromisoformat(row[0]["at"]).replace(tzinfo=None), pa.timestamp("us")),
    "request_id": (lambda row: row[0]["id"], pa.string()),
    "row": (lambda row: row[1], pa.int64()),
    "version": (lambda row: row[0]["version"], pa.int64()),
    "latency_ms": (lambda row: row[0]["latency_ms"], pa.float64()),
}
ARROW = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "text": pa.string()}


def places_of(request: Mapping[str, Any], *, only_with_truth: bool) -> list[int]:
    """The rows of a request that are wanted."""
    truth = request["truth"] or {}
    return [place for place in range(len(request["inputs"])) if not only_with_truth or str(place) in truth]


def rows_of(
    requests: Sequence[Mapping[str, Any]], types: Mapping[str, str], limit: int, *, truth: bool = False, only_with_truth: bool = False
) -> pa.Table:
    """The newest `limit` rows of requests that are given newest first; oldest first in the table.

    Columns have the types that the model takes (`types`), where the cells allow it: an older version may have taken others. `truth` adds a column of what
    turned out to be true, as `predicted` says it, empty where nothing did; `only_with_truth` leaves the rows out of which nothing is known.
    """
    rows: list[Row] = [(one, place) for one in reversed(requests) for place in places_of(one, only_with_truth=only_with_truth)][-limit:]
    inputs = [request["inputs"][place] for request, place in rows]
    outputs = [request["outputs"][place] for request, place in rows]
    names = list(dict.fromkeys(itertools.chain(types, *inputs)))
    columns = {name: _column([row.get(name) for row in inputs], types.get(name)) for name in names if any(name in row for row in inputs)}
    own = {_free(name, columns): pa.array([give(row) for row in rows], kind) for name, (give, kind) in OWN.items()}
    said = {_free("predicted", columns): _column([one["prediction"] for one in outputs], None)}
    if truth:
        cells = [(request["truth"] or {}).get(str(place)) for request, place in rows]
        said[_free("truth", columns)] = _column(cells, "number" if any(isinstance(one["prediction"], float) for one in outputs) else "text")
    classes = dict.fromkeys(itertools.chain.from_iterable(one.get("probabilities", ()) for one in outputs))
    for label in classes:
        values = [one.get("probabilities", {}).get(label) for one in outputs]
        said[_free(f"probability of {label}", columns)] = pa.array(values, pa.float64())
    return pa.table({**own, **columns, **said})


def _column(cells: list[Any], kind: str | None) -> pa.Array:
    """Cells in the type that is wanted, or the nearest that holds all of them."""
    if kind == "datetime":
        moments = [_moment(cell) for cell in cells]
        if all((moment is None) == (cell is None) for moment, cell in zip(moments, cells, strict=True)):
            return pa.array(moments, pa.timestamp("us"))
    for wanted in (ARROW.get(kind or ""), None, pa.float64()):
        try:
            found = pa.array(cells, wanted)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
            continue
        return found if found.null_count < len(cells) or wanted else found.cast(pa.string())
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())


def _moment(cell: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(cell).replace(tzinfo=None)
    except (TypeError, ValueError):
        return None


def _free(name: str, columns: Mapping[str, Any]) -> str:
    while name in columns:
        name += "_"
    return name
