"""Every limit of AWS that the design meets: kept at the limit, refused one beyond, and what we choose lies within."""

import copy
import json
import os
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import artifacts, asl, compute, limits, session
from chalicelib.asl import Targets, to_machines
from chalicelib.check import check
from chalicelib.compiler import keys, plan
from chalicelib.workflow import Workflow
from infra.lint.policies import INLINE_MAX_CHARACTERS, MANAGED_MAX_CHARACTERS
from infra.local.resources import load
from tests.unit.drawings import CATALOG, CLASSIC, FACTS, graphs, workflow_of
from tests.unit.test_limits import MACHINE

TARGETS = Targets(
    {"small": "arn:aws:lambda:eu-central-1:1:function:small:1", "large": "arn:aws:lambda:eu-central-1:1:function:large:1"},
    "platform",
    {"cluster": "c", "definition": "d", "container": "n", "subnets": ["s"], "security_groups": ["g"]},
    "arn:aws:states:eu-central-1:1:stateMachine:",
    "dev",
)


@pytest.mark.parametrize("name", limits.LIMITS)
def test_at_the_limit_it_is_taken_and_one_beyond_refused(name: str) -> None:
    limit = limits.LIMITS[name]
    for value in (limit.most - 1, limit.most, limit.least, limit.least + 1):
        assert limits.over(name, value) is None
    assert f"the limit is {limit.most:,}" in str(limits.over(name, limit.most + 1))
    assert f"{limit.least:,} at least" in str(limits.over(name, limit.least - 1))
    assert limit.guard


def found(machine: dict[str, Any]) -> bool:
    return bool(limits.lint(machine))


def edited(edit: Any) -> dict[str, Any]:
    machine = copy.deepcopy(MACHINE)
    edit(machine)
    return machine


def sized(size: int) -> dict[str, Any]:
    machine = copy.deepcopy(MACHINE)
    machine["Comment"] = ""
    missing = size - limits.request_bytes(machine)
    machine["Comment"] = "x" * missing
    return machine


def named(length: int) -> dict[str, Any]:
    def edit(machine: dict[str, Any]) -> None:
        machine["States"]["x" * length] = machine["States"].pop("A")
        machine["StartAt"] = "x" * length

    return edited(edit)


def payload(size: int) -> dict[str, Any]:
    parameters = {"FunctionName": "f", "Payload": {"x": ""}}
    parameters["Payload"] = {"x": "y" * (size - len(json.dumps(parameters).encode()))}
    return edited(lambda machine: machine["States"]["A"].update(Parameters=parameters))


def retried(events: int) -> dict[str, Any]:
    """A machine that writes so many events: each retry is three, each Wait two, the rest is there already."""
    machine = edited(lambda one: one["States"]["A"]["Retry"][0].update(MaxAttempts=0))
    left = events - limits.count_events(machine)
    retries, waits = next((r, (left - 3 * r) // 2) for r in range(left // 3, -1, -1) if (left - 3 * r) % 2 == 0)
    machine["States"]["A"]["Retry"][0]["MaxAttempts"] = retries
    for number in range(waits):
        machine["States"][f"W{number}"] = {"Type": "Wait", "Seconds": 1, "Next": f"W{number + 1}" if number + 1 < waits else "A"}
    machine["StartAt"] = "W0" if waits else "A"
    assert limits.count_events(machine) == events
    return machine


@pytest.mark.parametrize(
    ("make", "limit"),
    [
        (sized, limits.REQUEST_MAX_BYTES),
        (named, limits.STATE_NAME_MAX_CHARACTERS),
        (payload, limits.PAYLOAD_MAX_BYTES),
        (retried, limits.EXECUTION_MAX_EVENTS),
        (lambda seconds: edited(lambda machine: machine["States"]["A"].update(TimeoutSeconds=seconds)), limits.LAMBDA_MAX_TIMEOUT_SECONDS),
    ],
    ids=["request", "state name", "payload", "events", "timeout"],
)
def test_the_linter_draws_the_line_where_aws_does(make: Any, limit: int) -> None:
    assert not found(make(limit - 1))
    assert not found(make(limit))
    assert found(make(limit + 1))


def within(name: str, *values: int) -> None:
    for value in values:
        assert limits.over(name, value) is None, (name, value)


def test_what_we_choose_lies_within() -> None:
    sizes = [compute.BY_NAME[name] for name in ("small", "large")]
    within("lambda-memory", *(size.memory_mb for size in sizes))
    within("lambda-timeout", *(size.seconds for size in sizes))
    within("presigned-seconds", artifacts.URL_SECONDS)
    within("session-policy", session.POLICY_MAX_CHARACTERS)
    within("s3-object", limits.UPLOAD_MAX_BYTES)
    assert limits.LIMITS["managed-policy"].most == MANAGED_MAX_CHARACTERS
    assert limits.LIMITS["inline-policies"].most == INLINE_MAX_CHARACTERS
    longest = "x" * 16
    within("machine-name", len(asl.machine_name(longest, b"text")))
    assert re.fullmatch(r"[\w-]+", asl.machine_name(longest, b"a b<*>/:;,"))
    # An owner and an Idempotency-Key, the longest text of people in a key, and the longest place in the bucket.
    within("dynamodb-partition-key", len(f"{'o' * 200}#idempotency"))
    within("dynamodb-sort-key", 200)
    within("s3-key", len(f"o/{'o' * 80}/artifacts/{'k' * 64}/items/rounds/{'r' * 64}.json"))
    assert any("AmazonECS.Unknown" in retry["ErrorEquals"] for retry in asl.TASK_RETRY)


def test_what_a_task_is_told_lies_within() -> None:
    """With the longest token that Step Functions gives, and every other word far longer than it ever is."""
    state = next(one for machine in (machine_of(CLASSIC),) for one in tasks(machine) if "ecs:" in one["Resource"])
    overrides = state["Parameters"]["Overrides"]
    for variable in overrides["ContainerOverrides"][0]["Environment"]:
        if path := variable.pop("Value.$", None):
            variable["Value"] = "x" * (2_048 if path == "$$.Task.Token" else 512)
    within("task-overrides", len(json.dumps(overrides)))


def machine_of(workflow: Workflow) -> dict[str, Any]:
    checked = check(workflow, CATALOG, FACTS)
    return to_machines(plan(checked, FACTS, keys(checked, FACTS, run="run_1"), {}), TARGETS).main


def test_the_template_lies_within() -> None:
    resources = load()["Resources"]
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        variables = properties.get("Environment", {}).get("Variables") if isinstance(properties.get("Environment"), dict) else None
        if variables:
            within("lambda-variables", sum(len(str(key)) + len(str(value)) for key, value in variables.items()))
        policies = [properties.get("Target", {}).get("RetryPolicy")] if resource.get("Type") == "AWS::Scheduler::Schedule" else []
        policies += (
            [event["Properties"].get("RetryPolicy") for event in properties.get("Events", {}).values()]
            if name in ("Tick", "RunChanged")
            else []
        )
        for policy in policies:
            within("rule-retry-age", policy["MaximumEventAgeInSeconds"])
            within("rule-retries", policy["MaximumRetryAttempts"])
        if "EphemeralStorage" in properties and "Size" in properties["EphemeralStorage"]:
            within("lambda-disk", properties["EphemeralStorage"]["Size"])
        # Scheduler and EventBridge give dead letters to standard queues only.
        assert "FifoQueue" not in properties
    within("fargate-disk", resources["TaskDefinition"]["Properties"]["EphemeralStorage"]["SizeInGiB"])
    within("fargate-stop", resources["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]["StopTimeout"])


def tasks(branch: dict[str, Any]) -> list[dict[str, Any]]:
    states = list(branch["States"].values())
    inner = [
        one for state in states for one in (*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else []))
    ]
    return [state for state in states if state["Type"] == "Task"] + [task for one in inner for task in tasks(one)]


def jittered(retry: dict[str, Any]) -> bool:
    return retry["MaxAttempts"] == 0 or retry.get("JitterStrategy") == "FULL"


def sound(graph: dict[str, list[str]], fusion: bool) -> None:
    """Every machine of a drawing passes the linter, and every task of it ends, is tried again with jitter, and is caught."""
    checked = check(workflow_of(graph), CATALOG, FACTS)
    machines = to_machines(plan(checked, FACTS, keys(checked, FACTS, run="run_1"), {}, fusion=fusion), TARGETS)
    for machine in (machines.main, *machines.parts.values()):
        assert limits.lint(machine) == []
        for task in tasks(machine):
            assert task["TimeoutSeconds"] > 0
            assert task["Retry"]
            assert all(jittered(retry) for retry in task["Retry"])
            assert any(catch["ErrorEquals"] == ["States.ALL"] for catch in task["Catch"])
            if "ecs:" in task["Resource"]:
                assert 0 < task["HeartbeatSeconds"] < task["TimeoutSeconds"]


# `make graphs` draws ten thousand.
@settings(max_examples=int(os.environ.get("FLOWZA_GRAPHS", "300")), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs(max_nodes=30), st.booleans())
def test_every_task_of_any_graph_ends_is_tried_again_and_is_caught(graph: dict[str, list[str]], fusion: bool) -> None:
    sound(graph, fusion)


def test_a_body_of_our_limit_reaches_a_function_however_it_is_written() -> None:
    """As API Gateway tells it: the body a text in JSON, each quote escaped; all headers, 10,240 bytes of them, twice."""
    headers = {"x": '"' * 10_240}
    event = {"body": '"' * limits.BODY_MAX_BYTES, "headers": headers, "multiValueHeaders": headers, "requestContext": {"x": "y" * 8_192}}
    within("lambda-request", len(json.dumps(event).encode()))


@pytest.mark.parametrize("character", ["a", '"', "\n", "é", "😀"])
def test_an_answer_is_counted_as_it_is_sent(character: str) -> None:
    most = (limits.LAMBDA_MAX_BYTES - limits.ANSWER_AROUND_BYTES - 2) // (len(json.dumps(character)) - 2)
    assert limits.answer_fits(character * most)
    assert not limits.answer_fits(character * (most + 1))
    reply = {"statusCode": 200, "headers": {"x": "y" * 8_000}, "body": character * most, "isBase64Encoded": False}
    within("lambda-request", len(json.dumps(reply)))
