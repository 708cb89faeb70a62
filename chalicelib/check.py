"""Every rule about a drawn workflow.

`check` never stops at the first finding: it reads the whole drawing, resolves what it can (which port a connection without handles means, which
columns flow where, what the target column is) and returns all problems together with the resolved graph that the compiler plans from.

    Workflow ─▶ cards opened (`nesting.py`) ─▶ shape (ids, types, dangling, cycles) ─▶ wiring (ports, roles) ─▶ meaning (params, columns, target) ─▶ Checked

Nothing here looks at labels or positions, and the result does not depend on the order in which things were drawn.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib import leaks, nesting, references
from chalicelib.bypass import without_disabled
from chalicelib.catalog import Catalog, Column
from chalicelib.columns import flow, named_columns
from chalicelib.facts import Facts
from chalicelib.graph import find_cycle, topological_order
from chalicelib.params import check_params
from chalicelib.problem import Problem, did_you_mean, shorten
from chalicelib.resolved import ResolvedNode, Source, columns_at
from chalicelib.splits import Splits
from chalicelib.targets import Targets
from chalicelib.wiring import Wiring, connection_key
from chalicelib.workflow import MAX_CONNECTIONS, MAX_NODES, Connection, Node, Workflow


@dataclass(frozen=True)
class Checked:
    """`graph` holds the nodes that would run, in topological order; it is complete only where `ok`."""

    problems: tuple[Problem, ...]
    graph: Mapping[str, ResolvedNode]
    # What each sub-workflow stood for, by its card.
    taken: Mapping[str, nesting.WorkflowFacts] = field(default_factory=dict)
    cards: Mapping[str, nesting.Card] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not any(problem.severity == "error" for problem in self.problems)

    @property
    def target(self) -> str | None:
        """The target column the workflow learns, None where it learns none."""
        return next((node.target for node in self.graph.values() if node.target), None)

    @property
    def columns(self) -> dict[str, dict[str, tuple[Column, ...]]]:
        """Known columns of every table port, by node and port."""
        known = {node.id: {port: columns for port, columns in node.columns.items() if columns is not None} for node in self.graph.values()}
        return {node: ports for node, ports in known.items() if ports}

    @property
    def connections(self) -> list[Connection]:
        """Every connection with both handles filled in, implied ones included."""
        return [
            Connection(source=source.node, target=node.id, sourceHandle=source.port, targetHandle=port)
            for node in self.graph.values()
            for port, source in sorted(node.inputs.items())
        ]


def check(workflow: Workflow, catalog: Catalog, facts: Facts) -> Checked:
    """All problems of the workflow, and its resolved graph."""
    too_large = _check_size(workflow)
    if too_large:
        return Checked((too_large,), {})
    active = without_disabled(workflow, catalog)
    if not active.nodes:
        return Checked((Problem("graph-off", "Every node is switched off.", hint="Switch on the nodes that are to run."),), {})
    opened = nesting.expand(active, catalog, facts.workflows)
    too_large = _check_size(opened.workflow) if opened.workflow.nodes else None
    if too_large:
        return Checked((too_large,), {})
    checked = _Check(opened.workflow, catalog, facts).run()
    return Checked(_sorted([*opened.problems, *nesting.told(checked.problems, opened, active)]), checked.graph, opened.taken, opened.cards)


def _check_size(workflow: Workflow) -> Problem | None:
    if not workflow.nodes:
        return Problem("graph-empty", "The workflow has no nodes.", hint="Drag a node from the palette, or start from a template.")
    for code, count, limit, what in (
        ("graph-too-large", len(workflow.nodes), MAX_NODES, "nodes"),
        ("graph-too-many-connections", len(workflow.connections), MAX_CONNECTIONS, "connections"),
    ):
        if count > limit:
            return Problem(code, f"The workflow has {count:,} {what}; the limit is {limit:,}.", hint="Split it into several workflows.")
    return None


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each once, the errors first."""
    order = {"error": 0, "warning": 1, "notice": 2}
    return tuple(
        sorted(
            dict.fromkeys(problems),
            key=lambda found: (order[found.severity], found.node or "", found.field or "", found.code, found.message),
        )
    )


class _Check:
    """One pass over one workflow; the findings gather in `problems`."""

    def __init__(self, workflow: Workflow, catalog: Catalog, facts: Facts) -> None:
        self.catalog = catalog
        self.facts = facts
        self.problems: list[Problem] = []
        self.nodes = self._read_nodes(workflow.nodes)
        self.incoming = self._read_connections(workflow.connections)
        self.graph: dict[str, ResolvedNode] = {}
        self.splits = Splits()

    def run(self) -> Checked:
        wiring, targets = Wiring(self.graph, self.incoming, self.splits), Targets(self.graph, self.facts)
        for node in self._order():
            resolved = self.graph[node.id] = ResolvedNode(
                node.id, self.catalog.nodes[node.type], node.data.label, {**self.catalog.nodes[node.type].defaults, **node.data.params}
            )
            self.problems.extend(check_params(node.id, resolved.type, node.data.params))
            self.problems.extend(wiring.wire(resolved))
            self._flow(resolved)
            self.splits.see(resolved)
            self.problems.extend(references.settle(resolved, self.facts))
            self._check_columns(resolved)
            self.problems.extend(targets.find(resolved))
        self.splits.tell(self.graph)
        self.problems.extend(_unique_params(self.graph.values()))
        self.problems.extend(leaks.find(self.graph))
        return Checked(_sorted(self.problems), self.graph)

    # -- shape ---------------------------------------------------------------------------------------------------------------

    def _read_nodes(self, drawn: Iterable[Node]) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        for node in drawn:
            if node.id in nodes:
                self._report("node-duplicate", f"Two nodes have the id {shorten(node.id)}.", node.id, "id", "Give one of them another id.")
            elif node.type not in self.catalog.nodes:
                hint = did_you_mean(node.type, self.catalog.nodes)
                self._report("node-type-unknown", f"There is no node type {shorten(node.type)}.", node.id, "type", hint)
            nodes.setdefault(node.id, node)
        return nodes

    def _read_connections(self, drawn: Iterable[Connection]) -> dict[str, list[Connection]]:
        incoming: dict[str, list[Connection]] = {node: [] for node in self.nodes}
        seen: set[tuple[str | None, ...]] = set()
        for connection in sorted(drawn, key=connection_key):
            ends = connection.source, connection.target, connection.sourceHandle, connection.targetHandle
            if connection.source not in self.nodes or connection.target not in self.nodes:
                self._report_dangling(connection)
            elif ends in seen:
                message = f"The {_place(connection)} is drawn twice; it counts once."
                self._report("connection-duplicate", message, connection.target, "connections", severity="notice")
            else:
                seen.add(ends)
                incoming[connection.target].append(connection)
        return incoming

    def _report_dangling(self, connection: Connection) -> None:
        missing = [end for end in (connection.source, connection.target) if end not in self.nodes]
        known = next((end for end in (connection.target, connection.source) if end in self.nodes), None)
        what = " and ".join(shorten(end) for end in missing)
        hint = did_you_mean(missing[0], self.nodes) or "Remove the connection."
        message = f"The {_place(connection)} leads to a node that does not exist: {what}."
        self._report("connection-dangling", message, known, "connections", hint)

    def _order(self) -> list[Node]:
        """The nodes that can be resolved, after all that feed them."""
        successors: dict[str, list[str]] = {node: [] for node in self.nodes}
        for target, connections in self.incoming.items():
            for source in {connection.source for connection in connections}:
                successors[source].append(target)
        cycle = find_cycle(successors)
        if cycle:
            path = " → ".join([*cycle[:20], *(["…"] if len(cycle) > 20 else []), cycle[0]])
            self._report("graph-cycle", f"The nodes run in a circle: {path}.", cycle[0], "connections", "Remove one of these connections.")
        touched = {end for node, targets in successors.items() if targets for end in (node, *targets)}
        order = [self.nodes[node] for node in topological_order(successors) if self.nodes[node].type in self.catalog.nodes]
        stray = [node for node in order if touched and node.id not in touched]
        for node in stray:
            title = self.catalog.nodes[node.type].title
            self._report(
                "node-unused", f"{title} “{node.data.label or node.id}” is not connected and will not run.", node.id, severity="warning"
            )
        return [node for node in order if not touched or node.id in touched]

    # -- meaning -------------------------------------------------------------------------------------------------------------

    def _flow(self, node: ResolvedNode) -> None:
        """Roles and columns of the outputs."""
        table = node.first_table
        fed_role = self.graph[table.node].roles.get(table.port) if table else None
        for port in node.type.outputs:
            if port.kind == "table":
                node.roles[port.name] = fed_role if port.role == "same" else port.role
        columns = self._columns(node, table)
        node.columns = {port.name: columns for port in node.type.outputs if port.kind == "table"}

    def _columns(self, node: ResolvedNode, table: Source | None) -> tuple[Column, ...] | None:
        if node.type.columns == "same" and table:
            return columns_at(self.graph, table)
        if not isinstance(node.type.columns, str):
            sources = [node.inputs[port.name] for port in node.type.inputs if port.kind == "table" and port.name in node.inputs]
            return flow(node.type.columns, node.params, [columns_at(self.graph, source) for source in sources])
        if node.type.columns != "source":
            return None
        node.dataset = _dataset_of(node)
        known = self.facts.datasets.get(node.dataset or "")
        if known is None and node.dataset is not None:
            hint = did_you_mean(node.dataset, self.facts.datasets) or "Choose one of your datasets or a sample."
            self._report("dataset-unknown", f"There is no dataset {shorten(node.dataset)}.", node.id, "params.dataset", hint)
        return known.columns if known and not references.reshaped(node) else None

    def _check_columns(self, node: ResolvedNode) -> None:
        """Every column named in a param must come in by the table port it belongs to, where that one's columns are known."""
        for place, name, port in named_columns(node.type.naming, node.params):
            known = columns_at(self.graph, node.inputs.get(port) if port else node.first_table)
            names = {column.name for column in known or ()}
            if known is not None and name not in names:
                message = f"{node.type.title} names the column {shorten(name)}, which its table does not have."
                self._report("column-unknown", message, node.id, place, did_you_mean(name, names))

    def _report(
        self,
        code: str,
        message: str,
        node: str | None = None,
        place: str | None = None,
        hint: str | None = None,
        severity: Any = "error",
    ) -> None:
        self.problems.append(Problem(code, message, node, place, hint, severity))


def _place(connection: Connection) -> str:
    return f"connection {shorten(connection.source)} → {shorten(connection.target)}"


def _dataset_of(node: ResolvedNode) -> str | None:
    """The dataset reference of a source node: a `dataset` param as it is, a `sample` param as `sample:<name>`."""
    for param in node.type.params_with_widget("dataset"):
        return str(node.params.get(param))
    for param in node.type.params_with_widget("sample"):
        return f"sample:{node.params.get(param)}"
    return None


def _unique_params(nodes: Iterable[ResolvedNode]) -> Iterator[Problem]:
    """Params marked `x-unique` (the name of an endpoint) may have a value once in a workflow."""
    seen: dict[tuple[str, str, str], str] = {}
    for node in nodes:
        for param, schema in node.type.params.get("properties", {}).items():
            if schema.get("x-unique") and isinstance(node.params.get(param), str):
                first = seen.setdefault((node.type.type, param, node.params[param]), node.id)
                if first != node.id:
                    message = f"{node.type.title} uses the name {shorten(node.params[param])} twice in this workflow."
                    yield Problem("name-duplicate", message, node.id, f"params.{param}", "Choose another name.")
