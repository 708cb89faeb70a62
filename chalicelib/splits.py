"""The splits of a drawing: which of them stand before a node, and what is learned behind each."""

from collections.abc import Iterable, Mapping
from itertools import islice

from chalicelib.resolved import ResolvedNode, Source, columns_at


class Splits:
    """Test ports of the splits before each node. More than two tell nothing more than two, so no more are kept."""

    def __init__(self) -> None:
        self._known: dict[str, set[Source]] = {}

    def see(self, node: ResolvedNode) -> None:
        """Keep what whoever is fed by the node has for splits: itself, or those before it. Nodes are seen in topological order."""
        if node.type.family == "split":
            self._known[node.id] = {Source(node.id, port) for port, role in node.roles.items() if role == "test"}
        else:
            self._known[node.id] = set(islice(self.behind(node), 2))

    def behind(self, node: ResolvedNode) -> set[Source]:
        """Test ports of the splits that the node's models were trained behind."""
        return self.before(source.node for source in node.inputs.values())

    def before(self, nodes: Iterable[str]) -> set[Source]:
        return set().union(*(self._known[node] for node in nodes))

    def tell(self, graph: dict[str, ResolvedNode]) -> None:
        """Fill a target that a split leaves open: what the models behind it learn, where that is one column of the table it gets."""
        learned: dict[str, frozenset[str]] = {}
        # Against the order, so that all behind a node have said what they learn.
        for node in reversed(graph.values()):
            targets = learned.get(node.id, frozenset())
            if node.type.family == "train" and node.target:
                targets |= {node.target}
            if node.type.family == "split":
                self._tell(node, targets, graph)
                continue
            for source in node.inputs.values():
                held = learned.get(source.node, frozenset())
                if not targets <= held:
                    learned[source.node] = held | targets

    def _tell(self, split: ResolvedNode, targets: frozenset[str], graph: Mapping[str, ResolvedNode]) -> None:
        if len(targets) != 1 or not self._known[split.id]:
            return
        (target,) = targets
        if any(column.name == target for column in columns_at(graph, split.first_table) or ()):
            for param in split.type.params_with_widget("target"):
                split.params[param] = split.params.get(param) or target
