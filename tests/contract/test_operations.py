"""What runs by the clock and by hand: the sweeper, dead letters, old forms of records, metrics."""

import json
from collections.abc import Iterator
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import boto3
import pytest

from tests.contract.conftest import ALICE, Api
from tests.contract.test_api import start
from tests.contract.test_effects import ALL, say

DAY_AGO = timedelta(seconds=-1)  # everything counts as old
WORDS = {"owner": ALICE, "workflow": "wf_1", "workflow_name": "x", "revision": 1}


@pytest.fixture
def sweeping(api: Api, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The sweeper in a world where everything is old."""
    from chalicelib import sweeping

    monkeypatch.setattr(sweeping, "YOUNG", DAY_AGO)
    monkeypatch.setattr(sweeping, "RESTED", DAY_AGO)
    return sweeping


def machine(name: str) -> str:
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam = boto3.client("iam")
    if "swept" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
        iam.create_role(RoleName="swept", AssumeRolePolicyDocument=trust)
    made = boto3.client("stepfunctions").create_state_machine(
        name=name, definition=definition, roleArn="arn:aws:iam::123456789012:role/swept"
    )
    return str(made["stateMachineArn"])


def open_run(run: str, **more: Any) -> None:
    from chalicelib.tables import RunItem, now

    RunItem(f"run#{run}", "run", run=run, status="running", created_at=now(), plan="p", open="1", **WORDS, **more).save()


def close_run(run: str) -> None:
    from chalicelib.tables import RunItem

    # Gone whole: other tests of this AWS in memory count the runs there are.
    RunItem.get(f"run#{run}", "run").delete()


def test_machines_that_rest_go_and_those_of_open_runs_stay(sweeping: Any) -> None:
    resting, needed, foreign = machine("flowza-local-resting"), machine("flowza-local-needed"), machine("somebody-elses")
    open_run("run_SWEEP1", execution_arn=needed.replace(":stateMachine:", ":execution:") + ":run_SWEEP1")
    sweeping.machines()
    left = {one["stateMachineArn"] for one in boto3.client("stepfunctions").list_state_machines()["stateMachines"]}
    assert resting not in left
    assert {needed, foreign} <= left
    close_run("run_SWEEP1")


def test_young_machines_stay(api: Api) -> None:
    from chalicelib import sweeping

    young = machine("flowza-local-young")
    assert sweeping.machines() == 0
    assert young in {one["stateMachineArn"] for one in boto3.client("stepfunctions").list_state_machines()["stateMachines"]}


def test_uploads_that_never_ended_go(sweeping: Any) -> None:
    s3 = boto3.client("s3")
    s3.create_multipart_upload(Bucket="flowza-local", Key=f"o/{ALICE}/datasets/ds_1/content")
    assert sweeping.uploads() == 1
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="flowza-local")


def test_results_that_no_manifest_names_go_and_registered_models_stay(sweeping: Any) -> None:
    from chalicelib import artifacts
    from chalicelib.tables import ModelItem, VersionItem, now

    folder = f"o/{ALICE}/artifacts/{'c' * 64}"
    names = {word: f"{folder}/model.{digit * 16}.joblib" for word, digit in (("named", "1"), ("orphan", "2"), ("registered", "3"))}
    others = [f"{folder}/table.preview.json", f"{folder}/log.txt"]
    for name in (*names.values(), *others):
        boto3.client("s3").put_object(Bucket="flowza-local", Key=name, Body=b"x")
    artifacts.put_json(f"{folder}/manifest.json", {"outputs": {"model": {"file": names["named"].rpartition("/")[2]}}})
    ModelItem(f"{ALICE}#model", "kept", versions=1, aliases={}, updated_at=now()).save()
    words = {
        "version": 1,
        "sha256": "x",
        "bytes": 1,
        "estimator": "E",
        "task": "classification",
        "classes": [],
        "signature": {},
        "metrics": {},
    }
    VersionItem(f"{ALICE}#model#kept", "00000001", object=names["registered"], lineage={}, created_at=now(), **words).save()
    assert sweeping.results() == 1
    left = {entry["Key"] for entry in boto3.client("s3").list_objects_v2(Bucket="flowza-local", Prefix=folder)["Contents"]}
    assert left == {names["named"], names["registered"], *others, f"{folder}/manifest.json"}


def test_a_kind_that_cannot_be_swept_holds_up_no_other(sweeping: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise RuntimeError("no")

    monkeypatch.setattr(sweeping, "machines", broken)
    found = sweeping.sweep()
    assert found["machines"] == -1
    assert found["uploads"] == 0


def test_versions_stay_while_a_run_needs_them(sweeping: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import artifacts, settings

    functions, iam = boto3.client("lambda"), boto3.client("iam")
    iam.create_role(RoleName="node", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/n"
    functions.create_function(
        FunctionName="swept-node", PackageType="Image", Code={"ImageUri": f"{image}:0"}, Role="arn:aws:iam::123456789012:role/node"
    )
    arns = []
    for tag in ("1", "2", "3"):
        functions.update_function_code(FunctionName="swept-node", ImageUri=f"{image}:{tag}")
        arns.append(functions.publish_version(FunctionName="swept-node")["FunctionArn"])
    unneeded, needed, current = arns
    assert len(set(arns)) == 3
    monkeypatch.setenv("FLOWZA_NODE_FUNCTION_SMALL", current)
    monkeypatch.setenv("FLOWZA_NODE_FUNCTION_LARGE", current)
    settings.load.cache_clear()
    artifacts.put_json(
        artifacts.run_object(ALICE, "run_SWEEP2", "definition.json"), {"main": {"Parameters": {"FunctionName": needed}}, "parts": {}}
    )
    open_run("run_SWEEP2")
    try:
        assert sweeping.versions() == 1
        left = {one["FunctionArn"] for one in functions.list_versions_by_function(FunctionName="swept-node")["Versions"]}
        assert {needed, current} <= left
        assert unneeded not in left
    finally:
        close_run("run_SWEEP2")
        monkeypatch.undo()
        settings.load.cache_clear()


def deployed(monkeypatch: pytest.MonkeyPatch, name: str, tag: str) -> str:
    """A new image of the node function, published and named to the platform as `make deploy` does; the ARN of its version."""
    from chalicelib import settings

    functions, image = boto3.client("lambda"), f"123456789012.dkr.ecr.us-east-1.amazonaws.com/n:{tag}"
    try:
        functions.update_function_code(FunctionName=name, ImageUri=image)
    except functions.exceptions.ResourceNotFoundException:
        boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
        role = f"arn:aws:iam::123456789012:role/{name}"
        functions.create_function(FunctionName=name, PackageType="Image", Code={"ImageUri": image}, Role=role)
    version = str(functions.publish_version(FunctionName=name)["FunctionArn"])
    for size in ("SMALL", "LARGE"):
        monkeypatch.setenv(f"FLOWZA_NODE_FUNCTION_{size}", version)
    settings.load.cache_clear()
    return version


def names_of_execution(run: str) -> set[str]:
    """The functions that the run's execution invokes."""
    from chalicelib.tables import RunItem

    arn = RunItem.get(f"run#{run}", "run", consistent_read=True).execution_arn
    definition = json.loads(boto3.client("stepfunctions").describe_state_machine_for_execution(executionArn=arn)["definition"])
    return {state["Parameters"]["FunctionName"] for state in definition["States"].values() if state["Type"] == "Task"}


def test_a_run_in_flight_keeps_its_version_to_its_end(api: Api, sweeping: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """ADR 56: from its first execution to its end, whatever is deployed meanwhile; then the old version goes.

    That a version keeps its image is asked of the emulator in tests/e2e/test_deploy.py: the AWS in memory of this test gives all versions the newest.
    """
    from chalicelib import closing, reconciling, settings
    from chalicelib.tables import RunItem, seconds_ago

    name = "kept-node"
    try:
        old = deployed(monkeypatch, name, "old")
        run = start(api)["id"]
        new = deployed(monkeypatch, name, "new")
        assert old != new
        assert names_of_execution(run) == {old}
        # The execution is lost after the deployment: the next attempt goes on with the code that the first one had.
        item = RunItem.get(f"run#{run}", "run")
        item.update([RunItem.execution_arn.set(item.execution_arn.replace(run, "run_nowhere")), RunItem.created_at.set(seconds_ago(60))])
        reconciling.reconcile()
        assert int(RunItem.get(f"run#{run}", "run").attempt) == 2
        assert names_of_execution(run) == {old}
        later = start(api)["id"]
        assert names_of_execution(later) == {new}
        sweeping.versions()
        assert old in versions_of(name)
        say(run, **dict.fromkeys(ALL, "succeeded"))
        closing.close(run, "SUCCEEDED")
        assert api("GET", f"/runs/{run}").body["status"] == "succeeded"
        sweeping.versions()
        assert versions_of(name) & {old, new} == {new}
        api("POST", f"/runs/{later}/cancel")
    finally:
        monkeypatch.undo()
        settings.load.cache_clear()


def versions_of(function: str) -> set[str]:
    return {one["FunctionArn"] for one in boto3.client("lambda").list_versions_by_function(FunctionName=function)["Versions"]}


@pytest.fixture
def queue(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    from chalicelib import redriving, settings

    url = boto3.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    monkeypatch.setenv("FLOWZA_DEAD_LETTERS", url)
    monkeypatch.setattr(redriving, "HIDDEN_SECONDS", 0)
    settings.load.cache_clear()
    yield url
    boto3.client("sqs").delete_queue(QueueUrl=url)
    monkeypatch.undo()
    settings.load.cache_clear()


def letter(url: str, body: Any) -> None:
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=body if isinstance(body, str) else json.dumps(body))


def waiting(url: str) -> int:
    return int(boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"])


def test_letters_are_delivered_and_poison_is_put_aside(api: Api, queue: str) -> None:
    ended = {
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"status": "SUCCEEDED", "name": "run_gone", "executionArn": "arn:x"},
    }
    for body in (ended, {"detail-type": "Scheduled Event"}, "{", "[]", {"who": "knows"}, {**ended, "detail": {}}):
        letter(queue, body)
    counts = api.client.lambda_.invoke("platform", {"redrive": True}).payload
    assert counts == {"delivered": 2, "put_aside": 4, "failed": 0}
    assert waiting(queue) == 0
    kept = boto3.client("s3").list_objects_v2(Bucket="flowza-local", Prefix="o/_platform/dead-letters/")["Contents"]
    reasons = {json.loads(boto3.client("s3").get_object(Bucket="flowza-local", Key=one["Key"])["Body"].read())["reason"] for one in kept}
    assert {"it is no JSON", "it is no event", "nobody here takes such an event", "it tells of no execution"} <= reasons


def test_a_letter_that_always_fails_ends_aside_and_not_in_a_circle(api: Api, queue: str) -> None:
    # There is no such function in this account: the profile cannot be ordered.
    letter(queue, {"profile": {"dataset": "ds_1"}})
    letter(queue, {"detail-type": "Scheduled Event"})
    counts = api.client.lambda_.invoke("platform", {"redrive": True}).payload
    assert counts["delivered"] == 1
    assert counts["put_aside"] == 1
    assert waiting(queue) == 0


def test_workflows_say_the_form_they_are_stored_in_and_old_ones_are_upgraded(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import migrating
    from chalicelib.tables import RevisionItem, WorkflowItem

    saved = api("POST", "/workflows", {"name": "Old", "nodes": [], "connections": []}).body
    item = WorkflowItem.get(f"{ALICE}#workflow", saved["id"])
    assert int(item.schema) == migrating.SCHEMA == int(RevisionItem.get(f"{ALICE}#workflow#{saved['id']}", "00000001").schema)
    # The next release renames: what is stored is of the form before.
    step = MappingProxyType({1: lambda document: {**document, "name": document["name"] + " (read anew)"}})
    monkeypatch.setattr(migrating.upgrade, "__defaults__", (step,))
    assert api("GET", f"/workflows/{saved['id']}").body["document"]["name"] == "Old (read anew)"
    assert api("GET", f"/workflows/{saved['id']}/revisions/1").body["document"]["name"] == "Old (read anew)"


def test_a_workflow_of_a_newer_release_is_refused_in_words(api: Api) -> None:
    from chalicelib.tables import WorkflowItem

    saved = api("POST", "/workflows", {"name": "Newer", "nodes": [], "connections": []}).body
    WorkflowItem.get(f"{ALICE}#workflow", saved["id"]).update([WorkflowItem.schema.set(99)])
    refused = api("GET", f"/workflows/{saved['id']}")
    assert (refused.status, refused.body["code"]) == (409, "schema-newer")


def test_metrics_are_lines_of_the_log_with_the_run_at_hand(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from chalicelib import measures

    measures.count("RunsEnded", run="run_1")
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Flowza/dev")
    measures.count("RunsEnded", run="run_1", status="failed")
    said = json.loads(capsys.readouterr().out)
    assert (said["RunsEnded"], said["run"], said["status"], said["service"]) == ([1.0], "run_1", "failed", "flowza")
    assert said["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Flowza/dev"


def test_an_event_says_whose_it_is() -> None:
    from chalicelib import measures

    assert measures.keys({"effect": {"run": "run_1", "node": "n"}}) == {"run": "run_1", "node": "n"}
    assert measures.keys({"detail": {"name": "run_1-2"}}) == {"run": "run_1", "node": None}
    assert measures.keys({"tick": True}) == {"run": None, "node": None}
