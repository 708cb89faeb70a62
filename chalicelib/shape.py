"""From a dependency graph to nested series and parallels, the only shape a state machine can draw.

A series is a list; its parts are node ids and parallels; a parallel is a tuple of series:

    a ─▶ b ─▶ d                     ["a", (["b"], ["c"]), "d"]
      └▶ c ─┘

Where the graph is series-parallel the decomposition is exact: it adds no waiting that the graph does not ask for (modular decomposition of the
order: the parts of a parallel are the connected components of the comparability graph, those of a series the components of its complement;
see Valdes, Tarjan, Lawler, "The recognition of series parallel digraphs", SIAM J. Comput. 11, 1982). Where it is not, the set is cut in two by a
barrier. Behind the first k of n nodes stand k(n - k) pairs of which some are new "must wait for" pairs: their share is to be small and the pairs are to be
many, since the fewest new pairs alone would peel off node by node (docs/adr/0064-cuts-that-halve.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Union

Series = list[Union[str, "Parallel"]]
Parallel = tuple[Series, ...]

# Deeper nesting is drawn level by level: a reader of the machine gains nothing from it and recursion stays bounded.
MAX_DEPTH = 40


def decompose(order: Sequence[str], predecessors: Mapping[str, Iterable[str]]) -> Series:
    """The nested series of `order` (a topological order); `predecessors` may name nodes outside it, which count as done."""
    return _Decomposition(order, predecessors).series(list(range(len(order))), 0)


class _Decomposition:
    """Nodes are numbered by the longest path that leads to them, then as in `order`. What is before and after a node is an integer, bit i standing
    for node i: unions and reachability of thousands of nodes are single operations.

    A *block* is a list of nodes in ascending order, convex: with two nodes it holds all between them. `surplus` says of each node how many nodes
    of its block are after it, less how many are before it. A barrier behind the first k of n nodes asks for k(n - k) pairs; those that the graph asks for
    already are all pairs that begin among the k, less those that end there, which is the sum of their surplus: what leads into a down-set begins in it.
    """

    def __init__(self, order: Sequence[str], predecessors: Mapping[str, Iterable[str]]) -> None:
        levels: dict[str, int] = {}
        for name in order:
            levels[name] = max([levels[source] for source in predecessors.get(name, ()) if source in levels], default=-1) + 1
        self.names = sorted(order, key=levels.__getitem__)
        number = {name: i for i, name in enumerate(self.names)}
        self.direct = [[number[source] for source in predecessors.get(name, ()) if source in number] for name in self.names]
        self.before = [0] * len(self.names)
        self.after = [0] * len(self.names)
        for node, sources in enumerate(self.direct):
            for source in sources:
                self.before[node] |= self.before[source] | 1 << source
        for node in range(len(self.names) - 1, -1, -1):
            for source in self.direct[node]:
                self.after[source] |= self.after[node] | 1 << node
        # Each node as a set of its own: the sum of some is the set of them.
        self.single = [1 << node for node in range(len(self.names))]
        self.surplus = [after.bit_count() - before.bit_count() for after, before in zip(self.after, self.before, strict=True)]

    def series(self, block: list[int], depth: int) -> Series:
        """The parts of a block that follow each other: it ends wherever all before a place is asked to come before all behind it."""
        parts: Series = []
        count, begin, asked = len(block), 0, 0
        for size, node in enumerate(block, 1):
            asked += self.surplus[node]
            if asked == size * (count - size):
                parts += self._part(block[begin:size], begin - (count - size), depth)
                begin = size
        return parts

    def _part(self, block: list[int], moved: int, depth: int) -> Series:
        """One part of a series. All behind the part were after each of its nodes, all before it before: the surplus is `moved` by their difference."""
        if len(block) == 1:
            return [self.names[block[0]]]
        for node in block:
            self.surplus[node] += moved
        if depth >= MAX_DEPTH:
            return self._levels(block)
        branches = self._branches(block)
        if len(branches) > 1:
            return [tuple(self.series(branch, depth + 1) for branch in branches)]
        cut = self._best_cut(block)
        done, rest = block[:cut], block[cut:]
        self._part_ways(done, rest)
        return self.series(done, depth + 1) + self.series(rest, depth + 1)

    def _branches(self, block: list[int]) -> list[list[int]]:
        """Connected components of comparable nodes, in the order of their first nodes."""
        left = self._set_of(block)
        branches = []
        while left:
            frontier = branch = left & -left
            left &= ~branch
            while frontier and left:
                first = frontier & -frontier
                node = first.bit_length() - 1
                found = (self.before[node] | self.after[node]) & left
                left &= ~found
                branch |= found
                frontier = frontier & ~first | found
            branches.append(branch)
        return [block] if len(branches) == 1 else [list(_bits(branch)) for branch in branches]

    def _best_cut(self, block: list[int]) -> int:
        """How many of the first nodes lie before the barrier; of equals the smaller number."""
        count = len(block)
        pairs = [size * (count - size) for size in range(1, count)]
        asked = accumulate(map(self.surplus.__getitem__, block))
        costs = [(there - wanted) / (there * there) for there, wanted in zip(pairs, asked, strict=False)]
        return costs.index(min(costs)) + 1

    def _part_ways(self, done: list[int], rest: list[int]) -> None:
        """Two halves of a block become blocks of their own."""
        members, others = self._set_of(done), self._set_of(rest)
        for node in done:
            self.surplus[node] -= (self.after[node] & others).bit_count()
        for node in rest:
            self.surplus[node] += (self.before[node] & members).bit_count()

    def _set_of(self, block: list[int]) -> int:
        return sum(map(self.single.__getitem__, block))

    def _levels(self, block: list[int]) -> Series:
        """The block by the longest path within it. It is convex, so the direct predecessors tell."""
        levels: list[list[str]] = []
        level: dict[int, int] = {}
        for node in block:
            level[node] = max([level[source] for source in self.direct[node] if source in level], default=-1) + 1
            if level[node] == len(levels):
                levels.append([])
            levels[level[node]].append(self.names[node])
        return [names[0] if len(names) == 1 else tuple([name] for name in names) for names in levels]


def _bits(members: int) -> Iterable[int]:
    """The nodes of a set, ascending. Looked for in its text: a search there costs less than arithmetic with thousands of bits."""
    text = bin(members)[:1:-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)
