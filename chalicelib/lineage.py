"""Where things come from and where they go: datasets, runs, model versions and endpoints as one graph. Pure.

dataset ─▶ run (of a workflow) ─▶ model version ─▶ endpoint
"""

from collections.abc import Iterable
from typing import NamedTuple

KINDS = ("dataset", "run", "version", "endpoint")


class Thing(NamedTuple):
    """`id` is unique over all kinds (`version:titanic/2`); `name` is for people."""

    id: str
    kind: str
    name: str


class Link(NamedTuple):
    source: str
    target: str


class Graph(NamedTuple):
    things: list[Thing]
    links: list[Link]


class Version(NamedTuple):
    """What is known of a model version: the run that made it, its workflow, and what that run read."""

    model: str
    version: int
    run: str | None
    workflow: str | None
    datasets: tuple[str, ...]


class Served(NamedTuple):
    endpoint: str
    name: str
    model: str
    version: int


def graph(versions: Iterable[Version], served: Iterable[Served], names: dict[str, str]) -> Graph:
    """All of it. `names` has words for datasets and workflows; what has none goes by its id."""
    things: dict[str, Thing] = {}
    links: dict[Link, None] = {}
    for one in versions:
        version = _add(things, "version", f"{one.model}/{one.version}", f"{one.model} {one.version}")
        if one.run is None:
            continue
        run = _add(things, "run", one.run, names.get(one.workflow or "", one.run))
        links[Link(run, version)] = None
        for dataset in one.datasets:
            links[Link(_add(things, "dataset", dataset, names.get(dataset, dataset)), run)] = None
    for endpoint in served:
        version = _add(things, "version", f"{endpoint.model}/{endpoint.version}", f"{endpoint.model} {endpoint.version}")
        links[Link(version, _add(things, "endpoint", endpoint.endpoint, endpoint.name))] = None
    return Graph(list(things.values()), list(links))


def _add(things: dict[str, Thing], kind: str, own: str, name: str) -> str:
    thing = Thing(f"{kind}:{own}", kind, name)
    things.setdefault(thing.id, thing)
    return thing.id


def around(whole: Graph, start: Iterable[str]) -> Graph:
    """What these come from and what came from them, all the way in both directions."""
    found = _reached(whole.links, start, forward=True) | _reached(whole.links, start, forward=False)
    return Graph(
        [thing for thing in whole.things if thing.id in found],
        [link for link in whole.links if link.source in found and link.target in found],
    )


def _reached(links: Iterable[Link], start: Iterable[str], *, forward: bool) -> set[str]:
    ahead: dict[str, list[str]] = {}
    for link in links:
        source, target = (link.source, link.target) if forward else (link.target, link.source)
        ahead.setdefault(source, []).append(target)
    found = set(start)
    waiting = list(found)
    while waiting:
        for target in ahead.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found
