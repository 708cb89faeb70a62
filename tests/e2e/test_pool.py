"""The pool's limits: memory and time are enforced from outside, and a death is named."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from infra.local import pool
from infra.local.layout import NODE_SMALL
from infra.local.pool import HandlerRaised, Pool, Worker, WorkerDied

# Nothing listens where this order's object should be: the worker keeps trying for a while.
ORDER = {"profile": {"owner": "o", "dataset": "d", "object": "x"}}


@pytest.fixture(scope="module")
def workers() -> Iterator[Pool]:
    patch = pytest.MonkeyPatch()
    names = ("FLOWZA_BUCKET", "FLOWZA_RUNS_TABLE", "FLOWZA_PLATFORM_FUNCTION", "FLOWZA_SERVING_TABLE")
    for name, value in {
        **dict.fromkeys(names, "nothing"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }.items():
        patch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "test")
    yield Pool()
    # A spare that is forked right now would find its fork server dead, and its thread would fail in somebody else's test.
    for thread in threading.enumerate():
        if thread.name in ("fill", "spare", "end"):
            thread.join(60)
    patch.undo()
    for child in fork_servers():
        child.terminate()


def fork_servers() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        # One that has just ended has no words any more.
        with contextlib.suppress(psutil.Error):
            found += [child] if "forkserver" in " ".join(child.cmdline()) else []
    return found


def test_a_worker_over_its_memory_is_ended_and_named(workers: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pool.MEMORY_MB, NODE_SMALL, 10)
    with pytest.raises(WorkerDied, match="more than its 10 MB") as died:
        workers.invoke(NODE_SMALL, ORDER)
    assert died.value.name == "Runtime.OutOfMemory"


def test_a_worker_over_its_time_is_ended_and_named(workers: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pool.TIMEOUT_SECONDS, NODE_SMALL, 0)
    with pytest.raises(WorkerDied, match="0 seconds") as died:
        workers.invoke(NODE_SMALL, ORDER)
    assert died.value.name == "Sandbox.Timedout"


def test_what_a_handler_raises_keeps_its_name(workers: Pool) -> None:
    with pytest.raises(HandlerRaised) as raised:
        workers.invoke(NODE_SMALL, {"died": {}})
    assert raised.value.name == "KeyError"


# -- nodes that misbehave ---------------------------------------------------------------------------------------------------


def misbehaving(pipe: Connection, kind: str) -> None:
    """A worker's life with a node in it that does what it is told, whatever that is."""
    pool.settle()
    event, _ = pipe.recv()
    if event["do"] == "fork":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        pipe.send(("ok", child.pid, None))
        signal.pause()
    elif event["do"] == "fork and eat":
        eat = "x = bytes(b'x' * (400 * 2**20)); import time; time.sleep(60)"
        Path(event["place"]).write_text(str(subprocess.Popen([sys.executable, "-c", eat]).pid))
        signal.pause()
    elif event["do"] == "ignore":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pipe.send(("ok", "deaf", None))
        signal.pause()
    elif event["do"] == "exit":
        os._exit(3)


def ends(pid: int) -> bool:
    """Whether the process is gone, or is a zombie that nobody has taken notice of."""
    try:
        process = psutil.Process(pid)
        process.wait(10)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def test_what_a_node_starts_ends_with_its_worker(workers: Pool) -> None:
    worker = Worker("node", misbehaving)
    child = worker.call({"do": "fork"}, NODE_SMALL)
    assert psutil.pid_exists(child)
    worker.end()
    assert ends(child)


def test_a_worker_that_is_deaf_to_sigterm_ends(workers: Pool) -> None:
    worker = Worker("node", misbehaving)
    assert worker.call({"do": "ignore"}, NODE_SMALL) == "deaf"
    worker.end()
    assert ends(worker.process.pid or 0)


def test_memory_that_a_child_eats_counts(workers: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(pool.MEMORY_MB, NODE_SMALL, 500)
    monkeypatch.setitem(pool.TIMEOUT_SECONDS, NODE_SMALL, 40)
    worker = Worker("node", misbehaving)
    with pytest.raises(WorkerDied, match="more than its 500 MB"):
        worker.call({"do": "fork and eat", "place": str(tmp_path / "pid")}, NODE_SMALL)
    assert ends(int((tmp_path / "pid").read_text()))


def test_a_node_that_ends_the_process_is_told_from_a_worker_that_was_killed(workers: Pool) -> None:
    with pytest.raises(WorkerDied, match="exit code 3") as died:
        Worker("node", misbehaving).call({"do": "exit"}, NODE_SMALL)
    assert (died.value.name, died.value.code) == ("Runtime.ExitError", "node-exited")
    worker = Worker("node", misbehaving)
    assert worker.call({"do": "ignore"}, NODE_SMALL) == "deaf"
    worker.process.kill()
    with pytest.raises(WorkerDied) as killed:
        worker.call({"do": "exit"}, NODE_SMALL)
    assert killed.value.code is None


def test_the_pool_outlives_its_fork_server(workers: Pool) -> None:
    (server,) = fork_servers()
    server.kill()
    # More than there are spares: some of them were forked after the death.
    for _ in range(pool.SPARES + 2):
        with pytest.raises(HandlerRaised) as raised:
            workers.invoke(NODE_SMALL, {"died": {}})
        assert raised.value.name == "KeyError"
    assert [one.pid for one in fork_servers()] != [server.pid]
