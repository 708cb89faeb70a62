"""Figures, intervals and baselines of evaluations against plain scikit-learn and against their definitions."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as plain
from sklearn.dummy import DummyClassifier, DummyRegressor

from node_containers import samples
from node_containers.metrics import METRICS, GroupMetric, Scoring, TargetMetric
from node_containers.nodes import (
    cross_validate,
    evaluate,
    metric_gate,
    preprocess,
    train_dummy,
    train_isolation_forest,
    train_kmeans,
    train_logreg,
    train_test_split,
    train_xgboost,
)
from node_containers.scoring.answers import Classified, Measured
from node_containers.scoring.classes import THRESHOLDS, class_charts
from node_containers.scoring.groups import group_names
from node_containers.scoring.measures import class_figures, class_measures, intervals, quantity_figures, quantity_measures
from node_containers.sdk import Context, Evaluation, Model, NodeError, Table


def prepared(name: str) -> tuple[Table, Table]:
    table = Table(samples.load(name), target=samples.SAMPLES[name].target)
    table = preprocess.preprocess(table, preprocess.Params(), Context())
    train, test, _ = train_test_split.train_test_split(table, train_test_split.Params(), Context())
    return train, test


def trained(train: Table, target: str | None = None) -> Model:
    return train_xgboost.train_xgboost(train, train_xgboost.Params(target=target or train.target, n_estimators=20), Context())


@st.composite
def answers(draw: st.DrawFn) -> Classified:
    """Rows of two to four classes, all present, with probabilities that may tie."""
    classes = draw(st.integers(2, 4))
    rows = draw(st.integers(classes, 60))
    seed = np.random.default_rng(draw(st.integers(0, 10_000)))
    truth = np.concatenate([np.arange(classes), seed.integers(0, classes, rows - classes)])
    raw = seed.integers(1, draw(st.sampled_from([3, 1_000])), (rows, classes)).astype(float)
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    names = [str(code) for code in range(classes)]
    return Classified(names, truth, probabilities.argmax(axis=1), probabilities, 0.5, np.full(classes, 1 / classes))


@settings(deadline=None, max_examples=60)
@given(answers())
def test_figures_are_those_of_scikit_learn(said: Classified) -> None:
    found = {one.name: one.value for one in class_figures(said, 0, 0)}
    average = "binary" if said.binary else "macro"
    words = {"average": average, "zero_division": np.nan}
    expected = {
        "accuracy": plain.accuracy_score(said.truth, said.predicted),
        "balanced_accuracy": plain.balanced_accuracy_score(said.truth, said.predicted),
        "precision": plain.precision_score(said.truth, said.predicted, **words),
        "recall": plain.recall_score(said.truth, said.predicted, **words),
        "f1": plain.f1_score(said.truth, said.predicted, **words),
        "log_loss": plain.log_loss(said.truth, said.probabilities),
    }
    scores = said.probabilities[:, 1] if said.binary else said.probabilities
    expected["roc_auc"] = plain.roc_auc_score(said.truth, scores, multi_class="ovr")
    if said.binary:
        expected["average_precision"] = plain.average_precision_score(said.truth, said.probabilities[:, 1])
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == (None if np.isnan(value) else pytest.approx(value, abs=1e-12)), name


MORE = ("specificity", "mcc", "kappa", "brier")


@settings(deadline=None, max_examples=60)
@given(answers())
def test_figures_that_are_asked_for_are_those_of_scikit_learn(said: Classified) -> None:
    found = {one.name: one.value for one in class_figures(said, 0, 0, MORE)}
    usual = {one.name: one.value for one in class_figures(said, 0, 0)}
    assert {name: value for name, value in found.items() if name not in MORE} == usual
    codes = list(range(len(said.classes)))
    one_class = len(np.unique(said.predicted)) == 1
    expected = {
        "mcc": np.nan if one_class else plain.matthews_corrcoef(said.truth, said.predicted),
        "kappa": plain.cohen_kappa_score(said.truth, said.predicted),
        "brier": plain.brier_score_loss(said.truth, said.probabilities[:, 1] if said.binary else said.probabilities, labels=codes),
    }
    if said.binary:
        expected["specificity"] = plain.recall_score(said.truth, said.predicted, pos_label=0)
    assert found.keys() - usual.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == (None if np.isnan(value) else pytest.approx(value, abs=1e-9)), name


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=40), st.integers(0, 1_000))
def test_errors_that_are_asked_for_are_those_of_scikit_learn(pairs: list[tuple[int, int]], seed: int) -> None:
    truth, predicted = np.asarray(pairs, dtype=float).T
    said = Measured(truth, predicted, 1.0)
    found = {one.name: one.value for one in quantity_figures(said, 0, 0, ("median_absolute_error", "mape"))}
    assert found["median_absolute_error"] == pytest.approx(plain.median_absolute_error(truth, predicted))
    assert found["mape"] == (None if (truth == 0).any() else pytest.approx(plain.mean_absolute_percentage_error(truth, predicted)))
    weights = np.random.default_rng(seed).integers(0, 3, len(truth))
    weights[0] = 1
    copied = np.repeat(np.arange(len(truth)), weights)
    weighted = quantity_measures(said, ("median_absolute_error",))["median_absolute_error"](weights[None, :].astype(float))[0]
    assert weighted == pytest.approx(np.median(np.abs(truth - predicted)[copied]))


def test_the_vocabulary_of_metrics_is_one() -> None:
    assert {*get_args(TargetMetric), *get_args(GroupMetric)} == METRICS.keys()
    assert set(get_args(Scoring)) <= set(plain.get_scorer_names())
    binary = {one.name for one in class_figures(rated(40), 0, 0, tuple(METRICS))}
    assert binary == {name for name, one in METRICS.items() if "two classes" in one.tasks}
    quantities = {one.name for one in quantity_figures(Measured(np.ones(3), np.ones(3), 1.0), 0, 0, tuple(METRICS))}
    assert quantities == {name for name, one in METRICS.items() if "quantities" in one.tasks}
    # Of a figure, the end that the vocabulary calls better is the one of answers without a mistake.
    good = class_figures(replace(rated(400), predicted=rated(400).truth, probabilities=np.eye(2)[rated(400).truth]), 0, 0, tuple(METRICS))
    bad = {one.name: one.value or 0.0 for one in class_figures(rated(400), 0, 0, tuple(METRICS))}
    for one in good:
        assert (one.value is not None and one.value > bad[one.name]) is METRICS[one.name].higher_is_better, one.name


def test_chosen_metrics_head_the_result() -> None:
    train, test = rare_rows()
    model = train_logreg.train_logreg(train, train_logreg.Params(class_weight="balanced"), Context())
    context = Context()
    found = evaluate.evaluate(model, test, evaluate.Params(metrics=["mcc", "specificity", "mcc", "recall"]), context)
    tiles = next(one for one in found.charts if one["kind"] == "metrics")["metrics"]
    assert [one["name"] for one in tiles] == ["mcc", "specificity", "recall"]
    assert list(found.metrics)[:3] == list(context.metrics)[:3] == ["mcc", "specificity", "recall"]
    truth, says = test.frame["fraud"].to_numpy(dtype=str) == "yes", model.pipeline.predict_proba(test.frame)[:, 1] > 0.5
    assert found.metrics["mcc"] == pytest.approx(plain.matthews_corrcoef(truth, says))
    assert tiles[0]["low"] < found.metrics["mcc"] < tiles[0]["high"]
    assert context.summary.startswith(f"Matthews correlation {found.metrics['mcc']:.3g} ({tiles[0]['low']:.3g} to ")
    assert (found.metrics["accuracy"], tiles[1]["baseline"]) == (pytest.approx(plain.accuracy_score(truth, says)), 1.0)
    usual = evaluate.evaluate(model, test, evaluate.Params(), Context())
    assert {name: value for name, value in found.metrics.items() if name in usual.metrics} == usual.metrics
    assert not {"mcc", "specificity"} & usual.metrics.keys()


@pytest.mark.parametrize(
    ("target", "metrics", "words"),
    [
        ("age", ["mae", "f1"], "F1 is no figure of quantities."),
        ("survived", ["rmse"], "root mean squared error is no figure of two classes."),
    ],
)
def test_a_metric_of_another_task_is_refused_by_name(target: str, metrics: list[str], words: str) -> None:
    table = preprocess.preprocess(Table(samples.load("titanic"), target=target), preprocess.Params(), Context())
    train, test, _ = train_test_split.train_test_split(table, train_test_split.Params(), Context())
    model = train_dummy.train_dummy(train, train_dummy.Params(target=target), Context())
    for refuse in (
        lambda: evaluate.evaluate(model, test, evaluate.Params(metrics=metrics), Context()),
        lambda: cross_validate.cross_validate(model, train, cross_validate.Params(metrics=metrics), Context()),
    ):
        with pytest.raises(NodeError, match=words) as refused:
            refuse()
        assert (refused.value.code, refused.value.field) == ("metric-unknown", "params.metrics")
        assert ("mape" if target == "age" else "mcc") in (refused.value.hint or "")


def test_cross_validation_gives_the_metrics_that_are_asked_for() -> None:
    train, _ = rare_rows()
    model = train_logreg.train_logreg(train, train_logreg.Params(class_weight="balanced"), Context())
    found = cross_validate.cross_validate(model, train, cross_validate.Params(cv=3, metrics=["kappa", "recall"]), Context())
    tiles = next(one for one in found.charts if one["kind"] == "metrics")["metrics"]
    assert [one["name"] for one in tiles] == ["kappa", "recall"] == [name for name in found.metrics if name in ("kappa", "recall")]
    folds = next(one for one in found.charts if one["kind"] == "table")
    assert folds["columns"][:3] == ["fold", "kappa", "recall"]
    assert found.metrics["kappa"] == pytest.approx(np.mean([row[1] for row in folds["rows"]]))
    assert found.details["sentence"].startswith(f"Cohen’s kappa {found.metrics['kappa']:.3g} ± ")


def test_a_gate_with_the_wrong_bound_is_warned_about() -> None:
    model = Model(None, {})
    evaluation = Evaluation({"rmse": 9.0, "second_rmse": 9.0, "accuracy": 0.9})
    for metric, at_most, codes in (
        ("rmse", None, ["limit-upside-down"]),
        ("second_rmse", None, ["limit-upside-down"]),
        ("rmse", 10, []),
        ("accuracy", None, []),
    ):
        context = Context()
        metric_gate.metric_gate(model, evaluation, metric_gate.Params(metric=metric, at_most=at_most), context)
        assert [one["code"] for one in context.warnings] == codes


@settings(deadline=None, max_examples=30)
@given(answers(), st.integers(0, 1_000))
def test_weights_are_counts_of_rows(said: Classified, seed: int) -> None:
    """A figure under weights is the figure of the table in which each row stands as often as its weight says."""
    weights = np.random.default_rng(seed).integers(0, 3, len(said.truth))
    weights[: len(said.classes)] = 1
    copied = np.repeat(np.arange(len(said.truth)), weights)
    copy = Classified(said.classes, said.truth[copied], said.predicted[copied], said.probabilities[copied], 0.5, said.shares)
    once = np.ones((1, len(copied)))
    for name, one in class_measures(said, MORE).items():
        assert one(weights[None, :].astype(float))[0] == pytest.approx(class_measures(copy, MORE)[name](once)[0], abs=1e-12, nan_ok=True), (
            name
        )


def rated(rows: int, seed: int = 0) -> Classified:
    """Rows of two classes that a model tells apart somewhat."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 2, rows)
    shares = np.clip(0.5 + (truth - 0.5) * 0.2 + draw.normal(0, 0.2, rows), 0, 1)
    return Classified(["a", "b"], truth, (shares > 0.5).astype(int), np.column_stack([1 - shares, shares]), 0.5, np.array([0.5, 0.5]))


@pytest.mark.parametrize("rows", [100, 5_000, 5_001, 200_000])
def test_an_interval_is_as_wide_as_theory_says(rows: int) -> None:
    said = rated(rows)
    share = float((said.truth == said.predicted).mean())
    low, high = intervals(said, class_measures, 300, 7)["accuracy"] or (0, 0)
    assert low < share < high
    # Normal approximation of a share: 1.96 standard errors on both sides.
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(share * (1 - share) / rows), rel=0.2)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    auc = plain.roc_auc_score(rated(200_000, 99).truth, rated(200_000, 99).probabilities[:, 1])
    found = [intervals(rated(150, seed), class_measures, 200, seed)["roc_auc"] or (0, 0) for seed in range(100)]
    assert 87 <= sum(low <= auc <= high for low, high in found) <= 100


def test_all_right_of_few_rows_is_no_certainty() -> None:
    truth = np.array([0, 1] * 20)
    sure = np.column_stack([1 - truth, truth]).astype(float)
    found = class_figures(Classified(["a", "b"], truth, truth, sure, 0.5, np.array([0.5, 0.5])), 100, 0)[0]
    # Wilson's interval of 40 out of 40.
    assert (found.low, found.high) == (pytest.approx(40 / (40 + 1.96**2)), 1.0)


def test_baselines_are_those_of_the_dummies_fitted_on_training_rows() -> None:
    train, test = prepared("titanic")
    report = evaluate.evaluate(trained(train), test, evaluate.Params(), Context())
    dummy = DummyClassifier(strategy="prior").fit(train.frame[["age"]], train.frame["survived"])
    truth = test.frame["survived"]
    assert report.metrics["baseline_accuracy"] == dummy.score(test.frame[["age"]], truth)
    assert report.metrics["baseline_log_loss"] == pytest.approx(plain.log_loss(truth, dummy.predict_proba(test.frame[["age"]])), abs=1e-12)
    known = test.frame[test.frame["age"].notna()]
    mean = DummyRegressor().fit(train.frame[["sex"]], train.frame["age"].fillna(train.frame["age"].mean())).predict(known[["sex"]])
    quantities = evaluate.evaluate(trained(train, "age"), test, evaluate.Params(), Context())
    assert quantities.metrics["baseline_mae"] == pytest.approx(plain.mean_absolute_error(known["age"], mean))
    assert quantities.metrics["baseline_rmse"] == pytest.approx(plain.root_mean_squared_error(known["age"], mean))


def test_the_sentence_says_what_guessing_would_reach() -> None:
    train, test = prepared("titanic")
    context = Context()
    report = evaluate.evaluate(trained(train), test, evaluate.Params(noun="passengers"), context)
    right, guess = (round(100 * (report.metrics[name] or 0)) for name in ("accuracy", "baseline_accuracy"))
    assert context.summary.startswith(f"right for {right} of 100 passengers (")
    assert context.summary.endswith(f"always guessing “0” would be {guess}")
    assert report.details["sentence"] == context.summary


def test_several_models_lie_over_each_other() -> None:
    train, test = prepared("titanic")
    trees = trained(train)
    line = train_logreg.train_logreg(train, train_logreg.Params(target="survived"), Context())
    both = evaluate.evaluate(trees, test, evaluate.Params(), Context(), second=line)
    alone = [evaluate.evaluate(one, test, evaluate.Params(), Context()) for one in (trees, line)]
    assert both.metrics["accuracy"] == alone[0].metrics["accuracy"]
    assert both.metrics["second_roc_auc"] == alone[1].metrics["roc_auc"]
    curves = [chart for chart in both.charts if chart["kind"] == "roc"]
    assert [chart["model"] for chart in curves] == ["XGBClassifier (model)", "LogisticRegression (second)"]
    other = trained(train, "class")
    with pytest.raises(NodeError, match="learn different things"):
        evaluate.evaluate(trees, test, evaluate.Params(), Context(), second=other)


def test_the_threshold_curve_counts_and_costs() -> None:
    train, test = prepared("titanic")
    params = evaluate.Params(cost_false_positive=1, cost_false_negative=5)
    report = evaluate.evaluate(trained(train), test, params, Context())
    curve = next(chart for chart in report.charts if chart["kind"] == "threshold")
    shares, truth = trained(train).pipeline.predict_proba(test.frame)[:, 1], test.frame["survived"].to_numpy()
    for place in (0, 20, 50, 100):
        says = shares >= THRESHOLDS[place]
        counts = plain.confusion_matrix(truth, says.astype(int), labels=[0, 1]).ravel().tolist()
        assert [curve[name][place] for name in ("tn", "fp", "fn", "tp")] == counts
        assert curve["cost"][place] == counts[1] + 5 * counts[2]
    assert curve["cost"][round(100 * curve["best"])] == min(curve["cost"])
    assert curve["best"] < 0.5


def test_lift_and_calibration_of_an_oracle_and_of_noise() -> None:
    truth = np.array([0, 1] * 50)
    oracle = np.column_stack([1 - truth, truth]).astype(float)
    flat = np.full((100, 2), 0.5)
    shares = np.array([0.5, 0.5])
    by_kind = {c["kind"]: c for c in class_charts(Classified(["a", "b"], truth, truth, oracle, 0.5, shares), 1, 1)}
    assert by_kind["calibration"]["error"] == 0
    assert by_kind["lift"]["gain"][49:] == [1.0] * 51
    assert by_kind["lift"]["lift"][0] == 2
    by_kind = {c["kind"]: c for c in class_charts(Classified(["a", "b"], truth, truth * 0, flat, 0.5, shares), 1, 1)}
    assert by_kind["lift"]["lift"] == pytest.approx([1.0] * 100)
    assert by_kind["calibration"]["observed"] == [0.5]


def test_figures_by_group_add_up() -> None:
    train, test = prepared("titanic")
    report = evaluate.evaluate(trained(train), test, evaluate.Params(slices=["sex", "age"]), Context())
    for table in (chart for chart in report.charts if chart["kind"] == "table"):
        assert sum(row[1] for row in table["rows"]) == len(test.frame)
        right = sum(row[1] * row[table["columns"].index("accuracy")] for row in table["rows"])
        assert right / len(test.frame) == pytest.approx(report.metrics["accuracy"])
    by_sex = next(chart for chart in report.charts if chart.get("title", "").startswith("By sex"))
    women = test.frame["sex"] == "female"
    predicted = trained(train).pipeline.predict(test.frame[women])
    line = next(row for row in by_sex["rows"] if row[0] == "female")
    assert line[2] == plain.accuracy_score(test.frame["survived"][women], predicted)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=80))
def test_every_row_has_a_group(values: list[float | None]) -> None:
    series = pd.Series(values, dtype="Float64", name="x")
    names = group_names(series)
    assert len(names) == len(series)
    assert ((names == "empty") == series.isna()).all()


def test_what_is_not_defined_says_why() -> None:
    one_class = Classified(["a", "b"], np.array([0, 0, -1]), np.array([0, 0, 0]), np.full((3, 2), 0.5), 0.5, np.array([0.5, 0.5]))
    found = {one.name: one for one in class_figures(one_class, 50, 0)}
    assert found["roc_auc"].value is None
    assert found["roc_auc"].reason == "a class has no test row"
    assert found["precision"].value is None
    assert found["accuracy"].value == pytest.approx(2 / 3)
    flat = {one.name: one for one in quantity_figures(Measured(np.full(9, 0.1), np.full(9, 0.2), 0.1), 50, 0)}
    assert flat["r2"].value is None
    assert flat["r2"].reason == "all test rows have the same value"


def test_clusters_and_anomalies_are_scored_and_only_compared_with_the_target() -> None:
    train, test = prepared("iris")
    groups = train_kmeans.train_kmeans(train, train_kmeans.Params(n_clusters=3), Context())
    report = evaluate.evaluate(groups, test, evaluate.Params(), Context())
    clusters = groups.pipeline.predict(test.frame)
    assert report.metrics["adjusted_rand"] == plain.adjusted_rand_score(test.frame["species"], clusters)
    matrix = groups.pipeline.named_steps["recipe"].transform(test.frame)
    assert report.metrics["silhouette"] == pytest.approx(plain.silhouette_score(matrix, clusters))
    train, test = prepared("titanic")
    odd = train_isolation_forest.train_isolation_forest(train, train_isolation_forest.Params(n_estimators=20), Context())
    found: Evaluation = evaluate.evaluate(odd, test, evaluate.Params(), Context())
    assert found.metrics["odd_share"] == pytest.approx(float((odd.pipeline.predict(test.frame) == -1).mean()))


def test_the_positive_class_can_be_named() -> None:
    train, test = prepared("titanic")
    model = trained(train)
    second = evaluate.evaluate(model, test, evaluate.Params(positive_class="1"), Context())
    assert second == evaluate.evaluate(model, test, evaluate.Params(), Context())
    context = Context()
    first = evaluate.evaluate(model, test, evaluate.Params(positive_class="0", threshold=0.7, slices=["sex"]), context)
    shares, truth = model.pipeline.predict_proba(test.frame)[:, 0], test.frame["survived"].to_numpy() == 0
    for name, figure in (("precision", plain.precision_score), ("recall", plain.recall_score), ("f1", plain.f1_score)):
        assert first.metrics[name] == pytest.approx(figure(truth, shares >= 0.7))
    assert first.metrics["average_precision"] == pytest.approx(plain.average_precision_score(truth, shares))
    assert first.metrics["roc_auc"] == pytest.approx(second.metrics["roc_auc"])
    assert first.details["positive"] == "0"
    assert {chart["positive"] for chart in first.charts if "positive" in chart} == {"0"}
    assert context.attachments["predictions"].frame["predicted"].tolist() == ["0" if sure else "1" for sure in shares >= 0.7]


def test_a_positive_class_that_does_not_fit_is_refused_with_the_classes() -> None:
    train, test = prepared("titanic")
    for target, positive, code, hint in (
        ("survived", "yes", "class-unknown", "It knows 0, 1."),
        ("class", "*", "task-mismatch", "Leave the positive class open."),
        ("age", "1", "task-mismatch", "Leave the positive class open."),
    ):
        with pytest.raises(NodeError) as refused:
            evaluate.evaluate(trained(train, target), test, evaluate.Params(positive_class=positive), Context())
        assert (refused.value.code, refused.value.hint, refused.value.field) == (code, hint, "params.positive_class")


def rare_rows(rows: int = 4_000) -> tuple[Table, Table]:
    """Two classes, of which one is about a row in a hundred, and a number that tells them apart half the time."""
    draw = np.random.default_rng(3)
    fraud = draw.random(rows) < 0.01
    amount = draw.normal(size=rows) + 2.5 * fraud
    frame = pd.DataFrame({"amount": amount, "fraud": pd.array(np.where(fraud, "yes", "no"), dtype="str")})
    train, test, _ = train_test_split.train_test_split(Table(frame, target="fraud"), train_test_split.Params(stratify="fraud"), Context())
    return train, test


@pytest.mark.parametrize("positive", [None, "no"])
def test_where_a_class_is_rare_the_sentence_is_about_that_class(positive: str | None) -> None:
    train, test = rare_rows()
    model = train_logreg.train_logreg(train, train_logreg.Params(class_weight="balanced"), Context())
    context = Context()
    evaluate.evaluate(model, test, evaluate.Params(positive_class=positive, noun="payments"), context)
    truth = test.frame["fraud"].to_numpy(dtype=str) == "yes"
    shares = model.pipeline.predict_proba(test.frame)[:, 1]
    says = shares > 0.5
    right, recall, precision = ((says == truth).mean(), plain.recall_score(truth, says), plain.precision_score(truth, says))
    assert context.summary == (
        f"accuracy ({100 * right:.0f} of 100 payments) misleads: always guessing “no” would be {100 * (~truth).mean():.0f}; "
        f"“yes” makes up {100 * truth.mean():.0f} of 100 payments: of 100 such payments {100 * recall:.0f} are found (recall), "
        f"and of 100 predicted as such {100 * precision:.0f} are right (precision); "
        f"average precision {plain.average_precision_score(truth, shares):.3f} (guessing: {truth.mean():.3f}); "
        f"balanced accuracy {plain.balanced_accuracy_score(truth, says):.2f} (guessing: 0.50)"
    )


def test_a_rare_class_that_is_never_predicted_is_said() -> None:
    train, test = rare_rows()
    context = Context()
    evaluate.evaluate(train_logreg.train_logreg(train, train_logreg.Params(C=1e-6), Context()), test, evaluate.Params(), context)
    assert "“yes” makes up 1 of 100 test rows: of 100 such test rows 0 are found (recall), and it is never predicted" in context.summary


def test_cross_validation_of_a_rare_class_does_not_praise_accuracy() -> None:
    train, _ = rare_rows()
    context = Context()
    model = train_logreg.train_logreg(train, train_logreg.Params(class_weight="balanced"), Context())
    found = cross_validate.cross_validate(model, train, cross_validate.Params(cv=3), context)
    assert "right for" not in context.summary
    assert (
        f"misleads: always guessing the most frequent class would be 99; balanced accuracy {found.metrics['balanced_accuracy']:.3f}"
        in context.summary
    )
    assert f"average precision {found.metrics['average_precision']:.3f}" in context.summary
