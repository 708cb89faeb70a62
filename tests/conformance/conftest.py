"""Clients of the target. Only the endpoint differs; everything made carries a name of its own and is removed again."""

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

WAIT_SECONDS = 60
HERE = Path(__file__).parent
# An account of its own: nothing of the other tests is seen.
ACCOUNT = "888888888888"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


# What the embedded cloud does not keep; strict, so that a promise it learns to keep is noticed. Every other target must keep all.
EMBEDDED_GAPS = {
    "test_a_dangling_next_is_refused": "takes a definition whose Next names no state; limits.lint refuses it before any target sees it",
    "test_a_machines_time_limit_ends_it": "knows no TimeoutSeconds of a whole machine; every task has a limit of its own",
    "test_an_altered_address_gives_nothing": "checks no signatures; it listens on loopback only",
}


def embedded() -> bool:
    return os.environ.get("FLOWZA_TARGET", "embedded") == "embedded"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items if embedded() else ():
        if item.path.parent == HERE and item.name in EMBEDDED_GAPS:
            item.add_marker(pytest.mark.xfail(reason=f"the embedded cloud {EMBEDDED_GAPS[item.name]}", strict=True))


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How to reach the target: what the environment says where `FLOWZA_TARGET` names one, else the embedded cloud of this run of the tests."""
    if not embedded():
        return {}
    state = request.getfixturevalue("cloud").state
    port = json.loads((state / "instance.json").read_text())["ports"]["emulator"]
    key = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "x"}
    return {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1", **key}


@pytest.fixture(scope="session")
def client(target: dict[str, Any]) -> Callable[[str], Any]:
    return lambda service: boto3.client(service, config=Config(retries={"total_max_attempts": 2}, read_timeout=30), **target)


@pytest.fixture
def name() -> str:
    return f"flowza-conf-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def bucket(client: Callable[[str], Any], name: str) -> Iterator[str]:
    s3 = client("s3")
    region = s3.meta.region_name
    s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}))
    yield name
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def table(client: Callable[[str], Any], name: str) -> Iterator[str]:
    dynamodb = client("dynamodb")
    keys = [{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")]
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    dynamodb.create_table(TableName=name, AttributeDefinitions=keys, KeySchema=schema, BillingMode="PAY_PER_REQUEST")
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def run(client: Callable[[str], Any], name: str) -> Iterator[Callable[..., dict[str, Any]]]:
    """Execute a definition to its end and describe the execution."""
    machines, iam = client("stepfunctions"), client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    made: list[str] = []

    def execute(
        definition: dict[str, Any], given: dict[str, Any] | None = None, during: Callable[[str], None] | None = None
    ) -> dict[str, Any]:
        arn = machines.create_state_machine(name=f"{name}-{len(made)}", definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
        made.append(arn)
        execution = machines.start_execution(stateMachineArn=arn, name=f"e{uuid.uuid4().hex}", input=json.dumps(given or {}))[
            "executionArn"
        ]
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            found = machines.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING" or time.monotonic() > deadline:
                return dict(found)
            if during:
                during(execution)
            time.sleep(0.1)

    yield execute
    for arn in made:
        machines.delete_state_machine(stateMachineArn=arn)
    iam.delete_role(RoleName=name)
