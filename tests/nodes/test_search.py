"""Searches at their edges: one candidate, the same one twice, none at all, none that can be fitted, and a param that is left to its library."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.workflow import Workflow
from node_containers.nodes.tune import Params, tune
from node_containers.runtime.invocation import StageFailed
from node_containers.sdk import Context, FanOut, NodeError
from node_containers.search import MAX_ROUNDS, ROUND, Bounded, best
from tests.nodes.conftest import PlannedRun, cloud_in_memory
from tests.nodes.test_battery import titanic


@pytest.mark.parametrize("values", [[3], [3, 3]])
def test_one_candidate_is_tried_once_and_wins(values: list[int]) -> None:
    context = Context()
    params = Params(target="survived", cv=2, search="grid", param_grid={"max_depth": values})  # type: ignore[dict-item]
    model = tune(titanic("train"), params, context).run()
    assert context.metrics["trials"] == 1.0
    # How many rounds are boosted was left to the library, and is still.
    assert model.pipeline.named_steps["model"].get_params()["n_estimators"] is None


@pytest.mark.parametrize("search", ["grid", "random", "halving"])
def test_a_param_without_values_is_named(search: str) -> None:
    params = Params(target="survived", search=search, param_grid={"max_depth": []})  # type: ignore[arg-type]
    with pytest.raises(NodeError) as refused:
        tune(titanic("train"), params, Context())
    assert (refused.value.code, refused.value.field) == ("values-missing", "params.param_grid.max_depth")


def searching(search: str, depths: list[int], **more: Any) -> PlannedRun:
    """A search over depths on the sample, up to where its stages run. Needs an AWS in memory."""
    params = {"target": "survived", "cv": 2, "search": search, "param_grid": {"max_depth": depths, "n_estimators": [5]}, **more}
    nodes = {"load": ("csv_loader", {}), "clean": ("preprocess", {}), "tune": ("tune", params)}
    drawn = [{"id": name, "type": kind, "data": {"label": name, "params": given}} for name, (kind, given) in nodes.items()]
    lines = [{"source": "load", "target": "clean"}, {"source": "clean", "target": "tune"}]
    return PlannedRun(Workflow.model_validate({"nodes": drawn, "connections": lines}))


@pytest.mark.parametrize("search", ["grid", "random", "halving"])
def test_where_no_candidate_can_be_fitted_the_node_fails_with_the_reason_of_the_first(search: str) -> None:
    with cloud_in_memory():
        run = searching(search, [-5, -6])
        with pytest.raises(StageFailed):
            run.execute()
        item = run.items()["tune"]
    error = json.loads(item["error"])
    assert (item["status"], error["code"]) == ("failed", "items-failed")
    assert error["message"].startswith("All 2 items failed: ")
    assert "max_depth" in error["message"]
    assert error["hint"]


def test_a_candidate_that_cannot_be_fitted_does_not_end_the_others() -> None:
    with cloud_in_memory():
        run = searching("grid", [-5, 3])
        run.execute()
        manifest = run.manifest("tune")
    assert [trial["params"]["max_depth"] for trial in manifest["charts"][0]["trials"]] == [3, -5]
    assert "max_depth" in manifest["charts"][0]["trials"][1]["error"]
    assert "trials-failed" in {warning["code"] for warning in manifest["warnings"]}


# -- budgets ----------------------------------------------------------------------------------------------------------------


def tried(propose: Any, seconds: float = 1.0, usd: float | None = 0.001, score: Any = lambda item: 0.5) -> tuple[list[dict[str, Any]], int]:
    """What a search tries where every candidate takes as long, and in how many rounds."""
    results: list[dict[str, Any]] = []
    rounds = 0
    while items := propose(results):
        rounds += 1
        results += [{"item": one, "result": {"score": score(one)}, "error": None, "seconds": seconds, "usd": usd} for one in items]
    return results, rounds


@given(st.integers(1, 2_000), st.none() | st.floats(0.1, 5_000), st.none() | st.floats(0.0001, 10), st.sampled_from([None, 0.001]))
def test_a_budget_ends_a_search_with_the_round_that_uses_it_up(
    planned: int, max_seconds: float | None, max_usd: float | None, usd: float | None
) -> None:
    queue = list(range(planned))
    search = Bounded(lambda results: queue[len(results) :], planned, max_seconds, max_usd)
    results, rounds = tried(search.propose, usd=usd)
    count = len(results)
    assert [one["item"] for one in results] == queue[:count]
    assert rounds <= (1 if max_seconds is None and max_usd is None else MAX_ROUNDS)
    size = max(ROUND, -(-planned // MAX_ROUNDS))
    before = results[: (count - 1) // size * size]
    # Until the last round some was left; behind it none was, or nothing was left to try.
    assert not before or search.used_up(before) is None
    assert count == planned or search.used_up(results)
    context = Context()
    assert search.conclude(results, context) == (f"{count:,}" if count == planned else f"{count:,} of {planned:,}")
    expected = {"price-unknown"} if max_usd is not None and usd is None else set()
    assert {warning["code"] for warning in context.warnings} == expected | (set() if count == planned else {"budget-used-up"})


def halving(**more: Any) -> FanOut[Any]:
    grid: Any = {"C": [0.001 * 2**step for step in range(40)]}
    params = Params(target="survived", family="linear", search="halving", n_iter=40, cv=2, factor=3, param_grid=grid, **more)
    return tune(titanic("train"), params, Context())


def test_a_budget_that_suffices_changes_nothing_in_a_halving_search() -> None:
    def score(item: dict[str, Any]) -> float:
        return float(item["params"]["C"] % 0.7)

    free, rounds = tried(halving().propose, score=score)
    bounded, more = tried(halving(max_seconds=86_400, max_usd=1_000).propose, score=score)
    assert bounded == free
    # 40, 14, 5 and 2 candidates; twelve at a time where a budget is looked at.
    assert (len(free), rounds, more) == (61, 4, 8)
    assert best(free)["item"]["rows"] == len(titanic("train").frame)


@pytest.mark.parametrize(("seconds", "count"), [(1, 12), (40, 40), (41, 52), (55, 59)])
def test_of_a_halving_search_that_is_stopped_the_best_on_the_most_rows_wins(seconds: float, count: int) -> None:
    def score(item: dict[str, Any]) -> float:
        # Fewer rows look better: they must not win over more of them.
        return float(item["params"]["C"] % 0.7) - item["rows"] / 1_000

    results, _ = tried(halving(max_seconds=seconds).propose, score=score)
    assert len(results) == count
    most = max(one["item"]["rows"] for one in results)
    last = [one for one in results if one["item"]["rows"] == most]
    assert best(results) is max(last, key=lambda one: one["result"]["score"])
    # The best of a finished round go first into the next one.
    assert best(results) is last[0] or most == results[0]["item"]["rows"]


@pytest.mark.parametrize(("search", "trials"), [("grid", 15), ("halving", 22)])
def test_a_search_that_its_dollars_end_says_so(search: str, trials: int) -> None:
    with cloud_in_memory():
        run = searching(search, list(range(1, 16)), n_iter=15, max_usd=0.00001, factor=3)
        run.document["usd_per_gb_second"] = 0.01
        run.write()
        run.execute()
        manifest, words = run.manifest("tune"), run.items()["tune"]["summary"]
    warnings = {one["code"]: one["message"] for one in manifest["warnings"]}
    assert warnings["budget-used-up"] == f"Stopped after 12 of {trials} candidates: $0.00001 used up."
    assert ("halving-unfinished" in warnings) == (search == "halving")
    assert words.startswith(f"best of 12 of {trials}: ")
    for trial in manifest["charts"][0]["trials"]:
        # 2 GB, as the environment says.
        assert trial["usd"] == pytest.approx(0.02 * trial["seconds"])


def test_where_no_price_is_known_dollars_bound_nothing_and_that_is_said() -> None:
    context = Context()
    grid: Any = {"max_depth": [1, 2], "n_estimators": [5]}
    tune(titanic("train"), Params(target="survived", cv=2, search="grid", param_grid=grid, max_usd=1e-9), context).run()
    assert context.metrics["trials"] == 2.0
    assert "price-unknown" in {warning["code"] for warning in context.warnings}


def test_seconds_bound_a_search_that_runs_in_one_process_too() -> None:
    context = Context()
    grid: Any = {"max_depth": list(range(1, 16)), "n_estimators": [2]}
    tune(titanic("train"), Params(target="survived", cv=2, search="grid", param_grid=grid, max_seconds=1e-9), context).run()
    assert context.metrics["trials"] == float(ROUND)
    assert context.summary.startswith("best of 12 of 15: ")
