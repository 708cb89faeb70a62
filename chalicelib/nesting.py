"""Sub-workflows: what a drawing means with every card of another workflow opened.

    card “clean” ─▶ nodes clean.fill, clean.filter, … of that workflow, wired as its Workflow input and Workflow output nodes say

Everything behind (check, plan, state machine, cost, cache) sees the drawing that comes out, so an inner node is fused, cached, priced and shown like any other.
Pure: the workflows are looked up before. Nothing is opened in part: a card that cannot be opened is left out, with one problem that says why.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib.bypass import without_disabled
from chalicelib.catalog import Catalog
from chalicelib.problem import Problem, did_you_mean, shorten
from chalicelib.workflow import MAX_NODES, Connection, Node, Position, Workflow

CARD, INPUT, OUTPUT = "sub_workflow", "workflow_input", "workflow_output"
MAX_DEPTH = 5
MAX_ID = 80
# What is missing because a card next to it could not be opened.
FOLLOWS = ("port-missing", "node-unused", "target-missing")
# A workflow, and its revision: None for the newest.
WorkflowReference = tuple[str, int | None]


class WorkflowFacts(NamedTuple):
    """A saved workflow as it is now, or as one of its revisions was."""

    id: str
    revision: int
    name: str
    document: Workflow


Known = Mapping[WorkflowReference, WorkflowFacts]


class Card(NamedTuple):
    """An opened card by its nodes: those inside of it, and those that its outputs come from (one before the card, where a table only passes through)."""

    label: str
    nodes: frozenset[str]
    gives: frozenset[str]


@dataclass
class Expanded:
    """`owners` gives the outermost card of every node that came out of one, `taken` what each card stood for, `shut` the cards that could not be opened."""

    workflow: Workflow
    problems: list[Problem] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    taken: dict[str, WorkflowFacts] = field(default_factory=dict)
    shut: set[str] = field(default_factory=set)
    cards: dict[str, Card] = field(default_factory=dict)


class _Part(NamedTuple):
    """The nodes and wires of an opened card; its inputs and outputs by port: the nodes that stand for an input, the node and handle that give an output."""

    nodes: list[Node]
    wires: list[Connection]
    inputs: dict[str, set[str]]
    outputs: dict[str, tuple[str, str | None]]


class _End(Connection):
    """A wire behind an output of a card: followed like all others, it says where the output comes from, whatever lies between."""

    card: str


class _Shut(Exception):
    """The card cannot be opened."""

    def __init__(self, code: str, message: str, where: str = "params.workflow", hint: str | None = None) -> None:
        super().__init__(message)
        self.problem = (code, message, where, hint)


def expand(workflow: Workflow, catalog: Catalog, known: Known) -> Expanded:
    """The drawing with all cards opened; the drawing itself where there is none."""
    return _Opening(workflow, catalog, known).run()


def told(problems: Iterable[Problem], opened: Expanded, drawn: Workflow) -> Iterator[Problem]:
    """Problems as the drawing can show them: those inside a card belong to the card, and what only follows from a card that stayed shut is left out."""
    near = {end for wire in drawn.connections if opened.shut & {wire.source, wire.target} for end in (wire.source, wire.target)}
    labels = {node.id: node.data.label.partition(" › ")[2] for node in opened.workflow.nodes}
    for problem in problems:
        card = opened.owners.get(problem.node or "")
        if problem.node in near and problem.code in FOLLOWS:
            continue
        if card is None:
            # A fix that moves a node next to one inside of a card cannot be drawn.
            ends = {problem.fix.before, problem.fix.source} if problem.fix else set()
            yield problem._replace(fix=None) if ends & opened.owners.keys() else problem
        else:
            message = f"In “{labels[str(problem.node)]}”: {problem.message}"
            hint = problem.hint or "Mend it in that workflow, or set the param on the card."
            yield problem._replace(node=card, field="params.workflow", message=message, hint=hint, fix=None)


def references(nodes: Iterable[Node]) -> Iterator[WorkflowReference]:
    """The workflows that cards among these nodes stand for."""
    for node in nodes:
        if node.type == CARD and (found := _reference(node)):
            yield found


def find(workflow: Workflow, load: Callable[[WorkflowReference], WorkflowFacts | None]) -> dict[WorkflowReference, WorkflowFacts]:
    """All workflows that opening will meet, as deep as it goes."""
    found: dict[WorkflowReference, WorkflowFacts] = {}
    level = set(references(workflow.nodes))
    for _ in range(MAX_DEPTH):
        loaded = {reference: facts for reference in sorted(level - found.keys(), key=str) if (facts := load(reference))}
        found |= loaded
        level = {reference for facts in loaded.values() for reference in references(facts.document.nodes)}
    return found


def _reference(card: Node) -> WorkflowReference | None:
    workflow, revision = card.data.params.get("workflow"), card.data.params.get("revision")
    return (str(workflow), revision if isinstance(revision, int) else None) if workflow else None


class _Opening:
    def __init__(self, workflow: Workflow, catalog: Catalog, known: Known) -> None:
        self.drawn = workflow
        self.catalog = catalog
        self.known = known
        self.found = Expanded(workflow)
        self.count = len(workflow.nodes)

    def run(self) -> Expanded:
        if not any(node.type == CARD for node in self.drawn.nodes):
            return self.found
        nodes: list[Node] = []
        wires = list(self.drawn.connections)
        for node in self.drawn.nodes:
            if node.type != CARD:
                nodes.append(node)
                continue
            try:
                part = self._opened(node, ())
                wires = self._joined(node, part, [*wires, *_ends(node, part)])
            except _Shut as shut:
                code, message, where, hint = shut.problem
                self.found.problems.append(Problem(code, message, node.id, where, hint))
                self.found.shut.add(node.id)
                wires = [wire for wire in wires if node.id not in (wire.source, wire.target)]
                continue
            nodes += part.nodes
            self.found.owners |= dict.fromkeys((one.id for one in part.nodes), node.id)
        self.found.cards = self._cards([wire for wire in wires if isinstance(wire, _End)])
        wires = [wire for wire in wires if not isinstance(wire, _End)]
        self.found.workflow = self.drawn.model_copy(update={"nodes": tuple(nodes), "connections": tuple(wires)})
        return self.found

    def _cards(self, ends: list[_End]) -> dict[str, Card]:
        """The opened cards that have a node in them."""
        labels = {node.id: node.data.label or "Sub-workflow" for node in self.drawn.nodes}
        found = {}
        for card in sorted(set(self.found.owners.values())):
            inside = frozenset(node for node, owner in self.found.owners.items() if owner == card)
            found[card] = Card(labels[card], inside, frozenset(end.source for end in ends if end.card == card))
        return found

    # -- opening a card ------------------------------------------------------------------------------------------------------

    def _opened(self, card: Node, path: tuple[str, ...]) -> _Part:
        facts = self._looked_up(card, path)
        self.found.taken[card.id] = facts
        document = without_disabled(facts.document, self.catalog)
        self.count += len(document.nodes)
        if self.count > MAX_NODES:
            raise _Shut("graph-too-large", f"With its sub-workflows the workflow has more than {MAX_NODES:,} nodes.", hint="Split it.")
        names = {node.id: _inner_id(card.id, node.id) for node in document.nodes}
        wires = [
            wire.model_copy(update={"source": names[wire.source], "target": names[wire.target]})
            for wire in document.connections
            if wire.source in names and wire.target in names
        ]
        nodes: list[Node] = []
        for inner in document.nodes:
            named = _inner(card, inner, names[inner.id], self.catalog)
            if inner.type == CARD:
                part = self._opened(named, (*path, facts.id))
                wires = self._joined(named, part, wires)
                nodes += part.nodes
            else:
                nodes.append(named)
        return self._part(card, facts, _set_params(card, nodes, self.catalog), wires)

    def _looked_up(self, card: Node, path: tuple[str, ...]) -> WorkflowFacts:
        reference = _reference(card)
        if reference is None:
            raise _Shut("sub-workflow-missing", "No workflow is chosen.", hint="Choose one that has a Workflow output node.")
        if reference[0] in path:
            names = [*(self._name(one) for one in path[path.index(reference[0]) :]), self._name(reference[0])]
            raise _Shut("sub-workflow-cycle", f"A workflow would run itself: {' → '.join(names)}.", hint="Take one of the cards out.")
        if len(path) >= MAX_DEPTH:
            message = f"Sub-workflows lie more than {MAX_DEPTH} deep in each other."
            raise _Shut("sub-workflow-deep", message, hint="Draw the innermost nodes themselves.")
        facts = self.known.get(reference)
        if facts is None:
            which = "" if reference[1] is None else f" in revision {reference[1]}"
            message = f"There is no workflow {shorten(reference[0])}{which}."
            raise _Shut("workflow-unknown", message, hint="Choose one of your saved workflows; an open revision means the newest.")
        return facts

    def _name(self, workflow: str) -> str:
        return next((f"“{facts.name}”" for facts in self.known.values() if facts.id == workflow), shorten(workflow))

    def _part(self, card: Node, facts: WorkflowFacts, nodes: list[Node], wires: list[Connection]) -> _Part:
        types = {node.id: node.type for node in nodes}
        inputs: dict[str, set[str]] = {}
        for node in nodes:
            if node.type == INPUT:
                inputs.setdefault(str(node.data.params.get("port", "first")), set()).add(node.id)
        outputs: dict[str, tuple[str, str | None]] = {}
        for wire in wires:
            if types.get(wire.target) == OUTPUT:
                port = wire.targetHandle or self._kind(types.get(wire.source, ""), wire)
                if port in outputs:
                    raise _Shut(
                        "port-occupied", f"Two nodes of “{facts.name}” feed its output “{port}”.", hint="Remove one connection there."
                    )
                outputs[port] = (wire.source, wire.sourceHandle)
        if not outputs:
            message = f"“{facts.name}” gives nothing: it has no Workflow output node that is fed."
            raise _Shut("sub-workflow-open", message, hint="Put one behind its last node.")
        return _Part(nodes, wires, inputs, outputs)

    def _kind(self, source: str, wire: Connection) -> str:
        known = self.catalog.nodes.get(source)
        kinds = {port.kind for port in (known.outputs if known else ()) if wire.sourceHandle in (None, port.name)}
        if len(kinds) != 1:
            message = f"It is not clear what the connection from {shorten(wire.source)} gives to the Workflow output."
            raise _Shut("port-ambiguous", message, hint="Draw it from one port to another.")
        return str(kinds.pop())

    # -- wiring it -----------------------------------------------------------------------------------------------------------

    def _joined(self, card: Node, part: _Part, wires: list[Connection]) -> list[Connection]:
        """The wires around a card and inside of it, with the card and its input and output nodes left out of them."""
        fed = _fed(card, part, wires)
        stands = {node: port for port, nodes in part.inputs.items() for node in nodes}
        ends = {node.id for node in part.nodes if node.type in (INPUT, OUTPUT)}
        inside = []
        for wire in part.wires:
            if wire.target in ends:
                continue
            outer = fed.get(stands.get(wire.source, ""))
            inside.append(_from(wire, outer.source, outer.sourceHandle) if outer else wire)
        around = []
        for wire in wires:
            if wire.target == card.id:
                continue
            if wire.source == card.id:
                source, handle = _given(part, wire)
                outer = fed.get(stands.get(source, ""))
                around.append(_from(wire, *((outer.source, outer.sourceHandle) if outer else (source, handle))))
            else:
                around.append(wire)
        part.nodes[:] = [node for node in part.nodes if node.id not in ends]
        return [*around, *inside]


def _fed(card: Node, part: _Part, wires: list[Connection]) -> dict[str, Connection]:
    """The wire that feeds each input of the card; all that its workflow has must be fed."""
    fed: dict[str, Connection] = {}
    for wire in wires:
        if wire.target != card.id:
            continue
        port = wire.targetHandle or (next(iter(part.inputs)) if len(part.inputs) == 1 else "")
        if port not in part.inputs:
            there = " and ".join(f"“{name}”" for name in sorted(part.inputs)) or "none"
            what = f"no input “{port}”" if port else "not one input alone"
            raise _Shut(
                "port-unknown", f"The sub-workflow has {what}; it has {there}.", "connections", "Draw the connection to one of them."
            )
        if port in fed:
            raise _Shut("port-occupied", f"The input “{port}” has two connections; it takes one.", f"inputs.{port}", "Remove one of them.")
        fed[port] = wire
    for port in sorted(part.inputs):
        if port not in fed:
            raise _Shut(
                "port-missing", f"The sub-workflow needs a table at its input “{port}”.", f"inputs.{port}", "Draw a connection to it."
            )
    return fed


def _ends(card: Node, part: _Part) -> Iterator[Connection]:
    for port in part.outputs:
        yield _End(source=card.id, sourceHandle=port, target="", card=card.id)


def _given(part: _Part, wire: Connection) -> tuple[str, str | None]:
    port = wire.sourceHandle or (next(iter(part.outputs)) if len(part.outputs) == 1 else "")
    if port not in part.outputs:
        there = " and ".join(f"“{name}”" for name in sorted(part.outputs))
        raise _Shut("port-unknown", f"The sub-workflow does not give that; it gives {there}.", "connections", "Draw from one of these.")
    return part.outputs[port]


def _from(wire: Connection, source: str, handle: str | None) -> Connection:
    return wire.model_copy(update={"source": source, "sourceHandle": handle})


def _inner(card: Node, inner: Node, name: str, catalog: Catalog) -> Node:
    known = catalog.nodes.get(inner.type)
    own = inner.data.label or (known.title if known else inner.id)
    label = f"{card.data.label or 'Sub-workflow'} › {own}"[:200]
    place = Position(x=card.position.x + inner.position.x, y=card.position.y + inner.position.y)
    return inner.model_copy(update={"id": name, "position": place, "data": inner.data.model_copy(update={"label": label})})


def _inner_id(card: str, node: str) -> str:
    """The same for the same drawing, and never longer than an id may be."""
    name = f"{card}.{node}"
    return name if len(name) <= MAX_ID else f"{name[: MAX_ID - 17]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _set_params(card: Node, nodes: list[Node], catalog: Catalog) -> list[Node]:
    """The nodes with the params that the card gives: `node.param` to a value."""
    given = card.data.params.get("params") or {}
    if not isinstance(given, Mapping):
        return nodes
    by_id = {node.id: node for node in nodes}
    settable = {
        f"{node.id.removeprefix(card.id + '.')}.{param}": (node.id, param)
        for node in nodes
        if (known := catalog.nodes.get(node.type))
        for param in known.params.get("properties", {})
    }
    for name, value in given.items():
        if name not in settable:
            message = f"The sub-workflow has no param {shorten(name)}."
            raise _Shut("param-unknown", message, "params.params", did_you_mean(name, settable) or "Name it as node.param.")
        place, param = settable[name]
        data = by_id[place].data
        by_id[place] = by_id[place].model_copy(update={"data": data.model_copy(update={"params": {**data.params, param: value}})})
    return list(by_id.values())
