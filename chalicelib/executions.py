"""Executions of compiled state machines: created when they are new, started, described, stopped.

A run's first execution is named like the run, later ones by their attempt. Machines are named by the hash of their definition and never changed.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import artifacts, cost, measures, settings, tickets, watching
from chalicelib.compiler import Machines, Targets, definition_text, machine_name
from chalicelib.errors import Conflict
from chalicelib.limits import lint, over
from chalicelib.tables import RunItem, UpdateError, lost_race, now

LOG = logging.getLogger("flowza.executions")
# A worker that was ended from outside, by the name the service gives its end.
DEATHS = {
    "OutOfMemory": "out-of-memory",
    "Runtime.OutOfMemory": "out-of-memory",
    "Sandbox.Timedout": "timed-out",
    "States.Timeout": "timed-out",
    "Runtime.ExitError": "node-exited",
    "States.HeartbeatTimeout": "task-lost",
    # No worker began: Lambda has no code for the function, because its image was deleted or cannot be read any more.
    "Lambda.CodeArtifactUserDeletedException": "image-missing",
    "Lambda.CodeArtifactUserFailedException": "image-missing",
}
TOO_MANY_FAILED = "States.ExceedToleratedFailureThreshold"
FAILURES = ("TaskFailed", "TaskSubmitFailed", "TaskTimedOut", "LambdaFunctionFailed", "LambdaFunctionTimedOut")
# A failure lies near the end of its history; beside it are at most the events of other branches that were cut off.
HISTORY_EVENTS = 200
TRANSITIONS_OF_A_CHILD = 2
GONE = ("ExecutionDoesNotExist", "StateMachineDoesNotExist", "ResourceNotFound")


def targets() -> Targets:
    """What compiled states point at in this deployment."""
    known = settings.load()
    return Targets(
        known.node_functions,
        known.platform_function,
        known.task_target,
        f"arn:{_partition()}:states:{_region()}:{_account()}:stateMachine:",
        known.stage,
        known.fan_out,
    )


def store(item_owner: str, run: str, machines: Machines) -> None:
    artifacts.put_json(artifacts.run_object(item_owner, run, "definition.json"), {"main": machines.main, "parts": machines.parts})


def stored(item: RunItem) -> Machines:
    """The machines of a run as they were compiled when it was ordered."""
    document = artifacts.read_json(artifacts.run_object(item.owner, item.run, "definition.json"))
    return Machines(document["main"], document["parts"])


def execute(item: RunItem, machines: Machines) -> None:
    """Give the run, which is written down already, its next execution."""
    watching.begin()
    attempt = int(item.attempt) + 1
    name = execution_name(item.run, attempt)
    machine = ensure(machines)
    arn = machine.replace(":stateMachine:", ":execution:") + f":{name}"
    # A ticket more than is needed, where somebody else claims the attempt: nobody has it, and it goes with the run.
    payload = json.dumps({"run": item.run, "plan": item.plan, "attempt": attempt, "ticket": tickets.issue(item.owner, run=item.run)})
    for what, size in (("execution-name", len(name)), ("execution-input", len(payload.encode()))):
        if refused := over(what, size):
            raise Conflict(f"{refused[0].upper()}{refused[1:]}.", code="limit-exceeded", hint="This is a fault of Flowza: report it.")
    try:
        # The attempt is claimed before the execution starts: of two reconcilers one goes on.
        item.update(
            [
                RunItem.attempt.set(attempt),
                RunItem.execution_arn.set(arn),
                RunItem.status.set("running"),
                *([RunItem.started_at.set(now())] if attempt == 1 else []),
            ],
            condition=(RunItem.attempt == attempt - 1) & RunItem.status.is_in("queued", "running"),
        )
    except UpdateError as lost:
        if not lost_race(lost):
            raise
        return
    try:
        _start(machine, name, payload, machines)
        if attempt == 1:
            measures.count("RunsStarted", run=item.run)
    except (ClientError, BotoCoreError) as refused:
        # The run is written down and open: the reconciler tries again, and says this if it never works.
        LOG.warning("run %s: the execution %s did not start: %s", item.run, name, refused)
        item.update([RunItem.refusal.set(str(refused)[:500])], condition=RunItem.pk.exists())


def _start(machine: str, name: str, payload: str, machines: Machines) -> None:
    client = settings.client("stepfunctions")
    try:
        client.start_execution(stateMachineArn=machine, name=name, input=payload)
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code == "ExecutionAlreadyExists":
            return
        if code != "StateMachineDoesNotExist":
            raise
        _MACHINES.clear()
        client.start_execution(stateMachineArn=ensure(machines), name=name, input=payload)


def stop(arn: str) -> None:
    """Stop an execution; one that is over or gone is left as it is."""
    try:
        settings.client("stepfunctions").stop_execution(executionArn=arn, error="Cancelled", cause="Cancelled by a person")
    except ClientError as gone:
        if gone.response["Error"]["Code"] not in (*GONE, "ValidationException"):
            raise


def status(item: RunItem) -> str:
    """The status of the run's execution; `MISSING` where there is none."""
    if item.execution_arn is None:
        return "MISSING"
    try:
        return str(settings.client("stepfunctions").describe_execution(executionArn=item.execution_arn)["status"])
    except ClientError as gone:
        if gone.response["Error"]["Code"] in GONE:
            return "MISSING"
        raise


def transitions(item: RunItem) -> int | None:
    """State transitions of all executions of the run, those that they started included, from their histories; None where one is gone.

    The items of a distributed Map have executions by the thousand, whose histories are not read: each starts, and tries its task once.
    """
    if item.execution_arn is None:
        return None
    parts = list(stored(item).parts) if item.parts else []
    total = 0
    try:
        for whole, inner in addresses(item.execution_arn, item.run, int(item.attempt), parts):
            total += _transitions(whole) + sum(_transitions(part, may_miss=True) for part in inner)
    except (ClientError, BotoCoreError) as gone:
        # The bill then says what the machine would have taken as a whole.
        LOG.warning("run %s: its history cannot be read: %s", item.run, gone)
        return None
    return total


def addresses(last: str, run: str, attempts: int, parts: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Of every attempt the ARN of its execution, and those that the executions of its parts have where they were started. `last` is the ARN of any attempt."""
    machine, around = last.rpartition(":")[0], last.rsplit(":", 2)[0]
    names = [execution_name(run, attempt) for attempt in range(1, attempts + 1)]
    return [(f"{machine}:{name}", [f"{around}:{part}:{name}" for part in parts]) for name in names]


def execution_name(run: str, attempt: int) -> str:
    return run if attempt == 1 else f"{run}-{attempt}"


def _transitions(execution: str, *, may_miss: bool = False) -> int:
    """Of one execution and the items of its distributed Maps; none where it may miss and was never started."""
    client = settings.client("stepfunctions")
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution, includeExecutionData=False)
    try:
        events = [event["type"] for page in pages for event in page["events"]]
    except ClientError as gone:
        if may_miss and gone.response["Error"]["Code"] in GONE:
            return 0
        raise
    children = 0
    if "MapStateEntered" in events:
        for page in client.get_paginator("list_map_runs").paginate(executionArn=execution):
            for run in page["mapRuns"]:
                children += client.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]["total"]
    return cost.transitions(events) + TRANSITIONS_OF_A_CHILD * children


@dataclass(frozen=True)
class Death:
    """A stage that was too small for the largest size there is: `code` of the node run, what the service said, and the stage where it is known."""

    code: str
    words: str
    stage: str | None


def death(item: RunItem) -> Death | None:
    """Why the run's execution failed, where a worker was ended for its memory or its time and could not say so itself."""
    return _death(str(item.execution_arn))


def _death(execution: str) -> Death | None:
    client = settings.client("stepfunctions")
    try:
        found = client.describe_execution(executionArn=execution)
        if (part := _failed_part(found) or _failed_item(execution, found)) is not None:
            return _death(part)
        code = DEATHS.get(found.get("error", ""))
        if code is None:
            return None
        events = client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=HISTORY_EVENTS)["events"]
    except ClientError as gone:
        if gone.response["Error"]["Code"] in GONE:
            return None
        raise
    return Death(code, _words(found.get("cause", "")), _stage_of_last_failure(events))


def _failed_part(found: Mapping[str, Any]) -> str | None:
    """The execution of a part that failed: Step Functions describes it in the cause of the one that started it."""
    if found.get("error") != "States.TaskFailed":
        return None
    try:
        return str(json.loads(found["cause"])["ExecutionArn"])
    except (ValueError, KeyError, TypeError):
        return None


def _failed_item(execution: str, found: Mapping[str, Any]) -> str | None:
    """The execution of an item that failed, where the items of a distributed Map have one each: the Map itself only says that there was one."""
    if found.get("error") != TOO_MANY_FAILED:
        return None
    client = settings.client("stepfunctions")
    for run in client.list_map_runs(executionArn=execution)["mapRuns"]:
        failed = client.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED", maxResults=1)["executions"]
        if failed:
            return str(failed[0]["executionArn"])
    return None


def _words(cause: str) -> str:
    """Lambda gives its error as JSON, a task as text."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return cause


def _stage_of_last_failure(events: list[dict[str, Any]]) -> str | None:
    """The stage whose task failed last: its state's name begins with it."""
    by_id = {event["id"]: event for event in events}
    current = next((event for event in events if event["type"] in FAILURES), None)
    while current is not None:
        if current["type"] == "TaskStateEntered":
            return str(current["stateEnteredEventDetails"]["name"]).split()[0].rstrip(":")
        current = by_id.get(current.get("previousEventId", 0))
    return None


_MACHINES: dict[str, str] = {}


def forget() -> None:
    """Machines were deleted: the next run asks for its own again."""
    _MACHINES.clear()


def ensure(machines: Machines) -> str:
    """ARN of the main machine; it and its parts are created where they are new, the innermost first."""
    for name, definition in machines.parts.items():
        _create(name, definition)
    return _create(machine_name(settings.load().stage, machines.main_bytes), machines.main)


def _create(name: str, definition: Mapping[str, Any]) -> str:
    if name not in _MACHINES:
        text = definition_text(definition)
        refused = lint(definition)
        if refused:
            raise Conflict(f"The compiled state machine is over a limit: {refused[0]}.", code="limit-exceeded", hint="Split the workflow.")
        client, role = settings.client("stepfunctions"), settings.load().machine_role
        try:
            _MACHINES[name] = client.create_state_machine(name=name, definition=text, roleArn=role, type="STANDARD")["stateMachineArn"]
        except ClientError as exists:
            if exists.response["Error"]["Code"] != "StateMachineAlreadyExists":
                raise
            _MACHINES[name] = f"arn:{_partition()}:states:{_region()}:{_account()}:stateMachine:{name}"
    return _MACHINES[name]


def _partition() -> str:
    return settings.load().machine_role.split(":")[1]


def _account() -> str:
    return settings.load().machine_role.split(":")[4]


def _region() -> str:
    return str(settings.client("stepfunctions").meta.region_name)
