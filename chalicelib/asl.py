"""From a plan to a state machine, in Amazon States Language.

Every stage is a Task with a timeout, retries for what was not its fault, and a Catch. A stage that was too small for its memory or its time is caught and goes
one size up, in the machine itself:

    s1 … ──too small──▶ s1 … on large ──too small──▶ s1 … as a task

A node that fans out (`tune`, `batch_score`) is a loop: prepare says which items there are, a Map works on them beside each other, gather folds the results and
says whether another round follows. Few items have their events in the machine's history, many have an execution each. A node that waits for a person is a
callback that costs nothing while it waits.

A graph over the limits of one machine (1 MB, 25,000 events) is cut into machines that start each other.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic_core import to_json

from chalicelib import compute
from chalicelib.catalog import FANS_OUT
from chalicelib.plan import Plan, Stage
from chalicelib.shape import Series

# Errors of a stage that another size may mend: the names Lambda gives them, and a worker that died without a word.
TOO_SMALL = ["OutOfMemory", "Runtime.OutOfMemory", "Sandbox.Timedout", "States.Timeout", "Runtime.ExitError"]
TRANSIENT_ERRORS = [
    # Lambda puts an image away that nobody asked for in weeks, and fetches it again at the first call.
    "Lambda.CodeArtifactUserPendingException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
RETRY = [
    # The service was busy or unreachable: nothing ran, so trying again is free of risk.
    {
        "ErrorEquals": TRANSIENT_ERRORS,
        "IntervalSeconds": 1,
        "MaxAttempts": 5,
        "BackoffRate": 2,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    },
    # A node failed for a reason its node run tells, or needs another size: the same would happen again.
    {"ErrorEquals": ["StageFailed", *TOO_SMALL[:4]], "MaxAttempts": 0},
    # What is left is a worker that died without a word: another one finds the nodes that were finished and goes on behind them.
    {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": 1,
        "MaxAttempts": 2,
        "BackoffRate": 2,
        "MaxDelaySeconds": 10,
        "JitterStrategy": "FULL",
    },
]
TASK_RETRY = [
    {"ErrorEquals": ["StageFailed"], "MaxAttempts": 0},
    # No capacity, a machine that was taken away, or a task that never said a word: its heartbeat runs out and another one is started.
    {
        "ErrorEquals": ["AmazonECS.Unknown", "ECS.AmazonECSException", "ECS.ServerException", "ToldToStop", "States.HeartbeatTimeout"],
        "IntervalSeconds": 10,
        "MaxAttempts": 3,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    },
]
HEARTBEAT_SECONDS = 120
YEAR_SECONDS = 365 * 24 * 3600
# A person who is asked answers within this, or the default holds.
APPROVAL_SECONDS = 30 * 24 * 3600
# Stages of one machine at most: with every size, retry and event of each, 1 MB and 25,000 events are far away.
MAX_WEIGHT = 200
# What lies beside each other, in one place of a series.
MAX_PARALLEL_WEIGHT = 150
# With every retry, the rounds and items of a node that fans out may fill two thirds of a history: no two such nodes share a machine.
FAN_OUT_WEIGHT = MAX_WEIGHT // 2 + 1
INLINE = {"Mode": "INLINE"}
# The children of a distributed Map have histories of their own: any number of items.
DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
ADDRESS = {"run.$": "$.run", "plan.$": "$.plan", "attempt.$": "$.attempt", "ticket.$": "$.ticket"}


@dataclass(frozen=True)
class Targets:
    """What the states point at. `task` is None where no Fargate cluster is set up: then the largest function is the end.

    `task`: cluster, definition, container, subnets, security_groups, and maybe heartbeat_seconds.
    `machines` is the ARN prefix of state machines, up to and with the last colon.
    """

    node_functions: Mapping[str, str]
    platform_function: str = ""
    task: Mapping[str, Any] | None = None
    machines: str = ""
    stage: str = "local"
    concurrency: int = 10
    # By stage, the part of the plan as JSON text: for a machine that stands alone. Without it, payloads carry the plan's address.
    inline: Mapping[str, str] | None = None

    def sizes_from(self, size: str) -> tuple[str, ...]:
        """The sizes a stage may go through: its own, then the larger ones that there are."""
        return self._sizes_from[size]

    @cached_property
    def _sizes_from(self) -> dict[str, tuple[str, ...]]:
        there = [name for name in compute.BY_NAME if name in self.node_functions or (name == "task" and self.task)]
        last = tuple(self.node_functions)[-1:]
        return {size: tuple(name for name in there if name in (size, *compute.larger(size))) or last for size in compute.BY_NAME}


@dataclass(frozen=True)
class Nested:
    """A part of a shape that is a machine of its own."""

    shape: Series


@dataclass(frozen=True)
class Machines:
    """The machine of a run, and the machines it starts, innermost first, by name."""

    main: dict[str, Any]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def main_bytes(self) -> bytes:
        return definition_bytes(self.main)


def to_asl(planned: Plan, targets: Targets) -> dict[str, Any]:
    """The state machine of a plan. A plan without stages (all cached) has no machine: `ValueError`."""
    return to_machines(planned, targets).main


def to_machines(planned: Plan, targets: Targets) -> Machines:
    """The state machine of a plan with the machines it needs below itself. A plan without stages has none: `ValueError`."""
    if not planned.stages:
        raise ValueError("every node is cached: there is nothing to execute")
    drawing = _Drawing(planned, targets)
    # A machine that stands alone cannot be cut: it bears its fan-outs together.
    wide = {stage.id for stage in planned.stages if stage.kind == "fan_out" and targets.inline is None}
    main = drawing.machine(_fit(planned.shape, wide)[0])
    return Machines(main, drawing.parts)


def machine_name(stage: str, definition: bytes) -> str:
    """State machines are immutable: named by what they are."""
    return f"flowza-{stage}-{hashlib.sha256(definition).hexdigest()[:40]}"


def definition_bytes(definition: Mapping[str, Any]) -> bytes:
    """The definition as it is hashed and sent: in the order in which states and fields are drawn, which the plan alone decides."""
    return to_json(definition)


def definition_text(definition: Mapping[str, Any]) -> str:
    return definition_bytes(definition).decode()


# -- cutting ----------------------------------------------------------------------------------------------------------------


def _fit(series: list[Any], wide: Set[str]) -> tuple[list[Any], int]:
    """The same series with so much of it moved into machines of their own that `MAX_WEIGHT` holds for each, and its weight.

    A weight counts states, roughly: one a stage or nested machine, one a parallel and all that is in it; `wide` are the stages that weigh `FAN_OUT_WEIGHT`.
    """
    fitted = [[_fit(branch, wide) for branch in part] if isinstance(part, tuple) else part for part in series]
    weights = [1 + sum(weight for _, weight in part) if isinstance(part, list) else _weight(part, wide) for part in fitted]
    if sum(weights) <= MAX_WEIGHT:
        return [tuple(branch for branch, _ in part) if isinstance(part, list) else part for part in fitted], sum(weights)
    pairs = [_fit_parallel(part) if isinstance(part, list) else (part, weight) for part, weight in zip(fitted, weights, strict=True)]
    while sum(weight for _, weight in pairs) > MAX_WEIGHT:
        chunks = _chunks(pairs)
        pairs = [chunk[0] if _stays(chunk, chunks, pairs) else (Nested([part for part, _ in chunk]), 1) for chunk in chunks]
    return [part for part, _ in pairs], sum(weight for _, weight in pairs)


def _weight(part: str, wide: Set[str]) -> int:
    return FAN_OUT_WEIGHT if part in wide else 1


def _fit_parallel(branches: list[tuple[list[Any], int]]) -> tuple[Any, int]:
    """Branches bundled until their parallel fits; a bundle is a machine with a parallel of its own."""
    half = MAX_WEIGHT // 2
    found = branches
    if 1 + sum(weight for _, weight in branches) > MAX_PARALLEL_WEIGHT:
        found = [([Nested(branch)], 1) if weight > half else (branch, weight) for branch, weight in branches]
    while 1 + sum(weight for _, weight in found) > MAX_PARALLEL_WEIGHT:
        bundles = _chunks(found)
        found = [
            bundle[0] if _stays(bundle, bundles, found) else ([Nested([tuple(branch for branch, _ in bundle)])], 1) for bundle in bundles
        ]
    return tuple(branch for branch, _ in found), 1 + sum(weight for _, weight in found)


def _stays(chunk: Sequence[tuple[Any, int]], chunks: Sequence[Any], pairs: Sequence[Any]) -> bool:
    """A part by itself stays as it is, unless no two parts went together: then nothing would ever become lighter."""
    return len(chunk) == 1 and (len(chunks) < len(pairs) or chunk[0][1] == 1)


def _chunks(pairs: list[tuple[Any, int]]) -> list[list[tuple[Any, int]]]:
    """Neighbours together, as many as weigh less than half a machine: each chunk of two or more becomes lighter by being nested."""
    chunks: list[list[tuple[Any, int]]] = []
    room = 0
    for part, weight in pairs:
        if not chunks or weight > room:
            chunks.append([])
            room = MAX_WEIGHT // 2
        chunks[-1].append((part, weight))
        room -= weight
    return chunks


# -- drawing ----------------------------------------------------------------------------------------------------------------


class _Drawing:
    """Draws one plan; machines below the main one gather in `parts`."""

    def __init__(self, planned: Plan, targets: Targets) -> None:
        self.stages = {stage.id: stage for stage in planned.stages}
        self.types = {name: node.resolved.type.type for name, node in planned.nodes.items()}
        self.targets = targets
        self.seconds = {stage.id: _longest(stage, targets) for stage in planned.stages}
        self.parts: dict[str, dict[str, Any]] = {}
        # A machine that stands alone cannot be cut: of its fan-outs only one may write its items into the history.
        self.crowded = targets.inline is not None and sum(stage.kind == "fan_out" for stage in planned.stages) > 1
        self._passed_on = ADDRESS if targets.inline is None else {}

    def machine(self, series: list[Any]) -> dict[str, Any]:
        return {
            "Comment": "Compiled by Flowza. The plan document named in the input holds the params; payloads carry addresses only.",
            "TimeoutSeconds": min(self._seconds(series), YEAR_SECONDS),
            **self._branch(series, 0),
        }

    def _branch(self, series: list[Any], depth: int) -> dict[str, Any]:
        """`StartAt` and `States` of one series. A failure ends in the branch's own Fail state: ASL has no jump out of a branch."""
        failed = "Failed" if depth == 0 else f"Failed in branch {_first_stage(series)}, level {depth}"
        groups = [self._states(part, failed, depth) for part in series]
        states: dict[str, Any] = {}
        for position, group in enumerate(groups):
            after = next(iter(groups[position + 1])) if position + 1 < len(groups) else None
            for state in group.values():
                if "Next" not in state and "End" not in state and state["Type"] != "Choice":
                    state.update({"Next": after} if after else {"End": True})
            states |= group
        states[failed] = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}
        return {"StartAt": next(iter(states)), "States": states}

    def _states(self, part: Any, failed: str, depth: int) -> dict[str, Any]:
        """The states of one part; where a state goes on behind the part, it has neither `Next` nor `End` yet."""
        if isinstance(part, Nested):
            return {f"Part from {_first_stage(part.shape)}": self._nested(part, failed)}
        if not isinstance(part, str):
            return {_beside(part): self._parallel(part, failed, depth)}
        stage = self.stages[part]
        name = _state_name(stage, self.types)
        if stage.kind in FANS_OUT:
            return self._fan_out(stage, name, failed)
        if stage.kind == "approval":
            return {name: self._approval(stage, failed)}
        return self._sizes(stage, name, failed)

    def _sizes(self, stage: Stage, name: str, failed: str, more: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """One Task a size: the first is where the stage starts, the next where it goes when that was too small."""
        sizes = self.targets.sizes_from(stage.size)
        names = [name, *(f"{name[:68]} on {size}" if size != "task" else f"{name[:68]} as a task" for size in sizes[1:])]
        told, caught = {**self._address(stage), **(more or {})}, _caught(failed)
        states: dict[str, Any] = {}
        for position, size in enumerate(sizes):
            state = self._task(stage, more or {}) if size == "task" else self._function(size, told, stage.timeout_seconds)
            bigger = [{"ErrorEquals": TOO_SMALL, "ResultPath": "$.error", "Next": names[position + 1]}] if position + 1 < len(sizes) else []
            state.update(fields)
            state["Catch"] = [*bigger, caught]
            states[names[position]] = state
        return states

    def _function(self, size: str, told: Mapping[str, Any], seconds: int) -> dict[str, Any]:
        return {
            "ResultPath": None,
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": self.targets.node_functions[size], "Payload": told},
            "TimeoutSeconds": min(seconds, compute.BY_NAME[size].seconds),
            "Retry": RETRY,
        }

    def _address(self, stage: Stage) -> dict[str, Any]:
        """What a stage is told: where its plan lies, or the plan itself."""
        if self.targets.inline is None:
            return {**ADDRESS, "stage": stage.id}
        return {"run.$": "$$.Execution.Name", "attempt": 1, "stage": stage.id, "inline": self.targets.inline[stage.id]}

    def _task(self, stage: Stage, more: Mapping[str, Any]) -> dict[str, Any]:
        """A Fargate task that calls back: the plain `.sync` form can carry neither a result nor a named error."""
        target = self.targets.task or {}
        words = {
            "RUN": "$.run",
            "PLAN": "$.plan",
            "ATTEMPT": "States.Format('{}', $.attempt)",
            "TICKET": "$.ticket",
            "TOKEN": "$$.Task.Token",
        }
        environment = [{"Name": f"FLOWZA_TASK_{name}", "Value.$": path} for name, path in words.items()]
        heartbeat = int(target.get("heartbeat_seconds", HEARTBEAT_SECONDS))
        environment.append({"Name": "FLOWZA_TASK_STAGE", "Value": stage.id})
        environment.append({"Name": "FLOWZA_TASK_HEARTBEAT", "Value": f"{heartbeat / 4:g}"})
        for field_name, value in more.items():
            name = f"FLOWZA_TASK_{field_name.removesuffix('.$').upper()}"
            dynamic = field_name.endswith(".$")
            environment.append(
                {"Name": name, "Value.$": f"States.JsonToString({value})"} if dynamic else {"Name": name, "Value": str(value)}
            )
        return {
            "ResultPath": None,
            "Type": "Task",
            "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken",
            "Parameters": {
                "LaunchType": "FARGATE",
                "Cluster": target["cluster"],
                "TaskDefinition": target["definition"],
                "PropagateTags": "TASK_DEFINITION",
                "NetworkConfiguration": {
                    "AwsvpcConfiguration": {
                        "Subnets": list(target["subnets"]),
                        "SecurityGroups": list(target["security_groups"]),
                        "AssignPublicIp": "ENABLED",
                    }
                },
                "Overrides": {"ContainerOverrides": [{"Name": target["container"], "Environment": environment}]},
                "Tags": [{"Key": "flowza:run", "Value.$": "$.run"}, {"Key": "flowza:stage", "Value": self.targets.stage}],
            },
            "TimeoutSeconds": compute.TASK_SECONDS,
            "HeartbeatSeconds": heartbeat,
            "Retry": TASK_RETRY,
        }

    def _fan_out(self, stage: Stage, name: str, failed: str) -> dict[str, Any]:
        """prepare ─▶ more? ─▶ items (Map) ─▶ gather ─▶ more? ─▶ on. More items than a history bears go through the Map that gives each an execution."""
        base = name[:56]
        prepare, items, apart, gather, more, done = (
            f"{base}: {word}" for word in ("prepare", "items", "items apart", "gather", "more?", "done")
        )
        answer = {"items.$": "$.Payload.items", "more.$": "$.Payload.more", "apart.$": "$.Payload.apart"}
        fan = {"ResultSelector": answer, "ResultPath": "$.fan"}
        first = self._sizes(stage, prepare, failed, {"phase": "prepare"}, **fan)
        last = self._sizes(stage, gather, failed, {"phase": "gather"}, **fan)
        always_apart = stage.kind == "distributed" or self.crowded
        ways = {items: self._map(stage, f"{base}: item", DISTRIBUTED if always_apart else INLINE, gather, failed)}
        if not always_apart:
            ways[apart] = self._map(stage, f"{base}: item apart", DISTRIBUTED, gather, failed)
        choices = [{"Variable": "$.fan.apart", "BooleanEquals": True, "Next": apart}] if apart in ways else []
        choices.append({"Variable": "$.fan.more", "BooleanEquals": True, "Next": items})
        return {
            **{key: {**state, "Next": more} for key, state in first.items()},
            more: {"Type": "Choice", "Choices": choices, "Default": done},
            **ways,
            **{key: {**state, "Next": more} for key, state in last.items()},
            done: {"Type": "Pass", "Parameters": self._passed_on},
        }

    def _map(self, stage: Stage, name: str, mode: Mapping[str, Any], after: str, failed: str) -> dict[str, Any]:
        """A Map over the numbers of a round's items, each worked on by states of this name."""
        inner = f"Failed{name.rpartition(':')[2]} of {stage.id}"
        work = self._sizes(stage, name, inner, {"phase": "item", "item.$": "$.item"})
        ends = {key: {**state, "End": True} for key, state in work.items()}
        ends[inner] = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}
        return {
            "Type": "Map",
            "ItemsPath": "$.fan.items",
            "ItemSelector": {**self._passed_on, "item.$": "$$.Map.Item.Value"},
            "MaxConcurrency": min(self.targets.concurrency, stage.max_parallel or self.targets.concurrency),
            "ItemProcessor": {"ProcessorConfig": mode, "StartAt": next(iter(ends)), "States": ends},
            "ResultPath": None,
            "Next": after,
            "Catch": [_caught(failed)],
        }

    def _approval(self, stage: Stage, failed: str) -> dict[str, Any]:
        """The platform writes the token down and tells people; the machine waits without cost until one of them answers."""
        payload = {**ADDRESS, "stage": stage.id, "token.$": "$$.Task.Token"}
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": self.targets.platform_function, "Payload": {"approval": payload}},
            "ResultPath": None,
            "TimeoutSeconds": APPROVAL_SECONDS,
            "Retry": RETRY[:2],
            "Catch": [_caught(failed)],
        }

    def _parallel(self, branches: Iterable[Any], failed: str, depth: int) -> dict[str, Any]:
        drawn = [self._branch(branch, depth + 1) for branch in branches]
        return {"Type": "Parallel", "Branches": drawn, "ResultPath": None, "Catch": [_caught(failed)]}

    def _nested(self, part: Nested, failed: str) -> dict[str, Any]:
        definition = self.machine(part.shape)
        name = machine_name(self.targets.stage, definition_bytes(definition))
        self.parts[name] = definition
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            # Named like the execution that starts it: the ledger finds its history, and a start whose answer was lost is not done twice.
            "Parameters": {
                "StateMachineArn": f"{self.targets.machines}{name}",
                "Name.$": "$$.Execution.Name",
                "Input": {**ADDRESS, "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"},
            },
            "ResultPath": None,
            "TimeoutSeconds": definition["TimeoutSeconds"],
            "Retry": [{**RETRY[0], "ErrorEquals": ["StepFunctions.ExecutionLimitExceeded", "StepFunctions.ThrottlingException"]}],
            "Catch": [_caught(failed)],
        }

    def _seconds(self, series: Iterable[Any]) -> int:
        """Worst case along the longest branch."""
        total = 0
        for part in series:
            if isinstance(part, Nested):
                total += self._seconds(part.shape)
            elif isinstance(part, tuple):
                total += max(self._seconds(branch) for branch in part)
            else:
                total += self.seconds[part]
        return total


def _longest(stage: Stage, targets: Targets) -> int:
    """Seconds a stage may take: every size's limit, three tries."""
    if stage.kind == "approval":
        return APPROVAL_SECONDS
    return 3 * sum(compute.BY_NAME[size].seconds for size in targets.sizes_from(stage.size))


def _caught(failed: str) -> dict[str, Any]:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": failed}


def _state_name(stage: Stage, types: Mapping[str, str]) -> str:
    """Readable in the console and unique in the machine: the stage's number and the node types it runs, at most 80 characters."""
    kinds = [types[name] for name in stage.nodes]
    text = " + ".join(kinds) if len(kinds) <= 2 else f"{kinds[0]} … {kinds[-1]} ({len(kinds)})"
    return f"{stage.id} {text}"[:80]


def _beside(branches: tuple[Any, ...]) -> str:
    return "Beside each other: " + ", ".join(_first_stage(branch) for branch in branches[:8]) + (" …" if len(branches) > 8 else "")


def _first_stage(series: list[Any]) -> str:
    part: Any = series[0]
    while not isinstance(part, str):
        part = part.shape[0] if isinstance(part, Nested) else part[0][0]
    return part


def stage_ids(series: Series) -> Iterator[str]:
    """Every stage id in a shape, in order."""
    for part in series:
        if isinstance(part, str):
            yield part
        else:
            for branch in part:
                yield from stage_ids(branch)
