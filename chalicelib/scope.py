"""Which part of a workflow a run takes: all of it, up to a node, from a node on, or one node.

Pure. Works on the checked graph and on what is known to be cached, and says which nodes are executed and which results are taken as they are.
The card of a sub-workflow may be named, too: to it means to what its outputs come from, from it and only it mean all nodes inside.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType

from chalicelib.errors import Invalid
from chalicelib.nesting import Card
from chalicelib.resolved import ResolvedNode

Graph = Mapping[str, ResolvedNode]
Cards = Mapping[str, Card]
NO_CARDS: Cards = MappingProxyType({})


@dataclass(frozen=True)
class Scope:
    """At most one of `until` (to here), `since` (from here) and `only` (only this). `refresh` names nodes whose stored results are not taken."""

    until: str | None = None
    since: str | None = None
    only: str | None = None
    refresh: frozenset[str] = field(default_factory=frozenset)

    @property
    def word(self) -> str | None:
        """How the run is called for people; None for a whole run."""
        for words, node in (("up to", self.until), ("from", self.since), ("only", self.only)):
            if node is not None:
                return f"{words} {node}"
        return None


@dataclass(frozen=True)
class Selection:
    """`run` is executed; `keep` is taken from stored results. What is in neither is not part of the run."""

    run: frozenset[str]
    keep: frozenset[str]


def select(graph: Graph, scope: Scope, cached: Set[str], cards: Cards = NO_CARDS) -> Selection:
    """The nodes of a run. Raises `Invalid` for a node that does not exist, two scopes at once, or an input that nothing has made yet."""
    _check(graph, scope, cards)
    fresh = _fresh(graph, scope, cards)
    have = cached - fresh
    if scope.only is not None:
        return _only(graph, scope.only, cached, cards)
    if scope.until is not None:
        ends = cards[scope.until].gives if scope.until in cards else {scope.until}
        run = _needed(graph, ends - have, have)
        return Selection(run, frozenset(_before(graph, ends) | ends) - run & have)
    if scope.since is not None:
        run = _needed(graph, {name for name in graph if name in fresh}, have)
        return Selection(run, frozenset(_sources(graph, run) - run))
    return Selection(frozenset(name for name in graph if name not in have), frozenset(name for name in graph if name in have))


def _inside(name: str, cards: Cards) -> Set[str]:
    """The nodes inside of a card; a node is all there is of itself."""
    return cards[name].nodes if name in cards else {name}


def behind(graph: Graph, names: Set[str]) -> set[str]:
    """All nodes that depend on one of these, these included."""
    found = set(names)
    for name, node in graph.items():
        if any(source.node in found for source in node.inputs.values()):
            found.add(name)
    return found


def _check(graph: Graph, scope: Scope, cards: Cards) -> None:
    asked = {"until": scope.until, "since": scope.since, "only": scope.only}
    given = [(place, name) for place, name in asked.items() if name is not None]
    if len(given) > 1:
        raise Invalid(
            f"A run takes one part of a workflow; {given[0][0]} and {given[1][0]} name two.",
            field=given[1][0],
            code="scope-twice",
            hint="Leave one out.",
        )
    for place, name in [*given, *(("refresh", name) for name in sorted(scope.refresh))]:
        if name not in graph and name not in cards:
            raise Invalid(
                f"There is no node “{name[:80]}” that would run.", field=place, code="node-unknown", hint="Name a node by its id."
            )


def _fresh(graph: Graph, scope: Scope, cards: Cards) -> set[str]:
    """Nodes that are executed although their results may be there; what is behind a fresh result is made anew, too."""
    start = [*scope.refresh, *(name for name in (scope.since, scope.only) if name)]
    return behind(graph, {node for name in start for node in _inside(name, cards)})


def _only(graph: Graph, name: str, cached: Set[str], cards: Cards) -> Selection:
    run = _inside(name, cards)
    sources = _sources(graph, run) - run
    missing = sorted(sources - cached)
    if missing:
        words = ", ".join(graph[source].label or source for source in missing)
        label = cards[name].label if name in cards else graph[name].label
        raise Invalid(
            f"“{label or name}” cannot run alone: {words} has no stored result.",
            field="only",
            code="inputs-missing",
            hint="Run to here instead: that makes what is missing.",
        )
    return Selection(frozenset(run), frozenset(sources))


def _needed(graph: Graph, start: Iterable[str], have: Set[str]) -> frozenset[str]:
    """These nodes, and those before them whose results are not there."""
    run = set(start)
    waiting = list(run)
    while waiting:
        for source in graph[waiting.pop()].inputs.values():
            if source.node not in have and source.node not in run:
                run.add(source.node)
                waiting.append(source.node)
    return frozenset(run)


def _sources(graph: Graph, names: Iterable[str]) -> set[str]:
    return {source.node for name in names for source in graph[name].inputs.values()}


def _before(graph: Graph, names: Set[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        for source in graph[waiting.pop()].inputs.values():
            if source.node not in found:
                found.add(source.node)
                waiting.append(source.node)
    return found
