"""Starting, resuming and ending runs: once, whoever asks how often, and never back from the end."""

import contextlib
import hashlib
import itertools
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from chalicelib.errors import IdempotencyMismatch
from chalicelib.order import Order
from tests.contract.conftest import ALICE, BOB, Api
from tests.contract.test_api import TITANIC, is_problem, saved, start
from tests.contract.test_effects import ALL, say
from tests.contract.test_golden import STATEMACHINES

IRIS = json.loads((STATEMACHINES / "iris_two_models.workflow.json").read_text("utf-8"))


def order(workflow: str, key: str | None, cache: bool = True) -> str:
    """Start a run below the API: its in-process client serves one request at a time."""
    from chalicelib import runs

    return runs.start(ALICE, workflow, Order(cache=cache), idempotency_key=key)


def head(run: str) -> Any:
    from chalicelib.tables import RunItem

    return RunItem.get(f"run#{run}", "run", consistent_read=True)


def age(run: str, seconds: float = 60) -> None:
    from chalicelib.tables import RunItem, seconds_ago

    head(run).update([RunItem.created_at.set(seconds_ago(seconds))])


# -- once -------------------------------------------------------------------------------------------------------------------


def test_many_clients_with_one_key_start_one_run(api: Api) -> None:
    workflow = saved(api)["id"]
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(order(workflow, "crowd"))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 10
    assert len(set(found)) == 1
    assert int(head(found[0]).attempt) == 1
    assert len(api("GET", f"/runs?workflow={workflow}").body["items"]) == 1


def test_a_key_whose_starter_died_is_taken_over_under_the_same_run(api: Api) -> None:
    from chalicelib import idempotency

    workflow = saved(api)["id"]
    request = claimed_request(workflow)
    idempotency.claim(ALICE, "orphan", request, "run_orphan", lambda run: False)
    let_claim_age("orphan")
    assert order(workflow, "orphan") == "run_orphan"
    assert api("GET", "/runs/run_orphan").body["status"] == "running"


def claimed_request(workflow: str) -> str:
    return hashlib.sha256(json.dumps([workflow, Order().document()], sort_keys=True).encode()).hexdigest()


def let_claim_age(key: str, *, expired: bool = False) -> None:
    from chalicelib import idempotency
    from chalicelib.tables import IdempotencyItem, seconds_ago

    item = IdempotencyItem.get(f"{ALICE}#idempotency", key)
    item.claimed_at = seconds_ago(idempotency.CLAIM_SECONDS + 1)
    if expired:
        item.expires = datetime.now(UTC) - timedelta(seconds=1)
    item.save()


def test_a_refused_request_frees_its_key(api: Api) -> None:
    workflow = saved(api, {"name": "empty", "nodes": []})["id"]
    headers = {"Idempotency-Key": "mended"}
    is_problem(api("POST", f"/workflows/{workflow}/runs", {}, headers=headers), 422, "workflow-invalid")
    assert api("PUT", f"/workflows/{workflow}", TITANIC, headers={"If-Match": '"1"'}).status == 200
    assert api("POST", f"/workflows/{workflow}/runs", {}, headers=headers).status == 202


def test_a_key_is_forgotten_after_a_day(api: Api) -> None:
    workflow = saved(api)["id"]
    first = order(workflow, "yesterday")
    let_claim_age("yesterday", expired=True)
    assert order(workflow, "yesterday", cache=False) != first
    with pytest.raises(IdempotencyMismatch):
        order(workflow, "yesterday", cache=True)


def test_keys_belong_to_their_owner(api: Api) -> None:
    mine = start(api, key="shared-words")["id"]
    workflow = api("POST", "/workflows", TITANIC, user=BOB).body["id"]
    theirs = api("POST", f"/workflows/{workflow}/runs", {}, user=BOB, headers={"Idempotency-Key": "shared-words"})
    assert theirs.status == 202
    assert theirs.body["id"] != mine


# -- executions -------------------------------------------------------------------------------------------------------------


def test_the_same_graph_shares_one_machine_and_the_execution_is_named_like_the_run(api: Api) -> None:
    first, second = start(api)["id"], start(api)["id"]
    assert head(first).execution_arn.endswith(f":{first}")
    assert head(first).execution_arn.split(":")[6] == head(second).execution_arn.split(":")[6]
    machine = head(first).execution_arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]
    # Express machines run at least once, and five minutes at most.
    assert boto3.client("stepfunctions").describe_state_machine(stateMachineArn=machine)["type"] == "STANDARD"


def test_a_machine_that_is_gone_is_made_again(api: Api) -> None:
    machine = head(start(api)["id"]).execution_arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=machine)
    again = start(api)
    assert (again["status"], again["attempt"]) == ("running", 1)
    assert boto3.client("stepfunctions").describe_execution(executionArn=head(again["id"]).execution_arn)["status"] == "RUNNING"


def test_a_workflow_over_the_limits_of_one_machine_starts_as_several(api: Api) -> None:
    nodes = [TITANIC["nodes"][0]] + [{"id": f"p{i}", "type": "preprocess", "data": {"label": ""}} for i in range(600)]
    connections = [{"source": before["id"], "target": after["id"]} for before, after in itertools.pairwise(nodes)]
    workflow = saved(api, {"name": "long", "nodes": nodes, "connections": connections})["id"]
    reply = api("POST", f"/workflows/{workflow}/runs", {"fusion": False})
    assert (reply.status, len(reply.body["nodes"])) == (202, 601)
    definition = boto3.client("stepfunctions").describe_state_machine_for_execution(executionArn=head(reply.body["id"]).execution_arn)
    assert definition["definition"].count(":startExecution.sync:2") >= 3
    api("POST", f"/runs/{reply.body['id']}/cancel")


def test_a_death_in_a_part_is_found_through_the_cause_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import executions, settings
    from chalicelib.tables import RunItem

    client = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    whole, part = (f"arn:aws:states:us-east-1:1:execution:flowza-{name}" for name in ("m:run_1", "p:7"))
    words = {"startDate": 0, "stateMachineArn": "arn", "status": "FAILED"}
    inner = {"ExecutionArn": part, "Error": "OutOfMemory", "Status": "FAILED"}
    events = [
        {"id": 9, "previousEventId": 3, "type": "LambdaFunctionFailed", "timestamp": 0},
        {"id": 3, "previousEventId": 2, "type": "TaskStateEntered", "timestamp": 0, "stateEnteredEventDetails": {"name": "s4 tune: item"}},
    ]
    with Stubber(client) as answers:
        described = {"executionArn": whole, "error": "States.TaskFailed", "cause": json.dumps(inner), **words}
        answers.add_response("describe_execution", described, {"executionArn": whole})
        answers.add_response("describe_execution", {"executionArn": part, "error": "OutOfMemory", **words}, {"executionArn": part})
        answers.add_response("get_execution_history", {"events": events})
        monkeypatch.setattr(settings, "client", lambda _: client)
        found = executions.death(RunItem("run#run_1", "run", execution_arn=whole))
        answers.assert_no_pending_responses()
    assert found == executions.Death("out-of-memory", "", "s4")


def test_a_death_of_an_item_with_an_execution_of_its_own_is_found_through_its_map(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import executions, settings
    from chalicelib.tables import RunItem

    client = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    whole, item = "arn:aws:states:us-east-1:1:execution:flowza-m:run_1", "arn:aws:states:us-east-1:1:execution:flowza-m/map:item"
    runs = [f"arn:aws:states:us-east-1:1:mapRun:flowza-m/map:{name}" for name in ("well", "ill")]
    words = {"startDate": 0, "stateMachineArn": "arn", "status": "FAILED"}
    events = [
        {"id": 9, "previousEventId": 3, "type": "LambdaFunctionFailed", "timestamp": 0},
        {
            "id": 3,
            "previousEventId": 2,
            "type": "TaskStateEntered",
            "timestamp": 0,
            "stateEnteredEventDetails": {"name": "s4 tune: item apart"},
        },
    ]
    with Stubber(client) as answers:
        described = {
            "executionArn": whole,
            "error": "States.ExceedToleratedFailureThreshold",
            "cause": "The threshold was exceeded.",
            **words,
        }
        answers.add_response("describe_execution", described, {"executionArn": whole})
        listed = [{"executionArn": whole, "mapRunArn": run, "stateMachineArn": "arn", "startDate": 0} for run in runs]
        answers.add_response("list_map_runs", {"mapRuns": listed}, {"executionArn": whole})
        for run, found in zip(runs, ([], [{"executionArn": item, "name": "item", **words}]), strict=True):
            answers.add_response("list_executions", {"executions": found}, {"mapRunArn": run, "statusFilter": "FAILED", "maxResults": 1})
        answers.add_response("describe_execution", {"executionArn": item, "error": "Runtime.OutOfMemory", **words}, {"executionArn": item})
        answers.add_response("get_execution_history", {"events": events})
        monkeypatch.setattr(settings, "client", lambda _: client)
        death = executions.death(RunItem("run#run_1", "run", execution_arn=whole))
        answers.assert_no_pending_responses()
    assert death == executions.Death("out-of-memory", "", "s4")


@pytest.mark.parametrize("begun", [True, False], ids=["while it worked", "before it began"])
def test_a_task_that_is_lost_after_its_last_try_fails_its_node_by_name(api: Api, monkeypatch: pytest.MonkeyPatch, begun: bool) -> None:
    """Every try of the task fell silent: the machine fails with the heartbeat's error, and the node that was working, or was next, says what became of it."""
    from chalicelib import closing, executions, settings
    from chalicelib.tables import NodeRunItem, RunItem

    run = start(api)["id"]
    stage = "load_csv"
    working = NodeRunItem.get(f"run#{run}", f"node#{stage}")
    if begun:
        working.update([NodeRunItem.status.set("running")])
    client = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    arn, words = head(run).execution_arn, {"startDate": 0, "stateMachineArn": "arn", "status": "FAILED"}
    name = {"name": f"{working.stage} csv_loader … evaluate (5) as a task"}
    events = [
        {"id": 9, "previousEventId": 3, "type": "TaskTimedOut", "timestamp": 0},
        {"id": 3, "previousEventId": 2, "type": "TaskStateEntered", "timestamp": 0, "stateEnteredEventDetails": name},
    ]
    with Stubber(client) as answers:
        answers.add_response("describe_execution", {"executionArn": arn, "error": "States.HeartbeatTimeout", **words})
        answers.add_response("get_execution_history", {"events": events})
        with monkeypatch.context() as stubbed:
            stubbed.setattr(settings, "client", lambda _: client)
            found = executions.death(RunItem("run#x", "run", execution_arn=arn))
    assert found == executions.Death("task-lost", "", working.stage)
    monkeypatch.setattr(executions, "death", lambda _: found)
    closing.close(run, "FAILED")
    after = api("GET", f"/runs/{run}").body
    nodes = {one["node"]: one for one in after["nodes"]}
    assert (after["status"], after["error"]["code"], after["error"]["node"]) == ("failed", "task-lost", stage)
    assert (nodes[stage]["status"], nodes[stage]["error"]["code"]) == ("failed", "task-lost")
    assert "never started, or fell silent" in nodes[stage]["error"]["hint"]
    assert {one["status"] for name, one in nodes.items() if name != stage} <= {"skipped"}


@pytest.mark.parametrize("linked", [True, False], ids=["the history names the stage", "the history does not"])
def test_a_stage_that_has_no_image_fails_the_node_that_was_next(api: Api, monkeypatch: pytest.MonkeyPatch, linked: bool) -> None:
    """Lambda refuses to start the function: no node ever said a word, and the one with which the stage would have begun says why."""
    from chalicelib import closing, executions, settings
    from chalicelib.tables import NodeRunItem, RunItem

    run = start(api)["id"]
    first = "load_csv"
    stage = NodeRunItem.get(f"run#{run}", f"node#{first}").stage
    client = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    arn, words = head(run).execution_arn, {"startDate": 0, "stateMachineArn": "arn", "status": "FAILED"}
    events = [
        {"id": 9, "previousEventId": 3 if linked else 0, "type": "TaskSubmitFailed", "timestamp": 0},
        {"id": 3, "previousEventId": 2, "type": "TaskStateEntered", "timestamp": 0, "stateEnteredEventDetails": {"name": f"{stage} load"}},
    ]
    with Stubber(client) as answers:
        failed = {"error": "Lambda.CodeArtifactUserDeletedException", "cause": "The code was deleted.", **words}
        answers.add_response("describe_execution", {"executionArn": arn, **failed})
        answers.add_response("get_execution_history", {"events": events})
        with monkeypatch.context() as stubbed:
            stubbed.setattr(settings, "client", lambda _: client)
            found = executions.death(RunItem("run#x", "run", execution_arn=arn))
    assert found == executions.Death("image-missing", "The code was deleted.", stage if linked else None)
    monkeypatch.setattr(executions, "death", lambda _: found)
    closing.close(run, "FAILED")
    after = api("GET", f"/runs/{run}").body
    nodes = {one["node"]: one for one in after["nodes"]}
    assert (after["status"], after["attempt"], after["error"]["code"], after["error"]["node"]) == ("failed", 1, "image-missing", first)
    assert nodes[first]["error"]["message"] == "The node could not be started: The code was deleted."
    assert "Put the image back" in nodes[first]["error"]["hint"]
    assert {one["status"] for name, one in nodes.items() if name != first} == {"skipped"}


def test_a_run_without_an_execution_gets_one_from_the_reconciler(api: Api) -> None:
    from chalicelib import reconciling
    from chalicelib.tables import RunItem

    run = start(api)["id"]
    nowhere = head(run).execution_arn.replace(run, "run_nowhere")
    head(run).update([RunItem.execution_arn.set(nowhere)])
    age(run)
    reconciling.reconcile()
    assert (int(head(run).attempt), head(run).execution_arn.rpartition(":")[2]) == (2, f"{run}-2")


def test_a_young_run_is_looked_at_twice_before_it_counts_as_lost(api: Api) -> None:
    from chalicelib import reconciling
    from chalicelib.tables import RunItem

    run = start(api)["id"]
    arn = head(run).execution_arn
    head(run).update([RunItem.execution_arn.set(arn.replace(run, "run_nowhere"))])
    # Between the two looks the execution appears, as it does when a start is under way.
    later = threading.Timer(reconciling.SECOND_LOOK_SECONDS / 4, lambda: head(run).update([RunItem.execution_arn.set(arn)]))
    later.start()
    reconciling.reconcile()
    later.join()
    assert int(head(run).attempt) == 1


def test_one_broken_run_does_not_hold_up_the_others(api: Api) -> None:
    from chalicelib import artifacts, reconciling, settings
    from chalicelib.tables import RunItem

    broken, sound = start(api)["id"], start(api)["id"]
    for run in (broken, sound):
        head(run).update([RunItem.execution_arn.set(head(run).execution_arn.replace(run, "run_nowhere"))])
        age(run)
    place = artifacts.run_object(ALICE, broken, "definition.json")
    settings.client("s3").delete_object(Bucket=settings.load().bucket, Key=place)
    assert reconciling.reconcile()["broken"] == 1
    assert int(head(sound).attempt) == 2
    api("POST", f"/runs/{broken}/cancel")


@contextlib.contextmanager
def refusing_to_start() -> Iterator[None]:
    """Step Functions takes no execution for a while."""
    from chalicelib import settings

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "StartExecution")

    events = settings.client("stepfunctions").meta.events
    events.register("before-call.sfn.StartExecution", refuse)
    try:
        yield
    finally:
        events.unregister("before-call.sfn.StartExecution", refuse)


@contextlib.contextmanager
def breaking(client: Any, call: str, *, about: str) -> Iterator[None]:
    """Every call of this name whose request speaks of `about` fails."""

    def fail(params: Any, **_: Any) -> None:
        if about in f"{params['url_path']} {params['body']!r}":
            raise ConnectionError(f"{call} broke")

    client.meta.events.register(f"before-call.{call}", fail)
    try:
        yield
    finally:
        client.meta.events.unregister(f"before-call.{call}", fail)


@pytest.mark.parametrize("broken", ["plan.json", "definition.json", "node runs"])
def test_a_run_is_written_down_only_when_all_it_needs_is_there(api: Api, broken: str) -> None:
    from chalicelib import settings
    from chalicelib.tables import NodeRunItem, RunItem

    workflow = saved(api)["id"]
    dynamodb = NodeRunItem._get_connection().connection.client
    where = (dynamodb, "dynamodb.BatchWriteItem", "node#") if broken == "node runs" else (settings.client("s3"), "s3.PutObject", broken)
    with breaking(where[0], where[1], about=where[2]), pytest.raises(Exception, match="broke"):
        order(workflow, f"broken-{broken}")
    assert not list(RunItem.by_workflow.query(workflow))
    let_claim_age(f"broken-{broken}")
    assert head(order(workflow, f"broken-{broken}")).execution_arn


def test_a_start_that_is_refused_is_made_up_for(api: Api) -> None:
    from chalicelib import reconciling

    with refusing_to_start():
        run = start(api)["id"]
    assert "Rate exceeded" in head(run).refusal
    age(run)
    reconciling.reconcile()
    found = api("GET", f"/runs/{run}").body
    assert (found["status"], found["attempt"]) == ("running", 2)
    assert boto3.client("stepfunctions").describe_execution(executionArn=head(run).execution_arn)["status"] == "RUNNING"


def test_a_start_that_is_refused_for_ever_says_why(api: Api) -> None:
    from chalicelib import closing, reconciling

    with refusing_to_start():
        run = start(api)["id"]
        age(run)
        for _ in range(closing.MAX_ATTEMPTS):
            reconciling.reconcile()
    found = api("GET", f"/runs/{run}").body
    assert (found["status"], found["error"]["code"]) == ("failed", "execution-failed")
    assert "Rate exceeded" in found["error"]["hint"]


@pytest.mark.parametrize("name", ["somebody-elses", "run_unknown", "run_unknown-2", ""])
def test_an_event_of_another_machine_of_the_account_is_passed_over(api: Api, name: str) -> None:
    from chalicelib import closing

    detail = {"status": "FAILED", "name": name, "executionArn": f"arn:aws:states:us-east-1:1:execution:x:{name}", "input": "[1]"}
    assert closing.record_event(detail) is None


# -- ends -------------------------------------------------------------------------------------------------------------------


def test_a_cancelled_run_is_never_opened_again(api: Api) -> None:
    from chalicelib import closing, reconciling

    run = start(api)["id"]
    api("POST", f"/runs/{run}/cancel")
    closing.close(run, "FAILED")
    closing.close(run, "MISSING")
    closing.record_event({"status": "SUCCEEDED", "name": run, "executionArn": head(run).execution_arn})
    reconciling.reconcile()
    found = api("GET", f"/runs/{run}").body
    assert (found["status"], found["attempt"], found["error"]["code"]) == ("stopped", 1, "run-cancelled")
    assert head(run).open is None


def test_a_cancel_that_was_cut_off_half_way_ends_as_stopped(api: Api) -> None:
    from chalicelib import closing

    run = start(api)["id"]
    say(run, load_csv="succeeded", clean_data="stopped")
    closing.close(run, "MISSING")
    assert api("GET", f"/runs/{run}").body["status"] == "stopped"


def test_an_execution_that_took_too_long_is_not_tried_again(api: Api) -> None:
    from chalicelib import closing

    run = start(api)["id"]
    say(run, load_csv="running")
    closing.close(run, "TIMED_OUT")
    found = api("GET", f"/runs/{run}").body
    assert (found["status"], found["error"]["code"]) == ("failed", "timed-out")
    assert {node["node"]: node["status"] for node in found["nodes"]} == {
        "load_csv": "stopped",
        **dict.fromkeys(ALL[1:], "skipped"),
    }


def test_a_failed_node_without_words_still_ends_the_run(api: Api) -> None:
    from chalicelib import closing
    from chalicelib.tables import NodeRunItem

    run = start(api)["id"]
    say(run, load_csv="failed")
    item = NodeRunItem.get(f"run#{run}", "node#load_csv")
    item.error = None
    item.save()
    closing.close(run, "FAILED")
    assert api("GET", f"/runs/{run}").body["error"]["code"] == "node-failed"


def test_only_what_lies_behind_a_failure_waits_for_it(api: Api) -> None:
    from chalicelib import closing

    run = start(api, saved(api, IRIS)["id"])
    feeds: dict[str, set[str]] = {}
    for connection in IRIS["connections"]:
        feeds.setdefault(connection["source"], set()).add(connection["target"])
    trainers = [node["id"] for node in IRIS["nodes"] if node["type"].startswith("train_") and node["type"] != "train_test_split"]
    failing, going_on = sorted(trainers)
    before = [node["id"] for node in IRIS["nodes"] if node["type"] in ("sample_dataset", "csv_loader", "preprocess", "train_test_split")]
    say(run["id"], **dict.fromkeys(before, "succeeded"), **{failing: "failed", going_on: "running"})
    closing.close(run["id"], "FAILED")
    nodes = {node["node"]: node for node in api("GET", f"/runs/{run['id']}").body["nodes"]}
    assert (nodes[going_on]["status"], nodes[going_on]["reason"]) == ("stopped", f"the run ended: {failing} failed")
    for name, node in nodes.items():
        if name in feeds.get(failing, set()):
            assert (node["status"], node["reason"]) == ("skipped", f"waiting for {failing}")
        elif name in feeds.get(going_on, set()):
            assert (node["status"], node["reason"]) == ("skipped", "the run ended before its turn")


def test_a_run_whose_every_node_is_cached_ends_at_once_and_costs_nothing(api: Api) -> None:
    from chalicelib import artifacts

    workflow = saved(api, {**TITANIC, "name": "all cached"})["id"]
    first = api("POST", f"/workflows/{workflow}/runs", {}).body
    for name in ALL:
        artifacts.put_json(artifacts.manifest_object(ALICE, node_key(first["id"], name)), {"version": 1, "outputs": {}, "seconds": 2})
    try:
        again = api("POST", f"/workflows/{workflow}/runs", {}).body
        assert (again["status"], again["cost_usd"]) == ("succeeded", 0.0)
        assert {(node["status"], node["reason"]) for node in again["nodes"]} == {("cached", "hit: same data, same params")}
        assert head(again["id"]).execution_arn is None
        assert api("POST", f"/workflows/{workflow}/runs", {"cache": False}).body["status"] == "running"
    finally:
        for name in ALL:
            artifacts.delete_below(f"o/{ALICE}/artifacts/{node_key(first['id'], name)}/")


def node_key(run: str, node: str) -> str:
    from chalicelib.tables import NodeRunItem

    return str(NodeRunItem.get(f"run#{run}", f"node#{node}").key)


# -- looks ------------------------------------------------------------------------------------------------------------------


def looks_of(run: str) -> dict[str, int]:
    body = boto3.client("s3").get_object(Bucket="flowza-local", Key=head(run).plan)["Body"].read()
    return {name: node["looks"] for name, node in json.loads(body)["nodes"].items() if "looks" in node}


def test_looks_at_one_test_set_are_counted_once_a_model(api: Api) -> None:
    def look(penalty: float, seed: int = 977) -> dict[str, int]:
        drawn = json.loads(json.dumps(TITANIC))
        for node in drawn["nodes"]:
            if node["type"] == "train_logreg":
                node["data"].setdefault("params", {})["C"] = penalty
            if node["type"] == "train_test_split":
                node["data"].setdefault("params", {})["random_state"] = seed
        return looks_of(order(saved(api, drawn)["id"], None, cache=False))

    assert [sum(look(penalty).values()) for penalty in (1.0, 2.0, 2.0, 3.0)] == [1, 2, 2, 3]
    assert sum(look(4.0, seed=978).values()) == 1
