"""A node with everything found: what the check makes of a drawn one, and what the compiler plans from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chalicelib.catalog import Column, NodeType
from chalicelib.references import EndpointFacts, ModelFacts


class Source(NamedTuple):
    """The output port that feeds an input port."""

    node: str
    port: str


@dataclass
class ResolvedNode:
    """Complete params, wired inputs, and what flows out of it: roles and columns by output port (None: known after a run)."""

    id: str
    type: NodeType
    label: str
    params: dict[str, Any]
    inputs: dict[str, Source] = field(default_factory=dict)
    roles: dict[str, str | None] = field(default_factory=dict)
    columns: dict[str, tuple[Column, ...] | None] = field(default_factory=dict)
    dataset: str | None = None
    target: str | None = None
    model: ModelFacts | None = None
    endpoint: EndpointFacts | None = None

    @property
    def first_table(self) -> Source | None:
        """What feeds the first table input that is connected."""
        for name in self.type.table_inputs:
            if name in self.inputs:
                return self.inputs[name]
        return None

    @property
    def max_parallel(self) -> int | None:
        """How many items a node that fans out works on beside each other at most; None leaves that to the platform."""
        asked = self.params["max_parallel"] if "max_parallel" in self.type.compute_params else None
        # JSON's 3.0 is an integer, too.
        return None if asked is None else int(asked)

    @property
    def secrets(self) -> list[str]:
        """Names of the secrets that the params hold."""
        return sorted(str(name) for param in self.type.params_with_widget("secret") if (name := self.params.get(param)))

    @property
    def title(self) -> str:
        """How a sentence calls it."""
        return f"{self.type.title} “{self.label or self.id}”"


def columns_at(graph: Mapping[str, ResolvedNode], source: Source | None) -> tuple[Column, ...] | None:
    """What is known of the columns that flow out of a port; None where they are known after a run only."""
    return graph[source.node].columns.get(source.port) if source else None
