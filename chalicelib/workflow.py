"""What the user drew: nodes, connections, params.

The document keeps a plain, portable shape. Reading it is strict about structure (unknown fields, wrong types) and lenient about meaning:
an unknown node type or a dangling connection is a finding of the check, not a refusal to read, so that nothing a person drew is ever lost.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_NODES = 5_000
MAX_CONNECTIONS = 20_000

Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*$")]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Document(BaseModel):
    """Base of every part of a workflow document: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _is_empty(value: object) -> bool:
    """Left out of what is written, so that a drawing without it keeps the plain shape."""
    return not value


class Position(Document):
    """Where the node card lies on the canvas, in canvas pixels. Never influences a result."""

    x: float = 0
    y: float = 0


class NodeData(Document):
    """The card's label and the node's params; params left out take the node type's defaults. A disabled node does not run (`bypass.py`)."""

    label: str = Field("", max_length=200)
    params: dict[str, Any] = Field(default_factory=dict)
    disabled: bool = Field(False, exclude_if=_is_empty)


class Node(Document):
    """One box on the canvas: an instance of a node type."""

    id: Id
    type: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    position: Position = Position()
    data: NodeData = NodeData()


class Connection(Document):
    """From an output port of `source` to an input port of `target`. A handle may be left out where exactly one port fits."""

    source: str = Field(max_length=80)
    target: str = Field(max_length=80)
    sourceHandle: str | None = Field(None, max_length=80)  # noqa: N815 the canvas library's own spelling
    targetHandle: str | None = Field(None, max_length=80)  # noqa: N815


class Note(Document):
    """Words on the canvas. Never influences a result."""

    id: Id
    text: str = Field("", max_length=5_000)
    position: Position = Position()
    width: float = Field(220, ge=80, le=2_000)
    height: float = Field(120, ge=40, le=2_000)


class Group(Document):
    """Nodes that belong together for whoever reads the drawing. Never influences a result."""

    id: Id
    label: str = Field("", max_length=200)
    nodes: tuple[str, ...] = Field((), max_length=MAX_NODES)


class Workflow(Document):
    """The drawn graph. Order of nodes and connections carries no meaning; notes and groups are for the eye."""

    name: Title = "Untitled workflow"
    description: str = Field("", max_length=5_000)
    nodes: tuple[Node, ...] = Field((), max_length=20_000)
    connections: tuple[Connection, ...] = Field((), max_length=200_000)
    notes: tuple[Note, ...] = Field((), max_length=1_000, exclude_if=_is_empty)
    groups: tuple[Group, ...] = Field((), max_length=1_000, exclude_if=_is_empty)
