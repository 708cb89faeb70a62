"""What a drawing does to the honesty of its figures: rules about order and about the target, over the resolved graph.

A table is its rows and a recipe. Row nodes work on the rows as they are; feature nodes that learn only write into the recipe, which is fitted on the training
rows later. A row node behind one of them, on the same columns, would be meant for values that do not exist yet.
"""

from collections.abc import Iterator, Mapping

from chalicelib.columns import named_columns
from chalicelib.problem import Fix, Problem, shorten
from chalicelib.resolved import ResolvedNode

Graph = Mapping[str, ResolvedNode]
# More names in one sentence help nobody.
NAMES_SHOWN = 4


def find(graph: Graph) -> Iterator[Problem]:
    """Problems `row-after-learned` (an error: move it) and `target-in-recipe` (a warning: the step leaves the target as it is)."""
    for node in graph.values():
        if node.type.family == "row":
            yield from _row_after_learned(node, graph)
        elif node.type.family == "train" and node.target:
            yield from _target_in_recipe(node, graph)


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


def _chain(node: ResolvedNode, graph: Graph) -> Iterator[ResolvedNode]:
    """The nodes before it, along the first table."""
    source = node.first_table
    while source:
        node = graph[source.node]
        yield node
        source = node.first_table


def _named(node: ResolvedNode) -> set[str] | None:
    """The columns of the first table that its params name; None where they name none, which means all that suit it."""
    return {name for _, name, port in named_columns(node.type.params, node.params) if port is None} or None


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
