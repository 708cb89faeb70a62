"""An embedded cloud of its own that is there to be hurt: start it, find its processes, kill them, ask it until it answers."""

import http.client
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
import psutil

from infra.local.client import Refused, connect
from infra.local.layout import ROOT, Layout, Ports

KINDS = ("worker", "pool", "emulator", "server")
PAUSE_SECONDS = 0.1
T = TypeVar("T")


class NeverAnswered(Exception):
    """The cloud did not come back, or never answered as it should."""


class Rig:
    """One cloud in a folder of its own. `through` is an address that its server and its workers take for AWS's instead of the emulator's."""

    def __init__(self, state: Path, *, through: str | None = None, patience: float = 600) -> None:
        self.state = state
        self.patience = patience
        self._environment = {**os.environ, **({"FLOWZA_THROUGH": through} if through else {})}

    def start(self) -> "Rig":
        command = [sys.executable, "-m", "infra.local", "up", "--state", str(self.state), "--port", "0", "--no-open"]
        with (self.state / "up.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True)
        self.client = self.until(lambda: connect(self.state))
        found = json.loads((self.state / "instance.json").read_text())
        self.layout = Layout(self.state, Ports(**found["ports"]))
        return self

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def until(self, look: Callable[[], T | None], pause: float = PAUSE_SECONDS) -> T:
        """What `look` finds as soon as it finds something. The cloud may be away in between, but its supervisor may not end."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise NeverAnswered(f"the supervisor ended: {self.tail('up')}")
            found = look()
            if found is not None:
                return found
            time.sleep(pause)
        raise NeverAnswered(f"nothing within {self.patience:.0f} s: {self.tail('up')}")

    def insist(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """A call below `/api`, repeated while nobody is there or the answer is that something on the other side failed."""

        def ask() -> tuple[Any] | None:
            try:
                return (self.client.call(method, path, body, headers),)
            except Refused as refused:
                if refused.reply.status < 500:
                    raise
            except (OSError, http.client.HTTPException, ValueError):
                pass
            return None

        return self.until(ask)[0]

    def answers(self) -> bool:
        """Whether the whole way to the tables and back is open."""
        try:
            self.client.call("GET", "/tokens")
        except (OSError, http.client.HTTPException, ValueError, Refused):
            return False
        return True

    def whole(self) -> None:
        """Wait until the cloud is whole again."""
        self.until(lambda: self.answers() or None)

    def aws(self, service: str) -> Any:
        """The emulator itself, for looking behind the product's back."""
        seen = self.layout.environment()
        return boto3.client(
            service,
            endpoint_url=seen["AWS_ENDPOINT_URL"],
            region_name=seen["AWS_REGION"],
            aws_access_key_id=seen["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=seen["AWS_SECRET_ACCESS_KEY"],
        )

    def processes(self) -> dict[str, list[psutil.Process]]:
        """The living processes below our own supervisor, by kind."""
        found: dict[str, list[psutil.Process]] = {kind: [] for kind in KINDS}
        pending = [psutil.Process(self.process.pid)]
        while pending:
            parent = pending.pop()
            for child in _children(parent):
                kind = _kind(_words(child), _words(parent))
                if kind is not None:
                    found[kind].append(child)
                pending.append(child)
        return found

    def kill(self, kind: str, chance: random.Random) -> bool:
        """kill -9 of one process of that kind; of the workers one that has work, where there is one. False where there is none just now."""
        there = self.processes()[kind]
        busy = [process for process in there if _seconds(process) > 0.05]
        if not there:
            return False
        try:
            chance.choice(busy if kind == "worker" and busy else there).kill()
        except psutil.NoSuchProcess:
            return False
        return True

    def tail(self, name: str) -> str:
        path = self.state / "up.log" if name == "up" else self.layout.log(name)
        return path.read_text(errors="replace")[-2000:]


def _kind(words: str, parent: str) -> str | None:
    for kind in ("pool", "emulator", "server"):
        if f"infra.local.{kind}" in words:
            return kind
    # A worker is a fork of the fork server and so carries its command line.
    return "worker" if "forkserver" in words and "forkserver" in parent else None


def _children(process: psutil.Process) -> list[psutil.Process]:
    return _quietly(lambda: process.children(), [])


def _words(process: psutil.Process) -> str:
    return " ".join(_quietly(process.cmdline, []))


def _seconds(process: psutil.Process) -> float:
    """Computing time so far."""
    return _quietly(lambda: float(sum(process.cpu_times()[:2])), 0.0)


def _quietly(ask: Callable[[], T], otherwise: T) -> T:
    """What a process says of itself, also where it has just ended."""
    try:
        return ask()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return otherwise
