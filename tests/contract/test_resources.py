"""What the template promises beside being lint-clean: nothing is lost without a trace, and AWS's gateway speaks as the local one does."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import app
from chalicelib import billing, catalog, compute
from infra.local import layout
from infra.local.resources import load, tables
from infra.local.server import REFUSALS

ROOT = Path(__file__).parents[2]
RESOURCES = load()["Resources"]
GATEWAY = RESOURCES["RestAPI"]["Properties"]["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
# The functions that Chalice makes out of app.py, by their names in the template.
GENERATED = {"APIHandler", "Authorizer", *(handler.name.title().replace("_", "") for handler in app.pure_lambda_functions)}
GENERATED |= {event.name.title().replace("_", "") for event in app.event_sources}


def functions() -> set[str]:
    return GENERATED | {name for name, resource in RESOURCES.items() if resource.get("Type") == "AWS::Lambda::Function"}


def test_every_function_has_a_log_group_that_forgets() -> None:
    groups = [one["Properties"] for one in RESOURCES.values() if one.get("Type") == "AWS::Logs::LogGroup"]
    assert {one["LogGroupName"] for one in groups} == {"/flowza/${Stage}/task", *(f"/aws/lambda/${{{name}}}" for name in functions())}
    assert all(one["RetentionInDays"] <= 30 for one in groups)


def test_every_generated_function_reads_the_same_environment() -> None:
    environments = [RESOURCES[name]["Properties"]["Environment"]["Variables"] for name in GENERATED]
    assert len(environments) == 5
    assert all(one == environments[0] for one in environments)


@pytest.mark.parametrize("name", ["NodeFunctionSmall", "NodeFunctionLarge", "Tick", "RunChanged"])
def test_what_is_invoked_without_waiting_leaves_its_failures_somewhere(name: str) -> None:
    properties = RESOURCES[name]["Properties"]
    assert (properties.get("DeadLetterConfig") or properties["DeadLetterQueue"])["TargetArn"] == "DeadLetters.Arn"


@pytest.mark.parametrize("kind", GATEWAY)
def test_the_gateways_own_refusals_are_problem_documents(kind: str) -> None:
    response = GATEWAY[kind]
    assert response["responseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
    problem = json.loads(response["responseTemplates"]["application/json"])
    assert {"type", "title", "code", "detail", "field", "hint", "request_id", "errors"} <= problem.keys()
    assert problem.get("status") == response.get("statusCode")


def test_the_local_gateway_refuses_in_the_same_words() -> None:
    documents = {kind: json.loads(one["responseTemplates"]["application/json"]) for kind, one in GATEWAY.items()}
    said = {(one["status"], one["code"], one["detail"], one["hint"]) for one in documents.values() if "status" in one}
    assert set(REFUSALS.values()) <= said


def test_a_backup_and_an_end_for_what_expires() -> None:
    kept = [one for one in RESOURCES.values() if one.get("Type") == "AWS::DynamoDB::Table"]
    assert len(kept) == len(tables()) == 3
    for table in kept:
        assert table["DeletionPolicy"] == "Retain"
        assert table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"


def statements(name: str) -> list[dict[str, Any]]:
    properties = RESOURCES[name]["Properties"]
    policies = [one["PolicyDocument"] for one in properties.get("Policies", [])] or [properties["PolicyDocument"]]
    return [statement for policy in policies for statement in policy["Statement"]]


@pytest.mark.parametrize(
    ("role", "never"),
    [("NodeRole", "RecordsTable"), ("ServingRole", "RecordsTable"), ("ServingRole", "RunsTable"), ("MachineRole", "Table")],
)
def test_the_data_plane_cannot_reach_the_control_planes_tables(role: str, never: str) -> None:
    assert statements(role)
    assert never not in json.dumps(statements(role))


def test_a_task_has_the_size_that_the_compiler_plans_with() -> None:
    task = RESOURCES["TaskDefinition"]["Properties"]
    size = compute.BY_NAME["task"]
    assert (int(task["Memory"]), int(task["Cpu"])) == (size.memory_mb, 1024 * (size.vcpus or 0))
    variables = {one["Name"]: one["Value"] for one in task["ContainerDefinitions"][0]["Environment"]}
    assert (variables["FLOWZA_MEMORY_MB"], variables["FLOWZA_SIZE"]) == (task["Memory"], "task")


@pytest.mark.parametrize(("name", "size"), [("NodeFunctionSmall", "small"), ("NodeFunctionLarge", "large")])
def test_a_function_knows_its_size(name: str, size: str) -> None:
    properties = RESOURCES[name]["Properties"]
    assert properties["Environment"]["Variables"]["FLOWZA_SIZE"] == size
    assert (properties["MemorySize"], properties["Timeout"]) == (compute.BY_NAME[size].memory_mb, compute.BY_NAME[size].seconds)


def test_the_machines_find_their_tasks() -> None:
    target = json.loads(RESOURCES["APIHandler"]["Properties"]["Environment"]["Variables"]["FLOWZA_TASK_TARGET"])
    task = RESOURCES["TaskDefinition"]["Properties"]
    assert (target["definition"], target["container"]) == (task["Family"], task["ContainerDefinitions"][0]["Name"])


def test_nothing_can_connect_to_a_task_and_nothing_bills_while_none_runs() -> None:
    assert "SecurityGroupIngress" not in RESOURCES["TaskSecurity"]["Properties"]
    types = {one.get("Type") for one in RESOURCES.values()}
    assert not types & {"AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::ECS::Service"}
    assert {one["Properties"]["VpcEndpointType"] for one in RESOURCES.values() if one.get("Type") == "AWS::EC2::VPCEndpoint"} == {"Gateway"}


def test_the_locks_of_the_images_agree_with_what_is_tested() -> None:
    """An image is built from a lock of its own: the same versions as `infra/locks/run.txt`, and no library that a node needs is left out."""
    tested = pinned("run")
    for image in ("tabular", "serving"):
        assert pinned(image).items() <= tested.items(), "make locks"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.split(r"[<>=\[]", line)[0] for line in project["optional-dependencies"]["nodes"]} | {"boto3", "pydantic"}
    assert needed <= {name for name, _ in pinned("tabular")}
    assert not {"pandas", "pyarrow", "polars"} & {name for name, _ in pinned("serving")}


def pinned(lock: str) -> dict[tuple[str, str], str]:
    """Version by name and marker."""
    lines = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)(?: ; (.*?))? \\$", (ROOT / "infra" / "locks" / f"{lock}.txt").read_text("utf-8"), re.M
    )
    return {(name, marker): version for name, version, marker in lines}


@pytest.mark.parametrize(("image", "sources"), [("tabular", ("",)), ("serving", ("serving",))])
def test_an_image_keeps_the_descriptions_of_the_services_that_its_code_calls(image: str, sources: tuple[str, ...]) -> None:
    kept = set(re.findall(r"! -name ([a-z0-9]+)", (ROOT / "node_containers" / image / "Dockerfile").read_text("utf-8")))
    files = [path for folder in sources for path in (ROOT / "node_containers" / folder).rglob("*.py")]
    called = {name for path in files for name in re.findall(r"\b_?client\(\s*\"([a-z0-9-]+)\"", path.read_text("utf-8"))}
    assert called
    assert called <= kept


def test_the_sandbox_may_write_its_own_log_and_nothing_else() -> None:
    assert RESOURCES["SandboxFunction"]["Properties"]["Role"] == "SandboxRole.Arn"
    assert [statement["Action"] for statement in statements("SandboxRole")] == [["logs:CreateLogStream", "logs:PutLogEvents"]]
    assert list(RESOURCES["SandboxFunction"]["Properties"]["Environment"]["Variables"]) == ["FLOWZA_STAGE"]


def test_the_sandbox_holds_the_most_that_code_may_ask_for_beside_python_and_its_rows() -> None:
    most = catalog.load().nodes["custom_python"].params["properties"]["memory_mb"]["maximum"]
    has = RESOURCES["SandboxFunction"]["Properties"]["MemorySize"]
    assert has == layout.MEMORY_MB[layout.SANDBOX]
    assert most + 512 <= has


def test_the_sandbox_is_billed_by_the_memory_it_has() -> None:
    from node_containers.runtime import billing as runtime

    assert RESOURCES["SandboxFunction"]["Properties"]["MemorySize"] == runtime.SANDBOX_MB
    assert runtime.SANDBOX == billing.SANDBOX


def test_the_control_plane_stores_secrets_and_cannot_read_one() -> None:
    readers = [
        name for name, one in RESOURCES.items() if one.get("Type", "").startswith("AWS::IAM") and "secretsmanager:Get" in json.dumps(one)
    ]
    assert readers == ["SessionRole"]


def test_what_localstack_runs_on_is_pinned_closed_and_knows_no_secret() -> None:
    services = yaml.safe_load((ROOT / "infra" / "docker-compose.yml").read_text("utf-8"))["services"]
    assert set(services) == {"localstack", "postgres"}
    for service in services.values():
        image = re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", service["image"])
        assert re.search(r":\d+\.\d+", image), f"{image} names no version"
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert service["healthcheck"]["test"]
    # The token comes from the environment of whoever runs it, and an image that asks for none is the one that is meant.
    assert services["localstack"]["environment"]["LOCALSTACK_AUTH_TOKEN"] == "${LOCALSTACK_AUTH_TOKEN:-}"
