"""An exported machine in an account without Flowza: a bucket, its node functions, and nothing else of the platform."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local import lifeline
from infra.local.layout import free_port
from tests.conftest import ROOT, Cloud
from tests.e2e.test_engine import aws, trained

STAGE, ROLE = "export", "arn:aws:iam::000000000000:role/exported"
BUCKET = "somebody-elses"


@pytest.fixture
def functions(cloud: Cloud, tmp_path: Path) -> Iterator[str]:
    """The address of node functions that know what the exported template tells them: their size and a bucket."""
    port, (reader, writer) = free_port(), os.pipe()
    foreign = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "FLOWZA_"))}
    emulator = json.loads((cloud.state / "instance.json").read_text())["ports"]["emulator"]
    environment = {
        **foreign,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{emulator}",
        "AWS_ACCESS_KEY_ID": "FLOWZALOCAL",
        "AWS_SECRET_ACCESS_KEY": (cloud.state / "storage").read_text(),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "FLOWZA_STAGE": STAGE,
        "FLOWZA_BUCKET": BUCKET,
        lifeline.VARIABLE: str(reader),
    }
    command = [sys.executable, "-m", "infra.local.pool", str(port)]
    with (tmp_path / "pool.log").open("ab") as log:
        pool = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, pass_fds=(reader,), start_new_session=True)
    yield f"http://127.0.0.1:{port}/"
    os.close(writer)
    os.close(reader)
    pool.wait(30)


def test_an_exported_machine_runs_without_the_platform_and_gives_the_same_figures(cloud: Cloud, functions: str) -> None:
    workflow = trained(("tune", {"family": "linear", "search": "random", "n_iter": 3, "cv": 2}))
    ours = cloud.finish(cloud.client.start(workflow, cache=False))
    assert ours["status"] == "succeeded", ours["error"]
    exported = cloud.client.call("GET", f"/workflows/{ours['workflow']}/export")
    runs_before = len(cloud.client.call("GET", "/runs?limit=200")["items"])

    storage = aws(cloud, "s3")
    storage.create_bucket(Bucket=BUCKET)
    ended = execute(cloud, exported["Resources"], functions)
    assert ended["status"] == "SUCCEEDED", ended

    names = [one["Key"] for one in storage.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert all(name.startswith("o/export/artifacts/") for name in names)
    found = [json.loads(storage.get_object(Bucket=BUCKET, Key=name)["Body"].read()) for name in names if name.endswith("manifest.json")]
    assert {one["type"] for one in found} == {node["type"] for node in workflow["nodes"]}
    score = next(one for one in found if one["type"] == "evaluate")
    wanted = cloud.client.call("GET", f"/runs/{ours['id']}/nodes/score")["manifest"]
    assert score["metrics"] == wanted["metrics"]
    assert len(cloud.client.call("GET", "/runs?limit=200")["items"]) == runs_before


def execute(cloud: Cloud, resources: dict[str, Any], address: str) -> dict[str, Any]:
    """Make what the template describes, with the functions at `address`, and wait for one execution."""
    machine, text = resources["Machine"]["Properties"], resources["Machine"]["Properties"]["DefinitionString"]
    for variable in machine["DefinitionSubstitutions"]:
        name = variable.removesuffix("Arn")
        described = resources[name]["Properties"]
        size = described["Environment"]["Variables"]["FLOWZA_SIZE"]
        assert set(described["Environment"]["Variables"]) == {"FLOWZA_BUCKET", "FLOWZA_SIZE"}
        made = aws(cloud, "lambda").create_function(
            FunctionName=f"flowza-{STAGE}-node-{size}",
            PackageType="Image",
            Code={"ImageUri": "node:exported"},
            Role=ROLE,
            Timeout=described["Timeout"],
            MemorySize=described["MemorySize"],
            Environment={"Variables": {"MINISTACK_LAMBDA_PROXY_URL": address}},
        )
        text = text.replace(f"${{{variable}}}", made["FunctionArn"])
    assert "${" not in text
    steps = aws(cloud, "stepfunctions")
    arn = steps.create_state_machine(name="exported", definition=text, roleArn=ROLE)["stateMachineArn"]
    execution = steps.start_execution(stateMachineArn=arn, name="exported-1", input="{}")["executionArn"]
    deadline = time.monotonic() + 180
    while (ended := steps.describe_execution(executionArn=execution))["status"] == "RUNNING" and time.monotonic() < deadline:
        time.sleep(0.2)
    return dict(ended)
