"""Topological order and cycles."""

from hypothesis import given

from chalicelib.graph import find_cycle, topological_order
from tests.unit.drawings import graphs


def successors_of(graph: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: [other for other, sources in graph.items() if name in sources] for name in graph}


@given(graphs())
def test_an_acyclic_graph_is_ordered_whole_and_has_no_cycle(graph: dict[str, list[str]]) -> None:
    successors = successors_of(graph)
    order = topological_order(successors)
    assert sorted(order) == sorted(graph)
    assert all(order.index(source) < order.index(name) for name, sources in graph.items() for source in sources)
    assert find_cycle(successors) == []


@given(graphs())
def test_a_line_closed_to_a_ring_is_found_as_a_cycle(graph: dict[str, list[str]]) -> None:
    successors = successors_of(graph)
    ring = sorted(graph)
    for before, after in zip(ring, ring[1:] + ring[:1], strict=True):
        successors[before] = [*successors[before], after]
    cycle = find_cycle(successors)
    assert cycle
    assert cycle[0] == min(cycle)
    assert all(after in successors[before] for before, after in zip(cycle, cycle[1:] + cycle[:1], strict=True))


def test_nodes_behind_a_cycle_are_not_part_of_it() -> None:
    assert find_cycle({"a": ["b"], "b": ["c"], "c": ["b", "d"], "d": []}) == ["b", "c"]
