"""Outliers: flagged as scikit-learn flags them, and left out of the fit alone."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    StandardScaler,
)

from chalicelib.catalog import load
from chalicelib.params import check_params
from node_containers.catalog import declarations
from node_containers.fitting import fit
from node_containers.nodes import train_xgboost
from node_containers.recipe import Preparation, build_pipeline, step
from node_containers.sdk import Context, NodeError, Table
from node_containers.view import display
from tests.nodes.test_recipe import HOLES, NUMBERS, ROWS, TEXT, Y

FEW = NUMBERS.assign(a=NUMBERS["a"].where(np.arange(ROWS) % 40 != 7, 900.0))


@pytest.mark.parametrize("contamination", ["auto", 0.1])
def test_rows_are_flagged_as_the_isolation_forest_of_scikit_learn_flags_them(contamination: Any) -> None:
    node = declarations()["outliers"]
    given = node.params(method="isolation_forest", action="flag", contamination=contamination, n_estimators=20, random_state=3)
    preparation = Preparation(list(node.function(Table(HOLES), given, Context()).recipe), takes_missing=True).fit(HOLES[:80])
    plain = IsolationForest(contamination=contamination, n_estimators=20, random_state=3).fit(HOLES[:80].to_numpy(dtype=float))
    assert np.array_equal(preparation.transform(HOLES)[:, 3], plain.predict(HOLES.to_numpy(dtype=float)) == -1)
    assert preparation.feature_names_out_ == ["a", "b", "c", "outlier"]
    far = HOLES.head(1).assign(a=1e300)
    assert preparation.transform(far)[0, 3] == plain.predict(far.clip(upper=1e38).to_numpy(dtype=float))[0] * -0.5 + 0.5


DROPS = {
    "iqr": step("outliers", method="iqr", action="drop"),
    "zscore": step("outliers", method="zscore", threshold=2.0, action="drop"),
    "isolation forest": step("outliers_forest", action="drop", contamination=0.1),
}


def _usual(recipe: Any, frame: pd.DataFrame) -> np.ndarray:
    """Which rows plain scikit-learn and NumPy leave."""
    values = frame.to_numpy(dtype=float)
    if recipe["step"] == "outliers_forest":
        return IsolationForest(contamination=0.1, random_state=42).fit_predict(values) == 1
    if recipe["params"]["method"] == "zscore":
        return (np.abs(values - values.mean(axis=0)) <= 2 * values.std(axis=0)).all(axis=1)
    low, high = np.percentile(values, (25, 75), axis=0)
    return ((values >= low - 1.5 * (high - low)) & (values <= high + 1.5 * (high - low))).all(axis=1)


@pytest.mark.parametrize("drop", DROPS.values(), ids=DROPS)
def test_dropped_rows_are_no_part_of_the_fit_and_every_row_is_scored(drop: Any) -> None:
    table = Table(FEW.assign(y=Y), (drop, step("scale")), "train", "y")
    said = list[str]()
    model = fit(table, "y", Context(on_log=said.append), lambda _: LogisticRegression())
    usual = _usual(drop, FEW)
    assert 0 < usual.sum() < ROWS
    plain = make_pipeline(StandardScaler(), LogisticRegression()).fit(FEW.to_numpy(dtype=float)[usual], Y[usual])
    assert model.pipeline.predict_proba(FEW) == pytest.approx(plain.predict_proba(FEW.to_numpy(dtype=float)), rel=1e-6, abs=1e-9)
    assert f"{ROWS - usual.sum()} of {ROWS} training rows count as outliers and were left out of the fit" in "".join(said)
    # The same in a fold, where the pipeline fits itself, and where somebody asks for all rows.
    again = build_pipeline(table.recipe, LogisticRegression()).fit(FEW, Y)
    assert np.array_equal(again.predict_proba(FEW), model.pipeline.predict_proba(FEW))
    preparation = Preparation(list(table.recipe))
    assert np.array_equal(preparation.fit_transform(FEW, Y), preparation.transform(FEW))
    assert len(display(table)[0]) == table.rows == ROWS


def test_the_rows_that_are_dropped_are_those_of_the_fold_alone() -> None:
    """A row that is an outlier among all rows may be usual among those of a fold, and the other way round."""
    recipe, half = [DROPS["zscore"]], slice(0, 60)
    kept = Preparation(recipe).fit_rows(FEW[half], Y[half]).kept
    wild = FEW.copy()
    wild.loc[60:, "a"] = 1e6
    assert np.array_equal(kept, _usual(recipe[0], FEW[half]))
    left, right = (build_pipeline(recipe, LogisticRegression(max_iter=500)).fit(one[half], Y[half]) for one in (FEW, wild))
    assert np.array_equal(left.predict_proba(FEW), right.predict_proba(FEW))


def test_encoding_by_the_target_and_boosting_that_stops_look_at_the_rows_that_stay() -> None:
    rows = pd.concat([FEW, TEXT], axis=1)
    recipe = [DROPS["zscore"], step("encode_target")]
    usual = _usual(recipe[0], FEW)
    ours = Preparation(recipe).fit_rows(rows, Y)
    theirs = Preparation(recipe[1:]).fit_rows(rows[usual], Y[usual])
    assert np.array_equal(ours.kept, usual)
    assert np.array_equal(ours.matrix, theirs.matrix)
    table = Table(rows.assign(y=Y), tuple(recipe), "train", "y")
    boosted = train_xgboost.Params(n_estimators=30, early_stopping_rounds=3)
    assert len(train_xgboost.train_xgboost(table, boosted, Context()).pipeline.predict(rows)) == ROWS


def test_a_class_that_is_all_outliers_is_no_silent_loss() -> None:
    odd = (FEW["a"] == 900).to_numpy().astype(int)
    with pytest.raises(NodeError) as refused:
        build_pipeline([DROPS["zscore"]], LogisticRegression()).fit(FEW, odd)
    assert (refused.value.code, refused.value.field) == ("rows-all-dropped", "params.action")


def test_many_outliers_are_warned_of() -> None:
    said = Context()
    many = (step("outliers_forest", action="drop", contamination=0.5),)
    fit(Table(NUMBERS.assign(y=Y), many, "train", "y"), "y", said, lambda _: LogisticRegression(max_iter=500))
    assert [(one["code"], one["message"].split(" count")[0]) for one in said.warnings] == [("outliers-many", "60 of 120 training rows")]


def test_whole_rows_cannot_be_clipped_and_the_check_says_so_before_a_run() -> None:
    node = declarations()["outliers"]
    with pytest.raises(NodeError) as refused:
        node.function(Table(NUMBERS), node.params(method="isolation_forest"), Context())
    assert (refused.value.field, "flag" in str(refused.value.hint)) == ("params.action", True)
    found = {}
    for then in (None, "clip", "flag", "drop"):
        params = {"method": "isolation_forest"} | ({"action": then} if then else {})
        found[then] = [(one.code, one.field) for one in check_params("n", load().nodes["outliers"], params)]
    assert found == {None: [("param-missing", "params.action")], "clip": [("param-value", "params.action")], "flag": [], "drop": []}
