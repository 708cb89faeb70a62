"""Cross-validation, learning curves, comparisons, predictions and drift against what they must be."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import spatial, stats
from sklearn.metrics import average_precision_score, f1_score, recall_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score

from node_containers import samples
from node_containers.deciding import threshold_of
from node_containers.drifting import Limits, corrected, drift_of, stability
from node_containers.fitting import take_apart
from node_containers.folding import answer, parts_of, unfitted
from node_containers.nodes import (
    batch_score,
    calibrate_model,
    compare_models,
    cross_validate,
    drift_report,
    evaluate,
    learning_curve,
    predict,
    preprocess,
    train_dummy,
    train_kmeans,
    train_knn,
    train_logreg,
    train_test_split,
    train_xgboost,
    tune_threshold,
)
from node_containers.scoring.answers import Classified
from node_containers.sdk import Context, Model, NodeError, Table
from node_containers.search import Trials

TITANIC = preprocess.preprocess(Table(samples.load("titanic"), target="survived"), preprocess.Params(), Context())
TRAIN, TEST, _ = train_test_split.train_test_split(TITANIC, train_test_split.Params(), Context())


def line(table: Table = TRAIN) -> Model:
    return train_logreg.train_logreg(table, train_logreg.Params(target=table.target), Context())


def trees(table: Table = TRAIN, target: str = "survived") -> Model:
    return train_xgboost.train_xgboost(table, train_xgboost.Params(target=target, n_estimators=20), Context())


def test_cross_validation_is_that_of_scikit_learn() -> None:
    report = cross_validate.cross_validate(line(), TITANIC, cross_validate.Params(), Context())
    frame = TITANIC.frame
    folds = StratifiedKFold(5, shuffle=True, random_state=42)
    plain = cross_val_score(unfitted(line()), frame.drop(columns="survived"), frame["survived"], cv=folds, scoring="roc_auc")
    table = next(chart for chart in report.charts if chart["kind"] == "table")
    assert [row[table["columns"].index("roc_auc")] for row in table["rows"]] == pytest.approx(plain.tolist(), abs=1e-12)
    assert report.metrics["roc_auc"] == pytest.approx(plain.mean())
    assert report.metrics["roc_auc_std"] == pytest.approx(plain.std(ddof=1))


@pytest.mark.parametrize("positive", ["0", "1"])
def test_cross_validation_is_about_the_class_that_is_named(positive: str) -> None:
    report = cross_validate.cross_validate(line(), TITANIC, cross_validate.Params(cv=3, positive_class=positive), Context())
    frame = TITANIC.frame
    truth = (frame["survived"].astype(str) == positive).astype(int)
    for train, test in StratifiedKFold(3, shuffle=True, random_state=42).split(frame, frame["survived"]):
        model = unfitted(line()).fit(frame.iloc[train].drop(columns="survived"), frame["survived"].iloc[train])
        said = model.predict(frame.iloc[test]).astype(str) == positive
        expected = (recall_score(truth.iloc[test], said), f1_score(truth.iloc[test], said))
        table = next(chart for chart in report.charts if chart["kind"] == "table")
        fold = next(row for row in table["rows"] if row[table["columns"].index("recall")] == pytest.approx(expected[0]))
        assert fold[table["columns"].index("f1")] == pytest.approx(expected[1])
    other = cross_validate.cross_validate(line(), TITANIC, cross_validate.Params(cv=3), Context())
    assert report.metrics["roc_auc"] == pytest.approx(other.metrics["roc_auc"])
    assert (report.metrics["recall"] == other.metrics["recall"]) is (positive == "1")


def test_a_positive_class_that_cannot_be_is_refused_before_anything_is_fitted() -> None:
    for target, positive, code in (("survived", "2", "class-unknown"), ("age", "1", "task-mismatch")):
        context = Context()
        with pytest.raises(NodeError) as refused:
            cross_validate.cross_validate(trees(target=target), TRAIN, cross_validate.Params(positive_class=positive), context)
        assert (refused.value.code, refused.value.field) == (code, "params.positive_class")


def test_models_are_compared_by_the_class_that_is_named() -> None:
    params = compare_models.Params(metric="average_precision", positive_class="0")
    outputs = compare_models.compare_models(line(), TEST, params, Context(), second=trees())
    truth = TEST.frame["survived"].astype(str) == "0"
    shares = [one.pipeline.predict_proba(TEST.frame)[:, 0] for one in (line(), trees())]
    best, other = sorted((average_precision_score(truth, share) for share in shares), reverse=True)
    assert outputs.evaluation.metrics["average_precision"] == pytest.approx(best)
    assert outputs.evaluation.metrics["lead"] == pytest.approx(best - other)


def test_no_fold_sees_a_row_it_is_scored_on() -> None:
    """On pure noise with every row twice, a model that learns by heart still scores a half."""
    draw = np.random.default_rng(3)
    half = pd.DataFrame(draw.normal(size=(150, 5)), columns=list("abcde")).assign(y=draw.integers(0, 2, 150))
    table = Table(pd.concat([half, half], ignore_index=True), target="y")
    context = Context()
    report = cross_validate.cross_validate(trees(table, "y"), table, cross_validate.Params(return_train_score=True), context)
    assert report.metrics["accuracy"] == pytest.approx(0.5, abs=0.12)
    assert (report.metrics["train_accuracy"] or 0) > 0.9
    assert [warning["code"] for warning in context.warnings] == ["duplicate-rows"]


def test_no_fold_of_a_search_or_a_calibration_does_either() -> None:
    draw = np.random.default_rng(3)
    half = pd.DataFrame(draw.normal(size=(150, 5)), columns=list("abcde")).assign(y=draw.permutation(["no", "yes"] * 75))
    table = Table(pd.concat([half, half], ignore_index=True), target="y", role="train")
    found = Trials.prepare(table, "y", "accuracy", 3, 42).score({"family": "k_neighbors", "params": {"n_neighbors": 1}})
    assert found["score"] == pytest.approx(0.5, abs=0.12)
    by_heart = train_knn.train_knn(table, train_knn.Params(target="y", n_neighbors=1), Context())
    calibrated = calibrate_model.calibrate_model(by_heart, table, calibrate_model.Params(), Context())
    assert np.abs(calibrated.pipeline.predict_proba(table.frame.drop(columns="y")) - 0.5).max() < 0.15


def test_groups_stay_together_and_time_runs_forward() -> None:
    learnable = take_apart(TITANIC, "survived", Context())
    cabins = pd.Series(np.arange(len(learnable.y)) % 40, name="cabin")
    for train, test in parts_of(learnable, "group", 4, 1, cabins, Context()):
        assert not set(cabins.iloc[train]) & set(cabins.iloc[test])
    instants = pd.Series(np.random.default_rng(0).permutation(len(learnable.y)), name="when")
    for train, test in parts_of(learnable, "time", 4, 1, instants, Context()):
        assert instants.iloc[train].max() < instants.iloc[test].min()
    with pytest.raises(NodeError, match="No column of times"):
        parts_of(learnable, "time", 4, 1, None, Context())


def test_a_tuned_threshold_is_kept_and_its_model_learned_anew() -> None:
    tuned = tune_threshold.tune_threshold(line(), TRAIN, tune_threshold.Params(), Context())
    learnable = take_apart(TITANIC, "survived", Context())
    rows = np.arange(len(learnable.y))
    said = answer(tuned, learnable, rows[:100], rows[100:])
    assert isinstance(said, Classified)
    assert said.threshold == threshold_of(tuned.pipeline.named_steps["model"])
    plain = unfitted(line()).fit(learnable.features.iloc[:100], learnable.y[:100])
    assert np.array_equal(said.probabilities, plain.predict_proba(learnable.features.iloc[100:]))


def test_a_learning_curve_rises_where_there_is_something_to_learn() -> None:
    table = preprocess.preprocess(Table(samples.load("digits"), target="digit"), preprocess.Params(), Context())
    small = table.with_frame(table.frame.iloc[:600])
    report = learning_curve.learning_curve(line(small), small, learning_curve.Params(steps=3), Context())
    curve = report.charts[0]
    assert curve["rows"] == sorted(curve["rows"])
    assert curve["validation"][-1] > curve["validation"][0] + 0.02
    assert all(high >= low for high, low in zip(curve["train"], curve["validation"], strict=True))


def test_the_best_model_is_handed_on_and_the_first_is_measured_against_the_rest() -> None:
    dummy = train_dummy.train_dummy(TRAIN, train_dummy.Params(target="survived"), Context())
    outputs = compare_models.compare_models(dummy, TEST, compare_models.Params(), Context(), second=line())
    truth = TEST.frame["survived"]
    auc = roc_auc_score(truth, line().pipeline.predict_proba(TEST.frame)[:, 1])
    assert outputs.best.info["estimator"] == "LogisticRegression"
    assert outputs.evaluation.metrics["lead"] == pytest.approx(auc - 0.5)
    assert outputs.evaluation.metrics["lead_of_first"] == pytest.approx(0.5 - auc)
    assert (outputs.evaluation.metrics["lead_low"] or 0) > 0.1
    assert "surely" in outputs.evaluation.details["sentence"]
    assert "ROC AUC" in outputs.evaluation.details["sentence"]
    assert outputs.evaluation.charts[0]["reason"] == "best ROC AUC"


def test_of_equals_the_tie_break_decides_then_the_order_of_the_ports() -> None:
    one = line()
    small, large = (Model(one.pipeline, one.info, None, {"bytes": size, "object": "o", "sha256": "0", "key": "k"}) for size in (10, 20))
    outputs = compare_models.compare_models(large, TEST, compare_models.Params(), Context(), second=small, third=small)
    assert outputs.evaluation.details["best"] == "second"
    assert outputs.evaluation.metrics["lead"] == 0
    wide = compare_models.Params(metric="accuracy", tolerance=1.0)
    dummy = train_dummy.train_dummy(TRAIN, train_dummy.Params(target="survived"), Context())
    cheap = Model(dummy.pipeline, dummy.info, None, {"bytes": 1, "object": "o", "sha256": "0", "key": "k"})
    assert compare_models.compare_models(large, TEST, wide, Context(), second=cheap).evaluation.details["best"] == "second"


def test_quantities_are_compared_by_their_error() -> None:
    dummy = train_dummy.train_dummy(TRAIN, train_dummy.Params(target="age"), Context())
    outputs = compare_models.compare_models(dummy, TEST, compare_models.Params(), Context(), second=trees(target="age"))
    assert outputs.evaluation.details["best"] == "second"
    assert outputs.evaluation.metrics["lead"] == pytest.approx(-(outputs.evaluation.metrics["lead_of_first"] or 0))


def test_predict_evaluate_and_batch_score_say_the_same() -> None:
    tuned = tune_threshold.tune_threshold(line(), TRAIN, tune_threshold.Params(scoring="recall"), Context())
    for model in (tuned, trees(target="age"), train_kmeans.train_kmeans(TRAIN, train_kmeans.Params(n_clusters=3), Context())):
        found = predict.predict(model, TEST, predict.Params(), Context()).frame
        chunks = batch_score.batch_score(model, TEST, batch_score.Params(chunk_rows=100), Context()).run().frame
        assert found["predicted"].tolist() == chunks["predicted"].tolist()
        if model.info["task"] == "classification":
            accuracy = evaluate.evaluate(model, TEST, evaluate.Params(), Context()).metrics["accuracy"]
            assert (found["predicted"].astype("int64") == found["survived"]).mean() == accuracy
            assert (found["predicted"] == "1").equals(found["predicted_1"] >= threshold_of(tuned.pipeline.named_steps["model"]))
    alone = predict.predict(line(), TEST, predict.Params(keep_columns=False, probabilities=False), Context())
    assert list(alone.frame.columns) == ["predicted"]
    with pytest.raises(NodeError, match="“sex” already"):
        predict.predict(line(), TEST, predict.Params(prefix="sex"), Context())


def test_no_row_is_refused_and_one_row_is_a_chunk() -> None:
    model = line()
    none, one = (TEST.with_frame(TEST.frame.head(count)) for count in (0, 1))
    for give in (
        lambda: predict.predict(model, none, predict.Params(), Context()),
        lambda: batch_score.batch_score(model, none, batch_score.Params(), Context()).run(),
    ):
        with pytest.raises(NodeError) as refused:
            give()
        assert (refused.value.code, refused.value.field) == ("data-no-rows", "table")
    context = Context()
    assert len(batch_score.batch_score(model, one, batch_score.Params(), context).run().frame) == 1
    assert context.summary == "1 row predicted in 1 chunk"


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        (lambda frame: frame.drop(columns=["sex", "age"]), "features-missing", "“age”, “sex”"),
        (lambda frame: frame.assign(age="old"), "features-type", "“age”"),
    ],
    ids=["columns gone", "text for a number"],
)
def test_rows_that_a_model_cannot_take_are_refused_by_the_name_of_their_columns(changed: object, code: str, words: str) -> None:
    model, rows = line(), TEST.with_frame(changed(TEST.frame))  # type: ignore[operator]
    for give in (
        lambda: predict.predict(model, rows, predict.Params(), Context()),
        lambda: evaluate.evaluate(model, rows, evaluate.Params(), Context()),
    ):
        with pytest.raises(NodeError) as refused:
            give()
        assert refused.value.code == code
        assert words in refused.value.message
        assert refused.value.hint
    with pytest.raises(NodeError, match="1 of 1 chunks failed") as failed:
        batch_score.batch_score(model, rows, batch_score.Params(), Context()).run()
    assert words in failed.value.message


def test_predictions_stand_beside_the_columns_people_see() -> None:
    from node_containers.nodes import rename_columns

    renamed = rename_columns.rename_columns(TITANIC, rename_columns.Params(names={"sex": "gender"}), Context())
    train, test = train_test_split.train_test_split(renamed, train_test_split.Params(), Context())[:2]
    model = line(train)
    found = predict.predict(model, test, predict.Params(), Context())
    assert {"gender", "predicted", "predicted_1"} <= set(found.frame.columns)
    assert "sex" not in found.frame.columns
    by_gender = evaluate.evaluate(model, test, evaluate.Params(slices=["gender"]), Context())
    assert any(chart.get("title", "").startswith("By gender") for chart in by_gender.charts)


# -- drift ------------------------------------------------------------------------------------------------------------------

LIMITS = Limits(0.1, 0.25, 100)


def test_the_index_is_its_formula_and_zero_for_equal_shares() -> None:
    assert stability(np.array([10.0, 20.0]), np.array([100.0, 200.0])) == pytest.approx(0, abs=1e-3)
    before, after = np.array([100.5, 300.5]) / 401, np.array([200.5, 200.5]) / 401
    expected = sum((a - b) * np.log(a / b) for a, b in zip(after, before, strict=True))
    assert stability(np.array([100.0, 300.0]), np.array([200.0, 200.0])) == pytest.approx(expected)


@pytest.mark.parametrize("rows", [100, 300, 3_000])
def test_rows_of_one_source_hardly_ever_drift(rows: int) -> None:
    verdicts = []
    for seed in range(60):
        draw = np.random.default_rng(seed)
        numbers = [pd.Series(draw.normal(size=rows), name="x") for _ in range(2)]
        words = [pd.Series(draw.choice(list("abcdef"), rows), name="w", dtype="str") for _ in range(2)]
        verdicts += [drift_of(*numbers, LIMITS)["verdict"], drift_of(*words, LIMITS)["verdict"]]
    assert sum(one != "none" for one in verdicts) <= 5


def test_a_shift_is_found_and_sized() -> None:
    draw = np.random.default_rng(1)
    before = pd.Series(draw.normal(size=2_000), name="x")
    found = [drift_of(before, pd.Series(draw.normal(shift, 1, 2_000), name="x"), LIMITS) for shift in (0.0, 0.4, 1.0)]
    assert [one["verdict"] for one in found] == ["none", "some", "much"]
    # Of normals of equal spread the index is the squared shift, less what the bins hide.
    assert found[2]["psi"] == pytest.approx(1.0, abs=0.2)
    # Significant and small: with many rows a test calls everything different, and the verdict does not follow it.
    many = drift_of(pd.Series(draw.normal(size=100_000), name="x"), pd.Series(draw.normal(0.05, 1, 100_000), name="x"), LIMITS)
    assert many["p_value"] < 1e-6
    assert many["verdict"] == "none"


def test_new_categories_and_new_gaps_are_drift_and_few_rows_are_no_verdict() -> None:
    before = pd.Series(["a"] * 150 + ["b"] * 50, name="w", dtype="str")
    after = pd.Series(["a"] * 100 + ["c"] * 100, name="w", dtype="str")
    found = drift_of(before, after, LIMITS)
    assert found["verdict"] == "much"
    assert found["bins"] == ["a", "b", "other"]
    gaps = drift_of(
        pd.Series(np.arange(200.0), name="x"), pd.Series(np.where(np.arange(200) % 2, np.nan, np.arange(200.0)), name="x"), LIMITS
    )
    assert gaps["verdict"] == "much"
    assert gaps["missing"] == [0.0, 0.5]
    assert drift_of(before.iloc[:50], after, LIMITS)["verdict"] == "unknown"


@pytest.mark.parametrize("kind", ["numbers", "words"])
def test_a_chosen_test_decides_with_the_figures_of_scipy(kind: str) -> None:
    draw = np.random.default_rng(5)
    if kind == "numbers":
        before, after = (pd.Series(draw.normal(shift, 1, 5_000), name="x") for shift in (0.0, 0.2))
        expected = stats.ks_2samp(before, after, method="asymp").pvalue
    else:
        before, after = (
            pd.Series(draw.choice(list("abc"), 5_000, p=p), name="x", dtype="str") for p in ([0.4, 0.3, 0.3], [0.45, 0.3, 0.25])
        )
        counts = [[(one == letter).sum() for letter in "abc"] for one in (before, after)]
        expected = stats.chi2_contingency(counts, correction=False).pvalue
    found = drift_of(before, after, LIMITS._replace(numbers="ks", categories="chi2"))
    assert (found["chance"], found["verdict"]) == (pytest.approx(expected), "some")
    # The same rows by effect size: too little to be called drift.
    assert drift_of(before, after, LIMITS)["verdict"] == "none"
    by_distance = drift_of(before, after, LIMITS._replace(numbers="js", categories="js", some_distance=0.01))
    assert by_distance["js"] == pytest.approx(spatial.distance.jensenshannon(by_distance["reference"], by_distance["current"], base=2))
    assert by_distance["verdict"] == "some"
    assert drift_of(before.iloc[:99], after, LIMITS._replace(numbers="ks", categories="chi2"))["verdict"] == "unknown"


def test_gaps_and_rare_categories_count_where_a_test_decides() -> None:
    by_test = LIMITS._replace(numbers="ks", categories="chi2")
    whole = pd.Series(np.arange(400.0), name="x")
    for after in (whole.where(whole % 2 == 0), whole * np.nan):
        assert drift_of(whole, after, by_test)["verdict"] == "much"
    names = [pd.Series([f"n{place}" for place in range(start, start + 300)], name="w", dtype="str") for start in (0, 300)]
    found = drift_of(*names, by_test)
    # No name comes again: the twenty that are listed are tested together, against all others.
    plain = stats.chi2_contingency([[20, 280], [0, 300]], correction=False)
    assert (found["verdict"], found["chance"]) == ("some", pytest.approx(plain.pvalue))
    assert (
        drift_of(pd.Series(["a"] * 200, name="w", dtype="str"), pd.Series(["a"] * 200, name="w", dtype="str"), by_test)["verdict"] == "none"
    )


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_only_make_chances_larger_and_bonferroni_the_most(chances: list[float]) -> None:
    some, most = corrected(chances, "benjamini_hochberg"), corrected(chances, "bonferroni")
    assert corrected(chances, "none") == chances
    assert all(one <= middle + 1e-12 and middle <= last + 1e-12 for one, middle, last in zip(chances, some, most, strict=True))
    assert most == [min(1.0, one * len(chances)) for one in chances]


def test_a_correction_takes_false_alarms_of_many_columns_away_and_keeps_real_drift() -> None:
    draw = np.random.default_rng(11)
    before, after = (pd.DataFrame(draw.normal(size=(500, 200))).rename(columns=str) for _ in range(2))
    after["0"] += 1
    false = {}
    for correction in ("none", "benjamini_hochberg", "bonferroni"):
        params = drift_report.Params(numbers="ks", significance=0.05, correction=correction)
        report = drift_report.drift_report(Table(before), Table(after), params, Context())
        drifted = [one["name"] for one in report.charts[0]["features"] if one["verdict"] != "none"]
        assert drifted[0] == "0"
        false[correction] = len(drifted) - 1
    assert false["none"] >= 4
    assert false["bonferroni"] <= false["benjamini_hochberg"] <= 1


def test_the_report_names_what_drifted_most() -> None:
    women = TITANIC.with_frame(TITANIC.frame[TITANIC.frame["sex"] == "female"])
    report = drift_report.drift_report(TITANIC, women, drift_report.Params(), Context())
    assert report.charts[0]["features"][0]["name"] == "sex"
    assert report.charts[0]["features"][0]["verdict"] == "much"
    assert "“sex”" in report.details["sentence"]
    few = women.with_frame(women.frame.iloc[:30])
    unknown = drift_report.drift_report(TITANIC, few, drift_report.Params(), Context())
    assert unknown.metrics["max_psi"] is None
    assert "fewer than 100 rows" in unknown.undefined["max_psi"]
