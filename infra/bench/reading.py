"""Loading a large CSV: seconds and peak memory of the whole node, in a process of its own, at two sizes. Memory must not grow with the file."""

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.figures import Figure, measured
from infra.local.layout import ROOT

ROWS_OF_BLOCK = 100_000
CHILD = """
import json, resource, sys, time
from pathlib import Path
from node_containers.loading import load_file
from node_containers.profiling import preview_table
from node_containers.sdk import Context
began, heard = time.perf_counter(), []
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
context = Context(on_progress=heard.append)
table = load_file(context, Path(sys.argv[1]), "csv")
read = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
preview_table(table)
whole = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
dropped = sum(line.rows for line in context.dropped)
print(json.dumps({"start": start, "peak": peak, "whole": whole, "seconds": read, "rows": table.rows, "dropped": dropped, "heard": len(heard)}))
"""


def figures(megabytes: Sequence[int]) -> Iterator[Figure]:
    """For each size: peak memory while reading, and with the profile of every column; then the growth from the smallest to the largest."""
    found = {size: measure(size) for size in megabytes}
    for size, seen in found.items():
        what = f"CSV of {size:,} MB, {seen['rows']:,.0f} rows and {seen['dropped']:.0f} put aside: "
        yield measured(f"read-{size}-peak", seen["peak"], "MB", 1, what + "peak memory while it becomes Parquet", goal="<= 400")
        yield measured(f"read-{size}-whole", seen["whole"], "MB", 1, what + "peak memory with the profile of every column, one at a time")
        yield measured(
            f"read-{size}-seconds", seen["seconds"], "s", 1, what + f"seconds for both passes; progress was said {seen['heard']:.0f} times"
        )
    small, large = min(found), max(found)
    if small < large:
        growth = found[large]["peak"] / found[small]["peak"]
        yield measured("read-growth", growth, "x", 1, f"peak memory while reading {large:,} MB against {small:,} MB", goal="<= 1.25")


def measure(megabytes: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="flowza-bench-") as place:
        path = Path(place) / "large.csv"
        write(path, megabytes)
        done = subprocess.run([sys.executable, "-c", CHILD, str(path)], cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def write(path: Path, megabytes: int) -> None:
    """A file with every type, gaps, and a ragged row in each block; the same at every call."""
    chance = random.Random(1)
    lines = [
        f"{i},{chance.gauss(100, 20):.4f},{chance.choice(['Paris', 'Rome', 'Oslo', ''])},2020-{i % 12 + 1:02}-{i % 28 + 1:02} 10:00:00,"
        f"{['true', 'false'][i % 2]},{chance.gauss(0, 1)},text {i % 977} and more"
        for i in range(ROWS_OF_BLOCK)
    ]
    block = ("\n".join([*lines, "a,ragged,row"]) + "\n").encode()
    with path.open("wb") as file:
        file.write(b"id,price,city,when,flag,x,note\n")
        while file.tell() < megabytes * 10**6:
            file.write(block)
