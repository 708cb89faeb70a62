"""From a dependency graph to nested series and parallels, the only shape a state machine can draw.

A series is a list; its parts are node ids and parallels; a parallel is a tuple of series:

    a ─▶ b ─▶ d                     ["a", (["b"], ["c"]), "d"]
      └▶ c ─┘

Where the graph is series-parallel the decomposition is exact: it adds no waiting that the graph does not ask for (modular decomposition of the
order: the parts of a parallel are the connected components of the comparability graph, those of a series the components of its complement;
see Valdes, Tarjan, Lawler, "The recognition of series parallel digraphs", SIAM J. Comput. 11, 1982). Where it is not, the set is cut in two by
a barrier, and of the candidate cuts the one that adds the fewest new "must wait for" pairs is taken.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Union

Series = list[Union[str, "Parallel"]]
Parallel = tuple[Series, ...]

# Deeper nesting is drawn level by level: a reader of the machine gains nothing from it and recursion stays bounded.
MAX_DEPTH = 40
# Above this many nodes only cuts between levels are tried: each candidate costs a pass over the set.
MAX_NODES_FOR_FINE_CUTS = 60


def decompose(order: Sequence[str], predecessors: Mapping[str, Iterable[str]]) -> Series:
    """The nested series of `order` (a topological order); `predecessors` may name nodes outside it, which count as done."""
    return _Decomposition(order, predecessors).series((1 << len(order)) - 1, 0)


class _Decomposition:
    """Sets of nodes are integers, bit i standing for `order[i]`: unions and reachability of thousands of nodes are single operations."""

    def __init__(self, order: Sequence[str], predecessors: Mapping[str, Iterable[str]]) -> None:
        self.order = order
        index = {node: i for i, node in enumerate(order)}
        self.direct = [[index[source] for source in predecessors.get(node, ()) if source in index] for node in order]
        self.before = [0] * len(order)
        self.after = [0] * len(order)
        for node, sources in enumerate(self.direct):
            for source in sources:
                self.before[node] |= self.before[source] | 1 << source
        for node in range(len(order) - 1, -1, -1):
            for source in self.direct[node]:
                self.after[source] |= self.after[node] | 1 << node

    def series(self, members: int, depth: int) -> Series:
        parts: Series = []
        for block in self._components(members, self._incomparable):
            if block & (block - 1) == 0:
                parts.append(self.order[block.bit_length() - 1])
            else:
                parts.extend(self._block(block, depth))
        return parts

    def _block(self, block: int, depth: int) -> Series:
        """A set that is no series: a parallel, or neither (then a barrier makes it a series of two)."""
        if depth >= MAX_DEPTH:
            return self._levels(block)
        branches = self._components(block, self._comparable)
        if len(branches) > 1:
            return [tuple(self.series(branch, depth + 1) for branch in branches)]
        done = self._best_cut(block)
        return self.series(done, depth + 1) + self.series(block & ~done, depth + 1)

    def _comparable(self, node: int) -> int:
        return self.before[node] | self.after[node]

    def _incomparable(self, node: int) -> int:
        return ~(self.before[node] | self.after[node] | 1 << node)

    def _components(self, members: int, neighbours: Callable[[int], int]) -> list[int]:
        """Connected components, each as a set, in topological order of their first nodes."""
        components = []
        while members:
            frontier = component = members & -members
            members &= ~component
            while frontier:
                node = frontier & -frontier
                found = neighbours(node.bit_length() - 1) & members
                members &= ~found
                component |= found
                frontier = frontier & ~node | found
            components.append(component)
        return components

    def _levels_of(self, nodes: list[int]) -> list[list[int]]:
        """The nodes of a block (ascending) by the length of the longest path that leads to them within it.

        A block is convex (with two nodes it holds all between them), so the direct predecessors tell.
        """
        levels: list[list[int]] = []
        level: dict[int, int] = {}
        for node in nodes:
            depth = 0
            for source in self.direct[node]:
                above = level.get(source, -1) + 1
                if above > depth:
                    depth = above
            level[node] = depth
            if depth == len(levels):
                levels.append([])
            levels[depth].append(node)
        return levels

    def _levels(self, block: int) -> Series:
        parts: Series = []
        for level in self._levels_of(list(_bits(block))):
            names = [self.order[node] for node in level]
            parts.append(names[0] if len(names) == 1 else tuple([name] for name in names))
        return parts

    def _best_cut(self, block: int) -> int:
        """The down-set whose barrier adds the fewest pairs; of equals the smaller, then the first in topological order.

        A barrier between `done` and `rest` asks for |done| x |rest| pairs. Those that the graph asks for already are all pairs that begin in `done`, less
        those that end there, since what leads into a down-set begins in it: a sum over its nodes.
        """
        nodes = list(_bits(block))
        asked = {node: (self.after[node] & block).bit_count() - (self.before[node] & block).bit_count() for node in nodes}
        best = min(self._level_cuts(nodes, asked))
        done = sum(1 << node for level in best[2] for node in level)
        if len(nodes) > MAX_NODES_FOR_FINE_CUTS:
            return done
        around = ((self.before[node] | 1 << node, ~(self.after[node] | 1 << node)) for node in nodes)
        cuts = {cut & block for pair in around for cut in pair} - {0, block}
        fine = ((_added(cut, len(nodes), asked), cut.bit_count(), cut) for cut in cuts)
        return min([(best[0], best[1], done), *fine])[2]

    def _level_cuts(self, nodes: list[int], asked: Mapping[int, int]) -> Iterable[tuple[int, int, list[list[int]]]]:
        """(added pairs, size, levels before it) of every cut between two levels."""
        levels = self._levels_of(nodes)
        size = known = 0
        for number, level in enumerate(levels[:-1], 1):
            size += len(level)
            known += sum(asked[node] for node in level)
            yield size * (len(nodes) - size) - known, size, levels[:number]


def _added(done: int, count: int, asked: Mapping[int, int]) -> int:
    """Pairs that a barrier behind the down-set `done` adds to a block of `count` nodes."""
    size = done.bit_count()
    return size * (count - size) - sum(asked[node] for node in _bits(done))


def _bits(members: int) -> Iterable[int]:
    while members:
        low = members & -members
        yield low.bit_length() - 1
        members &= ~low
