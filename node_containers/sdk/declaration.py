"""`@node`: from a typed function to a declaration, and from that to the entry of the catalogue."""

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from node_containers.sdk.errors import NodeError
from node_containers.sdk.fan_out import FanOut
from node_containers.sdk.ports import Port
from node_containers.sdk.values import CLOSED, Evaluation, Model, Table

# Ports of these names say what they take: “Second model”.
ORDINALS = ("first", "second", "third", "fourth")


class NodeParams(BaseModel):
    """Base of every node's params: a misspelt param is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Declaration:
    """A node type as derived from its function."""

    function: Callable[..., Any]
    name: str
    version: int
    title: str
    group: str
    family: str
    icon: str
    params: type[NodeParams]
    inputs: dict[str, tuple[Port, bool]]
    outputs: dict[str, Port]
    outputs_type: type[Any] | None
    takes_context: bool
    columns: str | list[dict[str, Any]]
    cacheable: bool
    flow: str
    learns: bool
    reads: str
    titles: Mapping[str, str]

    def entry(self) -> dict[str, Any]:
        """The catalogue entry."""
        help_text = inspect.cleandoc(self.function.__doc__ or "")
        schema = self.params.model_json_schema()
        schema.pop("title", None)
        schema.pop("description", None)
        return {
            "type": self.name,
            "version": self.version,
            "title": self.title,
            "group": self.group,
            "family": self.family,
            "icon": self.icon,
            "summary": help_text.split("\n\n")[0].replace("\n", " "),
            "help": help_text,
            "inputs": [_port_entry(name, port, self.titles, required=required) for name, (port, required) in self.inputs.items()],
            "outputs": [_port_entry(name, port, self.titles) for name, port in self.outputs.items()],
            "params": schema,
            "columns": self.columns,
            "cacheable": self.cacheable,
            "flow": self.flow,
            "learns": self.learns,
            "reads": self.reads,
        }

    def name_outputs(self, returned: Any) -> dict[str, Any]:
        """The returned value by output port; a wrong type is a `NodeError` that names the port."""
        values = dict(zip(self.outputs, returned if self.outputs_type else (returned,), strict=False)) if self.outputs else {}
        for name, port in self.outputs.items():
            expected = {"table": Table, "model": Model, "evaluation": Evaluation}[port.kind]
            if self.flow == "gate" and values.get(name) is None:
                values[name] = CLOSED
            elif not isinstance(values.get(name), expected):
                got = type(values.get(name)).__name__
                message = f"{self.title} must give {expected.__name__} at “{name}”; it gave {got}."
                raise NodeError("wrong-output", message, field=name, hint="This is a fault of the node type: tell its author.")
        return values


def _port_entry(name: str, port: Port, titles: Mapping[str, str], *, required: bool | None = None) -> dict[str, Any]:
    words = name.replace("_", " ").capitalize()
    title = titles.get(name) or (f"{words} {port.kind}" if name in ORDINALS else words)
    entry: dict[str, Any] = {"name": name, "kind": port.kind, "role": port.role, "title": title}
    return entry if required is None else {**entry, "required": required, "implied": port.implied}


NODES: dict[str, Declaration] = {}
F = TypeVar("F", bound=Callable[..., Any])


def node(
    *,
    title: str,
    group: str,
    family: str,
    icon: str,
    version: int = 1,
    columns: str | list[dict[str, Any]] = "none",
    cacheable: bool = True,
    flow: str = "plain",
    learns: bool = False,
    reads: str = "suitable",
    titles: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Declare a node type. `columns` says what is known of the output tables before a run: `same`, `source`, `none`, or operations in the words of
    `docs/contracts.md`, section 3.

    `learns` marks a feature node whose step is fitted on training rows; `reads` says which columns a row node looks at: those that suit it where its params
    name none (`suitable`), none then (`named`), or `all` in any case. `titles` are what people read at ports whose names do not say enough.

    `flow` is how it is executed: `plain`, `fan_out` (gives a `FanOut`), `distributed` (the same over the rows of large tables, which come as `StoredTable`),
    `gate` (an output may be None: what is behind it is skipped), `approval` (a person decides; the function is never
    called) or `nested` (the card is opened before a plan; neither is its function).
    """

    def declare(function: F) -> F:
        hints = typing.get_type_hints(function, include_extras=True)
        returned = hints.pop("return")
        inputs = dict(_inputs(function, hints))
        outputs, outputs_type = _outputs(returned)
        NODES[function.__name__] = Declaration(
            function,
            function.__name__,
            version,
            title,
            group,
            family,
            icon,
            hints["params"],
            inputs,
            outputs,
            outputs_type,
            "context" in hints,
            columns,
            cacheable,
            flow,
            learns,
            reads,
            titles or {},
        )
        return function

    return declare


def _inputs(function: Callable[..., Any], hints: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Port, bool]]]:
    for name, parameter in inspect.signature(function).parameters.items():
        port = _port_of(hints[name])
        if port:
            yield name, (port, parameter.default is inspect.Parameter.empty)


def _outputs(returned: Any) -> tuple[dict[str, Port], type[Any] | None]:
    if typing.get_origin(returned) is FanOut:
        (returned,) = typing.get_args(returned)
    if isinstance(returned, type) and issubclass(returned, tuple):
        fields = typing.get_type_hints(returned, include_extras=True)
        return {name: port for name, hint in fields.items() if (port := _port_of(hint))}, returned
    port = _port_of(returned)
    return ({port.kind: port} if port else {}), None


def _port_of(hint: Any) -> Port | None:
    """The port of an annotation, also where it is optional (`AnyEvaluation | None`)."""
    for part in (hint, *typing.get_args(hint)):
        for extra in getattr(part, "__metadata__", ()):
            if isinstance(extra, Port):
                return extra
    return None
