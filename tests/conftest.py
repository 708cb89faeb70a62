"""One embedded cloud and one PostgreSQL for all tests of a run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local import lifeline
from infra.local.client import Client, connect
from tests.postgres import Server
from tests.postgres import started as postgres_started

ROOT = Path(__file__).parents[1]
START_SECONDS = 180


class Cloud:
    """A running embedded cloud: its client, its state folder, its processes."""

    def __init__(self, state: Path, *arguments: str, **environment: str) -> None:
        self.state = state
        self.arguments = arguments
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None
        self.client = Client("", None)

    def start(self) -> "Cloud":
        command = [sys.executable, "-m", "infra.local", "up", "--state", str(self.state), "--port", "0", "--no-open", *self.arguments]
        # Closed with this process, however it ends: the cloud then ends, too.
        self._let_go()
        reader, self._lifeline = os.pipe()
        environment = {**os.environ, lifeline.VARIABLE: str(reader), **self.environment}
        with (self.state / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True, pass_fds=(reader,)
            )
        os.close(reader)
        self.wait()
        return self

    def wait(self) -> None:
        """Until the API answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            client = connect(self.state)
            if client is not None:
                self.client = client
                return
            assert self.process is not None
            assert self.process.poll() is None, (self.state / "up.log").read_text()
            time.sleep(0.05)
        raise AssertionError("the embedded cloud did not start")

    def pids(self) -> dict[str, int]:
        import json

        return dict(json.loads((self.state / "instance.json").read_text())["pids"])

    def kill(self, name: str) -> None:
        """kill -9 of one process: `emulator`, `pool`, `server` or `supervisor`."""
        os.kill(self.pids()[name], signal.SIGKILL)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self._let_go()

    def _let_go(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def finish(self, run: dict[str, Any]) -> dict[str, Any]:
        """The run when it is final; the server may be away for a while in between."""
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            try:
                found: dict[str, Any] = self.client.call("GET", f"/runs/{run['id']}")
                if found["status"] in ("succeeded", "failed", "stopped"):
                    return found
            except (OSError, ValueError):
                self.wait()
            time.sleep(0.1)
        raise AssertionError(f"the run never ended: {found}")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    started = Cloud(tmp_path_factory.mktemp("cloud")).start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def database() -> Iterator[Server]:
    """One PostgreSQL for the whole run."""
    with postgres_started() as server:
        yield server
