"""What a run is going to take, before it starts: seconds, dollars and the size of the compute, from what earlier runs took.

Pure. Every figure is a range; where nothing is known, there is no figure but a word ("no history yet"). A node's history is what its type took in this owner's
runs, with the rows it had. From rows we have seen to rows we expect, the low end grows not at all where it would fall, and the high end in
proportion: most nodes read every row once.
"""

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from chalicelib import compute, cost
from chalicelib.check import Checked
from chalicelib.facts import Facts
from chalicelib.plan import Plan
from chalicelib.resolved import ResolvedNode
from chalicelib.schedule import shape_seconds

NO_HISTORY = "no history yet"
# Among the node types of a history, what no node took: an invocation's start-up, nothing where its process had worked before.
START_UP = "(start-up)"
# Of a type's history, the runs with the most similar number of rows count.
NEAREST = 5
# What the libraries of a node function take of its memory, before any data.
LIBRARIES_MB = 300
# Assumed until a type has a history: reading, splitting and training take up to twelve bytes of memory for each byte of CSV.
MEMORY_PER_DATASET_BYTE = 12
# Memory seen with few rows says little about many more: beyond this factor the assumption holds.
TRUSTED_GROWTH = 10


class Observation(NamedTuple):
    """How one node run went: `outcome` is `ok`, `out-of-memory` or `timed-out`; `size` names its compute; `rows` is None where it had no table.

    `work` is the seconds of all its invocations together, of a node that worked on items beside each other; None where it had one.
    """

    rows: int | None
    seconds: float
    peak_mb: float | None
    size: str
    outcome: str
    key: str
    work: float | None = None


class Range(NamedTuple):
    low: float
    high: float


@dataclass(frozen=True)
class NodeEstimate:
    """`seconds` and `dollars` are None where nothing is known; `note` says why."""

    seconds: Range | None
    dollars: Range | None
    note: str | None = None


@dataclass(frozen=True)
class RunEstimate:
    """A whole run. `seconds` is the critical path; `saved_seconds` what the cached nodes took when they were made."""

    nodes: Mapping[str, NodeEstimate]
    seconds: Range | None
    dollars: Range | None
    saved_seconds: float
    note: str | None = None


History = Mapping[str, Iterable[Observation]]


def rows_expected(
    checked: Checked, facts: Facts, known: Mapping[str, int | None], history: History, node_keys: Mapping[str, str]
) -> dict[str, int | None]:
    """Rows that come into each node (out of it, for a source). `known` holds the rows out of nodes with a stored result; a node of a key that
    has run before gets the rows it had."""
    had = {one.key: one.rows for seen in history.values() for one in seen if one.rows is not None}
    out: dict[str, int | None] = {}
    into: dict[str, int | None] = {}
    for name, node in checked.graph.items():
        if node.dataset is not None:
            dataset = facts.datasets.get(node.dataset)
            into[name] = dataset.rows if dataset else None
        else:
            sources = [out.get(source.node) for source in node.inputs.values() if out.get(source.node) is not None]
            came = had.get(node_keys[name])
            into[name] = came if came is not None else max((rows for rows in sources if rows is not None), default=None)
        # What a node gives is unknown until it has run; it rarely gives more rows than it took.
        out[name] = known[name] if known.get(name) is not None else into[name]
    return into


def sizes(checked: Checked, facts: Facts, rows: Mapping[str, int | None], history: History, node_keys: Mapping[str, str]) -> dict[str, str]:
    """The compute of each node: what its history says it needs, else what its datasets are assumed to need."""
    assumed = LIBRARIES_MB + MEMORY_PER_DATASET_BYTE * _dataset_bytes(checked, facts) / 2**20
    return {
        name: _size(list(history.get(node.type.type, ())), rows[name], node_keys[name], assumed) for name, node in checked.graph.items()
    }


def estimate(plan: Plan, rows: Mapping[str, int | None], history: History, prices: cost.Prices, saved: Mapping[str, float]) -> RunEstimate:
    """The estimate of a plan. `saved` holds the seconds that the results of the cached nodes took."""
    try:
        return _estimate(plan, rows, history, prices, saved)
    except cost.PriceMissing as missing:
        return RunEstimate(dict.fromkeys(plan.nodes, NodeEstimate(None, None, str(missing))), None, None, sum(saved.values()), str(missing))


def _estimate(plan: Plan, rows: Mapping[str, int | None], history: History, prices: cost.Prices, saved: Mapping[str, float]) -> RunEstimate:
    size_of = {name: stage.size for stage in plan.stages for name in stage.nodes}
    nodes = {
        name: _node(node.resolved, rows.get(name), history, size_of[name], prices)
        if name in size_of
        else NodeEstimate(Range(0, 0), Range(0, 0))
        for name, node in plan.nodes.items()
    }
    unknown = [name for name in size_of if nodes[name].seconds is None]
    if unknown:
        count = f"{len(unknown)} of {len(size_of)} nodes" if len(unknown) < len(size_of) else "the nodes"
        return RunEstimate(nodes, None, None, sum(saved.values()), f"{NO_HISTORY} for {count}")
    starts = _starts(history)
    low, high = ({stage.id: sum(_end(nodes[name], end) for name in stage.nodes) + starts[end] for stage in plan.stages} for end in (0, 1))
    seconds = Range(shape_seconds(plan.shape, low), shape_seconds(plan.shape, high))
    fixed = cost.total(cost.ledger((), len(plan.stages) + 1, prices)) if plan.stages else Decimal(0)
    fixed += len(plan.stages) * prices["lambda_request"]
    starting = [float(sum(_compute_cost(start, stage.size, prices) for stage in plan.stages)) for start in starts]
    amounts = [sum(_dollars(nodes[name], end) for name in size_of) + float(fixed) + starting[end] for end in (0, 1)]
    return RunEstimate(nodes, seconds, Range(*amounts), sum(saved.values()))


def _node(node: ResolvedNode, rows: int | None, history: History, size: str, prices: cost.Prices) -> NodeEstimate:
    seen = [one for one in history.get(node.type.type, ()) if one.outcome == "ok"]
    if not seen:
        return NodeEstimate(None, None, NO_HISTORY)
    seconds, work = _seconds(seen, rows), _seconds([one._replace(seconds=one.work or one.seconds) for one in seen], rows)
    if node.max_parallel is not None:
        # However it went before: so many at once do not get through the work in less.
        seconds = Range(*(max(took, end / node.max_parallel) for took, end in zip(seconds, work, strict=True)))
    amounts = [float(_compute_cost(end, size, prices)) for end in work]
    return NodeEstimate(seconds, Range(*amounts), None if rows is not None else "its rows are not known before it runs")


def _compute_cost(seconds: float, size: str, prices: cost.Prices) -> Decimal:
    return cost.compute_cost(1000 * seconds, compute.BY_NAME[size].memory_mb, prices, task=compute.BY_NAME[size].vcpus is not None)


def _starts(history: History) -> Range:
    """Seconds that an invocation takes before its first node works, as seen lately."""
    seen = [one.seconds for one in history.get(START_UP, ())]
    return Range(min(seen, default=0.0), max(seen, default=0.0))


def start_seconds(history: History) -> float:
    """What an invocation usually takes to start up; 0 while nothing is known."""
    return statistics.median([one.seconds for one in history.get(START_UP, ())] or [0.0])


def _seconds(seen: list[Observation], rows: int | None) -> Range:
    near = sorted(seen, key=lambda one: _distance(one.rows, rows))[:NEAREST]
    growth = [max(1.0, rows / one.rows) if rows and one.rows else 1.0 for one in near]
    # Fewer rows than seen: the fixed part of the time stays, so the low end shrinks in proportion and the high end not at all.
    shrink = [min(1.0, rows / one.rows) if rows and one.rows else 1.0 for one in near]
    low = min(one.seconds * factor for one, factor in zip(near, shrink, strict=True))
    high = max(one.seconds * factor for one, factor in zip(near, growth, strict=True))
    return Range(low, high)


def _distance(seen: int | None, wanted: int | None) -> float:
    if not seen or not wanted:
        return 0.0
    return abs(math.log(wanted / seen))


def _size(seen: list[Observation], rows: int | None, key: str, assumed_mb: float) -> str:
    floor = "small"
    for one in seen:
        too_small = one.outcome != "ok" and (one.key == key or (rows is not None and one.rows is not None and rows >= one.rows))
        if too_small:
            floor = compute.largest([floor, next(iter(compute.larger(one.size)), one.size)])
    worked = [one for one in seen if one.outcome == "ok"]
    peaks = [one for one in worked if one.peak_mb is not None and rows and one.rows]
    if not peaks:
        return compute.smallest(assumed_mb, None, floor)
    near = min(peaks, key=lambda one: _distance(one.rows, rows))
    growth = max(1.0, (rows or 0) / (near.rows or 1))
    data_mb = max(0.0, (near.peak_mb or 0) - LIBRARIES_MB) * growth
    needed_mb = LIBRARIES_MB + data_mb if growth <= TRUSTED_GROWTH else assumed_mb
    return compute.smallest(needed_mb, _seconds(worked, rows).high, floor)


def usual_seconds(checked: Checked, rows: Mapping[str, int | None], history: History, node_keys: Mapping[str, str]) -> dict[str, float]:
    """How long nodes are expected to take, for those whose type has a history: the median of this very node's runs, else the longest of its type's
    most similar runs, in proportion where more rows come."""
    found = {}
    for name, node in checked.graph.items():
        seen = [one for one in history.get(node.type.type, ()) if one.outcome == "ok"]
        same = [one.seconds for one in seen if one.key == node_keys[name]]
        if same:
            found[name] = statistics.median(same)
        elif seen:
            found[name] = _seconds(seen, rows[name]).high
    return found


def _dataset_bytes(checked: Checked, facts: Facts) -> int:
    known = (facts.datasets.get(node.dataset) for node in checked.graph.values() if node.dataset is not None)
    return max((one.bytes for one in known if one is not None), default=0)


def _end(node: NodeEstimate, end: int) -> float:
    return node.seconds[end] if node.seconds else 0.0


def _dollars(node: NodeEstimate, end: int) -> float:
    return node.dollars[end] if node.dollars else 0.0
