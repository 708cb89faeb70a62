"""After a 2xx, kill -9 of anything loses nothing, and a run in flight goes on where it was."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.local.client import Refused
from tests.conftest import ROOT, Cloud
from tests.e2e.test_spine import TITANIC, slow_workflow, statuses

pytestmark = pytest.mark.slow


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """A cloud of its own: these tests kill it."""
    cloud = Cloud(tmp_path).start()
    yield cloud
    cloud.stop()


def in_flight(cloud: Cloud) -> dict[str, Any]:
    """A run whose training goes on for some seconds, with everything before it finished."""
    workflow = slow_workflow()
    for node in workflow["nodes"]:
        if node["type"] == "train_xgboost":
            node["data"]["params"] = {"n_estimators": 1_500}
    run = cloud.client.start(workflow, cache=False)
    deadline = time.monotonic() + 60
    while statuses(run)["train_model"] != "running" and time.monotonic() < deadline:
        time.sleep(0.03)
        run = cloud.client.call("GET", f"/runs/{run['id']}")
    return run


def kill_worker(cloud: Cloud) -> None:
    """kill -9 of the pool's worker that works hardest."""
    family = psutil.Process(cloud.pids()["pool"]).children(recursive=True)
    busiest = max(family, key=lambda process: sum(process.cpu_times()[:2]))
    busiest.kill()


KILLS = {
    "worker": kill_worker,
    "pool": lambda cloud: cloud.kill("pool"),
    "server": lambda cloud: cloud.kill("server"),
    "emulator": lambda cloud: cloud.kill("emulator"),
}


@pytest.mark.parametrize("kill", KILLS.values(), ids=KILLS)
def test_a_run_in_flight_survives_the_death_of_any_process(own: Cloud, kill: Any) -> None:
    run = in_flight(own)
    before = {node["node"]: node for node in own.client.call("GET", f"/runs/{run['id']}")["nodes"]}
    kill(own)
    after = own.finish(run)
    assert after["status"] == "succeeded", after
    for node in after["nodes"]:
        assert node["status"] == "succeeded"
        if before[node["node"]]["status"] == "succeeded":
            assert node["started_at"] == before[node["node"]]["started_at"], "a finished node is not done again"


def test_a_run_in_flight_survives_the_death_of_everything(own: Cloud) -> None:
    run = in_flight(own)
    before = {node["node"]: node for node in own.client.call("GET", f"/runs/{run['id']}")["nodes"]}
    pids = own.pids()
    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)
    assert own.process is not None
    own.process.wait(10)
    (own.state / "instance.json").unlink()
    own.start()
    after = own.finish(run)
    assert after["status"] == "succeeded", after
    assert after["attempt"] >= 2
    for node in after["nodes"]:
        if before[node["node"]]["status"] == "succeeded":
            assert node["started_at"] == before[node["node"]]["started_at"]


def test_no_acknowledged_write_is_lost_by_killing_everything_again_and_again(own: Cloud) -> None:
    acknowledged: list[str] = []
    for _ in range(3):
        ending = threading.Event()
        writers = [threading.Thread(target=write_until, args=(own, ending, acknowledged)) for _ in range(3)]
        for writer in writers:
            writer.start()
        time.sleep(1.5)
        for pid in own.pids().values():
            os.kill(pid, signal.SIGKILL)
        ending.set()
        for writer in writers:
            writer.join()
        assert own.process is not None
        own.process.wait(10)
        (own.state / "instance.json").unlink(missing_ok=True)
        own.start()
    assert len(acknowledged) > 30
    for workflow in acknowledged:
        assert own.client.call("GET", f"/workflows/{workflow}")["revision"] == 1


def write_until(cloud: Cloud, ending: threading.Event, acknowledged: list[str]) -> None:
    while not ending.is_set():
        try:
            acknowledged.append(cloud.client.call("POST", "/workflows", TITANIC)["id"])
        except (OSError, ValueError, Refused):
            time.sleep(0.02)


def test_children_end_with_their_supervisor(own: Cloud) -> None:
    pids = own.pids()
    family = [psutil.Process(pid) for name, pid in pids.items() if name != "supervisor"]
    family += [child for process in family for child in process.children(recursive=True)]
    os.kill(pids["supervisor"], signal.SIGKILL)
    gone, alive = psutil.wait_procs(family, timeout=15)
    assert not alive, alive
    assert gone


def test_sigterm_ends_everything_and_leaves_the_data(own: Cloud) -> None:
    saved = own.client.call("POST", "/workflows", TITANIC)
    family = [psutil.Process(pid) for pid in own.pids().values()]
    own.stop()
    assert not psutil.wait_procs(family, timeout=15)[1]
    assert not (own.state / "instance.json").exists()
    own.start()
    assert own.client.call("GET", f"/workflows/{saved['id']}")["document"]["name"] == "Titanic"


def test_a_second_cloud_on_the_same_folder_or_port_is_refused_in_a_sentence(own: Cloud, tmp_path: Path) -> None:
    def up(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra.local", "up", "--no-open", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    same = up("--state", str(own.state), "--port", "0")
    assert same.returncode == 1
    assert "running already" in same.stderr
    port = json.loads((own.state / "instance.json").read_text())["ports"]["public"]
    taken = up("--state", str(tmp_path / "other"), "--port", str(port))
    assert taken.returncode == 1
    assert f"Port {port} is in use" in taken.stderr
    assert "--port" in taken.stderr
    assert "Traceback" not in same.stderr + taken.stderr


def test_the_demo_does_the_main_job(own: Cloud) -> None:
    command = [sys.executable, "-m", "infra.local", "demo", "--state", str(own.state)]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert outcome.returncode == 0, outcome.stderr
    for words in ("accuracy 0.8", "confusion matrix", "survives with probability", "curl -X POST", "Done in"):
        assert words in outcome.stdout
