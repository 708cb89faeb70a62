"""What a cancelled run leaves behind: no compute, no process, nothing half written that counts."""

import hashlib
import json
import logging
import time
from collections.abc import Callable

import psutil
import pytest

from tests.conftest import Cloud
from tests.e2e.test_engine import aws, drawing, statuses, trained

LOG = logging.getLogger("flowza.tests")
# Work ends with its next heartbeat, three seconds at most; a busy machine may take longer to say so.
GONE_SECONDS = 30
LONG = {"n_estimators": 9_871, "max_depth": 12}
SLEEPER = "import time\n\n\ndef run(df, params):\n    total = 0\n    while True:\n        total += 1\n"
# Three ways to take each letter: it never gives up, and in C no thread of the worker gets a turn.
HELD = "a call that holds the interpreter"
WORK = {
    "a long fit": trained(("train_xgboost", LONG)),
    "a search": trained(("tune", {"family": "xgboost", "search": "grid", "cv": 10})),
    HELD: drawing(
        "engine",
        {
            "load": ("csv_loader", {}),
            "model": ("validate_data", {"rules": [{"column": "name", "rule": "regex", "pattern": "(.|[^!]|[^?])*!"}]}),
        },
        "load>model",
    ),
    "code apart": drawing(
        "engine", {"load": ("csv_loader", {}), "model": ("custom_python", {"code": SLEEPER, "timeout_seconds": 600})}, "load>model"
    ),
}


def processes(cloud: Cloud) -> list[psutil.Process]:
    return psutil.Process(cloud.pids()["pool"]).children(recursive=True)


def busy_seconds(cloud: Cloud) -> float:
    """Seconds of processor that all workers have used so far; of one that has just gone, none."""
    total = 0.0
    for process in processes(cloud):
        try:
            total += sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return total


def wait(holds: Callable[[], bool], seconds: float, what: str) -> float:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, what
        time.sleep(0.1)
    return time.monotonic() - began


def rests(cloud: Cloud, idle: int) -> bool:
    """No more processes than the idle pool has, and none of them works."""
    if len(processes(cloud)) > idle:
        return False
    before = busy_seconds(cloud)
    time.sleep(0.5)
    return len(processes(cloud)) <= idle and busy_seconds(cloud) - before < 0.1


def settled(cloud: Cloud) -> int:
    """The number of processes of the pool when it has nothing to do."""
    wait(lambda: rests(cloud, len(processes(cloud))), 120, "the pool never came to rest")
    return len(processes(cloud))


@pytest.mark.parametrize("name", WORK)
def test_a_cancelled_run_leaves_no_compute_and_nothing_that_counts(cloud: Cloud, name: str) -> None:
    idle, before = settled(cloud), busy_seconds(cloud)
    run = cloud.client.start(WORK[name], cache=False)

    def works() -> bool:
        if name == HELD:
            # It cannot even say that it has begun.
            return busy_seconds(cloud) - before > 3
        return statuses(cloud.client.call("GET", f"/runs/{run['id']}"))["model"] == "running" and len(processes(cloud)) > idle

    wait(works, 120, "the work never began")
    time.sleep(1)
    assert cloud.client.call("POST", f"/runs/{run['id']}/cancel")["status"] == "stopped"
    took = wait(lambda: rests(cloud, idle), GONE_SECONDS, f"still at work: {[one.name() for one in processes(cloud)]}")
    LOG.info("%s: compute gone after %.1f s", name, took)

    assert statuses(cloud.finish(run))["model"] == "stopped"
    nothing_half_written(cloud, run["id"])
    again = cloud.client.start(WORK[name])
    assert statuses(again)["model"] != "cached"
    cloud.client.call("POST", f"/runs/{again['id']}/cancel")
    wait(lambda: rests(cloud, idle), GONE_SECONDS, "still at work")


def nothing_half_written(cloud: Cloud, run: str) -> None:
    """Every manifest of the run speaks of whole files; where there is none, nothing is shown."""
    storage, bucket = aws(cloud, "s3"), "flowza-local"
    plan = json.loads(storage.get_object(Bucket=bucket, Key=f"o/usr_local/runs/{run}/plan.json")["Body"].read())
    for name, node in plan["nodes"].items():
        folder = f"o/usr_local/artifacts/{node['key']}/"
        there = {one["Key"].removeprefix(folder) for one in storage.list_objects_v2(Bucket=bucket, Prefix=folder).get("Contents", [])}
        shown = cloud.client.call("GET", f"/runs/{run}/nodes/{name}")
        if "manifest.json" not in there:
            assert (shown["manifest"], shown["previews"], shown["downloads"]) == (None, {}, {}), name
            assert not {one for one in there if one.startswith("apart/")}
            continue
        manifest = json.loads(storage.get_object(Bucket=bucket, Key=f"{folder}manifest.json")["Body"].read())
        for entry in manifest["outputs"].values():
            data = storage.get_object(Bucket=bucket, Key=folder + entry["file"])["Body"].read()
            assert hashlib.sha256(data).hexdigest() == entry["sha256"]
