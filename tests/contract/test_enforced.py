"""The policies at work, where an emulator enforces them: moto refuses what no policy allows. It knows S3's resources; conditions are read off the documents."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from chalicelib import session
from infra.lint.policies import policies

ACCOUNT, REGION, STAGE = "123456789012", "us-east-1", "dev"
BUCKET = f"flowza-{STAGE}-{ACCOUNT}-{REGION}"
ALICE, BOB, KEY, OTHER = "usr_alice", "usr_bob", "a" * 64, "b" * 64
PLAN = {"owner": ALICE, "run": "run_1", "nodes": {"n": {"key": KEY, "dataset": {"ref": "ds_1", "object": "…"}, "flow": None}}}
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/flowza-{STAGE}-runs"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for owner in (ALICE, BOB):
            for name in (f"artifacts/{KEY}/manifest.json", "runs/run_1/plan.json", "datasets/ds_1/content"):
                s3.put_object(Bucket=BUCKET, Key=f"o/{owner}/{name}", Body=b"x")
        yield s3


def storage_of(document: dict[str, Any]) -> Any:
    """S3 as a role sees it that has this policy and no other."""
    iam, name = boto3.client("iam"), f"tried-{uuid.uuid4().hex[:8]}"
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    made = boto3.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="tried")["Credentials"]
    words = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }
    return boto3.client("s3", **words)


def outcome(action: Any) -> str:
    try:
        action()
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return "ok"


@set_initial_no_auth_action_count(0)
def tried(s3: Any, wanted: dict[tuple[str, str], str]) -> None:
    for (verb, name), expected in wanted.items():
        if verb == "get":
            found = outcome(lambda name=name: s3.get_object(Bucket=BUCKET, Key=name)["Body"].read())
        elif verb == "put":
            found = outcome(lambda name=name: s3.put_object(Bucket=BUCKET, Key=name, Body=b"y"))
        else:
            found = outcome(lambda name=name: s3.delete_object(Bucket=BUCKET, Key=name))
        assert found == expected, (verb, name)


def test_a_run_reads_its_owners_writes_its_own_and_nobody_elses(bucket: Any) -> None:
    tried(
        storage_of(session.for_run(PLAN, f"arn:aws:s3:::{BUCKET}", TABLE)),
        {
            ("get", f"o/{ALICE}/artifacts/{KEY}/manifest.json"): "ok",
            ("put", f"o/{ALICE}/artifacts/{KEY}/model.joblib"): "ok",
            ("delete", f"o/{ALICE}/artifacts/{KEY}/manifest.json"): "ok",
            ("get", f"o/{ALICE}/runs/run_1/plan.json"): "ok",
            ("get", f"o/{ALICE}/datasets/ds_1/content"): "ok",
            ("put", f"o/{ALICE}/artifacts/{OTHER}/manifest.json"): "AccessDenied",
            ("put", f"o/{ALICE}/datasets/ds_1/content"): "AccessDenied",
            ("put", f"o/{ALICE}/runs/run_2/plan.json"): "AccessDenied",
            ("get", f"o/{BOB}/artifacts/{KEY}/manifest.json"): "AccessDenied",
            ("get", f"o/{BOB}/datasets/ds_1/content"): "AccessDenied",
            ("put", f"o/{BOB}/artifacts/{KEY}/manifest.json"): "AccessDenied",
            ("delete", f"o/{BOB}/runs/run_1/plan.json"): "AccessDenied",
        },
    )


def test_a_look_at_a_file_touches_that_file_only(bucket: Any) -> None:
    tried(
        storage_of(session.for_dataset(ALICE, "ds_1", f"arn:aws:s3:::{BUCKET}")),
        {
            ("get", f"o/{ALICE}/datasets/ds_1/content"): "ok",
            ("put", f"o/{ALICE}/datasets/ds_1/profile.json"): "ok",
            ("put", f"o/{ALICE}/datasets/ds_1/rows.parquet"): "ok",
            ("put", f"o/{ALICE}/datasets/ds_1/content"): "AccessDenied",
            ("get", f"o/{ALICE}/datasets/ds_2/content"): "AccessDenied",
            ("get", f"o/{BOB}/datasets/ds_1/content"): "AccessDenied",
        },
    )


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        ("NodeRole", {("get", f"o/{ALICE}/runs/run_1/plan.json"): "AccessDenied", ("put", f"o/{ALICE}/artifacts/{KEY}/x"): "AccessDenied"}),
        ("TaskRole", {("get", f"o/{ALICE}/runs/run_1/plan.json"): "AccessDenied"}),
        (
            "ServingRole",
            {
                ("get", f"o/{ALICE}/artifacts/{KEY}/manifest.json"): "ok",
                ("put", f"o/{ALICE}/artifacts/{KEY}/x"): "AccessDenied",
                ("get", f"o/{ALICE}/datasets/ds_1/content"): "AccessDenied",
            },
        ),
        (
            "ControlPolicy",
            {
                ("get", f"o/{ALICE}/datasets/ds_1/content"): "ok",
                ("put", f"o/{ALICE}/runs/run_1/plan.json"): "ok",
                ("put", "elsewhere"): "AccessDenied",
            },
        ),
        ("AuthorizerPolicy", {("get", f"o/{ALICE}/datasets/ds_1/content"): "AccessDenied"}),
        ("MachineRole", {("get", f"o/{ALICE}/runs/run_1/plan.json"): "AccessDenied"}),
    ],
)
def test_what_each_role_may_do_with_the_bucket(bucket: Any, role: str, wanted: dict[tuple[str, str], str]) -> None:
    document = next(policy.document for policy in policies(STAGE, ACCOUNT, REGION) if policy.resource == role)
    tried(storage_of(document), wanted)
