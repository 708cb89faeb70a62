"""Before a run: sizes, seconds and dollars as ranges from what was seen, and words where nothing was."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import compute, estimate
from chalicelib.check import check
from chalicelib.compiler import keys, plan
from chalicelib.cost import Prices, load_prices
from chalicelib.estimate import Observation
from tests.unit.drawings import CATALOG, CLASSIC, FACTS, draw

PRICES = load_prices()
CHECKED = check(CLASSIC, CATALOG, FACTS)
KEYS = keys(CHECKED, FACTS, run="r")
OBSERVED = st.builds(
    Observation,
    st.none() | st.integers(1, 10**7),
    st.floats(0.001, 5_000),
    st.none() | st.floats(100, 40_000),
    st.sampled_from(["small", "large", "task"]),
    st.sampled_from(["ok", "out-of-memory", "timed-out"]),
    st.sampled_from(["k", *KEYS.values()]),
    st.none() | st.floats(0.001, 50_000),
)
HISTORIES = st.dictionaries(st.sampled_from(["load", "tidy", "split", "fit", "score"]), st.lists(OBSERVED, max_size=6))


def seen(rows: int | None, seconds: float = 0.1, **more: Any) -> Observation:
    return Observation(**{"rows": rows, "seconds": seconds, "peak_mb": 400.0, "size": "small", "outcome": "ok", "key": "k", **more})


def sizes(history: dict[str, list[Observation]], rows: int | None) -> dict[str, str]:
    return estimate.sizes(CHECKED, FACTS, dict.fromkeys(CHECKED.graph, rows), history, KEYS)


@given(HISTORIES, st.none() | st.integers(0, 10**9))
def test_whatever_was_seen_an_estimate_is_a_range_or_a_word(history: dict[str, list[Observation]], rows: int | None) -> None:
    expected_rows = dict.fromkeys(CHECKED.graph, rows)
    chosen = estimate.sizes(CHECKED, FACTS, expected_rows, history, KEYS)
    assert set(chosen.values()) <= set(compute.BY_NAME)
    seconds = estimate.usual_seconds(CHECKED, expected_rows, history, KEYS)
    planned = plan(CHECKED, FACTS, KEYS, {}, sizes=chosen, seconds=seconds)
    found = estimate.estimate(planned, expected_rows, history, PRICES, {})
    for name, node in found.nodes.items():
        known = any(one.outcome == "ok" for one in history.get(CHECKED.graph[name].type.type, []))
        assert (node.dollars is not None) == known
        assert known or node.note == estimate.NO_HISTORY
        if node.seconds and node.dollars:
            assert 0 <= node.seconds.low <= node.seconds.high
            assert 0 <= node.dollars.low <= node.dollars.high
    assert (found.dollars is None) == any(node.dollars is None for node in found.nodes.values())


def test_a_table_a_thousand_times_as_large_takes_longer_and_is_not_judged_by_the_small_ones_memory() -> None:
    history = {name: [seen(1_000)] for name in ("load", "tidy", "split", "fit", "score")}
    rows = dict.fromkeys(CHECKED.graph, 1_000_000)
    planned = plan(CHECKED, FACTS, KEYS, {})
    found = estimate.estimate(planned, rows, history, PRICES, {})
    assert found.nodes["model"].seconds == estimate.Range(0.1, pytest.approx(100.0))
    # 400 MB with a thousand rows would be 100 GB in proportion: the small tables say nothing, what is assumed of the dataset's bytes holds.
    assert sizes(history, 1_000_000)["model"] == "small"


def test_start_ups_count_as_they_were_seen() -> None:
    nodes = {name: [seen(1_000, 0.5)] for name in ("load", "tidy", "split", "fit", "score")}
    rows = dict.fromkeys(CHECKED.graph, 1_000)
    started = {**nodes, estimate.START_UP: [seen(None, 3.0), seen(None, 0.0), seen(None, 2.0)]}
    assert (estimate.start_seconds(nodes), estimate.start_seconds(started)) == (0.0, 2.0)
    planned = plan(CHECKED, FACTS, KEYS, {})
    warm, cold = (estimate.estimate(planned, rows, history, PRICES, {}) for history in (nodes, started))
    assert warm.seconds and cold.seconds and warm.dollars and cold.dollars
    # The drawing has one chain of stages: each of them may start cold, none has to.
    assert cold.seconds == (warm.seconds.low, pytest.approx(warm.seconds.high + 3.0 * len(planned.stages)))
    gb_seconds = 3.0 * len(planned.stages) * compute.BY_NAME["small"].memory_mb / 1024
    assert cold.dollars == (warm.dollars.low, pytest.approx(warm.dollars.high + gb_seconds * float(PRICES["lambda_gb_second"])))


def test_a_search_costs_its_work_and_takes_as_long_as_so_many_at_once_need() -> None:
    def estimated(took: Observation, **params: Any) -> estimate.NodeEstimate:
        drawn = check(draw({"l": "load", "s": "split", "t": ("search", params)}, "l>s", "s>t"), CATALOG, FACTS)
        planned = plan(drawn, FACTS, keys(drawn, FACTS, run="r"), {})
        return estimate.estimate(planned, {"t": 1_000}, {"search": [took]}, PRICES, {}).nodes["t"]

    # Twenty lanes took half a minute.
    took = seen(1_000, 30.0, work=600.0)
    price = 600 * compute.BY_NAME["small"].memory_mb / 1024 * float(PRICES["lambda_gb_second"])
    for params, seconds in (({}, 30.0), ({"max_parallel": 40}, 30.0), ({"max_parallel": 4}, 150.0), ({"max_parallel": 1}, 600.0)):
        found = estimated(took, **params)
        assert found.seconds == (seconds, seconds)
        assert found.dollars == (pytest.approx(price), pytest.approx(price))
    # Runs that were written down before work was.
    assert estimated(seen(1_000, 30.0), max_parallel=1).seconds == (30.0, 30.0)


def test_a_node_that_has_run_gets_the_rows_it_had_and_passes_them_on() -> None:
    first = estimate.rows_expected(CHECKED, FACTS, {}, {}, KEYS)
    assert len(set(first.values())) == 1
    names = list(CHECKED.graph)
    behind = names[2:]
    again = estimate.rows_expected(CHECKED, FACTS, {}, {"any": [seen(7, key=KEYS[names[2]]), seen(9)]}, KEYS)
    assert {name: again[name] for name in behind} == dict.fromkeys(behind, 7)
    assert [again[name] for name in names[:2]] == [first[name] for name in names[:2]]


def test_rows_that_nobody_knows_are_said_and_the_range_is_what_was_seen() -> None:
    history = {name: [seen(1_000, 0.1), seen(50_000, 4.0)] for name in ("load", "tidy", "split", "fit", "score")}
    found = estimate.estimate(plan(CHECKED, FACTS, KEYS, {}), dict.fromkeys(CHECKED.graph, None), history, PRICES, {})
    assert found.nodes["model"].seconds == estimate.Range(0.1, 4.0)
    assert found.nodes["model"].note == "its rows are not known before it runs"


def test_what_was_too_small_once_is_not_chosen_again_for_as_many_rows() -> None:
    died = {"fit": [seen(5_000, outcome="out-of-memory")]}
    assert sizes(died, 5_000)["model"] == "large"
    assert sizes(died, 6_000)["model"] == "large"
    assert sizes(died, 4_000)["model"] == "small"
    same_node = {"fit": [seen(5_000, outcome="timed-out", size="large", key=KEYS["model"])]}
    assert sizes(same_node, None)["model"] == "task"


def test_the_usual_time_is_that_of_the_node_itself_before_that_of_its_type() -> None:
    rows = dict.fromkeys(CHECKED.graph, 1_000)
    history = {"fit": [seen(1_000, 9.0), seen(1_000, 0.2, key=KEYS["model"]), seen(1_000, 0.4, key=KEYS["model"])]}
    assert estimate.usual_seconds(CHECKED, rows, history, KEYS) == {"model": pytest.approx(0.3)}
    assert estimate.usual_seconds(CHECKED, rows, {"fit": [seen(1_000, 9.0), seen(1_000, 1.0)]}, KEYS) == {"model": 9.0}


@pytest.mark.parametrize("amount", [None, "free", "NaN", "-1"])
def test_a_price_that_is_missing_is_named_and_no_estimate_is_made_of_it(amount: str | None) -> None:
    history = {name: [seen(1_000)] for name in ("load", "tidy", "split", "fit", "score")}
    rows = dict.fromkeys(CHECKED.graph, 1_000)
    table = {"state_transition": "0.000025", "lambda_request": "0.0000002", **({"lambda_gb_second": amount} if amount else {})}
    found = estimate.estimate(plan(CHECKED, FACTS, KEYS, {}), rows, history, Prices(table), {"x": 3.0})
    assert (found.dollars, found.saved_seconds) == (None, 3.0)
    assert "lambda_gb_second" in (found.note or "")
    assert all(node.dollars is None and "lambda_gb_second" in (node.note or "") for node in found.nodes.values())
