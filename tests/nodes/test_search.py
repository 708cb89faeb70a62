"""Searches at their edges: one candidate, the same one twice, none at all, none that can be fitted, and a param that is left to its library."""

import json

import pytest

from chalicelib.workflow import Workflow
from node_containers.nodes.tune import Params, tune
from node_containers.runtime.invocation import StageFailed
from node_containers.sdk import Context, NodeError
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


def searching(search: str, depths: list[int]) -> PlannedRun:
    """A search over depths on the sample, up to where its stages run. Needs an AWS in memory."""
    params = {"target": "survived", "cv": 2, "search": search, "param_grid": {"max_depth": depths, "n_estimators": [5]}}
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
