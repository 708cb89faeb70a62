"""A cloud of its own for the benchmarks: start it with settings, run drawings on it through the public API, and see what its processes use."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config

from infra.local.client import FINAL, Client, connect

ROOT = Path(__file__).parents[2]
# How often it is asked whether a cloud has started.
LOOK_SECONDS = 0.05
# A look at a run costs the two processes behind it ten milliseconds of a core: more often would measure the looking.
LEAST_SECONDS = 0.02
# The longer a run takes, the calmer it is looked at: the wait is this share of what has passed, and no more than so many seconds.
SHARE = 0.05
MOST_SECONDS = 1.0
SAMPLE_SECONDS = 0.05


class Cloud:
    def __init__(self, state: Path, environment: dict[str, str]) -> None:
        self.state = state
        self.environment = environment
        self.client = Client("", None)

    def start(self) -> float:
        """Seconds until the API answers."""
        command = [sys.executable, "-m", "infra.local", "up", "--state", str(self.state), "--port", "0", "--no-open"]
        surroundings = {**os.environ, **self.environment}
        began = time.perf_counter()
        with (self.state / "up.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=log, stderr=log, start_new_session=True)
        while (client := connect(self.state)) is None:
            if self.process.poll() is not None:
                raise SystemExit((self.state / "up.log").read_text())
            time.sleep(LOOK_SECONDS)
        self.client = client
        return time.perf_counter() - began

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def run(self, workflow: dict[str, Any], **order: Any) -> dict[str, Any]:
        """Save, start and poll a run to its end."""
        return self.end(self.client.start(workflow, **order))

    def again(self, workflow: str, **order: Any) -> dict[str, Any]:
        """Run a saved workflow."""
        return self.end(self.client.call("POST", f"/workflows/{workflow}/runs", order))

    def end(self, run: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic()
        while run["status"] not in FINAL:
            time.sleep(until_next_look(run, time.monotonic() - began))
            run = self.client.call("GET", f"/runs/{run['id']}")
        if run["status"] != "succeeded":
            raise SystemExit(f"the run {run['status']}: {run['error']}")
        return run

    def dataset(self, path: Path) -> str:
        """Upload a file and wait until it has been read; its id."""
        found = self.client.upload(path, path.stem)
        while found["status"] not in ("ready", "refused"):
            time.sleep(0.1)
            found = self.client.call("GET", f"/datasets/{found['id']}")
        if found["status"] != "ready":
            raise SystemExit(f"the dataset was refused: {found['error']}")
        return str(found["id"])

    def aws(self, service: str) -> Any:
        """A client of the emulator itself."""
        ports = json.loads((self.state / "instance.json").read_text())["ports"]
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{ports['emulator']}",
            region_name="us-east-1",
            aws_access_key_id="FLOWZALOCAL",
            aws_secret_access_key=(self.state / "storage").read_text(),
            config=Config(retries={"max_attempts": 5, "mode": "standard"}),
        )

    def cpu_seconds(self) -> float:
        """Processor time of the whole process tree so far, of ended workers too: their parents have counted it."""
        return sum(_cpu(process) for process in self._family())

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    @contextlib.contextmanager
    def watched(self) -> Iterator["Peak"]:
        """Look at the memory of every process of the tree while something runs."""
        peak = Peak(self)
        peak.start()
        try:
            yield peak
        finally:
            peak.ended.set()
            peak.join()


def until_next_look(run: dict[str, Any], waited: float) -> float:
    """Seconds to the next look at an open run that has been waited for so long: none before the earliest end that its estimate gives, often from there on."""
    expected = (run["estimate"] or {}).get("seconds")
    earliest = expected[0] if expected else 0.0
    return float(max(LEAST_SECONDS, min(waited * SHARE, MOST_SECONDS), earliest - waited))


class Peak(threading.Thread):
    """`process_mb` is the most that any one process held, shared pages included; `tree_mb` the most that all held at a time, shared pages counted once."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(name="peak", daemon=True)
        self.cloud = cloud
        self.ended = threading.Event()
        self.process_mb = 0.0
        self.tree_mb = 0.0

    def run(self) -> None:
        while not self.ended.wait(SAMPLE_SECONDS):
            held = [_memory(process) for process in self.cloud._family()]
            self.process_mb = max(self.process_mb, *(rss for rss, _ in held))
            self.tree_mb = max(self.tree_mb, sum(pss for _, pss in held))


def _cpu(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))
    except psutil.Error:
        return 0.0


def _memory(process: psutil.Process) -> tuple[float, float]:
    try:
        found = process.memory_full_info()
        return found.rss / 2**20, found.pss / 2**20
    except psutil.Error:
        return 0.0, 0.0


@contextlib.contextmanager
def cloud(**environment: str) -> Iterator[Cloud]:
    with tempfile.TemporaryDirectory(prefix="flowza-bench-", ignore_cleanup_errors=True) as place:
        started = Cloud(Path(place), environment)
        started.start()
        try:
            yield started
        finally:
            started.stop()
