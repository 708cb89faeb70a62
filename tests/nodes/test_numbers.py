"""The figures against plain scikit-learn, written here in full; and the traps of training, splitting and scoring."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split as plain_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from node_containers import samples
from node_containers.nodes import evaluate, preprocess, train_logreg, train_test_split, train_xgboost
from node_containers.recipe import Preparation, step
from node_containers.sdk import Context, Model, NodeError, Table

TITANIC = Table(samples.load("titanic"), target="survived")


def halves(table: Table, **params: object) -> tuple[Table, Table]:
    return train_test_split.train_test_split(table, train_test_split.Params(**params), Context())


def trained(table: Table, **params: object) -> Model:
    return train_logreg.train_logreg(table, train_logreg.Params(target=table.target, **params), Context())


def test_titanic_equals_a_plain_scikit_learn_script() -> None:
    prepared = preprocess.preprocess(TITANIC, preprocess.Params(), Context())
    train, test = halves(prepared)
    report = evaluate.evaluate(trained(train), test, evaluate.Params(), Context())

    frame = samples.load("titanic").drop(columns="name")
    left, right = plain_split(np.arange(len(frame)), test_size=0.25, random_state=42)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    columns = ColumnTransformer([("class", texts, ["class"]), ("age", numbers, ["age"]), ("sex", texts, ["sex"])])
    plain = make_pipeline(columns, LogisticRegression(random_state=42)).fit(
        frame.iloc[left].drop(columns="survived"), frame["survived"].iloc[left]
    )
    features, truth = frame.iloc[right].drop(columns="survived"), frame["survived"].iloc[right]
    assert report.metrics["accuracy"] == plain.score(features, truth)
    assert report.metrics["roc_auc"] == pytest.approx(roc_auc_score(truth, plain.predict_proba(features)[:, 1]), abs=1e-12)
    assert report.metrics["log_loss"] == pytest.approx(log_loss(truth, plain.predict_proba(features)), abs=1e-9)
    assert report.metrics["baseline_accuracy"] == (truth == frame["survived"].iloc[left].mode()[0]).mean()


def test_preprocess_before_and_behind_the_split_give_the_same_model() -> None:
    before = halves(preprocess.preprocess(TITANIC, preprocess.Params(), Context()))[0]
    behind = preprocess.preprocess(halves(TITANIC)[0], preprocess.Params(), Context())
    left, right = trained(before).pipeline, trained(behind).pipeline
    assert np.array_equal(left.named_steps["model"].coef_, right.named_steps["model"].coef_)


def test_a_recipe_never_looks_at_test_rows() -> None:
    table = preprocess.preprocess(TITANIC, preprocess.Params(), Context())
    train, test = halves(table)
    first = trained(train).pipeline
    poisoned = test.with_frame(test.frame.assign(age=1e6))
    assert poisoned.recipe == train.recipe
    median = train.frame["age"].median()
    assert first.named_steps["recipe"].actions_[0].fills_["age"] == median


def test_equal_rows_stay_on_one_side() -> None:
    doubled = Table(pd.concat([samples.load("iris")] * 2, ignore_index=True), target="species")
    train, test = halves(doubled)
    keys = [set(map(tuple, part.frame.to_numpy().tolist())) for part in (train, test)]
    assert not keys[0] & keys[1]
    assert len(train.frame) + len(test.frame) == len(doubled.frame)


@settings(deadline=None, max_examples=40)
@given(st.integers(10, 200), st.floats(0.1, 0.9), st.integers(0, 1_000))
def test_a_split_loses_and_doubles_nothing(rows: int, share: float, seed: int) -> None:
    table = Table(pd.DataFrame({"x": np.arange(rows) % 7, "y": np.arange(rows)}))
    train, test = halves(table, test_size=share, random_state=seed)
    assert sorted([*train.frame["y"], *test.frame["y"]]) == list(range(rows))
    assert (train.role, test.role) == ("train", "test")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=3, max_size=40).filter(
        lambda values: sum(v is not None for v in values) > 1
    )
)
def test_filling_and_scaling_equal_scikit_learn(values: list[float | None]) -> None:
    frame = pd.DataFrame({"x": pd.array(values, dtype="float64")})
    ours = Preparation([step("impute"), step("scale")]).fit(frame).transform(frame)
    theirs = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit_transform(frame)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def code_of(action: object) -> str:
    with pytest.raises(NodeError) as refused:
        action()  # type: ignore[operator]
    assert refused.value.hint
    return refused.value.code


def table_of(**columns: object) -> Table:
    return Table(pd.DataFrame(columns), role="train")


def test_the_traps_of_training_are_named() -> None:
    numbers = list(range(40))
    assert code_of(lambda: trained(TITANIC)) == "features-need-encoding"
    assert code_of(lambda: train_logreg.train_logreg(TITANIC, train_logreg.Params(target="nope"), Context())) == "target-unknown"
    one = table_of(x=numbers, y=["a"] * 40)
    assert code_of(lambda: train_logreg.train_logreg(one, train_logreg.Params(target="y"), Context())) == "target-one-class"
    empty = table_of(x=numbers, y=pd.array([None] * 40, dtype="str"))
    assert code_of(lambda: train_logreg.train_logreg(empty, train_logreg.Params(target="y"), Context())) == "target-empty"
    quantity = table_of(x=numbers, y=[number * 1.5 for number in numbers])
    assert code_of(lambda: train_logreg.train_logreg(quantity, train_logreg.Params(target="y"), Context())) == "task-mismatch"
    lonely = table_of(y=[0, 1] * 20)
    assert code_of(lambda: train_logreg.train_logreg(lonely, train_logreg.Params(target="y"), Context())) == "no-features"


def test_the_traps_of_splitting_are_named() -> None:
    rare = Table(pd.DataFrame({"x": range(20), "y": ["a"] * 19 + ["b"]}))
    with pytest.raises(NodeError) as refused:
        halves(rare, stratify="y")
    assert refused.value.code == "stratify-too-few"
    assert "“b”" in refused.value.message
    assert code_of(lambda: halves(Table(pd.DataFrame({"x": [1]})))) == "split-too-small"
    assert code_of(lambda: halves(rare, stratify="z")) == "column-unknown"


def test_xgboost_learns_classes_or_quantities_by_the_target() -> None:
    frame = samples.load("iris")
    classes = train_xgboost.train_xgboost(Table(frame, role="train"), train_xgboost.Params(target="species", n_estimators=5), Context())
    prepared = Table(frame.drop(columns="species"), role="train")
    quantities = train_xgboost.train_xgboost(prepared, train_xgboost.Params(target="petal_width", n_estimators=5), Context())
    assert (classes.info["estimator"], quantities.info["estimator"]) == ("XGBClassifier", "XGBRegressor")
    report = evaluate.evaluate(quantities, prepared, evaluate.Params(), Context())
    assert report.metrics["r2"] is not None
    assert report.metrics["r2"] > 0.8


def test_a_figure_that_is_not_defined_says_why() -> None:
    frame = pd.DataFrame({"x": np.arange(60.0), "y": [0, 1] * 30})
    model = train_logreg.train_logreg(Table(frame, role="train"), train_logreg.Params(target="y"), Context())
    one_class = Table(frame[frame["y"] == 0].reset_index(drop=True), role="test")
    report = evaluate.evaluate(model, one_class, evaluate.Params(), Context())
    assert report.metrics["roc_auc"] is None
    assert report.undefined["roc_auc"] == "a class has no test row"


def test_a_copy_of_the_target_is_pointed_out() -> None:
    frame = pd.DataFrame({"x": np.arange(100.0), "copy": [0.0, 1.0] * 50, "y": [0, 1] * 50})
    context = Context()
    train_logreg.train_logreg(Table(frame, role="train"), train_logreg.Params(target="y"), context)
    assert [warning["code"] for warning in context.warnings] == ["leak-suspect"]
    assert "“copy”" in context.warnings[0]["message"]


def test_dropped_rows_are_in_the_ledger() -> None:
    context = Context()
    kept = preprocess.preprocess(TITANIC, preprocess.Params(drop_nulls=True), context)
    assert len(kept.frame) + sum(line.rows for line in context.dropped) == len(TITANIC.frame)
    assert context.dropped[0].rows == 557


def test_a_name_column_is_left_out_and_said() -> None:
    context = Context()
    table = preprocess.preprocess(TITANIC, preprocess.Params(), Context()).with_role("train")
    model = train_logreg.train_logreg(table, train_logreg.Params(target="survived"), context)
    assert model.info["signature"]["ignored"] == ["name"]
    assert any(warning["code"] == "column-identifier" for warning in context.warnings)
