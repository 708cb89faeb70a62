"""The three proofs. Each starts a cloud of its own, hurts it, and gives the figures that say what survived."""

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.chaos import pipelines
from infra.chaos.faults import FaultProxy
from infra.chaos.pipelines import VARIANTS, Ended, Fleet
from infra.chaos.rig import Rig
from infra.chaos.writes import Writer, stock
from infra.figures import Figure, measured

# Workers die most often in life as well: memory, time, a machine that is taken away.
WEIGHTS = {"worker": 5, "pool": 2, "emulator": 2, "server": 2}


WORDS = {
    "kills": "pipelines of seven nodes while workers, pool, emulator and server are killed",
    "writes": "writes of every kind while emulator and server are killed",
    "faults": "pipelines of seven nodes while calls to S3, DynamoDB, Step Functions and Lambda are throttled, fail, are late or cut off",
}
Say = Callable[[str], None]


def exactly(name: str, value: int, goal: int, unit: str, count: int) -> Figure:
    return measured(name, value, unit, count, WORDS.get(name.partition("-")[0], ""), goal=f"= {goal}")


@contextmanager
def cloud(*, through: str | None = None, patience: float = 600) -> Iterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="flowza-chaos-", ignore_cleanup_errors=True) as place:
        rig = Rig(Path(place), through=through, patience=patience)
        try:
            yield rig.start()
        finally:
            rig.stop()


def undisturbed(rig: Rig, parallel: int, variants: int = VARIANTS) -> dict[int, dict[str, Any]]:
    """The figures of every variant, from runs that nothing happens to."""
    runs = Fleet(rig, parallel=parallel, say=lambda _: None, group="undisturbed").run(range(variants))
    assert all(ended.run["status"] == "succeeded" for ended in runs)  # noqa: S101 a proof without its measure is none
    return {ended.number: pipelines.metrics(ended.run) for ended in runs}


def judged(prefix: str, rig: Rig, runs: list[Ended], expected: dict[int, dict[str, Any]], say: Say, right_share: float) -> list[Figure]:
    """What must be true of every proof that runs pipelines."""
    count = len(runs)
    rig.whole()
    for ended in runs:
        if not pipelines.is_right(ended, expected):
            say(f"not right: {pipelines.brief(ended)}")
    audit = pipelines.audit_artifacts(rig)
    for name in audit.corrupt:
        say(f"corrupt: {name}")
    wrong = sum(not pipelines.is_right(ended, expected) for ended in runs)
    share = (count - wrong) / count
    # An order that was repeated under its key must not have made a second run, and none that was answered may be gone.
    ordered, there = {ended.run["id"] for ended in runs if ended.run}, pipelines.runs_there(rig, "group")
    return [
        exactly(f"{prefix}-runs-lost", len(ordered - there), 0, "runs", count),
        exactly(f"{prefix}-runs-stuck", sum(ended.stuck for ended in runs), 0, "runs", count),
        measured(f"{prefix}-runs-right", share * 100, "%", count, WORDS[prefix], goal=f">= {right_share * 100:g}"),
        exactly(f"{prefix}-runs-doubled", len(there - ordered), 0, "runs", count),
        exactly(f"{prefix}-effects-doubled", pipelines.doubled(rig, runs, "group"), 0, "effects", count * pipelines.EFFECTS_A_RUN),
        exactly(f"{prefix}-artifacts-corrupt", len(audit.corrupt), 0, "files", audit.files),
    ]


def attempts(runs: list[Ended]) -> dict[int, int]:
    """How many runs needed so many executions."""
    return dict(sorted(Counter(ended.run.get("attempt", 0) for ended in runs).items()))


# -- a: runs under kills ----------------------------------------------------------------------------------------------------


def runs_under_kills(*, runs: int, kills: int, seed: int, parallel: int, patience: float, say: Say) -> list[Figure]:
    """Runs while workers, pool, emulator and server are killed at random moments; the supervisor brings back what died."""
    chance = random.Random(seed)
    with cloud(patience=patience) as rig:
        expected = undisturbed(rig, parallel, min(VARIANTS, runs))
        fleet = Fleet(rig, parallel=parallel, say=say)
        killer = Killer(rig, fleet, sorted(chance.uniform(0, runs - parallel) for _ in range(kills)), chance)
        killer.start()
        ended = fleet.run(range(runs))
        killer.join()
        say(f"killed: {killer.killed}; attempts: {attempts(ended)}")
        figures = judged("kills", rig, [*ended], expected, say, 1.0)
    return [exactly("kills-done", sum(killer.killed.values()), kills, "kill -9", kills), *figures]


class Killer(threading.Thread):
    """Kills something each time so many runs have ended, and never waits for the cloud to be whole again."""

    def __init__(self, rig: Rig, fleet: Fleet, moments: list[float], chance: random.Random) -> None:
        super().__init__(name="killer", daemon=True)
        self.rig, self.fleet, self.moments, self.chance = rig, fleet, moments, chance
        self.killed = dict.fromkeys(WEIGHTS, 0)

    def run(self) -> None:
        for moment in self.moments:
            while self.fleet.done < moment:
                time.sleep(0.02)
            time.sleep(self.chance.uniform(0, 0.3))
            self._kill()

    def _kill(self) -> None:
        while True:
            kind = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            if self.rig.kill(kind, self.chance):
                self.killed[kind] += 1
                return
            time.sleep(0.02)


# -- c: runs over a bad line --------------------------------------------------------------------------------------------------


def runs_under_faults(*, runs: int, rate: float, seed: int, parallel: int, patience: float, slow: float, say: Say) -> list[Figure]:
    """Runs while a share of all calls to S3, DynamoDB, Step Functions and Lambda is throttled, fails, is cut off or late."""
    proxy = FaultProxy(seed=seed, slow_seconds=slow)
    with cloud(through=proxy.url, patience=patience) as rig:
        proxy.upstream_port = rig.layout.ports.emulator
        expected = undisturbed(rig, parallel, min(VARIANTS, runs))
        calls = proxy.calls
        proxy.rate = rate
        ended = Fleet(rig, parallel=parallel, say=say).run(range(runs))
        proxy.rate = 0.0
        calls, injected = proxy.calls - calls, sum(proxy.injected.values())
        say(f"faults: {dict(sorted(proxy.injected.items()))}; attempts: {attempts(ended)}")
        figures = judged("faults", rig, ended, expected, say, 0.995)
    proxy.close()
    share = injected / calls
    return [Figure("faults-injected", share * 100, f"~ {rate * 100:g}", "% of calls", calls, abs(share - rate) < 0.05), *figures]


# -- b: writes under kills ----------------------------------------------------------------------------------------------------


def writes_under_kills(*, kills: int, seed: int, parallel: int, patience: float, say: Say) -> list[Figure]:
    """Writers of every kind while emulator and server are killed again and again, each time as soon as writes are answered again."""
    chance = random.Random(seed)
    with cloud(patience=patience) as rig:
        there = stock(rig, parallel)
        writers = [Writer(rig, number, seed, there) for number in range(parallel)]
        for writer in writers:
            writer.start()
        done = 0
        while done < kills:
            before = _count(writers)
            rig.until(lambda: _count(writers) > before + parallel or None, pause=0.02)  # noqa: B023 asked before it changes
            time.sleep(chance.uniform(0, 0.1))
            # Alone or together: what one keeps for the other must be safe as well.
            for kind in chance.choice([("emulator",), ("server",), ("emulator", "server")])[: kills - done]:
                done += rig.kill(kind, chance)
            if done % max(1, kills // 20) == 0:
                say(f"{done} of {kills} kills; {before} writes answered")
        for writer in writers:
            writer.ending.set()
        for writer in writers:
            writer.join()
        rig.whole()
        answered = _count(writers)
        lost = [line for writer in writers for line in writer.lost()]
        for line in lost:
            say(f"lost: {line}")
    return [exactly("writes-kills-done", done, kills, "kill -9", kills), exactly("writes-lost", len(lost), 0, "writes", answered)]


def _count(writers: list[Writer]) -> int:
    return sum(writer.answered for writer in writers)
