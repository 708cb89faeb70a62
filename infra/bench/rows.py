"""The nine nodes on large tables: processor time of the whole process tree and peak memory, against the plain script."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from infra.bench import drawings
from infra.bench.cloud import Cloud, cloud
from infra.bench.titanic import plain
from infra.figures import Figure, measured

SETTLE_SECONDS = 1.0


def figures(counts: list[int]) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="flowza-rows-") as place, cloud() as ours:
        ours.run(drawings.nine_nodes(), cache=False)
        for rows in counts:
            yield from _of(ours, table(Path(place), rows), rows)


def table(place: Path, rows: int) -> Path:
    """Passengers of a large ship: six numbers, three texts, one cell in twenty empty, a target that depends on them."""
    chance = np.random.default_rng(1)
    numbers = {f"x{i}": chance.normal(size=rows).round(4) for i in range(6)}
    texts = {f"t{i}": chance.choice([f"v{j}" for j in range(2 + 4 * i)], rows) for i in range(3)}
    frame = pd.DataFrame({**numbers, **texts})
    pull = frame["x0"] - 0.7 * frame["x1"] * frame["x2"] + (frame["t1"] == "v1") + chance.normal(scale=0.8, size=rows)
    frame = frame.mask(chance.random(frame.shape) < 0.05)
    path = place / f"rows_{rows}.csv"
    frame.assign(y=(pull > 0).astype(int)).to_csv(path, index=False)
    return path


def _of(ours: Cloud, path: Path, rows: int) -> Iterator[Figure]:
    dataset = ours.dataset(path)
    workflow = drawings.nine_nodes(dataset, "y")
    script = plain(path, "y")
    time.sleep(SETTLE_SECONDS)
    before, began = ours.cpu_seconds(), time.perf_counter()
    with ours.watched() as peak:
        run = ours.run(workflow, cache=False)
    took = time.perf_counter() - began
    time.sleep(SETTLE_SECONDS)
    spent = ours.cpu_seconds() - before
    name = f"rows-{rows:_}".replace("_000_000", "m").replace("_000", "k")
    size = f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB of CSV, all persisted"
    yield measured(f"{name}-plain-cpu", script.cpu_seconds, "s", 1, f"{size}: the plain script ({script.seconds:.1f} s of time)")
    yield measured(f"{name}-cpu-ratio", spent / script.cpu_seconds, "x plain", 1, f"{size}: the whole process tree", goal="<= 1.2")
    yield measured(f"{name}-time-ratio", took / script.seconds, "x plain", 1, f"{size}: from saving to the last status")
    yield measured(f"{name}-plain-memory", script.peak_mb, "MB", 1, f"{size}: the plain script")
    words = f"{size}: the largest process, shared pages included"
    yield measured(f"{name}-memory-ratio", peak.process_mb / script.peak_mb, "x plain", 1, words, goal="<= 1.15")
    yield measured(f"{name}-tree-memory", peak.tree_mb, "MB", 1, f"{size}: all processes together, shared pages once")
    sizes = len({node["size"] for node in run["nodes"]})
    yield measured(
        f"{name}-sizes", sizes, "sizes", 1, f"{size}: sizes of compute used ({', '.join(sorted({n['size'] for n in run['nodes']}))})"
    )
