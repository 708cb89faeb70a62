"""Every rule about a drawn workflow.

`check` never stops at the first finding: it reads the whole drawing, resolves what it can (which port a connection without handles means, which
columns flow where, what the target column is) and returns all problems together with the resolved graph that the compiler plans from.

    Workflow ─▶ cards opened (`nesting.py`) ─▶ shape (ids, types, dangling, cycles) ─▶ wiring (ports, roles) ─▶ meaning (params, columns, target) ─▶ Checked

Nothing here looks at labels or positions, and the result does not depend on the order in which things were drawn.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from chalicelib import leaks, nesting, references
from chalicelib.bypass import without_disabled
from chalicelib.catalog import Catalog, Column, InputPort, OutputPort
from chalicelib.columns import flow, named_columns
from chalicelib.graph import find_cycle, topological_order
from chalicelib.params import check_params
from chalicelib.problem import Fix, Problem, did_you_mean, shorten
from chalicelib.resolved import ResolvedNode, Source
from chalicelib.workflow import MAX_CONNECTIONS, MAX_NODES, Connection, Node, Workflow


class DatasetFacts(NamedTuple):
    """What is known about a dataset without reading it. `object` and `filename` are None for samples, which lie in the node image."""

    sha256: str
    rows: int
    bytes: int
    columns: tuple[Column, ...]
    target: str | None = None
    object: str | None = None
    filename: str | None = None


@dataclass(frozen=True)
class Facts:
    """What check and plan may know about the world: datasets, models, endpoints and workflows by reference, the node image's fingerprint, the run's answers,
    and the names of the secrets there are (None where nobody has looked)."""

    datasets: Mapping[str, DatasetFacts] = field(default_factory=dict)
    environment: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[references.ModelReference, references.ModelFacts] = field(default_factory=dict)
    model_names: tuple[str, ...] = ()
    secrets: frozenset[str] | None = None
    endpoints: Mapping[str, references.EndpointFacts] = field(default_factory=dict)
    endpoint_names: tuple[str, ...] = ()
    workflows: nesting.Known = field(default_factory=dict)


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
        self.declared: dict[Source | None, str | None] = {}
        self.splits: dict[str, set[Source]] = {}

    def run(self) -> Checked:
        for node in self._order():
            resolved = self.graph[node.id] = ResolvedNode(
                node.id, self.catalog.nodes[node.type], node.data.label, {**self.catalog.nodes[node.type].defaults, **node.data.params}
            )
            self.problems.extend(check_params(node.id, resolved.type, node.data.params))
            self._wire(resolved)
            self._flow(resolved)
            self._see_splits(resolved)
            self.problems.extend(references.settle(resolved, self.facts))
            self._check_columns(resolved)
            self._find_target(resolved)
        self._tell_splits()
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
        for connection in sorted(drawn, key=_connection_key):
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

    # -- wiring --------------------------------------------------------------------------------------------------------------

    def _wire(self, node: ResolvedNode) -> None:
        drawn = [connection for connection in self.incoming[node.id] if connection.source in self.graph]
        waiting = [(connection, self._fits(connection, node)) for connection in drawn]
        if all(len(options) == 1 for _, options in waiting):
            for connection, options in waiting:
                self._settle(connection, options, node)
            waiting = []
        # Connections with one possible meaning settle first; what they take is no longer open to the others.
        while waiting:
            if len(waiting) > 1:
                waiting.sort(key=lambda pair: (len(_meant(pair[1])), _connection_key(pair[0])))
            connection, options = waiting.pop(0)
            fits = _meant(options)
            if self._settle(connection, fits, node):
                taken = fits[0][1].name
                waiting = [(other, _without(fits, taken) if other.targetHandle is None else fits) for other, fits in waiting]
        for port in node.type.inputs:
            if port.name not in node.inputs:
                self._fill_or_miss(node, port)

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

    def _settle(self, connection: Connection, fits: list[tuple[OutputPort, InputPort]], node: ResolvedNode) -> bool:
        if len(fits) != 1:
            self.problems.append(_why_not(connection, fits, self.graph[connection.source], node))
            return False
        out, into = fits[0]
        if into.name in node.inputs:
            message = f"The input “{into.name}” of {node.type.title} has two connections; it takes one."
            self._report("port-occupied", message, node.id, f"inputs.{into.name}", "Remove one of them.")
            return False
        node.inputs[into.name] = Source(connection.source, out.name)
        role = self.graph[connection.source].roles.get(out.name)
        if into.role == "test" and role not in ("test", "validation"):
            rows = "training rows" if role == "train" else "rows that were never split off"
            message = f"{node.type.title} is fed with {rows}: its figures will flatter the model."
            self._report(
                "evaluated-on-train",
                message,
                node.id,
                f"inputs.{into.name}",
                "Connect the test port of the split.",
                "warning",
                self._connect_test(node, connection.source, into.name),
            )
        return True

    def _fill_or_miss(self, node: ResolvedNode, port: InputPort) -> None:
        if port.implied:
            splits = self._splits_behind(node)
            if len(splits) == 1:
                node.inputs[port.name] = splits.pop()
                return
        if port.required and not self._has_broken_connection(node):
            kind = "a table" if port.kind == "table" else f"a {port.kind}" if port.kind != "evaluation" else "an evaluation"
            message = f"{node.type.title} “{node.label or node.id}” needs {kind} at its input “{port.name}”."
            self._report("port-missing", message, node.id, f"inputs.{port.name}", "Draw a connection to it.")

    def _has_broken_connection(self, node: ResolvedNode) -> bool:
        """A connection that could not be settled has its own problem; saying "missing" as well would name one fault twice."""
        settled = {source.node for source in node.inputs.values()}
        return any(connection.source not in settled for connection in self.incoming[node.id])

    def _connect_test(self, node: ResolvedNode, source: str, port: str) -> Fix | None:
        """The click that scores on test rows instead: where one split stands before the rows that are scored on."""
        splits = self._splits_before([source])
        if len(splits) != 1:
            return None
        split = splits.pop()
        return Fix("connect", node.id, port=port, source=split.node, source_port=split.port)

    def _splits_behind(self, node: ResolvedNode) -> set[Source]:
        """Test ports of the splits that the node's models were trained behind; of several, two."""
        return self._splits_before([source.node for source in node.inputs.values()])

    def _splits_before(self, sources: Iterable[str]) -> set[Source]:
        return set().union(*(self.splits[source] for source in sources))

    def _see_splits(self, node: ResolvedNode) -> None:
        """Keep what whoever is fed by the node has for splits: itself, or those before it. More than two tell nothing more than two."""
        if node.type.family == "split":
            self.splits[node.id] = {Source(node.id, port) for port, role in node.roles.items() if role == "test"}
        else:
            self.splits[node.id] = set(islice(self._splits_behind(node), 2))

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
            return self._columns_at(table)
        if not isinstance(node.type.columns, str):
            sources = [node.inputs[port.name] for port in node.type.inputs if port.kind == "table" and port.name in node.inputs]
            return flow(node.type.columns, node.params, [self._columns_at(source) for source in sources])
        if node.type.columns != "source":
            return None
        node.dataset = _dataset_of(node)
        known = self.facts.datasets.get(node.dataset or "")
        if known is None and node.dataset is not None:
            hint = did_you_mean(node.dataset, self.facts.datasets) or "Choose one of your datasets or a sample."
            self._report("dataset-unknown", f"There is no dataset {shorten(node.dataset)}.", node.id, "params.dataset", hint)
        return known.columns if known and not references.reshaped(node) else None

    def _columns_at(self, source: Source | None) -> tuple[Column, ...] | None:
        return self.graph[source.node].columns.get(source.port) if source else None

    def _check_columns(self, node: ResolvedNode) -> None:
        """Every column named in a param must come in by the table port it belongs to, where that one's columns are known."""
        for place, name, port in named_columns(node.type.naming, node.params):
            known = self._columns_at(node.inputs.get(port) if port else node.first_table)
            names = {column.name for column in known or ()}
            if known is not None and name not in names:
                message = f"{node.type.title} names the column {shorten(name)}, which its table does not have."
                self._report("column-unknown", message, node.id, place, did_you_mean(name, names))

    def _find_target(self, node: ResolvedNode) -> None:
        """Fill a target param that was left open: the run's answer, then what the dataset declares."""
        if node.type.family == "split":
            return
        for param in node.type.params_with_widget("target"):
            table = node.first_table
            if not node.params.get(param):
                node.params[param] = self._learned_target(node) or self._flowing_target(node, table, param)
            node.target = node.params[param]

    def _tell_splits(self) -> None:
        """Fill a target that a split leaves open: what the models behind it learn, where that is one column of the table it gets."""
        learned: dict[str, frozenset[str]] = {}
        # Against the order, so that all behind a node have said what they learn.
        for node in reversed(self.graph.values()):
            targets = learned.get(node.id, frozenset())
            if node.type.family == "train" and node.target:
                targets |= {node.target}
            if node.type.family == "split":
                self._tell_split(node, targets)
                continue
            for source in node.inputs.values():
                held = learned.get(source.node, frozenset())
                if not targets <= held:
                    learned[source.node] = held | targets

    def _tell_split(self, split: ResolvedNode, targets: frozenset[str]) -> None:
        if len(targets) != 1 or not self.splits[split.id]:
            return
        (target,) = targets
        if any(column.name == target for column in self._columns_at(split.first_table) or ()):
            for param in split.type.params_with_widget("target"):
                split.params[param] = split.params.get(param) or target

    def _flowing_target(self, node: ResolvedNode, table: Source | None, param: str) -> str | None:
        columns = self._columns_at(table)
        answer = self.facts.answers.get("target")
        declared = self._declared_target(table)
        names = [column.name for column in columns or ()]
        if answer and columns is not None and answer not in names:
            message = f"The target {shorten(answer)} is not a column of the table that {node.type.title} gets."
            self._report("target-unknown", message, node.id, f"params.{param}", did_you_mean(answer, names))
        elif not answer and not declared and table:
            listed = f" Its columns: {', '.join(names[:12])}{'…' if len(names) > 12 else ''}." if names else ""
            message = f"{node.type.title} “{node.label or node.id}” does not know which column to learn."
            self._report(
                "target-missing",
                message,
                node.id,
                f"params.{param}",
                f"Choose its target column, or answer “target” when starting the run.{listed}",
            )
        return answer or declared

    def _learned_target(self, node: ResolvedNode) -> str | None:
        """What the first connected model learned: an ensemble learns the same."""
        models = [node.inputs[port.name] for port in node.type.inputs if port.kind == "model" and port.name in node.inputs]
        return self.graph[models[0].node].target if models else None

    def _declared_target(self, table: Source | None) -> str | None:
        """The target that is declared for a table; many models learn from one."""
        if table not in self.declared:
            self.declared[table] = self._target_at(table)
        return self.declared[table]

    def _target_at(self, table: Source | None) -> str | None:
        """The target of the dataset at the head of the first-table chain, under the name it has by now; None where it is gone."""
        columns = self._columns_at(table)
        renamings: list[dict[str, str]] = []
        while table:
            node = self.graph[table.node]
            if node.dataset is not None:
                known = self.facts.datasets.get(node.dataset)
                name = known.target if known else None
                for names in reversed(renamings):
                    name = names.get(name, name) if name else None
                return name if columns is None or any(column.name == name for column in columns) else None
            if not isinstance(node.type.columns, str):
                renamings += [node.params.get(one["param"]) or {} for one in node.type.columns if one["op"] == "rename"]
            table = node.first_table
        return None

    def _report(
        self,
        code: str,
        message: str,
        node: str | None = None,
        place: str | None = None,
        hint: str | None = None,
        severity: Any = "error",
        fix: Fix | None = None,
    ) -> None:
        self.problems.append(Problem(code, message, node, place, hint, severity, fix))


def _connection_key(connection: Connection) -> tuple[str, str, str, str]:
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


def _place(connection: Connection) -> str:
    return f"connection {shorten(connection.source)} → {shorten(connection.target)}"


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
