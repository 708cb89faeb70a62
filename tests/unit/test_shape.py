"""Decomposition into series and parallels: order, completeness, exactness on series-parallel graphs."""

from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.graph import topological_order
from chalicelib.shape import Series, decompose
from tests.unit.drawings import graphs


def nodes_of(series: Series) -> list[str]:
    return [name for part in series for name in ([part] if isinstance(part, str) else [n for branch in part for n in nodes_of(branch)])]


def waits(series: Series) -> set[tuple[str, str]]:
    """Every pair (a, b) where the shape makes b wait for a."""
    pairs: set[tuple[str, str]] = set()
    groups = [nodes_of([part]) for part in series]
    for i, group in enumerate(groups):
        for later in groups[i + 1 :]:
            pairs.update(product(group, later))
    for part in series:
        if not isinstance(part, str):
            for branch in part:
                pairs |= waits(branch)
    return pairs


def order_of(graph: dict[str, list[str]]) -> list[str]:
    return topological_order({name: [other for other, sources in graph.items() if name in sources] for name in graph})


def closure(graph: dict[str, list[str]]) -> set[tuple[str, str]]:
    before: dict[str, set[str]] = {}
    for name in order_of(graph):
        before[name] = set(graph[name]).union(*(before[source] for source in graph[name]))
    return {(source, name) for name, sources in before.items() for source in sources}


@given(graphs())
def test_every_node_once_and_every_dependency_respected(graph: dict[str, list[str]]) -> None:
    shape = decompose(order_of(graph), graph)
    assert sorted(nodes_of(shape)) == sorted(graph)
    assert closure(graph) <= waits(shape)


@st.composite
def series_parallel(draw_value: st.DrawFn, depth: int = 3) -> Series:
    parts: Series = []
    for _ in range(draw_value(st.integers(1, 3))):
        if depth and draw_value(st.booleans()):
            parts.append(tuple(draw_value(series_parallel(depth - 1)) for _ in range(draw_value(st.integers(2, 3)))))
        else:
            parts.append("?")
    return parts


def named(series: Series, counter: list[int]) -> Series:
    result: Series = []
    for part in series:
        if isinstance(part, str):
            counter[0] += 1
            result.append(f"n{counter[0]:03}")
        else:
            result.append(tuple(named(branch, counter) for branch in part))
    return result


@given(series_parallel())
def test_a_series_parallel_graph_gets_no_barrier_it_does_not_ask_for(drawn: Series) -> None:
    shape = named(drawn, [0])
    order = waits(shape)
    graph = {name: sorted(source for source, target in order if target == name) for name in nodes_of(shape)}
    assert waits(decompose(order_of(graph), graph)) == order


def test_the_smallest_graph_that_is_not_series_parallel_gets_one_extra_wait() -> None:
    graph = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}
    shape = decompose(order_of(graph), graph)
    assert len(waits(shape) - closure(graph)) == 1


def test_a_line_of_thousands_needs_no_recursion() -> None:
    names = [f"n{i:05}" for i in range(3_000)]
    graph = {name: [] for name in names[:1]} | {after: [before] for before, after in pairwise(names)}
    assert decompose(names, graph) == names


def test_a_ladder_deeper_than_the_nesting_limit_still_comes_out_whole() -> None:
    # a1 ; (b1 || (a2 ; (b2 || (a3 …)))): the deepest nesting a graph can ask for
    graph: dict[str, list[str]] = {}
    before: list[str] = []
    for i in range(120):
        graph[f"a{i:03}"] = list(before)
        graph[f"b{i:03}"] = [f"a{i:03}"]
        before = [f"a{i:03}"]
    shape = decompose(order_of(graph), graph)
    assert sorted(nodes_of(shape)) == sorted(graph)
    assert closure(graph) <= waits(shape)
