"""Searches at their edges: one candidate, the same one twice, none at all, and a param that is left to its library."""

import pytest

from node_containers.nodes.tune import Params, tune
from node_containers.sdk import Context, NodeError
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
