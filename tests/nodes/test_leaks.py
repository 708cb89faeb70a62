"""The short form of `make leakbench`: every classic leak is drawn in the worst order, and comes to nothing or is named."""

from collections.abc import Iterator

import numpy as np
import pytest

from infra.leakbench import rig
from infra.leakbench.__main__ import judged, scores
from infra.leakbench.recipes import RECIPES

# The wide one takes longest to read; its selection is tested by itself in test_recipe.
QUICK = [name for name in RECIPES if name != "feature-selection"]


@pytest.fixture(scope="module")
def memory_cloud() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in rig.ENVIRONMENT.items():
            patched.setenv(name, value)
        patched.delenv("AWS_ENDPOINT_URL", raising=False)
        with rig.memory_cloud():
            yield


@pytest.mark.usefixtures("memory_cloud")
@pytest.mark.parametrize("name", QUICK)
def test_a_classic_leak_comes_to_nothing_or_is_named(name: str) -> None:
    found = scores(name, 2)
    recipe = RECIPES[name]
    if recipe.named:
        assert found.named == 2
        assert any(character.isdigit() for character in found.words)
    else:
        # Two tables are few: four standard errors of a share of the test rows.
        assert abs(np.mean(found.ours) - 0.5) < 0.15
    assert np.mean(found.naive) > 0.75 or not recipe.fools
    assert {figure.n for figure in judged(name, found)} == {2}


def test_selection_inside_the_fit_finds_nothing_in_noise() -> None:
    from sklearn.linear_model import LogisticRegression

    from node_containers.fitting import fit
    from node_containers.nodes import evaluate, select_features, train_test_split
    from node_containers.sdk import Context, Table

    ours, naive = [], []
    for seed in range(4):
        frame = RECIPES["feature-selection"].data(np.random.default_rng(seed))
        table = select_features.select_features(Table(frame, target="y"), select_features.Params(k=20), Context())
        train, test, _ = train_test_split.train_test_split(table, train_test_split.Params(), Context())
        model = fit(train, "y", Context(), lambda _: LogisticRegression(max_iter=1_000))
        ours.append(evaluate.evaluate(model, test, evaluate.Params(), Context()).metrics["accuracy"])
        naive.append(RECIPES["feature-selection"].naive(frame))
    assert abs(np.mean(ours) - 0.5) < 0.15
    assert np.mean(naive) > 0.75


def test_the_bundle_that_encodes_by_the_target_finds_nothing_in_noise() -> None:
    from sklearn.linear_model import LogisticRegression

    from node_containers.fitting import fit
    from node_containers.nodes import evaluate, preprocess, train_test_split
    from node_containers.sdk import Context, Table

    ours, naive = [], []
    for seed in range(20, 23):
        frame = RECIPES["target-encoding"].data(np.random.default_rng(seed))
        params = preprocess.Params(categorical="target", numeric="power", text="tfidf")
        table = preprocess.preprocess(Table(frame, target="y"), params, Context())
        train, test, _ = train_test_split.train_test_split(table, train_test_split.Params(), Context())
        model = fit(train, "y", Context(), lambda _: LogisticRegression())
        ours.append(evaluate.evaluate(model, test, evaluate.Params(), Context()).metrics["roc_auc"])
        naive.append(RECIPES["target-encoding"].naive(frame))
    assert abs(np.mean(ours) - 0.5) < 0.1
    assert np.mean(naive) > 0.75
