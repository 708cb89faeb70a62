"""The pool's limits: memory and time are enforced from outside, and a death is named."""

from collections.abc import Iterator

import psutil
import pytest

from infra.local import pool
from infra.local.layout import NODE_SMALL
from infra.local.pool import HandlerRaised, Pool, WorkerDied

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
    patch.undo()
    for child in psutil.Process().children(recursive=True):
        if "forkserver" in " ".join(child.cmdline()):
            child.terminate()


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
