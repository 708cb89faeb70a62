"""What a drawing does to the honesty of its figures: rules about order and about the target, over the resolved graph.

A table is its rows and a recipe. Row nodes work on the rows as they are; feature nodes that learn only write into the recipe, which is fitted on the training
rows later. A row node behind one of them, on the same columns, would be meant for values that do not exist yet.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.columns import named_columns
from chalicelib.problem import Fix, Problem, shorten
from chalicelib.resolved import ResolvedNode

Graph = Mapping[str, ResolvedNode]
# More names in one sentence help nobody.
NAMES_SHOWN = 4


def find(graph: Graph) -> Iterator[Problem]:
    """Problems `row-after-learned` and `roles-mixed` (errors), `target-in-recipe` and `target-aggregated` (warnings), `split-ignores-time` (a notice)."""
    gathered = _gathered(graph)
    for node in graph.values():
        if node.type.family == "row":
            yield from _row_after_learned(node, graph)
            yield from _roles_mixed(node, graph)
        elif node.type.family == "train" and node.target:
            yield from _target_in_recipe(node, graph)
            yield from _target_aggregated(node, [graph[name] for name in sorted(gathered.get(node.id, ()))])
        elif node.type.family == "split":
            yield from _time_ignored(node, graph)


def _row_after_learned(node: ResolvedNode, graph: Graph) -> Iterator[Problem]:
    reads = _reads(node)
    first: ResolvedNode | None = None
    split = False
    for before in _chain(node, graph):
        split = split or before.type.family == "split"
        if before.type.learns and _meet(reads, _named(before)):
            first, crossed = before, split
    if first is None:
        return
    shared = sorted((reads or set()) & (_named(first) or reads or set()))
    what = f" of {', '.join(map(shorten, shared[:NAMES_SHOWN]))}" if shared else ""
    message = (
        f"{node.title} works on rows as they are, but stands behind {first.title}, whose new values{what} "
        "exist only once a model learns: it is fitted on training rows."
    )
    fix = None if crossed else Fix("move-before", node.id, before=first.id, port=_first_port(node))
    yield Problem("row-after-learned", message, node.id, "connections", f"Move it in front of {first.title}.", fix=fix)


def _target_in_recipe(node: ResolvedNode, graph: Graph) -> Iterator[Problem]:
    for before in _chain(node, graph):
        if before.type.learns and node.target in (_named(before) or ()):
            message = f"{before.title} names {shorten(node.target)}, which {node.title} learns: a target is never among the features."
            yield Problem("target-in-recipe", message, before.id, "params", "Leave it out there; the step passes it by.", "warning")


def _roles_mixed(node: ResolvedNode, graph: Graph) -> Iterator[Problem]:
    """Training and test rows meet again in one table: nothing behind it could tell them apart."""
    fed = {port: graph[source.node].roles.get(source.port) for port, source in node.inputs.items()}
    if {"train", "test"} <= set(fed.values()):
        port = next(port for port, role in fed.items() if role == "test")
        message = f"{node.title} would bring training and test rows together again."
        yield Problem("roles-mixed", message, node.id, f"inputs.{port}", "Put it in front of the split.")


def _target_aggregated(node: ResolvedNode, gathering: Iterable[ResolvedNode]) -> Iterator[Problem]:
    """Sums of the target over groups tell a row the answers of the others, test rows among them, once they are joined back."""
    for before in gathering:
        if any(node.target in names for names in _aggregates(before)):
            message = f"{before.title} gathers {shorten(node.target)} over groups, and {node.title} learns it: its rows may know each other's answer."
            hint = "Leave the target out of it; Encode by target does this with folds, on training rows only."
            yield Problem("target-aggregated", message, before.id, "params", hint, "warning")


def _aggregates(node: ResolvedNode) -> list[Any]:
    """The columns that the node gathers over groups, by operation."""
    operations = () if isinstance(node.type.columns, str) else node.type.columns
    return [node.params.get(one["aggregate"]) or () for one in operations if one["op"] == "group"]


def _gathered(graph: Graph) -> dict[str, set[str]]:
    """For every node the nodes before it that gather over groups: one pass along the order, and none where nothing gathers."""
    gathering = {name for name, node in graph.items() if any(_aggregates(node))}
    found: dict[str, set[str]] = {}
    if gathering:
        for name, node in graph.items():
            sources = {source.node for source in node.inputs.values()}
            found[name] = (sources & gathering).union(*(found[source] for source in sources if source in found))
    return found


def _time_ignored(node: ResolvedNode, graph: Graph) -> Iterator[Problem]:
    """Rows that have a time are often to be told from earlier ones; split at random, the model has seen their future."""
    source = node.first_table
    known = graph[source.node].columns.get(source.port) if source else None
    times = [column.name for column in known or () if column.type == "datetime"]
    if times and "time_column" in node.params and not node.params["time_column"] and node.params.get("shuffle"):
        message = f"{node.title} splits at random, though its rows have a time, {shorten(times[0])}."
        hint = "If later rows are to be predicted from earlier ones, split by that column."
        fix = Fix("set-param", node.id, param="time_column", value=times[0])
        yield Problem("split-ignores-time", message, node.id, "params.time_column", hint, "notice", fix)


def _chain(node: ResolvedNode, graph: Graph) -> Iterator[ResolvedNode]:
    """The nodes before it, along the first table."""
    source = node.first_table
    while source:
        node = graph[source.node]
        yield node
        source = node.first_table


def _named(node: ResolvedNode) -> set[str] | None:
    """The columns of the first table that its params name; None where they name none, which means all that suit it."""
    return {name for _, name, port in named_columns(node.type.naming, node.params) if port is None} or None


def _reads(node: ResolvedNode) -> set[str] | None:
    """The columns a row node looks at; None for all of them."""
    if node.type.reads == "all":
        return None
    return _named(node) or (set() if node.type.reads == "named" else None)


def _meet(one: set[str] | None, other: set[str] | None) -> bool:
    if one is None or other is None:
        return one is None or bool(one)
    return bool(one & other)


def _first_port(node: ResolvedNode) -> str | None:
    return next((port.name for port in node.type.inputs if port.kind == "table" and port.name in node.inputs), None)
