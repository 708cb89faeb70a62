"""The plan: which nodes a run executes, in which stages, in which shape. Data between the compiler and everything that reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.compute import BY_NAME
from chalicelib.facts import Facts
from chalicelib.nesting import WorkflowFacts
from chalicelib.resolved import ResolvedNode
from chalicelib.shape import Series

PLAN_VERSION = 1


@dataclass(frozen=True)
class Stage:
    """Nodes that one invocation runs in order. `size` names the compute (`compute.py`).

    `kind` is `work`, or how its one node is executed: `fan_out` and `distributed` (a Map over items) or `approval` (waits for a person).
    `max_parallel` bounds how many of its items are worked on beside each other, where its node says so.
    """

    id: str
    nodes: tuple[str, ...]
    size: str
    kind: str = "work"
    max_parallel: int | None = None

    @property
    def timeout_seconds(self) -> int:
        return BY_NAME[self.size].seconds


@dataclass(frozen=True)
class PlannedNode:
    """A node as the runtime sees it. A cached node has no stage; `reason` says why its stored result is or is not taken."""

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
    # What each sub-workflow stood for, by its card.
    taken: Mapping[str, WorkflowFacts] = field(default_factory=dict)

    def to_document(self, *, run: str, owner: str, workflow: str) -> dict[str, Any]:
        """The plan document of `docs/contracts.md`, section 4."""
        return {
            "version": PLAN_VERSION,
            "run": run,
            "owner": owner,
            "workflow": workflow,
            "environment": self.facts.environment,
            "stages": [
                {
                    "id": stage.id,
                    "nodes": list(stage.nodes),
                    "size": stage.size,
                    "kind": stage.kind,
                    "timeout_seconds": stage.timeout_seconds,
                    **({"max_parallel": stage.max_parallel} if stage.max_parallel else {}),
                }
                for stage in self.stages
            ],
            "shape": _shape_document(self.shape),
            "nodes": {name: self._node_document(node) for name, node in sorted(self.nodes.items())},
            **({"workflows": opened} if (opened := self._opened()) else {}),
        }

    def _opened(self) -> dict[str, Any]:
        return {card: {"workflow": one.id, "revision": one.revision, "name": one.name} for card, one in sorted(self.taken.items())}

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
            # Names alone: what the session of the run may look up.
            **({"secrets": names} if (names := resolved.secrets) else {}),
            **({"model": resolved.model._asdict()} if resolved.model else {}),
            **({"endpoint": resolved.endpoint._asdict()} if resolved.endpoint else {}),
            "target": resolved.target,
            "flow": resolved.type.flow,
        }

    def _dataset_document(self, reference: str | None) -> dict[str, Any] | None:
        if reference is None:
            return None
        known = self.facts.datasets[reference]
        if known.object is None:
            return {"ref": reference}
        return {"ref": reference, "object": known.object, "sha256": known.sha256, "filename": known.filename}


def _shape_document(series: Series) -> list[Any]:
    return [part if isinstance(part, str) else {"parallel": [_shape_document(branch) for branch in part]} for part in series]
