"""From a checked workflow to a plan, and from a plan to a state machine.

    Checked ──keys──▶ node keys ──plan──▶ Plan (stages in a shape) ──to_asl──▶ definition (bytes)

All pure, all sorted: the same graph gives the same bytes whatever the order of drawing, the labels or the positions.

A *stage* is a run of nodes that one invocation executes, handing tables over in memory: a chain of small nodes costs more in start-ups than in
work. Stages end where independent work fans out, so that branches run beside each other, unless they are known to be shorter than their start would be;
behind a gate; at a node that fans out or waits; and where the size of the compute changes. Params are not part of the definition (they travel in the
plan document), so changing a param re-uses the machine; changing the graph makes a new one, named by its hash. What says how the work is done (a size, how
many items beside each other) is part of the definition, and of no key.
"""

import hashlib
import json
from collections.abc import Mapping, Set
from typing import Any

from chalicelib.asl import Machines, Targets, definition_bytes, definition_text, machine_name, stage_ids, to_asl, to_machines
from chalicelib.check import Checked
from chalicelib.facts import DatasetFacts, Facts
from chalicelib.plan import Plan, PlannedNode, Stage
from chalicelib.shape import Parallel, Series, decompose

__all__ = [
    "DatasetFacts",
    "Facts",
    "Machines",
    "Plan",
    "PlannedNode",
    "Stage",
    "Targets",
    "definition_bytes",
    "definition_text",
    "keys",
    "machine_name",
    "plan",
    "stage_ids",
    "to_asl",
    "to_machines",
]

# Branches that would take so much longer one behind the other are still put into one stage: each stage of its own takes a tenth of a second to
# start where a function is warm. Where it is not, two or three seconds, which are billed: as long as starts usually take, joining saves time, too.
JOIN_SECONDS = 0.5

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def keys(checked: Checked, facts: Facts, *, run: str) -> dict[str, str]:
    """The key of every node: what its result depends on, as 64 hex digits.

    Id, label and position are not part of it. A node that is never cached (it has an effect) gets a key of this run alone.
    """
    found: dict[str, str] = {}
    for name, node in checked.graph.items():
        content: dict[str, Any] = {
            "type": node.type.type,
            "version": node.type.version,
            "params": node.type.deciding(node.params),
            "environment": facts.environment,
            "inputs": {port: [found[source.node], source.port] for port, source in node.inputs.items()},
            "dataset": facts.datasets[node.dataset].sha256 if node.dataset is not None else None,
        }
        if node.model is not None:
            content["model"] = node.model.sha256
        if not node.type.cacheable:
            content["once"] = [run, name]
        found[name] = hashlib.sha256(_CANONICAL.encode(content).encode()).hexdigest()
    return found


def plan(
    checked: Checked,
    facts: Facts,
    node_keys: Mapping[str, str],
    cached: Mapping[str, str],
    *,
    fusion: bool = True,
    run: Set[str] | None = None,
    sizes: Mapping[str, str] | None = None,
    seconds: Mapping[str, float] | None = None,
    start_seconds: float = 0.0,
    reasons: Mapping[str, str] | None = None,
) -> Plan:
    """Group the nodes that are not cached into stages.

    `cached` maps a node to the reason why its result is there already. `run` narrows the plan to these nodes and the cached ones; `sizes` names the
    compute of a node (`small` where it is silent); `seconds` says how long nodes are expected to take, where that is known, and `start_seconds` how long an
    invocation takes to start up; `reasons` says why a node runs.
    """
    order = [name for name in checked.graph if name not in cached and (run is None or name in run)]
    predecessors = {name: [source.node for source in checked.graph[name].inputs.values()] for name in order}
    fusing = _Fusing(checked, sizes or {}, seconds or {}, max(JOIN_SECONDS, start_seconds), fusion)
    shape = fusing.series(decompose(order, predecessors))
    stage_of = {name: stage.id for stage in fusing.stages for name in stage.nodes}
    why = {**(reasons or {}), **cached}
    nodes = {
        name: PlannedNode(node, node_keys[name], stage_of.get(name), why.get(name))
        for name, node in checked.graph.items()
        if name in stage_of or name in cached
    }
    return Plan(tuple(fusing.stages), shape, nodes, facts, checked.taken)


class _Fusing:
    """Replaces nodes by stages: neighbours in a series share one. Stages are numbered in the order of the shape."""

    def __init__(
        self, checked: Checked, sizes: Mapping[str, str], seconds: Mapping[str, float], joined_seconds: float, fusion: bool
    ) -> None:
        self.graph = checked.graph
        self.sizes = sizes
        self.seconds = seconds
        self.joined_seconds = joined_seconds
        self.fusion = fusion
        self.stages: list[Stage] = []

    def series(self, drawn: Series) -> Series:
        shape: Series = []
        chain: list[str] = []
        for part in drawn:
            names = [part] if isinstance(part, str) else self._joined(part)
            for name in names:
                if chain and not self._follows(chain[-1], name):
                    shape.append(self._stage(chain))
                    chain = []
                chain.append(name)
            if not names and not isinstance(part, str):
                if chain:
                    shape.append(self._stage(chain))
                    chain = []
                shape.append(tuple(self.series(branch) for branch in part))
        if chain:
            shape.append(self._stage(chain))
        return shape

    def _joined(self, branches: Parallel) -> list[str]:
        """The nodes of branches that are too short to be worth stages of their own, branch by branch; none where they are not, or nobody knows."""
        if not self.fusion or not self.seconds:
            return []
        names: list[str] = []
        total = longest = 0.0
        for branch in branches:
            found = list(stage_ids(branch))
            if not all(name in self.seconds and self.graph[name].type.flow == "plain" for name in found):
                return []
            took = sum(self.seconds[name] for name in found)
            total, longest = total + took, max(longest, took)
            if total - longest > self.joined_seconds:
                return []
            names += found
        return names if len({self._size(name) for name in names}) == 1 else []

    def _follows(self, before: str, after: str) -> bool:
        """Whether a node may share the stage of the node before it."""
        flows = self.graph[before].type.flow, self.graph[after].type.flow
        return self.fusion and flows[0] == "plain" and flows[1] in ("plain", "gate") and self._size(before) == self._size(after)

    def _stage(self, chain: list[str]) -> str:
        flow = self.graph[chain[0]].type.flow
        kind = flow if flow not in ("plain", "gate") else "work"
        self.stages.append(Stage(f"s{len(self.stages) + 1}", tuple(chain), self._size(chain[0]), kind, self.graph[chain[0]].max_parallel))
        return self.stages[-1].id

    def _size(self, name: str) -> str:
        return self.sizes.get(name, "small")
