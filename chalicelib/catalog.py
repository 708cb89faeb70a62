"""Node types as data.

`catalog.json` is generated from the signatures in `node_containers/nodes/` (`make catalog`) and committed; a test fails when it is stale. The control
plane knows a node type only through this file: no science code is imported here.
"""

import json
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel, ConfigDict

from chalicelib import patterns, requirements

Kind = Literal["table", "model", "evaluation", "any"]
# Flows of nodes that work on items beside each other.
FANS_OUT = ("fan_out", "distributed")
Family = Literal["source", "row", "feature", "split", "train", "evaluate", "effect"]


FORMATS = FormatChecker(formats=())


@FORMATS.checks("re2", raises=patterns.BadPattern)
def _is_pattern(value: object) -> bool:
    if isinstance(value, str):
        patterns.check(value)
    return True


@FORMATS.checks("requirement", raises=requirements.Unmet)
def _is_met(value: object) -> bool:
    if isinstance(value, str):
        requirements.check(value, load().document["packages"])
    return True


class Column(NamedTuple):
    """A column as the check knows it before any run: name and one of `integer number text boolean datetime`."""

    name: str
    type: str


class Part(BaseModel):
    """Base of the parts of the catalogue. Fields this side does not use (icons, titles) are kept for the canvas."""

    model_config = ConfigDict(frozen=True, extra="allow")


class InputPort(Part):
    name: str
    kind: Kind
    role: str | None = None
    required: bool = True
    implied: bool = False


class OutputPort(Part):
    name: str
    kind: Kind
    role: str | None = None


class Sample(Part):
    """A dataset that ships with the node image."""

    title: str = ""
    rows: int
    columns: tuple[Column, ...]
    target: str | None = None
    sha256: str


class NodeType(Part):
    type: str
    version: int
    title: str
    family: Family
    inputs: tuple[InputPort, ...] = ()
    outputs: tuple[OutputPort, ...] = ()
    params: dict[str, Any]
    # What is known of the output tables before a run: a word, or operations (`columns.py`).
    columns: Literal["same", "source", "none"] | tuple[dict[str, Any], ...] = "none"
    # A feature node that learns from the rows: what it does is fitted by the train node.
    learns: bool = False
    # Which columns a row node looks at: those its params name (all suitable ones where they name none), only those, or all in any case.
    reads: Literal["suitable", "named", "all"] = "suitable"
    cacheable: bool = True
    # How the node is executed: in its stage, as a Map over items, with an end of the stage behind it, by waiting for a person, or not at all (`nesting.py`).
    flow: Literal["plain", "fan_out", "distributed", "gate", "approval", "nested"] = "plain"

    @cached_property
    def validator(self) -> Draft202012Validator:
        """The params' JSON Schema, compiled once."""
        return Draft202012Validator(self.params, format_checker=FORMATS)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """Default of every param that has one."""
        properties = self.params.get("properties", {})
        return {name: schema["default"] for name, schema in properties.items() if "default" in schema}

    @cached_property
    def compute_params(self) -> frozenset[str]:
        """Names of the params that say how the work is done and not what comes of it: no part of a cache key."""
        return frozenset(name for name, schema in self.params.get("properties", {}).items() if schema.get("x-compute"))

    def deciding(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the params that a result depends on."""
        return {name: value for name, value in params.items() if name not in self.compute_params}

    @cached_property
    def table_inputs(self) -> tuple[str, ...]:
        """Names of the input ports that take a table, in their order."""
        return tuple(port.name for port in self.inputs if port.kind == "table")

    @cached_property
    def naming(self) -> dict[str, Any]:
        """The params' JSON Schema without the params that can name no column."""
        properties = self.params.get("properties", {})
        return {**self.params, "properties": {name: one for name, one in properties.items() if _may_name(one)}}

    def params_with_widget(self, widget: str) -> tuple[str, ...]:
        """Names of the params the canvas draws with `widget` (`column`, `columns`, `target`, `dataset`)."""
        return self._by_widget.get(widget, ())

    @cached_property
    def _by_widget(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name, schema in self.params.get("properties", {}).items():
            if "x-widget" in schema:
                found[schema["x-widget"]] = (*found.get(schema["x-widget"], ()), name)
        return found


def _may_name(schema: Any) -> bool:
    """Whether a schema holds a widget, or a reference behind which there may be one, at any depth."""
    if isinstance(schema, dict):
        return "x-widget" in schema or "$ref" in schema or any(map(_may_name, schema.values()))
    return isinstance(schema, list) and any(map(_may_name, schema))


class Catalog:
    """The node types by name, and the document they came from (what the canvas gets)."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.nodes = {entry["type"]: NodeType.model_validate(entry) for entry in document["nodes"]}
        self.samples = {f"sample:{name}": Sample.model_validate(entry) for name, entry in document.get("samples", {}).items()}


@cache
def load() -> Catalog:
    """The committed catalogue, read once."""
    return Catalog(json.loads(Path(__file__).with_name("catalog.json").read_text("utf-8")))


@cache
def sample_profiles() -> dict[str, Any]:
    """Profile and first rows of each sample, read once."""
    return dict(json.loads(Path(__file__).with_name("samples.json").read_text("utf-8")))
