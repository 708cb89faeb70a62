"""A search with forty candidates on one worker and on two."""

from collections.abc import Iterator
from typing import Any

from infra.bench import drawings
from infra.bench.cloud import cloud
from infra.figures import Figure, measured

CANDIDATES = 40


def figures() -> Iterator[Figure]:
    seconds: dict[int, float] = {}
    added: dict[int, float] = {}
    for workers in (1, 2):
        with cloud(FLOWZA_POOL_WORKERS=str(workers)) as ours:
            ours.run(drawings.search(4), cache=False)
            run = ours.run(drawings.search(CANDIDATES), cache=False)
            node = next(one for one in run["nodes"] if one["node"] == "search")
            seconds[workers] = float(node["seconds"])
            added[workers] = seconds[workers] - _work(ours.client.call("GET", f"/runs/{run['id']}/nodes/search")) / workers
    words = f"{CANDIDATES} candidates with 5 folds each"
    yield measured("tune-one-worker", seconds[1], "s", 1, f"{words}, one worker: the node from its start to its model")
    yield measured("tune-two-workers", seconds[1] / seconds[2], "x one worker", 1, f"{words} on two workers", goal=">= 1.8")
    yield measured(
        "tune-overhead", 1000 * added[1] / CANDIDATES, "ms", 1, f"{words}: added a candidate, one worker, refit included", goal="<= 100"
    )


def _work(found: dict[str, Any]) -> float:
    """Seconds in which candidates were fitted and scored."""
    chart = next(one for one in found["manifest"]["charts"] if one["kind"] == "trials")
    return float(sum(trial["seconds"] for trial in chart["trials"]))
