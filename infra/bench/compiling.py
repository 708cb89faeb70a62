"""What check, keys, plan, definition and hash take together for drawings of any size, in milliseconds of processor."""

import statistics
import time
from collections.abc import Iterator

from chalicelib.catalog import load
from chalicelib.check import check
from chalicelib.compiler import Machines, Targets, keys, machine_name, plan, to_machines
from chalicelib.facts import DatasetFacts, Facts
from chalicelib.limits import lint
from chalicelib.schedule import ideal_seconds, shape_seconds
from chalicelib.shape import decompose
from chalicelib.workflow import Workflow
from infra.bench import graphs
from infra.figures import Figure, measured

ROUNDS = 9
RANDOM_GRAPHS = 500
TARGETS = Targets(
    {size: f"arn:aws:lambda:us-east-1:000000000000:function:flowza-node-{size}" for size in ("small", "large")},
    machines="arn:aws:states:us-east-1:000000000000:stateMachine:",
)
KINDS = {"line": graphs.line, "wide": graphs.wide, "tangle": graphs.tangle}


def facts() -> Facts:
    known = {ref: DatasetFacts(one.sha256, one.rows, 0, one.columns, one.target) for ref, one in load().samples.items()}
    return Facts(datasets=known, environment="bench")


def compiled(workflow: Workflow) -> Machines:
    checked, known = check(workflow, load(), facts()), facts()
    if not checked.ok:
        raise SystemExit(f"the drawing has a problem: {checked.problems[0]}")
    machines = to_machines(plan(checked, known, keys(checked, known, run="bench"), {}), TARGETS)
    machine_name("bench", machines.main_bytes)
    return machines


def milliseconds(workflow: Workflow) -> float:
    """The median, after one time that does not count."""
    compiled(workflow)
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        compiled(workflow)
        times.append(time.process_time() - began)
    return 1000 * statistics.median(times)


def figures() -> Iterator[Figure]:
    for name, draw in KINDS.items():
        few, many = milliseconds(draw(100)), milliseconds(draw(1_000))
        yield measured(f"compile-1000-{name}", many, "ms", ROUNDS, f"1,000 nodes, {name}: check, keys, plan, ASL and hash", goal="<= 60")
        yield measured(f"compile-growth-{name}", many / few, "x", ROUNDS, "the same against 100 nodes", goal="<= 12")
    for name, draw in KINDS.items():
        began = time.process_time()
        machines = compiled(draw(5_000))
        took = time.process_time() - began
        refused = [words for one in (machines.main, *machines.parts.values()) for words in lint(one)]
        words = f"5,000 nodes, {name}: findings of the limits in {1 + len(machines.parts)} machines ({took:.2f} s)"
        yield measured(f"compile-5000-{name}", len(refused), "over a limit", 1, words, goal="= 0")
    yield from _barriers()


def _barriers() -> Iterator[Figure]:
    """Random graphs whose nodes take random times: how much longer the shape takes than the graph itself would."""
    ratios = []
    for seed in range(RANDOM_GRAPHS):
        order, predecessors, seconds = graphs.random_times(seed)
        ratios.append(shape_seconds(decompose(order, predecessors), seconds) / ideal_seconds(order, predecessors, seconds))
    ratios.sort()
    words = f"critical path of the shape against that of the graph, {RANDOM_GRAPHS} random graphs of 5 to 40 nodes"
    yield measured("barriers-mean", statistics.fmean(ratios), "x ideal", RANDOM_GRAPHS, f"{words}: mean")
    yield measured("barriers-p95", ratios[int(0.95 * RANDOM_GRAPHS)], "x ideal", RANDOM_GRAPHS, f"{words}: 95 of 100 are below")
