"""Disabled nodes: what a drawing means without them.

A disabled node that gives the kind of thing it takes (a table for a table, a model for a model) is stepped over: what fed it feeds what it fed. Any other
disabled node is as if it were not there, and with it goes what cannot run without it. Everything behind the check (plan, state machine, cost) sees
the drawing that is left.
"""

from chalicelib.catalog import Catalog, InputPort
from chalicelib.workflow import Connection, Workflow


def without_disabled(workflow: Workflow, catalog: Catalog) -> Workflow:
    """The same drawing with disabled nodes stepped over or left out; the drawing itself where nothing is disabled."""
    off = {node.id for node in workflow.nodes if node.data.disabled}
    return _Bypass(workflow, catalog, off).run() if off else workflow


class _Bypass:
    def __init__(self, workflow: Workflow, catalog: Catalog, off: set[str]) -> None:
        self.workflow = workflow
        self.off = off
        self.types = {node.id: catalog.nodes.get(node.type) for node in workflow.nodes}
        self.through = {node: port for node in off if (port := self._way_through(node))}
        self.into: dict[str, list[Connection]] = {}
        for connection in workflow.connections:
            self.into.setdefault(connection.target, []).append(connection)

    def run(self) -> Workflow:
        gone = self._gone()
        connections: dict[Connection, None] = {}
        for drawn in self.workflow.connections:
            fed = None if drawn.target in self.off or drawn.target in gone else self._fed(drawn)
            if fed is not None and fed.source not in gone:
                connections[fed] = None
        nodes = tuple(node for node in self.workflow.nodes if node.id not in self.off and node.id not in gone)
        return self.workflow.model_copy(update={"nodes": nodes, "connections": tuple(connections)})

    def _way_through(self, node: str) -> InputPort | None:
        """The input that stands in for the only output of a node."""
        kind = self.types[node]
        if kind is None or len(kind.outputs) != 1:
            return None
        return next((port for port in kind.inputs if port.kind == kind.outputs[0].kind), None)

    def _fed(self, drawn: Connection) -> Connection | None:
        """The connection from the first node before it that is on; None where nothing feeds it any more."""
        found, seen = drawn, {drawn.target}
        while found.source in self.off:
            port = self.through.get(found.source)
            if port is None or found.source in seen:
                return None
            seen.add(found.source)
            before = next((one for one in self.into.get(found.source, ()) if self._means(one, port)), None)
            if before is None:
                return None
            found = before
        return drawn.model_copy(update={"source": found.source, "sourceHandle": found.sourceHandle})

    def _means(self, connection: Connection, port: InputPort) -> bool:
        """Whether a connection feeds the port: by its handle, or without one by being able to."""
        if connection.targetHandle is not None:
            return connection.targetHandle == port.name
        source = self.types.get(connection.source)
        return source is None or any(out.kind == port.kind for out in source.outputs if connection.sourceHandle in (None, out.name))

    def _gone(self) -> set[str]:
        """Nodes that are on but cannot run: one of their inputs needs a node that is off and cannot be stepped over, or another such node."""
        gone: set[str] = set()
        reach = [node for node in self.off if node not in self.through]
        outgoing: dict[str, list[Connection]] = {}
        for connection in self.workflow.connections:
            outgoing.setdefault(connection.source, []).append(connection)
        while reach:
            for connection in outgoing.get(reach.pop(), ()):
                target = connection.target
                if target not in gone and self._needs(connection):
                    gone.add(target)
                    reach.append(target)
        return gone - self.off

    def _needs(self, connection: Connection) -> bool:
        kind = self.types.get(connection.target)
        if kind is None or (connection.target in self.off and connection.target not in self.through):
            return False
        fits = [port for port in kind.inputs if self._means(connection, port) and not port.implied]
        return any(port.required for port in fits[:1])
