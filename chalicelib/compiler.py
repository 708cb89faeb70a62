"""From a checked workflow to a plan, and from a plan to a state machine.

    Checked ──keys──▶ node keys ──plan──▶ Plan (stages in a shape) ──to_asl──▶ definition (bytes)

All pure, all sorted: the same graph gives the same bytes whatever the order of drawing, the labels or the positions.

A *stage* is a run of nodes that one invocation executes, handing tables over in memory: a chain of small nodes costs more in start-ups than in
work. Stages end where independent work fans out, so branches run beside each other. Params are not part of the definition (they travel in
the plan document), so changing a param re-uses the machine; changing the graph makes a new one, named by its hash.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.check import Checked, DatasetFacts, Facts, ResolvedNode
from chalicelib.shape import Series, decompose

__all__ = ["DatasetFacts", "Facts", "Plan", "PlannedNode", "Stage", "Targets", "definition_text", "keys", "machine_name", "plan", "to_asl"]

PLAN_VERSION = 1
# Lambda's own limit for one invocation.
STAGE_TIMEOUT_SECONDS = 900
# Assumed until sizes are measured: reading, splitting and training take up to twelve bytes of memory for each byte of CSV; a small function has 2,048 MB,
# of which the libraries take 300.
SMALL_FUNCTION_MAX_DATASET_BYTES = 140 * 2**20

TRANSIENT_ERRORS = [
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
    # A node failed for a reason its node run tells: the same would happen again.
    {"ErrorEquals": ["StageFailed"], "MaxAttempts": 0},
    # What is left is a worker that died without a word: another one finds the nodes that were finished and goes on behind them.
    # (An emulator that loses error names brings failed nodes here too; a second invocation in the same attempt raises them again at once.)
    {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": 1,
        "MaxAttempts": 2,
        "BackoffRate": 2,
        "MaxDelaySeconds": 10,
        "JitterStrategy": "FULL",
    },
]


@dataclass(frozen=True)
class Stage:
    """Nodes that one invocation runs in order. `size` names the compute: `small` or `large`."""

    id: str
    nodes: tuple[str, ...]
    size: str
    timeout_seconds: int = STAGE_TIMEOUT_SECONDS


@dataclass(frozen=True)
class PlannedNode:
    """A node as the runtime sees it. A cached node has no stage."""

    resolved: ResolvedNode
    key: str
    stage: str | None
    reason: str | None


@dataclass(frozen=True)
class Plan:
    """Stages, their shape (series and parallels of stage ids), and every node of the run."""

    stages: tuple[Stage, ...]
    shape: Series
    nodes: Mapping[str, PlannedNode]
    facts: Facts

    def to_document(self, *, run: str, owner: str, workflow: str) -> dict[str, Any]:
        """The plan document of `docs/contracts.md`, section 4."""
        return {
            "version": PLAN_VERSION,
            "run": run,
            "owner": owner,
            "workflow": workflow,
            "environment": self.facts.environment,
            "stages": [
                {"id": stage.id, "nodes": list(stage.nodes), "size": stage.size, "timeout_seconds": stage.timeout_seconds}
                for stage in self.stages
            ],
            "shape": _shape_document(self.shape),
            "nodes": {name: self._node_document(node) for name, node in sorted(self.nodes.items())},
        }

    def _node_document(self, node: PlannedNode) -> dict[str, Any]:
        resolved = node.resolved
        return {
            "id": resolved.id,
            "type": resolved.type.type,
            "type_version": resolved.type.version,
            "label": resolved.label,
            "params": resolved.params,
            "inputs": {port: {"node": source.node, "port": source.port} for port, source in sorted(resolved.inputs.items())},
            "stage": node.stage,
            "key": node.key,
            "cached": node.stage is None,
            "dataset": self._dataset_document(resolved.dataset),
            "target": resolved.target,
        }

    def _dataset_document(self, reference: str | None) -> dict[str, Any] | None:
        if reference is None:
            return None
        known = self.facts.datasets[reference]
        if known.object is None:
            return {"ref": reference}
        return {"ref": reference, "object": known.object, "sha256": known.sha256, "filename": known.filename}


@dataclass(frozen=True)
class Targets:
    """What the states point at: the ARN of the node function of each size."""

    node_functions: Mapping[str, str]


def keys(checked: Checked, facts: Facts, *, run: str) -> dict[str, str]:
    """The key of every node: what its result depends on, as 64 hex digits.

    Id, label and position are not part of it. A node that is never cached (it has an effect) gets a key of this run alone.
    """
    found: dict[str, str] = {}
    for name, node in checked.graph.items():
        content: dict[str, Any] = {
            "type": node.type.type,
            "version": node.type.version,
            "params": node.params,
            "environment": facts.environment,
            "inputs": {port: [found[source.node], source.port] for port, source in node.inputs.items()},
            "dataset": facts.datasets[node.dataset].sha256 if node.dataset is not None else None,
        }
        if not node.type.cacheable:
            content["once"] = [run, name]
        found[name] = hashlib.sha256(_canonical(content).encode()).hexdigest()
    return found


def plan(checked: Checked, facts: Facts, node_keys: Mapping[str, str], cached: Mapping[str, str], *, fusion: bool = True) -> Plan:
    """Group the nodes that are not cached into stages. `cached` maps a node to the reason why its result is there already."""
    order = [name for name in checked.graph if name not in cached]
    predecessors = {name: [source.node for source in checked.graph[name].inputs.values()] for name in order}
    size = "small" if _largest_dataset(checked, facts) <= SMALL_FUNCTION_MAX_DATASET_BYTES else "large"
    stages: list[Stage] = []
    shape = _fuse(decompose(order, predecessors), size, stages, fusion)
    stage_of = {name: stage.id for stage in stages for name in stage.nodes}
    nodes = {name: PlannedNode(node, node_keys[name], stage_of.get(name), cached.get(name)) for name, node in checked.graph.items()}
    return Plan(tuple(stages), shape, nodes, facts)


def _largest_dataset(checked: Checked, facts: Facts) -> int:
    return max((facts.datasets[node.dataset].bytes for node in checked.graph.values() if node.dataset is not None), default=0)


def _fuse(series: Series, size: str, stages: list[Stage], fusion: bool) -> Series:
    """Replace nodes by stages: neighbours in a series share one. Appends to `stages` in the order of the shape."""
    shape: Series = []
    chain: list[str] = []

    def close_chain() -> None:
        if chain:
            stages.append(Stage(f"s{len(stages) + 1}", tuple(chain), size))
            shape.append(stages[-1].id)
            chain.clear()

    for part in series:
        if isinstance(part, str):
            chain.append(part)
            if not fusion:
                close_chain()
        else:
            close_chain()
            shape.append(tuple(_fuse(branch, size, stages, fusion) for branch in part))
    close_chain()
    return shape


def to_asl(planned: Plan, targets: Targets) -> dict[str, Any]:
    """The state machine of a plan, in Amazon States Language. A plan without stages (all cached) has no machine: `ValueError`."""
    if not planned.stages:
        raise ValueError("every node is cached: there is nothing to execute")
    stages = {stage.id: stage for stage in planned.stages}
    types = {name: node.resolved.type.type for name, node in planned.nodes.items()}
    machine = _branch(planned.shape, stages, types, targets)
    return {
        "Comment": "Compiled by Flowza. The plan document named in the input holds the params; payloads carry addresses only.",
        "TimeoutSeconds": _longest_path_seconds(planned.shape, stages),
        **machine,
    }


def _branch(series: Series, stages: Mapping[str, Stage], types: Mapping[str, str], targets: Targets, depth: int = 0) -> dict[str, Any]:
    """`StartAt` and `States` of one series. A failure ends in the branch's own Fail state: ASL has no jump out of a branch."""
    names = [_state_name(part, stages, types) for part in series]
    failed = "Failed" if depth == 0 else f"Failed in branch {_first_stage(series)}, level {depth}"
    states: dict[str, Any] = {}
    for position, part in enumerate(series):
        state = _task(stages[part], targets) if isinstance(part, str) else _parallel(part, stages, types, targets, depth)
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": failed}]
        state |= {"Next": names[position + 1]} if position + 1 < len(names) else {"End": True}
        states[names[position]] = state
    states[failed] = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}
    return {"StartAt": names[0], "States": states}


def _task(stage: Stage, targets: Targets) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": targets.node_functions[stage.size],
            "Payload": {"run.$": "$.run", "plan.$": "$.plan", "attempt.$": "$.attempt", "stage": stage.id},
        },
        "ResultPath": None,
        "TimeoutSeconds": stage.timeout_seconds,
        "Retry": RETRY,
    }


def _parallel(
    branches: Iterable[Series], stages: Mapping[str, Stage], types: Mapping[str, str], targets: Targets, depth: int
) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": [_branch(branch, stages, types, targets, depth + 1) for branch in branches], "ResultPath": None}


def _state_name(part: Any, stages: Mapping[str, Stage], types: Mapping[str, str]) -> str:
    """Readable in the console and unique in the machine: the stage's number and the node types it runs, at most 80 characters."""
    if not isinstance(part, str):
        return "Beside each other: " + ", ".join(_first_stage(branch) for branch in part[:8]) + (" …" if len(part) > 8 else "")
    kinds = [types[name] for name in stages[part].nodes]
    text = " + ".join(kinds) if len(kinds) <= 2 else f"{kinds[0]} … {kinds[-1]} ({len(kinds)})"
    return f"{part} {text}"[:80]


def _first_stage(series: Series) -> str:
    part: Any = series[0]
    while not isinstance(part, str):
        part = part[0][0]
    return part


def _longest_path_seconds(series: Series, stages: Mapping[str, Stage]) -> int:
    """Worst case of the machine: each stage's limit, three tries, along the longest branch."""
    return sum(
        3 * stages[part].timeout_seconds if isinstance(part, str) else max(_longest_path_seconds(branch, stages) for branch in part)
        for part in series
    )


def _shape_document(series: Series) -> list[Any]:
    return [part if isinstance(part, str) else {"parallel": [_shape_document(branch) for branch in part]} for part in series]


def definition_text(definition: Mapping[str, Any]) -> str:
    """The definition's bytes as they are hashed and sent."""
    return _canonical(definition)


def machine_name(stage: str, text: str) -> str:
    """State machines are immutable: named by what they are."""
    return f"flowza-{stage}-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def stage_ids(series: Series) -> Iterator[str]:
    """Every stage id in a shape, in order."""
    for part in series:
        if isinstance(part, str):
            yield part
        else:
            for branch in part:
                yield from stage_ids(branch)
