"""The nine-node Titanic: against the plain script, fused and not, unchanged, with one param changed, and what it costs."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from infra.bench import drawings
from infra.bench.bills import recomputed
from infra.bench.cloud import ROOT, Cloud, cloud
from infra.figures import Figure, measured

SAMPLE = ROOT / "node_containers" / "samples" / "titanic.csv"
FUSED_ROUNDS = 3
DOLLARS_GOAL = "<= 0.0008"


class Plain(NamedTuple):
    """One run of the plain script as a process of its own."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    figures: dict[str, dict[str, float]]


def plain(path: Path = SAMPLE, target: str = "survived") -> Plain:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    began = time.perf_counter()
    ended = subprocess.run(drawings.plain_command(path, target), cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    found = json.loads(ended.stdout.splitlines()[-1])
    return Plain(seconds, found["cpu_seconds"], found["peak_mb"], found["figures"])


def seconds_of(action: Callable[[], Any]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def same_figures(run: dict[str, Any], script: Plain) -> float:
    """The largest difference between a figure of the run and the script's: the work is the same."""
    nodes = {node["node"]: node["metrics"] for node in run["nodes"]}
    return max(
        abs(float(nodes[f"score_{model}"][name]) - value) for model, found in script.figures.items() for name, value in found.items()
    )


def figures(rounds: int) -> Iterator[Figure]:
    with cloud() as ours:
        # What an owner's first run teaches the plan, and every process its first time.
        for _ in range(2):
            ours.run(drawings.nine_nodes(), cache=False)
        yield from _against_plain(ours, rounds)
        yield from _unchanged(ours, rounds)
        yield from _one_param(ours)
        yield from _fused(ours)
        yield from _a_node(ours, rounds)
    with cloud(FLOWZA_POOL="cold") as cold:
        yield from _dollars(cold)


def _against_plain(ours: Cloud, rounds: int) -> Iterator[Figure]:
    plains, runs, last = [], [], {}
    for _ in range(rounds):
        plains.append(plain())
        began = time.perf_counter()
        last = ours.run(drawings.nine_nodes(), cache=False)
        runs.append(time.perf_counter() - began)
    floor = statistics.median(one.seconds for one in plains)
    took = statistics.median(runs)
    yield measured("plain-script", floor, "s", rounds, "the floor: the nine steps in one Python process, nothing stored")
    yield measured("titanic-run", took, "s", rounds, "nine nodes, all results stored, through API, Step Functions, pool and status")
    yield measured("titanic-run-ratio", took / floor, "x plain", rounds, "the same as a share of the plain script", goal="<= 0.25")
    difference = same_figures(last, plains[-1])
    yield measured("titanic-same-figures", difference, "largest difference", 21, "metrics of the run and of the script", goal="<= 1e-9")
    work = sum(node["seconds"] for node in last["nodes"])
    yield measured("titanic-stages", len({node["stage"] for node in last["nodes"]}), "stages", 1, "invocations of the fused run")
    yield measured("titanic-overhead", (took - work) * 1000, "ms", rounds, "save, check, plan, start, status, polling: all that is no node")


def _unchanged(ours: Cloud, rounds: int) -> Iterator[Figure]:
    workflow = ours.run(drawings.nine_nodes())["workflow"]
    runs, plains = [], []
    for _ in range(rounds):
        plains.append(plain().seconds)
        began = time.perf_counter()
        again = ours.again(workflow)
        runs.append(time.perf_counter() - began)
    ratio = statistics.median(runs) / statistics.median(plains)
    yield measured("unchanged-run-ratio", ratio, "x plain", rounds, "a second run with nothing changed", goal="<= 0.1")
    invoked = sum(line["quantity"] for line in again["ledger"] if line["item"] == "invocations")
    yield measured("unchanged-invocations", invoked, "functions", 1, "functions that the unchanged run invoked", goal="= 0")
    entered = sum(line["quantity"] for line in again["ledger"] if line["item"] == "transitions")
    yield measured("unchanged-states", entered, "states", 1, "states that it executed", goal="= 0")


def _one_param(ours: Cloud) -> Iterator[Figure]:
    """The plan says before what runs; then that runs and nothing else."""
    saved = ours.client.call("POST", "/workflows", drawings.nine_nodes())
    ours.again(saved["id"])
    changed = drawings.nine_nodes(C=round(0.5 + time.time() % 1, 6))
    plan = ours.client.call("POST", "/workflows/plan", {"workflow": changed, "workflow_id": saved["id"]})
    said = {node["id"] for node in plan["nodes"] if not node["cached"]}
    ours.client.call("PUT", f"/workflows/{saved['id']}", changed, {"If-Match": f'"{saved["revision"]}"'})
    run = ours.again(saved["id"])
    ran = {node["node"] for node in run["nodes"] if node["status"] != "cached"}
    wrong = len(said ^ {"logreg", "score_logreg"}) + len(said ^ ran)
    yield measured(
        "one-param-wrong-nodes", wrong, "nodes", 9, "one training param changed: announced, needed and executed differ", goal="= 0"
    )


def _fused(ours: Cloud) -> Iterator[Figure]:
    fused, single, bills = [], [], []
    for _ in range(FUSED_ROUNDS):
        fused.append(seconds_of(lambda: bills.append(ours.run(drawings.nine_nodes(), cache=False))))
        single.append(seconds_of(lambda: bills.append(ours.run(drawings.nine_nodes(), cache=False, fusion=False))))
    ratio = statistics.median(single) / statistics.median(fused)
    yield measured("fusion-speed", ratio, "x faster", FUSED_ROUNDS, "fused against one state and one invocation a node", goal=">= 3")
    seconds = [gb_seconds(run) for run in bills]
    ratio = statistics.median(seconds[1::2]) / statistics.median(seconds[::2])
    yield measured("fusion-billed", ratio, "x fewer GB-s", FUSED_ROUNDS, "the same by the ledger, warm", goal=">= 4")


def gb_seconds(run: dict[str, Any]) -> float:
    return float(sum(line["quantity"] for line in run["ledger"] if line["unit"] == "GB-s"))


def _a_node(ours: Cloud, rounds: int) -> Iterator[Figure]:
    """What ten more nodes add to a chain, by the node."""
    for name, fusion, goal, words in (
        ("node-in-stage", True, "<= 20", "a node that hands its table on, within a stage"),
        ("node-own-stage", False, "<= 120", "the same as a stage of its own"),
    ):
        more = []
        for _ in range(rounds):
            short = seconds_of(lambda: ours.run(drawings.chain(5), cache=False, fusion=fusion))  # noqa: B023 called at once
            more.append(seconds_of(lambda: ours.run(drawings.chain(15), cache=False, fusion=fusion)) - short)  # noqa: B023
        yield measured(name, statistics.median(more) * 100, "ms", rounds, f"added by {words}, warm, small data", goal=goal)


def _dollars(cold: Cloud) -> Iterator[Figure]:
    """Every stage starts a fresh interpreter, as a function's first invocation on AWS does."""
    cold.run(drawings.nine_nodes(), cache=False)
    run = cold.run(drawings.nine_nodes(), cache=False)
    yield measured("titanic-dollars", run["cost_usd"], "USD", 1, "the run at list price, cold and fused, by the ledger", goal=DOLLARS_GOAL)
    other = recomputed(cold, run)
    words = "the same from the execution's history and the invocations' records, with prices typed from the price list"
    yield measured("titanic-dollars-recomputed", other, "USD", 1, words, goal=DOLLARS_GOAL)
    single = cold.run(drawings.nine_nodes(), cache=False, fusion=False)
    ratio = gb_seconds(single) / gb_seconds(run)
    yield measured(
        "fusion-billed-cold", ratio, "x fewer GB-s", 1, "fused against fusion off by the ledger, start-ups included", goal=">= 4"
    )
