"""How long things take to start, and how large they are."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.bench.cloud import ROOT, Cloud
from infra.figures import Figure, measured

IMPORTS = 5


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="flowza-bench-", ignore_cleanup_errors=True) as place:
        ours = Cloud(Path(place), {})
        for name, words in (
            ("start-first", "the embedded cloud, an empty state folder, set-up done before"),
            ("start-again", "the same again"),
        ):
            took = ours.start()
            ours.stop()
            yield measured(name, took, "s", 1, words, goal="<= 5")
    code = "import time; t = time.perf_counter(); import app; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    found = [float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout) for _ in range(IMPORTS)]
    yield measured("api-import", statistics.median(found) * 1000, "ms", IMPORTS, "a fresh process imports the API")
    package = ROOT / "dist" / "aws" / "deployment.zip"
    if package.exists():
        yield measured("api-zip", package.stat().st_size / 1e6, "MB", 1, "the API's deployment package (make package)")
    if (ROOT / "frontend" / "dist").exists():
        sized = json.loads(subprocess.run(["node", "size.mjs"], cwd=ROOT / "frontend", capture_output=True, text=True, check=True).stdout)
        yield measured("canvas-js", sized["js_gzip_bytes"] / 1000, "kB gzip", 1, "all scripts of the canvas", goal="<= 300")
