"""Which part of a workflow a run takes: all of it, up to a node, from a node on, or one node.

Pure. Works on the checked graph and on what is known to be cached, and says which nodes are executed and which results are taken as they are.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from chalicelib.errors import Invalid
from chalicelib.resolved import ResolvedNode

Graph = Mapping[str, ResolvedNode]


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


def select(graph: Graph, scope: Scope, cached: Set[str]) -> Selection:
    """The nodes of a run. Raises `Invalid` for a node that does not exist, two scopes at once, or an input that nothing has made yet."""
    _check(graph, scope)
    fresh = _fresh(graph, scope)
    have = cached - fresh
    if scope.only is not None:
        return _only(graph, scope.only, cached)
    if scope.until is not None:
        run = _needed(graph, {scope.until} - have, have)
        return Selection(run, frozenset(_before(graph, {scope.until}) | {scope.until}) - run & have)
    if scope.since is not None:
        run = _needed(graph, {name for name in graph if name in fresh}, have)
        return Selection(run, frozenset(_sources(graph, run) - run))
    return Selection(frozenset(name for name in graph if name not in have), frozenset(name for name in graph if name in have))


def behind(graph: Graph, names: Set[str]) -> set[str]:
    """All nodes that depend on one of these, these included."""
    found = set(names)
    for name, node in graph.items():
        if any(source.node in found for source in node.inputs.values()):
            found.add(name)
    return found


def _check(graph: Graph, scope: Scope) -> None:
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
        if name not in graph:
            raise Invalid(
                f"There is no node “{name[:80]}” that would run.", field=place, code="node-unknown", hint="Name a node by its id."
            )


def _fresh(graph: Graph, scope: Scope) -> set[str]:
    """Nodes that are executed although their results may be there; what is behind a fresh result is made anew, too."""
    start = set(scope.refresh) | ({scope.since} if scope.since else set()) | ({scope.only} if scope.only else set())
    return behind(graph, start)


def _only(graph: Graph, name: str, cached: Set[str]) -> Selection:
    sources = _sources(graph, {name})
    missing = sorted(sources - cached)
    if missing:
        words = ", ".join(graph[source].label or source for source in missing)
        raise Invalid(
            f"“{graph[name].label or name}” cannot run alone: {words} has no stored result.",
            field="only",
            code="inputs-missing",
            hint="Run to here instead: that makes what is missing.",
        )
    return Selection(frozenset({name}), frozenset(sources))


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
