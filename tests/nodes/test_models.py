"""Every model against plain scikit-learn, written here in full: the same params, the same rows, the same predictions."""

import pickle
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
)
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge, RidgeCV
from sklearn.metrics import silhouette_score
from sklearn.model_selection import KFold, StratifiedKFold, TunedThresholdClassifierCV, cross_val_predict, train_test_split
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier, XGBRegressor

from node_containers import samples
from node_containers.catalog import declarations
from node_containers.deciding import decide
from node_containers.explaining.contributions import explain
from node_containers.families import FamilyName
from node_containers.fitting import take_apart
from node_containers.folding import answer, parts_of, unfitted
from node_containers.nodes import automl, train_dummy
from node_containers.recipe import step
from node_containers.sdk import Context, Model, NodeError, Table

# A flower of the sample repeats another; equal rows stay in one fold, which plain folds do not know.
IRIS = samples.load("iris").drop_duplicates(ignore_index=True)
FLOWERS, SPECIES = IRIS.drop(columns="species"), pd.factorize(IRIS["species"], sort=True)[0]
DIABETES = load_diabetes(as_frame=True).frame
PATIENTS, PROGRESSION = DIABETES.drop(columns="target"), DIABETES["target"]
SCALED = (step("scale"),)
FOLDS = StratifiedKFold(5, shuffle=True, random_state=42)


def train(
    name: str, frame: pd.DataFrame, target: str | None = None, recipe: Any = (), context: Context | None = None, **params: Any
) -> Model:
    declaration = declarations()[name]
    given = {**params, "target": target} if target else params
    model: Model = declaration.function(Table(frame, recipe, "train"), declaration.params(**given), context or Context())
    return model


def scaled(estimator: Any) -> Any:
    return make_pipeline(StandardScaler(), estimator)


CLASSIFIERS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "logistic": ("train_logreg", {"C": 0.5}, scaled(LogisticRegression(C=0.5, random_state=42))),
    "tree": ("train_tree", {"max_depth": 3}, DecisionTreeClassifier(max_depth=3, random_state=42)),
    "forest": ("train_forest", {"n_estimators": 7}, RandomForestClassifier(7, random_state=42)),
    "extra trees": ("train_extra_trees", {"n_estimators": 7}, ExtraTreesClassifier(7, random_state=42)),
    "boosting": ("train_hist_boosting", {"max_iter": 7}, HistGradientBoostingClassifier(max_iter=7, random_state=42)),
    "neighbours": ("train_knn", {"n_neighbors": 3}, scaled(KNeighborsClassifier(3))),
    "machine": ("train_svm", {}, CalibratedClassifierCV(scaled(SVC()), ensemble=False, cv=FOLDS)),
    "Bayes": ("train_naive_bayes", {}, scaled(GaussianNB())),
    "Bayes of counts": ("train_naive_bayes", {"kind": "multinomial"}, MultinomialNB()),
    "network": ("train_mlp", {"max_iter": 15}, scaled(MLPClassifier(max_iter=15, random_state=42))),
    "baseline": ("train_dummy", {}, DummyClassifier()),
    "xgboost": ("train_xgboost", {"n_estimators": 7}, XGBClassifier(n_estimators=7, random_state=42, n_jobs=1, tree_method="hist")),
}


@pytest.mark.parametrize(("name", "params", "plain"), CLASSIFIERS.values(), ids=CLASSIFIERS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_classes_are_learned_as_by_the_library(name: str, params: dict[str, Any], plain: Any) -> None:
    model = train(name, IRIS, "species", SCALED, **params)
    assert model.info["task"] == "classification"
    assert model.info["classes"] == ["setosa", "versicolor", "virginica"]
    expected = clone(plain).fit(FLOWERS.to_numpy(), SPECIES).predict_proba(FLOWERS.to_numpy())
    np.testing.assert_allclose(model.pipeline.predict_proba(FLOWERS), expected, rtol=1e-9, atol=1e-12)


REGRESSORS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "linear": ("train_linear", {}, LinearRegression()),
    "ridge": ("train_ridge", {"alpha": 0.1}, scaled(Ridge(0.1))),
    "lasso": ("train_lasso", {"alpha": 0.1}, scaled(Lasso(0.1))),
    "elastic net": ("train_elastic_net", {"alpha": 0.1}, scaled(ElasticNet(0.1))),
    "tree": ("train_tree", {"max_depth": 3}, DecisionTreeRegressor(max_depth=3, random_state=42)),
    "forest": ("train_forest", {"n_estimators": 7}, RandomForestRegressor(7, random_state=42)),
    "boosting": ("train_hist_boosting", {"max_iter": 7}, HistGradientBoostingRegressor(max_iter=7, random_state=42)),
    "neighbours": ("train_knn", {"weights": "distance"}, scaled(KNeighborsRegressor(weights="distance"))),
    "machine": ("train_svm", {"C": 10}, scaled(SVR(C=10))),
    "baseline": ("train_dummy", {"quantity": "median"}, DummyRegressor(strategy="median")),
    "xgboost": ("train_xgboost", {"n_estimators": 7}, XGBRegressor(n_estimators=7, random_state=42, n_jobs=1, tree_method="hist")),
}


@pytest.mark.parametrize(("name", "params", "plain"), REGRESSORS.values(), ids=REGRESSORS)
def test_quantities_are_learned_as_by_the_library(name: str, params: dict[str, Any], plain: Any) -> None:
    context = Context()
    model = train(name, DIABETES, "target", SCALED, context, **params)
    assert model.info["task"] == "regression"
    assert "quantities of “target”" in context.summary
    expected = clone(plain).fit(PATIENTS.to_numpy(), PROGRESSION).predict(PATIENTS.to_numpy())
    np.testing.assert_allclose(model.pipeline.predict(PATIENTS), expected, rtol=1e-7)


DEFAULTS: dict[str, tuple[Any, ...]] = {
    "train_linear": (LinearRegression(),),
    "train_ridge": (Ridge(),),
    "train_lasso": (Lasso(),),
    "train_elastic_net": (ElasticNet(),),
    "train_tree": (DecisionTreeClassifier(), DecisionTreeRegressor()),
    "train_forest": (RandomForestClassifier(), RandomForestRegressor()),
    "train_extra_trees": (ExtraTreesClassifier(),),
    "train_hist_boosting": (HistGradientBoostingClassifier(), HistGradientBoostingRegressor()),
    "train_knn": (KNeighborsClassifier(), KNeighborsRegressor()),
    "train_svm": (SVC(), SVR()),
    "train_mlp": (MLPClassifier(),),
    "train_kmeans": (KMeans(),),
    "train_isolation_forest": (IsolationForest(),),
}
# A seed is always set; left open, the columns a question may choose from are the library's own for the task; layers are a list in JSON.
# Categories are named columns; the library's default reads them from the types of a data frame.
OURS = {"categorical_features", "target", "compare_up_to", "random_state", "max_features", "hidden_layer_sizes", "criterion"}


@pytest.mark.parametrize(("name", "estimators"), DEFAULTS.items(), ids=DEFAULTS)
def test_names_and_defaults_are_those_of_the_library(name: str, estimators: tuple[Any, ...]) -> None:
    ours = {param: value for param, value in declarations()[name].params().model_dump().items() if param not in OURS}
    theirs = {param: value for estimator in estimators for param, value in estimator.get_params().items()}
    assert ours.items() <= theirs.items()


def test_votes_and_stacks_equal_the_library() -> None:
    first, second = train("train_logreg", IRIS, "species", SCALED), train("train_tree", IRIS, "species", SCALED)
    pair = [("first", LogisticRegression(random_state=42)), ("second", DecisionTreeClassifier(random_state=42))]
    declared = declarations()
    table = Table(IRIS, SCALED, "train")
    vote = declared["train_vote"].function(table, first, second, declared["train_vote"].params(weights=[2, 1]), Context())
    plain = scaled(VotingClassifier(pair, voting="soft", weights=[2, 1])).fit(FLOWERS.to_numpy(), SPECIES)
    np.testing.assert_allclose(vote.pipeline.predict_proba(FLOWERS), plain.predict_proba(FLOWERS.to_numpy()))
    stack = declared["train_stack"].function(table, first, second, declared["train_stack"].params(), Context())
    plain = StackingClassifier([(name, scaled(one)) for name, one in pair], cv=FOLDS).fit(FLOWERS.to_numpy(), SPECIES)
    np.testing.assert_allclose(stack.pipeline.predict_proba(FLOWERS), plain.predict_proba(FLOWERS.to_numpy()))


@pytest.mark.parametrize("names", [("train_logreg", "train_tree"), ("train_logreg", "train_tree", "train_naive_bayes")])
@pytest.mark.parametrize("weights", [None, [1, 1, 1], [0.25, 0.5, 0.25], [0, 3, 1], [5, 1, 1]])
@pytest.mark.parametrize("data", ["iris", "titanic"])
def test_a_hard_vote_names_the_class_that_the_library_names(names: tuple[str, ...], weights: list[float] | None, data: str) -> None:
    frame, recipe = (IRIS, SCALED) if data == "iris" else titanic()
    target = "species" if data == "iris" else "survived"
    given = weights and weights[: len(names)]
    members = [train(name, frame, target, recipe) for name in names]
    vote = declarations()["train_vote"]
    third = {"third": members[2]} if len(members) == 3 else {}
    context = Context()
    params = vote.params(voting="hard", weights=given)
    model = vote.function(Table(frame, recipe, "train"), members[0], members[1], params, context, **third)
    features = frame.drop(columns=target)
    prepared = model.pipeline.named_steps["recipe"].transform(features)
    y = np.unique(frame[target], return_inverse=True)[1]
    voters = [(str(place), clone(one.pipeline.named_steps["model"])) for place, one in enumerate(members)]
    plain = VotingClassifier(voters, voting="hard", weights=given).fit(prepared, y)
    shares = model.pipeline.predict_proba(features)
    np.testing.assert_array_equal(model.pipeline.predict(features), plain.predict(prepared))
    np.testing.assert_array_equal(decide(shares), plain.predict(prepared))
    said = np.stack([one.predict(prepared) for one in plain.estimators_])
    for code in range(len(model.info["classes"])):
        np.testing.assert_allclose(shares[:, code], np.average(said == code, axis=0, weights=given))
    assert context.summary.endswith(f"; probabilities are shares of {len(names)} votes")
    assert [one["code"] for one in context.warnings if one["code"] == "vote-of-two"] == ["vote-of-two"][: 3 - len(names)]
    # What is made of it: figures, a threshold, a calibration.
    report = declarations()["evaluate"].function(
        model, Table(frame, role="test"), declarations()["evaluate"].params(bootstrap=0), Context()
    )
    assert report.metrics["accuracy"] == (plain.predict(prepared) == y).mean()
    assert report.metrics["roc_auc"] is not None and report.metrics["log_loss"] is not None


def test_a_model_that_was_given_a_threshold_is_learned_anew_in_a_vote_and_a_stack() -> None:
    frame, recipe = titanic()
    declared, table = declarations(), Table(frame, recipe, "train")
    tuned = declared["tune_threshold"].function(
        train("train_tree", frame, "survived", recipe), table, declared["tune_threshold"].params(), Context()
    )
    threshold = tuned.pipeline.named_steps["model"].threshold
    other = train("train_logreg", frame, "survived", recipe)
    # Other rows, which lack a category: the matrix is narrower than the one that the tree knows.
    few = frame[frame["class"] != "*"].iloc[:300].reset_index(drop=True)
    features = few.drop(columns="survived")
    for name, more in (("train_vote", {"voting": "hard"}), ("train_vote", {}), ("train_stack", {"cv": 3})):
        node = declared[name]
        model = node.function(Table(few, recipe, "train"), tuned, other, node.params(**more), Context())
        member = model.pipeline.named_steps["model"].estimators_[0]
        matrix = model.pipeline.named_steps["recipe"].transform(features)
        plain = DecisionTreeClassifier(random_state=42).fit(matrix, few["survived"])
        np.testing.assert_array_equal(member.predict_proba(matrix), plain.predict_proba(matrix))
        assert member.threshold == threshold


def test_a_hard_vote_can_be_calibrated_and_given_a_threshold() -> None:
    frame, recipe = titanic()
    declared, table = declarations(), Table(frame, recipe, "train")
    members = [train(name, frame, "survived", recipe) for name in ("train_logreg", "train_tree", "train_naive_bayes")]
    vote = declared["train_vote"]
    model = vote.function(table, members[0], members[1], vote.params(voting="hard"), Context(), third=members[2])
    assert set(np.unique(model.pipeline.predict_proba(frame))) <= {0.0, 1 / 3, 2 / 3, 1.0}
    calibrated = declared["calibrate_model"].function(model, table, declared["calibrate_model"].params(), Context())
    # What is called a third of the votes is another probability now: the mean over all rows is that of the truth.
    assert calibrated.pipeline.predict_proba(frame)[:, 1].mean() == pytest.approx(frame["survived"].mean(), abs=0.03)
    tuned = declared["tune_threshold"].function(model, table, declared["tune_threshold"].params(), Context())
    assert (
        tuned.pipeline.predict(frame) == (model.pipeline.predict_proba(frame)[:, 1] >= tuned.pipeline.named_steps["model"].threshold)
    ).all()


@pytest.mark.parametrize(
    ("target", "params", "code", "field"),
    [
        ("petal_width", {"voting": "hard"}, "voting-quantities", "params.voting"),
        ("petal_width", {"weights": [0, 0]}, "weights-zero", "params.weights"),
        ("species", {"weights": [0, 0], "voting": "hard"}, "weights-zero", "params.weights"),
    ],
)
def test_a_vote_that_nobody_can_hold_is_refused(target: str, params: dict[str, Any], code: str, field: str) -> None:
    recipe = (step("encode"),)
    first, second = (train("train_tree", IRIS, target, recipe) for _ in range(2))
    vote = declarations()["train_vote"]
    with pytest.raises(NodeError) as refused:
        vote.function(Table(IRIS, recipe, "train"), first, second, vote.params(**params), Context())
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("weights", "words"), [(None, "the first class in order wins"), ([2, 1], "the first model alone"), ([1, 2], "the second model alone")]
)
def test_of_two_that_vote_hard_it_is_said_who_decides(weights: list[float] | None, words: str) -> None:
    first, second = train("train_logreg", IRIS, "species", SCALED), train("train_tree", IRIS, "species", SCALED)
    vote, context = declarations()["train_vote"], Context()
    vote.function(Table(IRIS, SCALED, "train"), first, second, vote.params(voting="hard", weights=weights), context)
    assert words in next(one["message"] for one in context.warnings if one["code"] == "vote-of-two")


def test_models_that_learn_different_things_do_not_vote() -> None:
    first, second = train("train_tree", IRIS, "species"), train("train_tree", IRIS, "petal_width", (step("encode"),))
    vote = declarations()["train_vote"]
    with pytest.raises(NodeError) as refused:
        vote.function(Table(IRIS, role="train"), first, second, vote.params(), Context())
    assert refused.value.code == "models-differ"


def titanic() -> tuple[pd.DataFrame, tuple[Any, ...]]:
    frame = samples.load("titanic").drop(columns="name")
    frame = frame.drop_duplicates([name for name in frame.columns if name != "survived"], ignore_index=True)
    return frame, (step("impute"), step("scale"), step("encode"))


def test_a_tuned_threshold_equals_the_library_and_decides_everywhere() -> None:
    frame, recipe = titanic()
    model = train("train_logreg", frame, "survived", recipe)
    tune = declarations()["tune_threshold"]
    tuned = tune.function(model, Table(frame, recipe, "train"), tune.params(scoring="f1", thresholds=20), Context())
    plain = TunedThresholdClassifierCV(clone(model.pipeline), scoring="f1", thresholds=20, cv=FOLDS).fit(
        frame.drop(columns="survived"), frame["survived"]
    )
    assert tuned.pipeline.named_steps["model"].threshold == plain.best_threshold_
    probabilities = model.pipeline.predict_proba(frame)[:, 1]
    evaluate = declarations()["evaluate"]
    report = evaluate.function(tuned, Table(frame, role="test"), evaluate.params(), Context())
    assert report.metrics["accuracy"] == ((probabilities >= plain.best_threshold_) == frame["survived"]).mean()
    assert tuned.stored is None


def test_calibration_equals_the_library() -> None:
    frame, recipe = titanic()
    model = train("train_naive_bayes", frame, "survived", recipe)
    calibrate = declarations()["calibrate_model"]
    calibrated = calibrate.function(model, Table(frame, recipe, "train"), calibrate.params(method="isotonic"), Context())
    plain = CalibratedClassifierCV(clone(model.pipeline), method="isotonic", ensemble=False, cv=FOLDS)
    plain.fit(frame.drop(columns="survived"), frame["survived"])
    np.testing.assert_allclose(calibrated.pipeline.predict_proba(frame), plain.predict_proba(frame.drop(columns="survived")))
    assert calibrated.info["estimator"] == "GaussianNB, calibrated"


def test_clusters_and_anomalies_leave_the_declared_target_alone() -> None:
    table = Table(IRIS, SCALED, "train", target="species")
    kmeans, forest = declarations()["train_kmeans"], declarations()["train_isolation_forest"]
    clusters = kmeans.function(table, kmeans.params(n_clusters=3), Context())
    measures = StandardScaler().fit_transform(FLOWERS.to_numpy())
    assert np.array_equal(clusters.pipeline.predict(FLOWERS), KMeans(3, random_state=42).fit(measures).predict(measures))
    assert [feature["name"] for feature in clusters.info["signature"]["features"]] == list(FLOWERS.columns)
    odd = forest.function(table, forest.params(n_estimators=10, contamination=0.1), Context())
    plain = IsolationForest(n_estimators=10, contamination=0.1, random_state=42).fit(FLOWERS.to_numpy())
    assert np.array_equal(odd.pipeline.predict(FLOWERS), plain.predict(FLOWERS.to_numpy()))


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("train_xgboost", {"n_estimators": 3}, "boosting round 3 of 3"),
        ("train_forest", {"n_estimators": 3}, "tree 3 of 3"),
        ("train_hist_boosting", {"max_iter": 3}, "boosting round 3 of 3"),
        ("train_mlp", {"max_iter": 3}, "epoch 3, loss"),
    ],
)
def test_a_long_fit_says_how_far_it_is(name: str, params: dict[str, Any], words: str) -> None:
    said: list[str] = []
    model = train(name, IRIS, "species", (), Context(on_progress=said.append), **params)
    assert any(word.startswith(words) for word in said), said
    kept = model.pipeline.named_steps["model"].get_params()
    assert not kept.get("verbose")
    assert kept.get("callbacks") is None


def test_one_thread_or_many_the_refusal_of_a_library_has_a_way_out() -> None:
    frame = pd.DataFrame({"x": [-1.0, 2.0, 3.0, 4.0] * 5, "y": ["a", "b"] * 10})
    with pytest.raises(NodeError) as refused:
        train("train_naive_bayes", frame, "y", kind="multinomial")
    assert (refused.value.code, bool(refused.value.hint)) == ("fit-refused", True)
    with pytest.raises(NodeError) as refused:
        train("train_knn", frame, "y", n_neighbors=50)
    assert refused.value.code == "neighbors-too-many"


def test_early_stopping_learns_all_rows_with_the_rounds_that_were_worth_it() -> None:
    context = Context()
    model = train("train_xgboost", DIABETES, "target", context=context, n_estimators=200, early_stopping_rounds=5, eval_metric="mae")
    features, truth = PATIENTS.to_numpy(), PROGRESSION.to_numpy()
    learned, held = train_test_split(np.arange(len(truth)), test_size=0.1, random_state=42)
    words: dict[str, Any] = {"random_state": 42, "n_jobs": 1, "tree_method": "hist", "eval_metric": "mae"}
    trial = XGBRegressor(n_estimators=200, early_stopping_rounds=5, **words)
    trial.fit(features[learned], truth[learned], eval_set=[(features[held], truth[held])], verbose=False)
    rounds = trial.best_iteration + 1
    assert 1 < rounds < 200
    assert context.metrics["rounds"] == rounds
    plain = XGBRegressor(n_estimators=rounds, **words).fit(features, truth)
    np.testing.assert_array_equal(model.pipeline.predict(PATIENTS), plain.predict(features))
    assert model.pipeline.named_steps["model"].get_params()["early_stopping_rounds"] is None
    curve = next(chart for chart in context.charts if chart["kind"] == "rounds")
    assert curve["best"] == rounds
    assert curve["validation"] == pytest.approx(trial.evals_result()["validation_0"]["mae"][:rounds])


def test_every_fold_stops_early_by_its_own_rows() -> None:
    frame, params = DIABETES, {"n_estimators": 200, "early_stopping_rounds": 5}
    model = train("train_xgboost", frame, "target", **params)
    learnable = take_apart(Table(frame), "target", Context())
    parts = parts_of(learnable, "auto", 3, 1, None, Context())
    whole, settled = model.pipeline.named_steps["model"].n_estimators, set()
    for rows, others in parts:
        alone = train("train_xgboost", frame.iloc[rows].reset_index(drop=True), "target", **params)
        said = answer(model, learnable, rows, others)
        np.testing.assert_array_equal(said.predicted, alone.pipeline.predict(PATIENTS.iloc[others]))
        settled.add(alone.pipeline.named_steps["model"].n_estimators)
    assert settled != {whole}
    assert model.pipeline.named_steps["model"].get_params()["n_estimators"] == whole


def test_the_rows_that_judge_the_rounds_have_no_part_in_the_recipe_and_no_twin_among_the_others() -> None:
    """On noise, with the columns chosen that suit the target best, more than a few rounds would come of looking ahead."""
    draw = np.random.default_rng(5)
    noise = pd.DataFrame(draw.normal(size=(150, 300))).add_prefix("n").assign(y=draw.normal(size=150))
    twice = pd.concat([noise, noise], ignore_index=True)
    recipe = (step("select_best", k=5, score_func="f_test"),)
    context = Context()
    train("train_xgboost", twice, "y", recipe, context, n_estimators=200, early_stopping_rounds=5)
    assert context.metrics["rounds"] <= 5


def test_an_ensemble_of_models_that_stop_early_can_be_learned_anew() -> None:
    first = train("train_xgboost", IRIS, "species", n_estimators=60, early_stopping_rounds=3)
    stack, calibrate = declarations()["train_stack"], declarations()["calibrate_model"]
    table = Table(IRIS, (), "train")
    for model in (
        stack.function(table, first, train("train_knn", IRIS, "species"), stack.params(), Context()),
        calibrate.function(first, table, calibrate.params(), Context()),
    ):
        learnable = take_apart(table, "species", Context())
        rows, others = parts_of(learnable, "auto", 3, 1, None, Context())[0]
        assert (answer(model, learnable, rows, others).predicted == learnable.y[others]).mean() > 0.8


def test_a_stack_of_forests_can_be_calibrated() -> None:
    two = IRIS[IRIS["species"] != "setosa"].reset_index(drop=True)
    table, declared = Table(two, (), "train"), declarations()
    members = train("train_logreg", two, "species"), train("train_forest", two, "species", n_estimators=5)
    stack = declared["train_stack"].function(table, *members, declared["train_stack"].params(), Context())
    calibrated = declared["calibrate_model"].function(stack, table, declared["calibrate_model"].params(), Context())
    tuned = declared["tune_threshold"].function(calibrated, table, declared["tune_threshold"].params(), Context())
    assert (tuned.pipeline.predict(two) == (two["species"] == "virginica")).mean() > 0.9


def test_a_measure_that_does_not_suit_the_target_is_refused() -> None:
    with pytest.raises(NodeError, match="auc does not measure") as wrong:
        train("train_xgboost", DIABETES, "target", eval_metric="auc")
    assert wrong.value.hint == "Take one of rmse, mae, or leave it open."


def test_the_weight_of_positives_reaches_the_library_and_means_nothing_to_quantities() -> None:
    two = IRIS[IRIS["species"] != "setosa"]
    model = train("train_xgboost", two, "species", scale_pos_weight=3.0, n_estimators=5)
    plain = XGBClassifier(n_estimators=5, scale_pos_weight=3.0, random_state=42, n_jobs=1, tree_method="hist")
    plain.fit(two.drop(columns="species").to_numpy(), (two["species"] == "virginica").astype(int))
    features = two.drop(columns="species")
    np.testing.assert_array_equal(model.pipeline.predict_proba(features), plain.predict_proba(features.to_numpy()))
    assert train("train_xgboost", DIABETES, "target", scale_pos_weight=3.0, n_estimators=5).info["task"] == "regression"


def shown_tree(context: Context) -> list[dict[str, Any]]:
    return list(next(chart for chart in context.charts if chart["kind"] == "tree")["nodes"])


def test_a_tree_shows_its_questions_from_the_top() -> None:
    context = Context()
    model = train("train_tree", IRIS, "species", context=context, max_depth=2)
    shown, tree = shown_tree(context), model.pipeline.named_steps["model"].tree_
    assert sorted(one["rows"] for one in shown) == sorted(tree.n_node_samples.tolist())
    asked = f"{list(FLOWERS.columns)[tree.feature[0]]} ≤ {tree.threshold[0]:.4g}"
    assert shown[0] == {
        "parent": None,
        "holds": None,
        "question": asked,
        "rows": 149,
        "answer": "setosa",
        "share": pytest.approx((IRIS["species"] == "setosa").mean()),
    }
    assert shown[1] == {"parent": 0, "holds": True, "question": None, "rows": 50, "answer": "setosa", "share": 1.0}
    assert (shown[2]["parent"], shown[2]["holds"]) == (0, False)
    quantity = Context()
    train("train_tree", DIABETES, "target", context=quantity, max_depth=1)
    top = shown_tree(quantity)[0]
    assert (top["rows"], top["answer"], "share" in top) == (len(DIABETES), f"{PROGRESSION.mean():.4g}", False)


def test_a_tree_asks_for_categories_by_their_names_and_says_where_empty_cells_go() -> None:
    context = Context()
    sex, age = ["f", "m"] * 40, [None if at % 8 == 1 else float(at) for at in range(80)]
    old = ["yes" if one == "f" or years is None or years > 60 else "no" for one, years in zip(sex, age, strict=True)]
    frame = pd.DataFrame({"sex": sex, "age": age, "y": old})
    train("train_tree", frame, "y", (step("encode"),), context=context)
    shown = shown_tree(context)
    assert shown[0]["question"] in ("sex is f", "sex is m")
    assert any("empty_holds" in one for one in shown)
    assert not any("=" in (one["question"] or "") for one in shown)
    for place, one in enumerate(shown[1:], 1):
        rows = frame.assign(holds=True)
        while place:
            above = shown[shown[place]["parent"]]
            rows = rows[_holds(rows, above) == shown[place]["holds"]]
            place = shown[place]["parent"]
        assert len(rows) == one["rows"]


def _holds(rows: pd.DataFrame, one: dict[str, Any]) -> pd.Series:
    column, sign, value = one["question"].split()
    if sign == "is":
        return rows[column] == value
    return (rows[column] <= float(value)) | (rows[column].isna() & one.get("empty_holds", False))


def test_a_large_tree_shows_its_uppermost_levels() -> None:
    context = Context()
    model = train("train_tree", DIABETES, "target", context=context)
    shown = next(chart for chart in context.charts if chart["kind"] == "tree")
    assert (len(shown["nodes"]), shown["hidden"]) == (63, model.pipeline.named_steps["model"].tree_.node_count - 63)


def test_numbers_of_clusters_are_compared_by_their_silhouettes() -> None:
    context = Context()
    train("train_kmeans", FLOWERS, context=context, n_clusters=3, compare_up_to=5)
    shown = next(chart for chart in context.charts if chart["kind"] == "line")
    assert shown["x"] == [2.0, 3.0, 4.0, 5.0]
    expected = [float(silhouette_score(FLOWERS, KMeans(size, random_state=42).fit_predict(FLOWERS.to_numpy()))) for size in (2, 3, 4, 5)]
    assert shown["series"][0]["values"] == pytest.approx(expected, abs=1e-9)
    assert context.metrics["best_clusters"] == 2
    assert "2 part the rows best" in context.summary
    with pytest.raises(NodeError, match="too few different rows"):
        train("train_kmeans", FLOWERS.iloc[[0, 50]], n_clusters=2, compare_up_to=5)


MIXED, SURVIVED = titanic()[0].drop(columns="survived"), titanic()[0]["survived"]
CODES = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)


def coded(frame: pd.DataFrame) -> pd.DataFrame:
    """Text as whole numbers in the order of the alphabet, by scikit-learn."""
    text = [name for name in frame if frame[name].dtype == "str"]
    return frame.assign(**dict(zip(text, CODES.fit_transform(frame[text].astype(object)).T, strict=True)))


def test_a_constraint_finds_its_column_behind_a_recipe_and_in_every_fold() -> None:
    frame, recipe = titanic()
    signs = {"age": -1}
    model = train("train_xgboost", frame, "survived", recipe, n_estimators=9, monotone_constraints=signs)
    matrix = model.pipeline.named_steps["recipe"].transform(MIXED)
    names = list(model.pipeline.named_steps["recipe"].get_feature_names_out())
    assert names[0] != "age", "the order of the table is not that of the constraints"
    places = tuple(signs.get(name, 0) for name in names)
    plain = XGBClassifier(n_estimators=9, monotone_constraints=places, random_state=42, n_jobs=1, tree_method="hist").fit(matrix, SURVIVED)
    np.testing.assert_array_equal(model.pipeline.predict_proba(MIXED), plain.predict_proba(matrix))
    ladder = MIXED.iloc[:1].loc[[0] * 50].assign(age=np.linspace(1, 80, 50))
    assert (np.diff(model.pipeline.predict_proba(ladder)[:, 1]) <= 0).all()
    # Anew on rows that lack a category: the matrix is narrower, and the constraint still holds for the age.
    few = frame[frame["class"] != frame["class"].iloc[0]]
    folded = unfitted(model).fit(few.drop(columns="survived"), few["survived"])
    assert len(folded.named_steps["recipe"].get_feature_names_out()) < len(names)
    assert (np.diff(folded.predict_proba(ladder)[:, 1]) <= 0).all()
    assert folded.named_steps["model"].monotone_constraints == signs


def test_constraints_hold_inside_votes_and_with_early_stopping() -> None:
    frame, recipe = titanic()
    words = {"n_estimators": 30, "monotone_constraints": {"age": -1}}
    first = train("train_xgboost", frame, "survived", recipe, early_stopping_rounds=3, **words)
    second = train("train_xgboost", frame, "survived", recipe, max_depth=2, **words)
    for name in ("train_vote", "train_stack"):
        node = declarations()[name]
        model = node.function(Table(frame, recipe, "train"), first, second, node.params(), Context())
        ladder = MIXED.iloc[:1].loc[[0] * 30].assign(age=np.linspace(1, 80, 30))
        # What is made of the members' float32 may round by a last digit.
        assert (np.diff(model.pipeline.predict_proba(ladder)[:, 1]) <= 2 * np.finfo(np.float32).eps).all(), name


@pytest.mark.parametrize(
    ("target", "recipe", "params", "code"),
    [
        ("survived", (step("impute"), step("encode")), {"monotone_constraints": {"class": 1}}, "column-many"),
        (
            "survived",
            (step("encode"), step("impute"), step("pca", columns=["age"], n_components=1)),
            {"monotone_constraints": {"age": 1}},
            "column-many",
        ),
        ("survived", (), {"monotone_constraints": {"class": 1}, "enable_categorical": True}, "column-unordered"),
        ("class", (step("encode"),), {"monotone_constraints": {"age": 1}}, "task-mismatch"),
        ("survived", (step("encode"),), {"monotone_constraints": {"aeg": 1}}, "column-unknown"),
    ],
)
def test_a_constraint_that_means_nothing_is_refused(target: str, recipe: Any, params: dict[str, Any], code: str) -> None:
    with pytest.raises(NodeError) as refused:
        train("train_xgboost", titanic()[0], target, recipe, **params)
    assert (refused.value.code, refused.value.field) == (code, "params.monotone_constraints")
    assert refused.value.hint


def test_a_constraint_that_holds_in_part_or_for_nothing_is_said() -> None:
    context = Context()
    recipe = (step("encode"), step("impute"), step("polynomial", columns=["age"]))
    train("train_xgboost", titanic()[0], "survived", recipe, context, n_estimators=3, monotone_constraints={"age": 1})
    assert [warning["code"] for warning in context.warnings] == ["constraint-partial"]
    assert "“polynomial”" in context.warnings[0]["message"]
    context = Context()
    best = (step("encode"), step("impute"), step("select_best", k=1))
    train("train_xgboost", titanic()[0], "survived", best, context, n_estimators=3, monotone_constraints={"age": 1})
    assert [warning["code"] for warning in context.warnings] == ["constraint-idle"]


def test_categories_are_learned_as_xgboost_learns_them() -> None:
    model = train("train_xgboost", titanic()[0], "survived", n_estimators=9, enable_categorical=True)
    plain_rows = coded(MIXED)
    kinds = ["c" if MIXED[name].dtype == "str" else "q" for name in MIXED]
    assert "c" in kinds
    plain = XGBClassifier(n_estimators=9, enable_categorical=True, feature_types=kinds, random_state=42, n_jobs=1, tree_method="hist").fit(
        plain_rows.to_numpy(float), SURVIVED
    )
    np.testing.assert_array_equal(model.pipeline.predict_proba(MIXED), plain.predict_proba(plain_rows.to_numpy(float)))
    unseen = MIXED.head(3).assign(**{"class": ["no such class", None, None]})
    said = model.pipeline.predict_proba(unseen.assign(**{"class": pd.Series(["no such class", None, None], dtype="str")}))
    blank = model.pipeline.predict_proba(unseen.assign(**{"class": pd.Series([None, None, None], dtype="str")}))
    np.testing.assert_array_equal(said, blank)
    again = pickle.loads(pickle.dumps(model.pipeline))
    np.testing.assert_array_equal(again.predict_proba(MIXED), model.pipeline.predict_proba(MIXED))
    explained = explain(model, MIXED.head(4), MIXED, 1, 0)
    margins = explained.base + explained.values.sum(axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(-margins)), model.pipeline.predict_proba(MIXED.head(4))[:, 1], rtol=1e-4)


def test_categories_are_learned_as_histogram_boosting_learns_them() -> None:
    frame, recipe = titanic()[0], (step("encode", columns=["sex"]),)
    model = train("train_hist_boosting", frame, "survived", recipe, max_iter=9, categorical_features=["class"])
    matrix = coded(MIXED)
    matrix["sex"] = (MIXED["sex"] == "male").astype(float)
    assert list(model.pipeline.named_steps["recipe"].get_feature_names_out()).count("class") == 1
    both = matrix.assign(female=1 - matrix["sex"])[
        [*matrix.columns[: list(matrix).index("sex")], "female", *matrix.columns[list(matrix).index("sex") :]]
    ]
    plain = HistGradientBoostingClassifier(max_iter=9, random_state=42, categorical_features=[list(both).index("class")])
    plain.fit(both.to_numpy(float), SURVIVED)
    np.testing.assert_array_equal(model.pipeline.predict_proba(MIXED), plain.predict_proba(both.to_numpy(float)))
    assert unfitted(model).fit(MIXED, SURVIVED).named_steps["model"].categorical_features == ["class"]


def test_a_column_of_categories_must_be_one_column() -> None:
    frame, recipe = titanic()
    with pytest.raises(NodeError) as refused:
        train("train_hist_boosting", frame, "survived", recipe, max_iter=3, categorical_features=["class"])
    assert (refused.value.code, refused.value.field) == ("column-many", "params.categorical_features")
    many = frame.assign(**{"class": pd.Series([f"c{row % 300}" for row in range(len(frame))], dtype="str")})
    with pytest.raises(NodeError) as refused:
        train("train_hist_boosting", many, "survived", (step("encode", columns=["sex"]),), max_iter=3, categorical_features=["class"])
    assert (refused.value.code, refused.value.field) == ("category-too-many", "class")
    context = Context()
    train("train_xgboost", frame, "survived", recipe, context, n_estimators=3, enable_categorical=True)
    assert [warning["code"] for warning in context.warnings] == ["categories-none"]


@pytest.mark.parametrize("target", ["species", "petal_width"])
def test_a_stack_that_sees_the_columns_equals_a_plain_script(target: str) -> None:
    frame = IRIS if target == "species" else IRIS.drop(columns="species")
    frame = frame.drop_duplicates(frame.columns.drop(target), ignore_index=True)
    features = frame.drop(columns=target)
    classes = target == "species"
    names = ("train_logreg", "train_tree") if classes else ("train_ridge", "train_tree")
    first, second = (train(name, frame, target, SCALED) for name in names)
    stack = declarations()["train_stack"]
    model = stack.function(Table(frame, SCALED, "train"), first, second, stack.params(passthrough=True), Context())
    y = SPECIES if classes else frame[target].to_numpy()
    folds = FOLDS if classes else KFold(5, shuffle=True, random_state=42)
    plain = (
        [LogisticRegression(random_state=42), DecisionTreeClassifier(random_state=42)]
        if classes
        else [Ridge(), DecisionTreeRegressor(random_state=42)]
    )
    method = "predict_proba" if classes else "predict"
    said = [cross_val_predict(scaled(one), features.to_numpy(), y, cv=folds, method=method).reshape(len(y), -1) for one in plain]
    columns = StandardScaler().fit_transform(features.to_numpy())
    top = (LogisticRegression() if classes else RidgeCV()).fit(np.hstack([*said, columns]), y)
    final = [getattr(scaled(one).fit(features.to_numpy(), y), method)(features.to_numpy()).reshape(len(y), -1) for one in plain]
    expected = getattr(top, method)(np.hstack([*final, columns]))
    np.testing.assert_allclose(getattr(model.pipeline, method)(features), expected, rtol=1e-9, atol=1e-12)
    kept = model.pipeline.named_steps["model"]
    assert kept.get_params(deep=False)["passthrough"]
    assert type(kept.final_estimator_) in (LogisticRegression, RidgeCV)


TOPS: dict[str, tuple[Any, Any]] = {
    "linear": (LogisticRegression(), RidgeCV()),
    "random_forest": (RandomForestClassifier(random_state=5), RandomForestRegressor(random_state=5)),
    "extra_trees": (ExtraTreesClassifier(random_state=5), ExtraTreesRegressor(random_state=5)),
    "hist_gradient_boosting": (HistGradientBoostingClassifier(random_state=5), HistGradientBoostingRegressor(random_state=5)),
    "xgboost": (XGBClassifier(random_state=5, n_jobs=1), XGBRegressor(random_state=5, n_jobs=1)),
    "k_neighbors": (KNeighborsClassifier(), KNeighborsRegressor()),
}


@pytest.mark.parametrize("passthrough", [False, True])
@pytest.mark.parametrize("target", ["species", "petal_width"])
@pytest.mark.parametrize("kind", get_args(FamilyName))
def test_whatever_is_on_top_of_a_stack_equals_the_library(kind: str, target: str, passthrough: bool) -> None:
    frame = IRIS if target == "species" else IRIS.drop(columns="species")
    frame = frame.drop_duplicates(frame.columns.drop(target), ignore_index=True)
    features, classes = frame.drop(columns=target), target == "species"
    # Without steps to learn, the library's own stack has the very same matrix.
    names = ("train_tree", "train_naive_bayes") if classes else ("train_tree", "train_knn")
    first, second = (train(name, frame, target) for name in names)
    stack, context = declarations()["train_stack"], Context()
    params = stack.params(final_estimator=kind, passthrough=passthrough, random_state=5, cv=4)
    model = stack.function(Table(frame, (), "train"), first, second, params, context)
    y = np.unique(frame[target], return_inverse=True)[1] if classes else frame[target].to_numpy()
    folds = (StratifiedKFold if classes else KFold)(4, shuffle=True, random_state=5)
    members: list[Any] = (
        [DecisionTreeClassifier(random_state=42), GaussianNB()]
        if classes
        else [DecisionTreeRegressor(random_state=42), KNeighborsRegressor()]
    )
    library = StackingClassifier if classes else StackingRegressor
    top = TOPS[kind][0 if classes else 1]
    named = [("first", members[0]), ("second", members[1])]
    with threadpool_limits(limits=1):
        plain = library(named, cv=folds, final_estimator=clone(top), passthrough=passthrough).fit(features.to_numpy(), y)
        method = "predict_proba" if classes else "predict"
        expected = getattr(plain, method)(features.to_numpy())
        np.testing.assert_allclose(getattr(model.pipeline, method)(features), expected, rtol=1e-9, atol=1e-12)
    assert type(model.pipeline.named_steps["model"].final_estimator_) is type(top)
    assert ("; on top: " in context.summary) == (kind != "linear")


def test_a_stack_with_trees_on_top_can_be_stored_learned_anew_and_calibrated() -> None:
    two = IRIS[IRIS["species"] != "setosa"].reset_index(drop=True)
    table, declared = Table(two, (), "train"), declarations()
    members = train("train_logreg", two, "species"), train("train_tree", two, "species")
    params = declared["train_stack"].params(final_estimator="xgboost", passthrough=True)
    stack = declared["train_stack"].function(table, *members, params, Context())
    features = two.drop(columns="species")
    again = pickle.loads(pickle.dumps(stack.pipeline))
    np.testing.assert_array_equal(again.predict_proba(features), stack.pipeline.predict_proba(features))
    learnable = take_apart(table, "species", Context())
    rows, others = parts_of(learnable, "auto", 3, 1, None, Context())[0]
    assert (answer(stack, learnable, rows, others).predicted == learnable.y[others]).mean() > 0.8
    calibrated = declared["calibrate_model"].function(stack, table, declared["calibrate_model"].params(), Context())
    assert (calibrated.pipeline.predict(features) == (two["species"] == "virginica")).mean() > 0.8


def test_a_baseline_may_guess_one_thing_whatever_the_rows_say() -> None:
    table = Table(samples.load("wine"), target="cultivar", role="train")
    rows = table.frame.head(3)
    always = train_dummy.train_dummy(table, train_dummy.Params(constant="cultivar 3"), Context())
    assert always.pipeline.predict_proba(rows.drop(columns="cultivar")).tolist() == [[0.0, 0.0, 1.0]] * 3
    measured = Table(table.frame.drop(columns="cultivar"), target="alcohol", role="train")
    flat = train_dummy.train_dummy(measured, train_dummy.Params(target="alcohol", constant="12.5"), Context())
    assert flat.pipeline.predict(rows.drop(columns=["alcohol", "cultivar"])).tolist() == [12.5] * 3
    for target, wrong, code in (
        ("cultivar", "Dodo", "class-unknown"),
        ("alcohol", "heavy", "value-type"),
        ("alcohol", "inf", "value-type"),
    ):
        with pytest.raises(NodeError) as refused:
            train_dummy.train_dummy(
                table if target == "cultivar" else measured, train_dummy.Params(target=target, constant=wrong), Context()
            )
        assert (refused.value.code, refused.value.field) == (code, "params.constant")


def test_automl_tries_the_families_that_are_named() -> None:
    table = Table(samples.load("iris"), target="species", role="train")

    def tried(**params: object) -> list[str]:
        search = automl.automl(table, automl.Params(max_candidates=6, **params), Context())
        return [one["family"] for one in search.propose([])]

    assert tried(families=["xgboost", "linear"]) == ["linear", "xgboost"] * 3
    assert len(set(tried())) == 6
