"""The AWS side: the merged template is lint-clean, light, and creates a whole stack in the embedded cloud's CloudFormation."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.package import ROOT, package
from tests.conftest import Cloud

# An account of its own in the emulator: what the stack makes never meets what the cloud runs on.
ACCOUNT = "999999999999"


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages and lints: a finding of cfn-lint is an error here."""
    return package(tmp_path_factory.mktemp("dist") / "aws")


def client(cloud: Cloud, service: str) -> Any:
    port = json.loads((cloud.state / "instance.json").read_text())["ports"]["emulator"]
    return boto3.client(
        service, endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", aws_access_key_id=ACCOUNT, aws_secret_access_key="x"
    )


def test_the_packaged_stack_can_be_created(cloud: Cloud, packaged: Path) -> None:
    storage, stacks = client(cloud, "s3"), client(cloud, "cloudformation")
    storage.create_bucket(Bucket="deploy")
    storage.upload_file(str(packaged.parent / "deployment.zip"), "deploy", "deployment.zip")
    body = packaged.read_text("utf-8").replace("./deployment.zip", "s3://deploy/deployment.zip")
    storage.put_object(Bucket="deploy", Key="sam.yaml", Body=body)
    images = [{"ParameterKey": f"{name}ImageUri", "ParameterValue": f"{name.lower()}:test"} for name in ("Node", "Task", "Serving")]
    stacks.create_stack(
        StackName="flowza",
        TemplateURL=f"{storage.meta.endpoint_url}/deploy/sam.yaml",
        Parameters=images,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    stacks.get_waiter("stack_create_complete").wait(StackName="flowza", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    gateway = client(cloud, "apigateway")
    api = next(one for one in gateway.get_rest_apis()["items"] if one["name"] == "flowza-dev")
    paths = {resource["path"] for resource in gateway.get_resources(restApiId=api["id"], limit=500)["items"]}
    assert {"/api/workflows/{workflow}/runs", "/api/health", "/predict/{endpoint}", "/predict/{endpoint}/feedback"} <= paths
    functions = {one["FunctionName"]: one for one in client(cloud, "lambda").list_functions()["Functions"]}
    assert functions["flowza-dev-serving"]["PackageType"] == "Image"
    assert functions["flowza-dev-platform"]["MemorySize"] == 1024
    tables = client(cloud, "dynamodb").list_tables()["TableNames"]
    assert {"flowza-dev-records", "flowza-dev-runs", "flowza-dev-serving"} <= set(tables)


def test_the_zip_is_light_and_holds_no_science(packaged: Path) -> None:
    with zipfile.ZipFile(packaged.parent / "deployment.zip") as archive:
        names = archive.namelist()
    assert {"app.py", "chalicelib/catalog.json", "chalicelib/openapi.json", "chalicelib/templates/titanic.json"} <= set(names)
    assert not [name for name in names if re.match(r"(pandas|numpy|sklearn|xgboost|node_containers|frontend|tests)/", name)]
    described = {name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 3}
    assert described == called()


def called() -> set[str]:
    """The services that the API's code asks for: each needs its description in the zip, and no other one does."""
    sources = [path.read_text("utf-8") for path in (ROOT / "chalicelib").rglob("*.py")]
    named = {name for text in sources for name in re.findall(r'(?:settings|boto3)\.client\(\s*"([a-z0-9]+)"', text)}
    # PynamoDB makes its client itself.
    return named | {"dynamodb"}


def test_no_account_and_no_region_is_written_down(packaged: Path) -> None:
    text = packaged.read_text("utf-8")
    assert not re.search(r"\b\d{12}\b", text)
    assert not re.search(r"\b(us|eu|ap)-[a-z]+-\d\b", text)
