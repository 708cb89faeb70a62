"""Which ports a drawn connection means: handles may be left out where exactly one pair of ports fits."""

from collections.abc import Iterator, Mapping, Sequence

from chalicelib.catalog import InputPort, OutputPort
from chalicelib.problem import Fix, Problem, did_you_mean, shorten
from chalicelib.resolved import ResolvedNode, Source
from chalicelib.splits import Splits
from chalicelib.workflow import Connection


class Wiring:
    """Fills the inputs of one node after the other, in topological order. `incoming` holds the drawn connections by target, `graph` what is resolved so far."""

    def __init__(self, graph: Mapping[str, ResolvedNode], incoming: Mapping[str, Sequence[Connection]], splits: Splits) -> None:
        self.graph = graph
        self.incoming = incoming
        self.splits = splits

    def wire(self, node: ResolvedNode) -> Iterator[Problem]:
        """Fill the inputs of a node from its connections, then those that a split behind it implies."""
        drawn = [connection for connection in self.incoming[node.id] if connection.source in self.graph]
        waiting = [(connection, self._fits(connection, node)) for connection in drawn]
        if all(len(options) == 1 for _, options in waiting):
            for connection, options in waiting:
                yield from self._settle(connection, options, node)
            waiting = []
        # Connections with one possible meaning settle first; what they take is no longer open to the others.
        while waiting:
            if len(waiting) > 1:
                waiting.sort(key=lambda pair: (len(_meant(pair[1])), connection_key(pair[0])))
            connection, options = waiting.pop(0)
            fits = _meant(options)
            taken_before = len(node.inputs)
            yield from self._settle(connection, fits, node)
            if len(node.inputs) > taken_before:
                taken = fits[0][1].name
                waiting = [(other, _without(fits, taken) if other.targetHandle is None else fits) for other, fits in waiting]
        for port in node.type.inputs:
            if port.name not in node.inputs:
                yield from self._fill_or_miss(node, port)

    def _fits(self, connection: Connection, node: ResolvedNode) -> list[tuple[OutputPort, InputPort]]:
        """Port pairs the connection may mean. Explicit handles narrow the choice; an explicit one may break a role with a warning."""
        source = self.graph[connection.source]
        named, wanted = connection.sourceHandle, connection.targetHandle
        explicit = named is not None
        outputs = [port for port in source.type.outputs if port.name == named] if explicit else source.type.outputs
        inputs = node.type.inputs if wanted is None else [port for port in node.type.inputs if port.name == wanted]
        return [
            (out, into)
            for out in outputs
            for into in inputs
            if _kind_fits(out, into) and _role_fits(source.roles.get(out.name), into, explicit)
        ]

    def _settle(self, connection: Connection, fits: list[tuple[OutputPort, InputPort]], node: ResolvedNode) -> Iterator[Problem]:
        """Take what the connection means into the inputs, or say why it cannot be taken."""
        if len(fits) != 1:
            yield _why_not(connection, fits, self.graph[connection.source], node)
            return
        out, into = fits[0]
        if into.name in node.inputs:
            message = f"The input “{into.name}” of {node.type.title} has two connections; it takes one."
            yield Problem("port-occupied", message, node.id, f"inputs.{into.name}", "Remove one of them.")
            return
        node.inputs[into.name] = Source(connection.source, out.name)
        role = self.graph[connection.source].roles.get(out.name)
        if into.role == "test" and role not in ("test", "validation"):
            rows = "training rows" if role == "train" else "rows that were never split off"
            message = f"{node.type.title} is fed with {rows}: its figures will flatter the model."
            hint = "Connect the test port of the split."
            fix = self._connect_test(node, connection.source, into.name)
            yield Problem("evaluated-on-train", message, node.id, f"inputs.{into.name}", hint, "warning", fix)

    def _connect_test(self, node: ResolvedNode, source: str, port: str) -> Fix | None:
        """The click that scores on test rows instead: where one split stands before the rows that are scored on."""
        splits = self.splits.before([source])
        if len(splits) != 1:
            return None
        split = splits.pop()
        return Fix("connect", node.id, port=port, source=split.node, source_port=split.port)

    def _fill_or_miss(self, node: ResolvedNode, port: InputPort) -> Iterator[Problem]:
        if port.implied:
            splits = self.splits.behind(node)
            if len(splits) == 1:
                node.inputs[port.name] = splits.pop()
                return
        if port.required and not self._has_broken_connection(node):
            kind = "a table" if port.kind == "table" else f"a {port.kind}" if port.kind != "evaluation" else "an evaluation"
            message = f"{node.type.title} “{node.label or node.id}” needs {kind} at its input “{port.name}”."
            yield Problem("port-missing", message, node.id, f"inputs.{port.name}", "Draw a connection to it.")

    def _has_broken_connection(self, node: ResolvedNode) -> bool:
        """A connection that could not be settled has its own problem; saying "missing" as well would name one fault twice."""
        settled = {source.node for source in node.inputs.values()}
        return any(connection.source not in settled for connection in self.incoming[node.id])


def connection_key(connection: Connection) -> tuple[str, str, str, str]:
    return connection.source, connection.target, connection.sourceHandle or "", connection.targetHandle or ""


def _meant(fits: list[tuple[OutputPort, InputPort]]) -> list[tuple[OutputPort, InputPort]]:
    """What a connection means that could mean several: a required input before optional ones, and of optional ones that take the same, the first."""
    if len(fits) < 2 or len({out.name for out, _ in fits}) > 1:
        return fits
    required = [pair for pair in fits if pair[1].required]
    if len(required) == 1:
        return required
    alike = {(into.kind, into.role) for _, into in fits}
    return fits if required or len(alike) > 1 else fits[:1]


def _without(fits: list[tuple[OutputPort, InputPort]], taken: str) -> list[tuple[OutputPort, InputPort]]:
    """The options left when an input is taken; the last option stays, so that the clash is reported as what it is."""
    return [pair for pair in fits if pair[1].name != taken] or fits


def _kind_fits(out: OutputPort, into: InputPort) -> bool:
    return "any" in (out.kind, into.kind) or out.kind == into.kind


def _role_fits(role: str | None, into: InputPort, explicit: bool) -> bool:
    """Test rows never enter a port that learns. Rows that are not test rows enter a test port only where the person said so by a handle."""
    if into.role == "train":
        return role != "test" and (role != "validation" or explicit)
    if into.role == "test":
        return role == "test" or explicit
    return True


def _why_not(connection: Connection, fits: list[tuple[OutputPort, InputPort]], source: ResolvedNode, target: ResolvedNode) -> Problem:
    """The problem of a connection that has no meaning, or several."""
    for handle, ports, what, node in (
        (connection.sourceHandle, source.type.outputs, "output", source),
        (connection.targetHandle, target.type.inputs, "input", target),
    ):
        names = [port.name for port in ports]
        if handle is not None and handle not in names:
            hint = did_you_mean(handle, names) or f"{node.type.title} has no {what}s."
            return Problem("port-unknown", f"{node.type.title} has no {what} port {shorten(handle)}.", target.id, "connections", hint)
    if fits:
        options = ", ".join(f"{out.name} → {into.name}" for out, into in fits[:6])
        message = f"The connection from {source.type.title} to {target.type.title} can mean several ports: {options}."
        return Problem("port-ambiguous", message, target.id, "connections", "Connect the very port you mean.")
    kinds = [(out, into) for out in source.type.outputs for into in target.type.inputs if _kind_fits(out, into)]
    if any(into.role == "train" for _, into in kinds):
        message = f"{target.type.title} would learn from test rows that come from {source.type.title}."
        return Problem("test-into-train", message, target.id, "connections", "Connect the train port of the split.")
    if kinds:
        message = f"{target.type.title} is scored on test rows, but {source.type.title} gives rows that were not split off."
        return Problem("test-rows-needed", message, target.id, "connections", "Put a Split before the training and connect its test port.")
    gives = ", ".join(port.kind for port in source.type.outputs) or "nothing"
    needs = ", ".join(port.kind for port in target.type.inputs) or "nothing"
    message = f"{target.type.title} needs {needs}; {source.type.title} gives {gives}."
    return Problem("port-type", message, target.id, "connections", "Connect ports of the same colour.")
