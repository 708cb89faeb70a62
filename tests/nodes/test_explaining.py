"""Explanations against what is known of the models: sums that must come out, curves that must be straight, columns that mean nothing."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import demographic_parity_difference
from sklearn.inspection import partial_dependence as plain_dependence

from node_containers import samples
from node_containers.explaining.features import summed
from node_containers.nodes import (
    contributions,
    fairness,
    partial_dependence,
    permutation_importance,
    preprocess,
    train_forest,
    train_linear,
    train_logreg,
    train_test_split,
    train_xgboost,
)
from node_containers.recipe import step
from node_containers.sdk import Context, Evaluation, Model, NodeError, Table

FAST = {"n_estimators": 20}


def parts(frame: pd.DataFrame, target: str) -> tuple[Table, Table]:
    table = preprocess.preprocess(Table(frame, target=target), preprocess.Params(), Context())
    train, test, _ = train_test_split.train_test_split(table, train_test_split.Params(), Context())
    return train, test


TRAIN, TEST = parts(samples.load("titanic"), "survived")
TREES = train_xgboost.train_xgboost(TRAIN, train_xgboost.Params(target="survived", **FAST), Context())
LINE = train_logreg.train_logreg(TRAIN, train_logreg.Params(target="survived"), Context())
FOREST = train_forest.train_forest(TRAIN, train_forest.Params(target="survived", **FAST), Context())


def chart_of(report: Evaluation) -> dict[str, Any]:
    return report.charts[0]


def noise(rows: int = 300) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"signal": draw.normal(size=rows), "noise": draw.normal(size=rows)})
    return frame.assign(y=3 * frame["signal"] + 0.1 * draw.normal(size=rows))


@pytest.mark.parametrize("model", [TREES, LINE, FOREST], ids=["trees", "line", "forest"])
def test_contributions_add_up_to_what_the_model_says(model: Model) -> None:
    found = chart_of(contributions.contributions(model, TEST, contributions.Params(rows=8), Context()))
    shares = model.pipeline.predict_proba(TEST.frame.iloc[:8])[:, 1]
    expected = np.log(shares / (1 - shares)) if found["exact"] else shares
    assert [row["output"] for row in found["rows"]] == pytest.approx(expected.tolist(), abs=2e-5)
    for row in found["rows"]:
        assert found["base"] + sum(part["contribution"] for part in row["contributions"]) == pytest.approx(row["output"], abs=1e-6)
        assert {part["feature"] for part in row["contributions"]} == {"class", "age", "sex"}
    assert found["exact"] == (model is not FOREST)


def test_sampled_contributions_come_near_the_exact_ones() -> None:
    """In an additive model the parts are known: coefficient × (value − mean of the average rows)."""
    from node_containers.explaining.contributions import _linear, _sampled

    train, test = parts(noise(), "y")
    model = train_linear.train_linear(train, train_linear.Params(target="y"), Context())
    exact = _linear(model, model.pipeline.named_steps["model"], test.frame.iloc[:5], test.frame, 0)
    sampled = _sampled(model, test.frame.iloc[:5], test.frame, 0, 1)
    assert sampled.base[0] + sampled.values.sum(axis=1) == pytest.approx(model.pipeline.predict(test.frame.iloc[:5]))
    assert np.abs(sampled.values - exact.values).max() < 1.0
    assert np.corrcoef(sampled.values.ravel(), exact.values.ravel())[0, 1] > 0.98


def test_an_estimate_says_that_it_is_one() -> None:
    context = Context()
    contributions.contributions(FOREST, TEST, contributions.Params(rows=1), context)
    assert [warning["code"] for warning in context.warnings] == ["contributions-sampled"]
    assert context.summary.endswith("(estimated)")


def test_many_classes_are_explained_for_the_class_that_was_predicted() -> None:
    train, test = parts(samples.load("iris"), "species")
    for model in (
        train_xgboost.train_xgboost(train, train_xgboost.Params(target="species", **FAST), Context()),
        train_logreg.train_logreg(train, train_logreg.Params(target="species"), Context()),
    ):
        found = chart_of(contributions.contributions(model, test, contributions.Params(rows=1), Context()))
        assert f"“{found['rows'][0]['prediction']}”" in found["scale"]


def test_importance_finds_the_signal_and_not_the_noise() -> None:
    train, test = parts(noise(), "y")
    model = train_linear.train_linear(train, train_linear.Params(target="y"), Context())
    found = chart_of(permutation_importance.permutation_importance(model, test, permutation_importance.Params(), Context()))
    assert found["features"] == ["signal", "noise"]
    # Shuffling the only signal doubles the variance: R² falls from 1 to about −1.
    assert found["values"][0] == pytest.approx(2, abs=0.4)
    assert abs(found["values"][1]) < 0.01
    assert found["low"][0] < found["values"][0] < found["high"][0]


def test_dependence_of_a_linear_model_is_its_line_and_equals_scikit_learn() -> None:
    train, test = parts(noise(), "y")
    model = train_linear.train_linear(train, train_linear.Params(target="y"), Context())
    params = partial_dependence.Params(features=["signal"], rows=10_000)
    found = chart_of(partial_dependence.partial_dependence(model, test, params, Context()))
    slopes = np.diff(found["average"]) / np.diff(found["values"])
    assert slopes == pytest.approx(np.full(len(slopes), slopes[0]))
    assert slopes[0] == pytest.approx(3, abs=0.05)
    plain = plain_dependence(model.pipeline, test.frame, ["signal"], custom_values={"signal": np.array(found["values"])}, kind="average")
    assert found["average"] == pytest.approx(plain["average"][0].tolist())


def test_dependence_on_a_category_sets_it_in_all_rows() -> None:
    found = chart_of(
        partial_dependence.partial_dependence(TREES, TEST, partial_dependence.Params(features=["sex"], rows=10_000), Context())
    )
    assert found["values"] == ["female", "male"]
    for value, average in zip(found["values"], found["average"], strict=True):
        same = TEST.frame.assign(sex=pd.Series([value] * len(TEST.frame), dtype=TEST.frame["sex"].dtype))
        assert average == pytest.approx(float(TREES.pipeline.predict_proba(same)[:, 1].mean()))


def test_intervals_and_encoded_classes_count_for_their_column() -> None:
    """“class∈…” of a target of three classes and “sex→…” are no columns of the table: gains and contributions are given by column."""
    frame = samples.load("titanic")[["class", "age", "sex"]]
    recipe = (step("impute", columns=["age"]), step("bin", columns=["age"]), step("encode_target", columns=["sex"]), step("encode"))
    table = Table(frame.rename(columns={"class": "y"}).assign(fare=np.arange(len(frame)) % 7), recipe, "train", "y")
    context = Context()
    model = train_xgboost.train_xgboost(table, train_xgboost.Params(target="y", **FAST), context)
    names = set(model.pipeline.named_steps["recipe"].get_feature_names_out())
    assert {"sex→0", "sex→1", "sex→2"} < names
    assert any("∈" in name for name in names)
    importance = next(one for one in context.charts if one["kind"] == "importance")
    assert set(importance["features"]) == {"age", "sex", "fare"}
    assert sum(importance["values"]) == pytest.approx(1, abs=1e-6)
    found = chart_of(contributions.contributions(model, table, contributions.Params(rows=2), Context()))
    assert {part["feature"] for part in found["rows"][0]["contributions"]} == {"age", "sex", "fare"}


def test_what_belongs_to_one_column_is_summed() -> None:
    names, values = summed(np.array([[1.0, 2.0, 4.0]]), ["a", "b", "a"])
    assert names == ["a", "b"]
    assert values.tolist() == [[5.0, 2.0]]


def test_fairness_by_group_is_what_counting_gives() -> None:
    context = Context()
    report = fairness.fairness(TREES, TEST, fairness.Params(sensitive_columns=["sex"]), context)
    predicted, women = TREES.pipeline.predict(TEST.frame), (TEST.frame["sex"] == "female").to_numpy()
    rates = [predicted[women].mean(), predicted[~women].mean()]
    assert report.metrics["sex_demographic_parity_difference"] == pytest.approx(abs(rates[0] - rates[1]))
    expected = demographic_parity_difference(
        TEST.frame["survived"].to_numpy(), predicted, sensitive_features=TEST.frame["sex"].to_numpy(dtype=str)
    )
    assert report.metrics["sex_demographic_parity_difference"] == pytest.approx(expected)
    table = chart_of(report)
    line = dict(zip(table["columns"], next(row for row in table["rows"] if row[0] == "female"), strict=True))
    survived = TEST.frame["survived"].to_numpy()[women]
    assert line["accuracy"] == pytest.approx((predicted[women] == survived).mean())
    assert line["false_negative_rate"] == pytest.approx((predicted[women][survived == 1] == 0).mean())
    assert line["rows"] == women.sum()
    assert "disparate-impact" in {warning["code"] for warning in context.warnings}


def test_fairness_calls_an_outcome_favourable_only_where_it_is_named_so() -> None:
    said = {}
    for named in (None, "0", "1"):
        context = Context()
        report = fairness.fairness(TREES, TEST, fairness.Params(sensitive_columns=["sex"], positive_class=named), context)
        warning = next(one["message"] for one in context.warnings if one["code"] == "disparate-impact")
        said[named] = (context.summary, warning, report.metrics["sex_demographic_parity_ratio"], report.details["outcome"])
    assert "favourable" not in said[None][0]
    assert said[None][0].startswith("by “sex”, “1” is predicted ")
    assert said[None][1].startswith("By “sex”, “1” is predicted for one group ")
    assert said[None][1].endswith("Name the favourable outcome if that is another class.")
    for named in ("0", "1"):
        assert said[named][0].startswith(f"by “sex”, the favourable outcome “{named}” is predicted ")
        assert said[named][1].startswith(f"By “sex”, the favourable outcome “{named}” is predicted for one group ")
        assert said[named][3] == f"“{named}”"
    assert said["1"][2] == said[None][2] != said["0"][2]


def test_fairness_says_how_often_the_groups_farthest_apart_get_the_outcome() -> None:
    context = Context()
    report = fairness.fairness(TREES, TEST, fairness.Params(sensitive_columns=["sex"]), context)
    predicted = TREES.pipeline.predict(TEST.frame)
    women = (TEST.frame["sex"] == "female").to_numpy()
    often, seldom = (f"{100 * predicted[chosen].mean():.0f} of 100" for chosen in (women, ~women))
    assert context.summary == f"by “sex”, “1” is predicted for {often} “female” and for {seldom} “male”"
    one = Table(TEST.frame.assign(selection_rate="all"), role="test", target="survived")
    alone = Context()
    fairness.fairness(TREES, one, fairness.Params(sensitive_columns=["selection_rate"]), alone)
    assert alone.summary == f"by “selection_rate”, “1” is predicted for {100 * predicted.mean():.0f} of 100 “all”"
    assert report.details["sentence"] == context.summary


def test_errors_rise_and_scores_fall_without_a_column() -> None:
    model = train_xgboost.train_xgboost(TRAIN, train_xgboost.Params(target="age", **FAST), Context())
    said = {}
    for scoring in ("neg_root_mean_squared_error", "r2"):
        context = Context()
        report = permutation_importance.permutation_importance(model, TEST, permutation_importance.Params(scoring=scoring), context)
        said[scoring] = (context.summary.partition(": ")[2].rpartition(" by ")[0], chart_of(report)["measure"])
    assert said == {
        "neg_root_mean_squared_error": ("root mean squared error rises", "rise of root mean squared error"),
        "r2": ("R² falls", "loss of R²"),
    }


def test_fairness_of_quantities_compares_errors() -> None:
    model = train_xgboost.train_xgboost(TRAIN, train_xgboost.Params(target="age", **FAST), Context())
    report = fairness.fairness(model, TEST, fairness.Params(sensitive_columns=["sex"]), Context())
    known = TEST.frame[TEST.frame["age"].notna()]
    errors = (
        pd.Series(np.abs(known["age"].to_numpy(dtype=float) - model.pipeline.predict(known)))
        .groupby(known["sex"].to_numpy(dtype=str))
        .mean()
    )
    assert report.metrics["sex_mae_difference"] == pytest.approx(errors.max() - errors.min())


def test_what_cannot_be_explained_is_said() -> None:
    for call, code in (
        (lambda: contributions.contributions(TREES, TEST, contributions.Params(first=10_000), Context()), "row-unknown"),
        (
            lambda: partial_dependence.partial_dependence(TREES, TEST, partial_dependence.Params(features=["name"]), Context()),
            "column-unknown",
        ),
        (
            lambda: partial_dependence.partial_dependence(TREES, TEST, partial_dependence.Params(positive_class="2"), Context()),
            "class-unknown",
        ),
        (lambda: fairness.fairness(TREES, TEST, fairness.Params(), Context()), "column-missing"),
        (lambda: permutation_importance.permutation_importance(TREES, TEST, permutation_importance.Params(scoring="r2"), Context()), None),
    ):
        if code is None:
            call()
            continue
        with pytest.raises(NodeError) as refused:
            call()
        assert refused.value.code == code
