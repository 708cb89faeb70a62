"""What the template promises beside being lint-clean: nothing is lost without a trace, and AWS's gateway speaks as the local one does."""

import json
from typing import Any

import pytest

from app import app
from infra.local.resources import load, tables
from infra.local.server import REFUSALS

RESOURCES = load()["Resources"]
GATEWAY = RESOURCES["RestAPI"]["Properties"]["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
# The functions that Chalice makes out of app.py, by their names in the template.
GENERATED = {"APIHandler", "Authorizer", *(handler.name.title().replace("_", "") for handler in app.pure_lambda_functions)}
GENERATED |= {event.name.title().replace("_", "") for event in app.event_sources}


def functions() -> set[str]:
    return GENERATED | {name for name, resource in RESOURCES.items() if resource.get("Type") == "AWS::Lambda::Function"}


def test_every_function_has_a_log_group_that_forgets() -> None:
    groups = [one["Properties"] for one in RESOURCES.values() if one.get("Type") == "AWS::Logs::LogGroup"]
    assert {one["LogGroupName"] for one in groups} == {f"/aws/lambda/${{{name}}}" for name in functions()}
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
