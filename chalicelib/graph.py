"""Order in a directed graph: pure, deterministic, no recursion (a workflow may be a line of thousands of nodes)."""

import heapq
from collections.abc import Iterable, Mapping


def topological_order(successors: Mapping[str, Iterable[str]]) -> list[str]:
    """Every node after all that lead to it, smallest id first among the free ones; nodes on or behind a cycle are left out."""
    waiting = dict.fromkeys(successors, 0)
    for targets in successors.values():
        for target in targets:
            waiting[target] += 1
    free = [node for node, count in waiting.items() if count == 0]
    heapq.heapify(free)
    order = []
    while free:
        node = heapq.heappop(free)
        order.append(node)
        for target in successors[node]:
            waiting[target] -= 1
            if waiting[target] == 0:
                heapq.heappush(free, target)
    return order


def find_cycle(successors: Mapping[str, Iterable[str]]) -> list[str]:
    """The nodes of one cycle, in order, starting with the smallest id; empty when there is none."""
    ordered = set(topological_order(successors))
    left = {node: sorted(target for target in successors[node] if target not in ordered) for node in successors if node not in ordered}
    if not left:
        return []
    # Nodes behind a cycle are left over too: walking backwards always stays within reach of a cycle and must close one.
    before: dict[str, str] = {}
    for node in sorted(left, reverse=True):
        for target in left[node]:
            before[target] = node
    node = min(left)
    seen: dict[str, int] = {}
    path: list[str] = []
    while node not in seen:
        seen[node] = len(path)
        path.append(node)
        node = before[node]
    cycle = path[seen[node] :][::-1]
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]
