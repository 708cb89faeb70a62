"""Runs through real image Lambdas and real Fargate-style tasks: the same results as in the pool, and every way to end."""

import json
import os
import random
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.figures import measured
from infra.local.containers import limits
from infra.local.layout import NODE_SMALL
from tests.conftest import ROOT, Cloud
from tests.containers.conftest import COMMAND, say, seconds_since
from tests.contract.test_golden import STATEMACHINES
from tests.e2e.test_engine import aws, drawing, node, statuses, trained

PASSENGERS = [{"class": "1st", "age": 29, "sex": "female"}, {"class": "3rd", "age": None, "sex": "male"}]
WARM = 30


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STATEMACHINES / f"{name}.workflow.json").read_text("utf-8"))
    return found


def result(cloud: Cloud, run: str, name: str) -> dict[str, Any]:
    """What a node has made: the hash of every output, and its metrics."""
    manifest = cloud.client.call("GET", f"/runs/{run}/nodes/{name}")["manifest"]
    return {"outputs": {port: entry["sha256"] for port, entry in manifest["outputs"].items()}, "metrics": manifest["metrics"]}


def until(what: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("it never came true")


# -- the images -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["node", "task", "serving"])
def test_an_image_runs_as_nobody_with_its_byte_code_and_without_what_builds(engine: Any, images: dict[str, str], name: str) -> None:
    code = """if 1:
        import json, os, pathlib, shutil
        sources = list(pathlib.Path("/var/task").rglob("*.py"))
        compiled = [path for path in sources if list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))]
        tools = [tool for tool in ("gcc", "cc", "make", "uv", "git") if shutil.which(tool)]
        print(json.dumps([os.getuid(), len(sources), len(sources) - len(compiled), tools]))
    """
    said = engine.containers.run(images[name], ["-c", code], entrypoint=["python3"], remove=True, read_only=True, network_mode="none")
    user, sources, without, tools = json.loads(said)
    assert user != 0
    assert sources > 1_000
    # Templates of other languages and versions in the libraries do not compile, and are never imported.
    assert without <= 5
    assert tools == []


def test_the_serving_image_has_no_frames(engine: Any, images: dict[str, str]) -> None:
    said = engine.containers.run(images["serving"], ["-c", "ls /var/task"], entrypoint=["sh"], remove=True, network_mode="none").decode()
    assert not {"pandas", "pyarrow", "polars"} & set(said.split())


@pytest.fixture
def emulated(engine: Any, images: dict[str, str]) -> Iterator[Callable[[str], Any]]:
    """Start a function's container as the emulator does; a call of it takes an event and gives the answer."""
    started: list[Any] = []

    def start(name: str) -> Callable[[Any], Any]:
        environment = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048", "AWS_LAMBDA_FUNCTION_TIMEOUT": "60", "FLOWZA_BUCKET": "none"}
        environment |= {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
        ports = {"8080/tcp": ("127.0.0.1", None)}
        container = engine.containers.run(images[name], detach=True, ports=ports, environment=environment, **limits(environment))
        started.append(container)
        container.reload()
        address = f"http://127.0.0.1:{container.ports['8080/tcp'][0]['HostPort']}/2015-03-31/functions/function/invocations"

        def call(event: Any) -> Any:
            def attempt() -> Any:
                try:
                    with urllib.request.urlopen(address, json.dumps(event).encode(), timeout=60) as reply:
                        return {"body": json.loads(reply.read())}
                except OSError:
                    return None

            return until(attempt)["body"]

        return call

    yield start
    for container in started:
        container.remove(force=True)


# Events that are answered without any other service: an item's death, and an endpoint that no address could name.
QUIET = {
    "node": ({"died": {"run": "run_1", "stage": "s1", "phase": "item"}}, lambda answer: answer["status"] == "reported"),
    "serving": ({"source": "try", "endpoint": "?", "rows": []}, lambda answer: answer["statusCode"] == 404),
}


@pytest.mark.parametrize("name", QUIET)
def test_cold_and_warm_invocations_are_measured(emulated: Callable[[str], Any], name: str) -> None:
    event, good = QUIET[name]
    cold = []
    for _ in range(3):
        started = time.perf_counter()
        call = emulated(name)
        assert good(call(event))
        cold.append(seconds_since(started) * 1000)
    warm = []
    for _ in range(WARM):
        started = time.perf_counter()
        assert good(call(event))
        warm.append(seconds_since(started) * 1000)
    about = f"the {name} function in a container of 2,048 MB, handler's own work next to nothing"
    say(measured(f"container-cold-{name}", statistics.median(cold), "ms", 3, f"start to first answer: {about}", command=COMMAND))
    say(measured(f"container-warm-{name}", statistics.median(warm), "ms", WARM, f"an answer after that: {about}", command=COMMAND))


# -- the same results -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["titanic", "iris_two_models"])
def test_a_run_in_containers_makes_the_very_bytes_of_a_run_in_the_pool(contained: Cloud, cloud: Cloud, name: str) -> None:
    started = time.perf_counter()
    inside = contained.finish(contained.client.start(workflow(name), cache=False))
    took = seconds_since(started)
    beside = cloud.finish(cloud.client.start(workflow(name), cache=False))
    assert inside["status"] == beside["status"] == "succeeded", (inside["error"], beside["error"])
    for one in inside["nodes"]:
        assert result(contained, inside["id"], one["node"]) == result(cloud, beside["id"], one["node"]), one["node"]
    say(measured(f"containers-{name}", took, "s", 1, f"the {name} run in containers, as it came", command=COMMAND))
    say(measured(f"containers-same-{name}", len(inside["nodes"]), "nodes", 1, "hashes and metrics equal to the pool's", command=COMMAND))


def test_the_image_stands_in_what_was_made(contained: Cloud, images: dict[str, str]) -> None:
    run = contained.finish(contained.client.start(workflow("titanic")))
    manifest = contained.client.call("GET", f"/runs/{run['id']}/nodes/train_model")["manifest"]
    assert manifest["environment"] == images["node"]
    run = contained.finish(contained.client.start(workflow("titanic_deployed")))
    assert run["status"] == "succeeded", run["error"]
    assert contained.client.call("GET", "/models/titanic")["versions"][0]["lineage"]["environment"] == images["node"]


def test_a_deployed_model_answers_from_the_serving_image(contained: Cloud, cloud: Cloud) -> None:
    answers = []
    for one in (contained, cloud):
        run = one.finish(one.client.start(workflow("titanic_deployed")))
        assert run["status"] == "succeeded", run["error"]
        endpoint = next(found for found in one.client.call("GET", "/endpoints")["items"] if found["name"] == "titanic")
        key = one.client.call("POST", f"/endpoints/{endpoint['id']}/keys")["key"]
        ask = {"x-api-key": key, "content-type": "application/json"}
        reply = one.client.request("POST", f"/predict/{endpoint['id']}", {"rows": PASSENGERS}, ask)
        assert reply.status == 200, reply.body
        tried = one.client.call("POST", f"/endpoints/{endpoint['id']}/try", {"rows": PASSENGERS})
        assert tried["predictions"] == reply.body["predictions"]
        answers.append((reply.body["predictions"], [warning["code"] for warning in reply.body["warnings"]]))
        wrong = one.client.request("POST", f"/predict/{endpoint['id']}", {"rows": [{"class": "1st"}]}, ask)
        assert (wrong.status, wrong.body["code"]) == (422, "feature-missing")
    assert answers[0] == answers[1]


# -- every way to end -------------------------------------------------------------------------------------------------------


def test_a_node_that_fails_keeps_its_name(contained: Cloud) -> None:
    broken = trained(("train_logreg", {}), {"gate": ("metric_gate", {"metric": "no-such-metric"})}, "model>gate", "score>gate")
    run = contained.finish(contained.client.start(broken))
    assert (run["status"], run["error"]["code"]) == ("failed", "metric-unknown")
    assert statuses(run)["score"] in ("succeeded", "cached")
    client = aws(contained, "stepfunctions")
    ended = [
        one["error"]
        for machine in client.list_state_machines()["stateMachines"]
        for execution in client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
        for one in [client.describe_execution(executionArn=execution["executionArn"])]
        if execution["name"].startswith(run["id"]) and one["status"] == "FAILED"
    ]
    assert ended == ["StageFailed"]


def test_a_function_whose_image_is_gone_fails_its_node_by_name_and_the_run_goes_on_once_it_is_back(
    contained: Cloud, engine: Any, images: dict[str, str]
) -> None:
    functions = aws(contained, "lambda")
    container = engine.containers.create(images["node"])
    gone = container.commit("flowza/node", "gone").id
    container.remove()
    functions.update_function_code(FunctionName=NODE_SMALL, ImageUri=gone)
    engine.images.remove(gone, force=True)
    started = time.perf_counter()
    try:
        run = contained.finish(contained.client.start(workflow("titanic"), cache=False))
    finally:
        functions.update_function_code(FunctionName=NODE_SMALL, ImageUri=images["node"])
    say(measured("containers-no-image", seconds_since(started), "s", 1, "a run that fails for want of its image", command=COMMAND))
    # Its own tries are enough: no further attempt of the whole run.
    assert (run["status"], run["error"]["code"], run["attempt"]) == ("failed", "image-missing", 1)
    (failed,) = [one for one in run["nodes"] if one["status"] == "failed"]
    assert (failed["node"], failed["error"]["code"]) == (run["error"]["node"], "image-missing")
    assert f"the image {gone} of the function {NODE_SMALL} is not there any more" in failed["error"]["message"]
    assert "make images" in failed["error"]["hint"]
    assert {one["status"] for one in run["nodes"] if one is not failed} == {"skipped"}
    client = aws(contained, "stepfunctions")
    machines = [machine["stateMachineArn"] for machine in client.list_state_machines()["stateMachines"]]
    assert not [
        one for machine in machines for one in client.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
    ]
    resumed = contained.finish(contained.client.call("POST", f"/runs/{run['id']}/resume"))
    assert resumed["status"] == "succeeded", resumed["error"]


def test_a_run_that_is_cancelled_ends_in_its_container(contained: Cloud, engine: Any) -> None:
    run = contained.client.start(trained(("automl", {"max_seconds": 600, "max_candidates": 200})), cache=False)["id"]
    until(lambda: node(contained.client.call("GET", f"/runs/{run}"), "model")["status"] == "running")
    contained.client.call("POST", f"/runs/{run}/cancel")
    found = contained.finish({"id": run})
    assert (found["status"], statuses(found)["model"]) == ("stopped", "stopped")
    # The heartbeat of every worker finds its node stopped and ends the process: no container of a function works on.
    until(lambda: not working(engine), 60)


def working(engine: Any) -> list[str]:
    """Names of the function containers that have used more than a third of a processor for two seconds."""
    found = engine.containers.list(filters={"label": "ministack=lambda"})
    used = [
        {one.name: one.stats(stream=False, one_shot=True)["cpu_stats"]["cpu_usage"]["total_usage"] for one in found}
        for _ in (1, 2)
        if not time.sleep(2)
    ]
    return [name for name in used[0] if used[1][name] - used[0][name] > 0.3 * 2e9]


@pytest.fixture(scope="module")
def wide(tight: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A table that is small on disk and large in memory when it is trained on."""
    path = Path(tmp_path_factory.mktemp("data")) / "wide.csv"
    shuffle = random.Random(3)
    rows = (
        ",".join([str(shuffle.randrange(2)), *(f"c{shuffle.randrange(400)}" for _ in range(3)), f"{shuffle.random():.4f}"])
        for _ in range(60_000)
    )
    path.write_text("y,a,b,c,x\n" + "\n".join(rows) + "\n")
    dataset = tight.client.upload(path, "wide")
    ready: dict[str, Any] = until(
        lambda: next(
            (one for one in [tight.client.call("GET", f"/datasets/{dataset['id']}")] if one["status"] in ("ready", "refused")), None
        )
    )
    assert ready["status"] == "ready", ready
    return ready


def outgrowing(wide: dict[str, Any], rounds: int) -> dict[str, Any]:
    nodes = {
        "load": ("csv_loader", {"dataset": wide["id"]}),
        "clean": ("preprocess", {}),
        "split": ("train_test_split", {}),
        "model": ("train_logreg", {"max_iter": rounds, "target": "y"}),
    }
    return drawing("outgrown", nodes, "load>clean", "clean>split", "split.train>model")


def test_a_stage_that_is_out_of_memory_goes_up_to_a_task(tight: Cloud, wide: dict[str, Any]) -> None:
    started = time.perf_counter()
    run = tight.finish(tight.client.start(outgrowing(wide, 3), cache=False))
    assert run["status"] == "succeeded", run["error"]
    # Where the large function ends before the model begins, the node before it is the one that needs a task.
    assert node(run, "model")["size"] == "task"
    assert ("task", "large") in {(one["size"], one["outgrew"]) for one in run["nodes"]}
    assert {line["item"] for line in run["ledger"]} >= {"functions", "tasks"}
    say(
        measured(
            "containers-outgrown",
            seconds_since(started),
            "s",
            1,
            "small function, large function, task: killed twice for memory",
            command=COMMAND,
        )
    )


def test_a_task_that_is_stopped_or_falls_silent_is_started_again(tight: Cloud, wide: dict[str, Any], engine: Any) -> None:
    """The platform remembers that the stage needs a task. The first is told to stop, the second killed whole, the third ends the run."""
    run = tight.client.start(outgrowing(wide, 200), cache=False)["id"]
    began: set[str] = set()

    def started() -> str | None:
        now = node(tight.client.call("GET", f"/runs/{run}"), "model")
        return now["started_at"] if now["status"] == "running" and now["size"] == "task" and now["started_at"] not in began else None

    for blow in ("SIGTERM", "SIGKILL"):
        began.add(until(started))
        (task,) = engine.containers.list(filters={"label": "ministack=ecs"})
        task.kill(blow)
    found = tight.finish({"id": run})
    assert found["status"] == "succeeded", found["error"]
    machines = aws(tight, "stepfunctions")
    execution = next(
        one["executionArn"]
        for machine in machines.list_state_machines()["stateMachines"]
        for one in machines.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
        if one["name"].startswith(run)
    )
    events = machines.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    failures = [event["taskFailedEventDetails"]["error"] for event in events if "taskFailedEventDetails" in event]
    assert {"ToldToStop", "States.HeartbeatTimeout"} <= set(failures)


def test_nothing_is_left_behind_a_supervisor_that_was_killed(images: dict[str, str], engine: Any, tmp_path: Path) -> None:
    started = Cloud(tmp_path, "--docker").start()
    run = started.finish(started.client.start(workflow("titanic"), cache=False))
    assert run["status"] == "succeeded"
    before = {one.id for one in engine.containers.list(all=True)}
    started.kill("supervisor")
    # Its children end by themselves, the emulator with all its containers.
    until(lambda: len({one.id for one in engine.containers.list(all=True)} & before) < len(before), 30)


def test_a_cloud_without_an_engine_says_how_to_get_one(tmp_path: Path) -> None:
    environment = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    command = [sys.executable, "-m", "infra.local", "up", "--docker", "--state", str(tmp_path / "state"), "--port", "0", "--no-open"]
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert said.returncode == 1
    assert "No container engine answers" in said.stderr
    assert "Traceback" not in said.stderr
