"""An AWS in memory for the runtime and the serving function."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.catalog import load
from chalicelib.check import check
from chalicelib.compiler import keys, plan
from chalicelib.workflow import Workflow
from node_containers.runtime import settings
from node_containers.runtime.invocation import run_stage
from node_containers.serving import handler
from tests.contract.test_golden import STATEMACHINES, sample_facts

BUCKET, RUNS, SERVING = "flowza-test", "runs", "serving"


@pytest.fixture
def aws() -> Iterator[None]:
    with cloud_in_memory():
        yield


@contextmanager
def cloud_in_memory() -> Iterator[None]:
    """moto's AWS with the bucket and the tables that the science side uses, and nothing remembered from the one before."""
    environment = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "FLOWZA_BUCKET": BUCKET,
        "FLOWZA_RUNS_TABLE": RUNS,
        "FLOWZA_SERVING_TABLE": SERVING,
        "FLOWZA_PLATFORM_FUNCTION": "platform",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        _forget()
        with mock_aws():
            boto3.client("s3").create_bucket(Bucket=BUCKET)
            names = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
            schema = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
            for table in (RUNS, SERVING):
                boto3.client("dynamodb").create_table(
                    TableName=table, KeySchema=schema, AttributeDefinitions=names, BillingMode="PAY_PER_REQUEST"
                )
            yield
        _forget()


def _forget() -> None:
    settings.load.cache_clear()
    settings.client.cache_clear()
    handler._client.cache_clear()
    handler._deployments.clear()
    handler._models.clear()


class PlannedRun:
    """A run as the control plane writes it down, ready for the runtime."""

    def __init__(self, drawing: str | Workflow, run: str = "run_1", *, fusion: bool = True) -> None:
        self.id = run
        facts = sample_facts()
        if isinstance(drawing, str):
            drawing = Workflow.model_validate_json((STATEMACHINES / f"{drawing}.workflow.json").read_text("utf-8"))
        checked = check(drawing, load(), facts)
        assert checked.ok, checked.problems
        self.plan = plan(checked, facts, keys(checked, facts, run=run), {}, fusion=fusion)
        self.document = self.plan.to_document(run=run, owner="usr_1", workflow="wf_1")
        self.write()
        for node in checked.graph:
            item = {"pk": {"S": f"run#{run}"}, "sk": {"S": f"node#{node}"}, "status": {"S": "queued"}}
            boto3.client("dynamodb").put_item(TableName=RUNS, Item=item)

    def write(self) -> None:
        boto3.client("s3").put_object(Bucket=BUCKET, Key=f"plan/{self.id}", Body=json.dumps(self.document))

    def invocation(self, stage: str = "s1", attempt: int = 1) -> dict[str, Any]:
        return {"run": self.id, "plan": f"plan/{self.id}", "stage": stage, "attempt": attempt}

    def execute(self) -> None:
        """Every stage, as the state machine would invoke them; one that fans out by its phases."""
        for stage in self.document["stages"]:
            flow = self.document["nodes"][stage["nodes"][0]].get("flow", "plain")
            if flow not in ("fan_out", "distributed"):
                run_stage(self.invocation(stage["id"]))
                continue
            answer = run_stage({**self.invocation(stage["id"]), "phase": "prepare"})
            while answer["more"]:
                for item in answer["items"]:
                    run_stage({**self.invocation(stage["id"]), "phase": "item", "item": item})
                answer = run_stage({**self.invocation(stage["id"]), "phase": "gather"})

    def output(self, node: str, port: str) -> bytes:
        """The stored file of a port."""
        entry = self.manifest(node)["outputs"][port]
        place = f"o/usr_1/artifacts/{self.document['nodes'][node]['key']}/{entry['file']}"
        return bytes(boto3.client("s3").get_object(Bucket=BUCKET, Key=place)["Body"].read())

    def hashes(self) -> dict[str, dict[str, str]]:
        """SHA-256 of every output, by node and port."""
        return {node: {port: entry["sha256"] for port, entry in self.manifest(node)["outputs"].items()} for node in self.document["nodes"]}

    def items(self) -> dict[str, dict[str, Any]]:
        """The node runs by node."""
        return self._below("node#")

    def bills(self) -> list[dict[str, Any]]:
        """What each invocation is billed for."""
        return list(self._below("bill#").values())

    def _below(self, prefix: str) -> dict[str, dict[str, Any]]:
        values = {":pk": {"S": f"run#{self.id}"}, ":sk": {"S": prefix}}
        condition = "pk = :pk AND begins_with(sk, :sk)"
        found = boto3.client("dynamodb").query(TableName=RUNS, KeyConditionExpression=condition, ExpressionAttributeValues=values)["Items"]
        return {item["sk"]["S"].removeprefix(prefix): {name: next(iter(value.values())) for name, value in item.items()} for item in found}

    def set(self, node: str, **attributes: str) -> None:
        for name, value in attributes.items():
            boto3.client("dynamodb").update_item(
                TableName=RUNS,
                Key={"pk": {"S": f"run#{self.id}"}, "sk": {"S": f"node#{node}"}},
                UpdateExpression="SET #n = :v",
                ExpressionAttributeNames={"#n": name},
                ExpressionAttributeValues={":v": {"N" if name in ("attempt", "memory_mb") else "S": value}},
            )

    def manifest(self, node: str) -> dict[str, Any]:
        key = f"o/usr_1/artifacts/{self.document['nodes'][node]['key']}/manifest.json"
        return dict(json.loads(boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()))
