"""A run that is stopped while results are being stored: the heartbeat looks past the line that it waits in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from node_containers.runtime import status
from node_containers.runtime.status import Recorder
from tests.nodes.conftest import PlannedRun

pytestmark = pytest.mark.usefixtures("aws")
PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "HEARTBEAT_SECONDS", 0.2)


@contextmanager
def storing(run: PlannedRun, stopped: threading.Event) -> Iterator[Recorder]:
    """The first node is done, and its result takes as long to store as the test lasts."""
    stored = threading.Event()
    recorder = Recorder(run.id, stopped.set)
    recorder.running("load_csv", {"status": "running"})
    recorder.finished("load_csv", [recorder.put(stored.wait, 2 * PATIENCE_SECONDS)], lambda: None, {"status": "succeeded"})
    try:
        yield recorder
    finally:
        stored.set()
        recorder.close()


def test_a_fit_behind_a_slow_upload_hears_that_it_was_stopped() -> None:
    run, stopped = PlannedRun("titanic"), threading.Event()
    with storing(run, stopped) as recorder:
        recorder.running("train_model", {"status": "running"})
        run.set("train_model", status="stopped")
        assert stopped.wait(PATIENCE_SECONDS)


def test_storing_the_last_result_ends_with_the_run() -> None:
    run, stopped = PlannedRun("titanic"), threading.Event()
    with storing(run, stopped):
        run.set("load_csv", status="stopped")
        assert stopped.wait(PATIENCE_SECONDS)


def test_a_node_that_only_waits_for_its_results_is_not_taken_for_stopped() -> None:
    run, stopped = PlannedRun("titanic"), threading.Event()
    with storing(run, stopped) as recorder:
        recorder.running("train_model", {"status": "running"})
        assert not stopped.wait(1)
    assert not stopped.is_set()
    assert run.items()["load_csv"]["status"] == "succeeded"
