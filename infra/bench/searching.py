"""A search with forty candidates on one worker and on two, in turn."""

from collections.abc import Iterator
from typing import Any

from infra.bench import drawings
from infra.bench.cloud import Cloud, cloud
from infra.figures import Figure, measured

CANDIDATES = 40
# Two workers want every core for themselves: of so many rounds, the one that was disturbed least counts on either side.
ROUNDS = 5


def figures() -> Iterator[Figure]:
    with cloud(FLOWZA_POOL_WORKERS="1") as one, cloud(FLOWZA_POOL_WORKERS="2") as two:
        for started in (one, two):
            started.run(drawings.search(4), cache=False)
        rounds = [(_search(one, number), _search(two, number)) for number in range(ROUNDS)]
    alone, added = min(first for first, _ in rounds)
    beside = min(seconds for _, (seconds, _) in rounds)
    words = f"{CANDIDATES} candidates with 5 folds each"
    quickest = f"the quickest of {ROUNDS} rounds in turn"
    yield measured("tune-one-worker", alone, "s", ROUNDS, f"{words}, one worker: the node from its start to its model, {quickest}")
    yield measured("tune-two-workers", alone / beside, "x one worker", ROUNDS, f"{words} on two workers, {quickest} on both", goal=">= 1.8")
    yield measured(
        "tune-overhead", 1000 * added / CANDIDATES, "ms", ROUNDS, f"{words}: added a candidate, one worker, refit included", goal="<= 100"
    )


def _search(ours: Cloud, number: int) -> tuple[float, float]:
    """Seconds of the node, and those in which no candidate was fitted or scored, had one worker done it all."""
    run = ours.run(drawings.search(CANDIDATES, number), cache=False)
    seconds = float(next(node["seconds"] for node in run["nodes"] if node["node"] == "search"))
    return seconds, seconds - _work(ours.client.call("GET", f"/runs/{run['id']}/nodes/search"))


def _work(found: dict[str, Any]) -> float:
    """Seconds in which candidates were fitted and scored."""
    chart = next(one for one in found["manifest"]["charts"] if one["kind"] == "trials")
    return float(sum(trial["seconds"] for trial in chart["trials"]))
