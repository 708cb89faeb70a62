"""What `limits` says about the length of a history before a machine is created, against the events counted while it is walked."""

import json
import math
import os
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import limits
from chalicelib.asl import RETRY, TASK_RETRY, to_machines
from chalicelib.check import check
from chalicelib.compiler import keys, plan
from chalicelib.limits import FAN_OUT_INLINE_ITEMS, FAN_OUT_MAX_ROUNDS, count_events, lint
from chalicelib.workflow import Workflow
from tests.unit.drawings import CATALOG, FACTS, draw, graphs
from tests.unit.histories import Execution, levels, worst
from tests.unit.test_aws_limits import TARGETS

ERRORS = sorted({error for retry in (*RETRY, *TASK_RETRY) for error in retry["ErrorEquals"]})
# The most that a history may have to bear: as many items as may be inline, and more rounds of such as have an execution each.
MANY = 2_000
ALL_ROUNDS = [FAN_OUT_INLINE_ITEMS, *[MANY] * (FAN_OUT_MAX_ROUNDS - 1)]


def machines_of(workflow: Workflow, fusion: bool = True) -> list[dict[str, Any]]:
    checked = check(workflow, CATALOG, FACTS)
    found = to_machines(plan(checked, FACTS, keys(checked, FACTS, run="run_1"), {}, fusion=fusion), TARGETS)
    return [found.main, *found.parts.values()]


@st.composite
def drawings(draw_value: st.DrawFn) -> Workflow:
    """Random graphs of tables; behind some of them a search that fans out, behind some of those a person who is asked."""
    graph = draw_value(graphs(max_nodes=20))
    searched = draw_value(st.lists(st.sampled_from(sorted(graph)), unique=True, max_size=4))
    asked = draw_value(st.booleans())
    nodes = dict.fromkeys(graph, "merge")
    lines = [f"{source}.table>{name}.in{at}" for name, sources in graph.items() for at, source in enumerate(sources)]
    for name in searched:
        nodes |= {f"{name}halves": "split", f"{name}best": "search", **({f"{name}asked": "wait"} if asked else {})}
        lines += [f"{name}.table>{name}halves.table", f"{name}halves.train>{name}best.table"]
        lines += [f"{name}best.model>{name}asked.model"] if asked else []
    return draw(nodes, *lines)


def chance(seed: int) -> Any:
    """Outcomes in which everything may happen, success more often than not."""
    dice = random.Random(seed)
    return lambda *_: dice.choice(ERRORS) if dice.random() < 0.4 else None


# `make graphs` draws ten thousand.
@settings(max_examples=int(os.environ.get("FLOWZA_GRAPHS", "100")), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawings(), st.booleans(), st.integers(0, 2**32))
def test_the_events_of_any_graph_are_those_that_were_predicted(workflow: Workflow, fusion: bool, seed: int) -> None:
    for machine in machines_of(workflow, fusion):
        assert lint(machine) == []
        counted = Execution(worst, ALL_ROUNDS).run(machine)
        # One more for each Fail that a failure goes through where the very last attempt fails.
        assert count_events(machine) == len(counted) + levels(machine)
        for rounds in ([12, 5, 1], [100, 28, 1, MANY]):
            by_chance = Execution(chance(seed), rounds).run(machine)
            assert len(by_chance) <= count_events(machine)


def test_a_task_that_calls_back_is_submitted_too() -> None:
    machine = machines_of(draw({"l": "load"}))[0]
    # Small and large: 8 attempts of 3 events each; the task: 4 attempts of 4; two around each; the machine's two, and its Fail.
    assert count_events(machine) == 2 * (2 + 8 * 3) + (2 + 4 * 4) + 2 + 1


def test_any_number_of_searches_fits() -> None:
    """Each has a history of its own, so that drawing another one never makes a workflow impossible."""
    for count in (1, 2, 7, 30):
        nodes = {"l": "load", "s": "split", **{f"t{at}": "search" for at in range(count)}}
        found = machines_of(draw(nodes, "l>s", *(f"s.train>t{at}" for at in range(count))))
        assert [lint(machine) for machine in found] == [[]] * len(found)
        assert len(found) == (1 if count == 1 else 1 + count)


def test_the_largest_machine_bears_two_thousand_items_all_tried_to_the_end() -> None:
    """A search among as many stages as share a machine with it."""
    nodes = {"l": "load", "s": "split", "t": "search", **{f"m{at:02}": "merge" for at in range(95)}}
    found = machines_of(
        draw(nodes, "l>m00.in0", *(f"m{at:02}.table>m{at + 1:02}.in0" for at in range(94)), "m94>s", "s.train>t"), fusion=False
    )
    largest = max(found, key=count_events)
    assert (len(found), lint(largest)) == (1, [])
    events = Execution(worst, [MANY]).run(largest)
    assert events.count("MapRunStarted") == 1
    assert len(events) + 2_000 < len(Execution(worst, ALL_ROUNDS).run(largest)) < limits.EXECUTION_MAX_EVENTS


def test_what_nodes_may_ask_for_stays_within_the_bounds_of_a_fan_out() -> None:
    from chalicelib.catalog import load
    from node_containers import search
    from node_containers.runtime import fan_out

    fans = [known for known in load().nodes.values() if known.flow == "fan_out"]
    most = max(
        spec["maximum"] for known in fans for name, spec in known.params["properties"].items() if name in ("n_iter", "max_candidates")
    )
    # A halving search tries up to twice as many, in ten rounds more at most.
    assert search.MAX_ROUNDS + math.ceil(math.log2(most)) <= FAN_OUT_MAX_ROUNDS
    # The runtime says which items go inline, and how many numbers a round hands on.
    assert fan_out.INLINE_ITEMS == FAN_OUT_INLINE_ITEMS
    numbers = [{"round": "0" * 16, "number": number} for number in range(fan_out.MAX_ITEMS)]
    assert limits.over("state-payload", len(json.dumps({"items": numbers, "more": True, "apart": True}))) is None
