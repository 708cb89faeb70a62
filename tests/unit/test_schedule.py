"""The simulator: what a shape takes, against what the graph itself asks for."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.schedule import ideal_seconds, shape_seconds, starts
from chalicelib.shape import Series, decompose
from infra.bench.graphs import random_times
from tests.unit.drawings import graphs
from tests.unit.test_shape import closure, named, nodes_of, order_of, series_parallel


def seconds_of(names: list[str], seed: int) -> dict[str, float]:
    chance = random.Random(seed)
    return {name: chance.choice([0.0, 0.5, 1.0, 8.0]) for name in names}


@given(graphs(), st.integers(0, 999))
def test_no_node_starts_before_what_feeds_it_has_ended(graph: dict[str, list[str]], seed: int) -> None:
    order, seconds = order_of(graph), seconds_of(list(graph), seed)
    shape = decompose(order, graph)
    begun = starts(shape, seconds)
    assert set(begun) == set(graph)
    assert all(begun[source] + seconds[source] <= begun[name] for source, name in closure(graph))
    assert shape_seconds(shape, seconds) == max(begun[name] + seconds[name] for name in graph)
    assert ideal_seconds(order, graph, seconds) <= shape_seconds(shape, seconds) <= sum(seconds.values())


@given(series_parallel(), st.integers(0, 999))
def test_a_series_parallel_graph_takes_what_its_critical_path_takes(drawn: Series, seed: int) -> None:
    shape = named(drawn, [0])
    names = nodes_of(shape)
    begun = starts(shape, dict.fromkeys(names, 1.0))
    graph = {name: [other for other in names if begun[other] < begun[name] and waits_for(shape, other, name)] for name in names}
    order, seconds = order_of(graph), seconds_of(names, seed)
    assert shape_seconds(decompose(order, graph), seconds) == pytest.approx(ideal_seconds(order, graph, seconds))


def waits_for(series: Series, before: str, after: str) -> bool:
    for part in series:
        inside = nodes_of([part])
        if before in inside and after in inside:
            return not isinstance(part, str) and any(waits_for(branch, before, after) for branch in part)
        if before in inside or after in inside:
            return before in inside and after in nodes_of(series)
    return False


def test_the_barriers_of_random_graphs_cost_a_tenth_on_average() -> None:
    ratios = []
    for seed in range(500):
        order, predecessors, seconds = random_times(seed)
        ratios.append(shape_seconds(decompose(order, predecessors), seconds) / ideal_seconds(order, predecessors, seconds))
    assert min(ratios) >= 1 - 1e-9
    assert sum(ratios) / len(ratios) < 1.09
    assert sorted(ratios)[475] < 1.42
    assert sum(ratio < 1.001 for ratio in ratios) > 100, "many of them ask for no barrier at all"
