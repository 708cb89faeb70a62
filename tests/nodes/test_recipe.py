"""The steps of a recipe against plain scikit-learn; that they learn from training rows only, serve as they were fitted, and never hold the target."""

import io
import json
import pickle
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 it enables the next import
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import RFE, SelectKBest, VarianceThreshold, f_classif
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from node_containers import samples
from node_containers.catalog import declarations
from node_containers.fitting import fit, take_apart, truth_of
from node_containers.nodes import train_forest, train_test_split, train_xgboost
from node_containers.profiling import preview, profile_column
from node_containers.recipe import Preparation, build_pipeline, step, values_of
from node_containers.sdk import Context, NodeError, Table
from node_containers.serving.signature import prepare
from node_containers.steps import action
from node_containers.steps.balancing import balance
from node_containers.view import display

DRAW = np.random.default_rng(0)
ROWS = 120
NUMBERS = pd.DataFrame({"a": DRAW.normal(5, 2, ROWS), "b": DRAW.exponential(3, ROWS) + 0.1, "c": DRAW.integers(0, 9, ROWS)})
HOLES = NUMBERS.mask(DRAW.random(NUMBERS.shape) < 0.1)
# Without equal distances, between which chance decides.
CLEAR = HOLES.assign(c=DRAW.normal(0, 1, ROWS))
TEXT = pd.DataFrame({"t": pd.array(DRAW.choice(["red", "green", "blue", "rare"], ROWS, p=[0.5, 0.3, 0.18, 0.02]), dtype="str")})
GAPS = TEXT.mask(np.random.default_rng(1).random(TEXT.shape) < 0.1)
WORDS = pd.DataFrame(
    {"w": pd.array([f"{a} went to {b}" for a, b in zip(TEXT["t"], DRAW.choice(["town", "sea"], ROWS), strict=True)], dtype="str")}
)
Y = (NUMBERS["a"] + DRAW.normal(0, 1, ROWS) > 5).to_numpy().astype(int)

# Some numbers lie on these borders.
CUTS = [2.0, 5.0]


def _cut(matrix: np.ndarray, right: bool = True) -> np.ndarray:
    """pandas' cut, column by column, with open ends."""
    return np.stack([pd.cut(column, [-np.inf, *CUTS, np.inf], right=right, labels=False) for column in matrix.T], axis=1)


EQUALS: dict[str, tuple[pd.DataFrame, list[Any], Any]] = {
    "impute mean": (HOLES, [step("impute", strategy="mean")], SimpleImputer()),
    "impute most frequent": (HOLES, [step("impute", strategy="most_frequent")], SimpleImputer(strategy="most_frequent")),
    "impute constant": (HOLES, [step("impute", strategy="constant", fill_value=7)], SimpleImputer(strategy="constant", fill_value=7)),
    "impute neighbours": (CLEAR, [step("impute_knn")], KNNImputer()),
    "impute iterative": (HOLES, [step("impute_iterative", random_state=1)], IterativeImputer(random_state=1)),
    "standard": (HOLES, [step("scale")], StandardScaler()),
    "minmax": (HOLES, [step("scale_minmax", feature_range=[-1, 1])], MinMaxScaler((-1, 1))),
    "robust": (HOLES, [step("scale_robust")], RobustScaler()),
    "power": (NUMBERS, [step("power")], PowerTransformer()),
    "box-cox": (NUMBERS[["b"]], [step("power", method="box-cox")], PowerTransformer("box-cox")),
    "quantile": (NUMBERS, [step("quantile", random_state=0)], QuantileTransformer(n_quantiles=ROWS, random_state=0)),
    "polynomial": (NUMBERS, [step("polynomial", degree=3)], PolynomialFeatures(3, include_bias=False)),
    "bin": (
        NUMBERS,
        [step("bin", random_state=0)],
        KBinsDiscretizer(encode="onehot-dense", quantile_method="averaged_inverted_cdf", random_state=0),
    ),
    "bin by rank": (
        NUMBERS,
        [step("bin", encode="ordinal", strategy="uniform", random_state=0)],
        KBinsDiscretizer(encode="ordinal", strategy="uniform", random_state=0),
    ),
    "bin by given borders": (HOLES, [step("bin", bins=CUTS, encode="ordinal")], FunctionTransformer(_cut)),
    "bin by given borders that belong above": (
        NUMBERS,
        [step("bin", bins=CUTS, encode="ordinal", right=False)],
        FunctionTransformer(partial(_cut, right=False)),
    ),
    "one-hot": (TEXT, [step("encode")], OneHotEncoder(sparse_output=False)),
    "one-hot, rare ones together": (TEXT, [step("encode", min_frequency=10)], OneHotEncoder(sparse_output=False, min_frequency=10)),
    "one-hot, at most three": (TEXT, [step("encode", max_categories=3)], OneHotEncoder(sparse_output=False, max_categories=3)),
    "one-hot without the first": (TEXT, [step("encode", drop="first")], OneHotEncoder(sparse_output=False, drop="first")),
    "ordinal": (TEXT, [step("encode_ordinal")], OrdinalEncoder()),
    "ordinal with empty cells": (
        GAPS,
        [step("encode_ordinal", encoded_missing_value=-2)],
        OrdinalEncoder(encoded_missing_value=-2),
    ),
    "pca": (NUMBERS, [step("scale"), step("pca", n_components=2)], (StandardScaler(), PCA(2, random_state=42))),
    "svd": (NUMBERS, [step("svd", n_components=2)], TruncatedSVD(2, random_state=42)),
    "best": (NUMBERS, [step("select_best", k=1)], SelectKBest(f_classif, k=1)),
    "varied": (NUMBERS, [step("select_variance", threshold=5.0)], VarianceThreshold(5.0)),
    "eliminated": (NUMBERS, [step("select_rfe", n_features_to_select=2)], RFE(LogisticRegression(max_iter=1_000), n_features_to_select=2)),
}


@pytest.mark.parametrize(("frame", "recipe", "plain"), EQUALS.values(), ids=EQUALS)
def test_a_step_gives_what_scikit_learn_gives(frame: pd.DataFrame, recipe: list[Any], plain: Any) -> None:
    ours = Preparation(recipe, takes_missing=True).fit_transform(frame, Y)
    theirs = frame.astype(object).to_numpy() if frame.dtypes.eq("str").all() else frame.astype(float).to_numpy()
    for part in plain if isinstance(plain, tuple) else (plain,):
        theirs = part.fit_transform(theirs, Y)
    assert ours == pytest.approx(np.asarray(theirs, dtype=float), rel=1e-9, abs=1e-12, nan_ok=True)


def test_words_are_weighed_as_scikit_learn_weighs_them() -> None:
    theirs = TfidfVectorizer(ngram_range=(1, 2), max_features=5).fit_transform(WORDS["w"]).toarray()
    ours = Preparation([step("text", columns=["w"], ngram_range=[1, 2], max_features=5)]).fit_transform(WORDS)
    assert np.array_equal(ours, theirs)


def test_encoding_by_target_is_cross_fitted_for_the_training_rows_only() -> None:
    folds = StratifiedKFold(5, shuffle=True, random_state=42)
    plain = TargetEncoder(target_type="binary", cv=folds)
    fitted = plain.fit_transform(TEXT.astype(object).to_numpy(), Y)
    ours = Preparation([step("encode_target")])
    assert np.array_equal(ours.fit_transform(TEXT, Y), fitted)
    assert np.array_equal(ours.transform(TEXT), plain.transform(TEXT.astype(object).to_numpy()))
    assert not np.array_equal(fitted, ours.transform(TEXT))


# What a category that no training row had comes to: scikit-learn's encoder, fitted alike.
UNSEEN = pd.DataFrame({"t": pd.array(["red", "purple", "rare", "purple"], dtype="str")})
RARE_TOGETHER = {"min_frequency": 10, "handle_unknown": "infrequent_if_exist"}
ENCODERS: dict[str, tuple[Any, Any]] = {
    "one-hot, zeros": (step("encode"), OneHotEncoder(sparse_output=False, handle_unknown="ignore")),
    "one-hot, as the rare ones": (step("encode", **RARE_TOGETHER), OneHotEncoder(sparse_output=False, **RARE_TOGETHER)),
    "one-hot, as the rare ones, of which there are none": (
        step("encode", handle_unknown="infrequent_if_exist"),
        OneHotEncoder(sparse_output=False, handle_unknown="infrequent_if_exist"),
    ),
    "one-hot, as the rare ones, without the first": (
        step("encode", drop="first", **RARE_TOGETHER),
        OneHotEncoder(sparse_output=False, drop="first", **RARE_TOGETHER),
    ),
    "ordinal, a value": (
        step("encode_ordinal", unknown_value=-7),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-7),
    ),
    "target": (step("encode_target"), TargetEncoder(target_type="binary")),
}


@pytest.mark.parametrize(("ours", "theirs"), ENCODERS.values(), ids=ENCODERS)
def test_an_unseen_category_comes_to_what_it_comes_to_in_scikit_learn(ours: Any, theirs: Any) -> None:
    theirs.fit(TEXT.astype(object).to_numpy(), Y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that there is an unseen category
        expected = theirs.transform(UNSEEN.astype(object).to_numpy())
    assert np.array_equal(Preparation([ours]).fit(TEXT, Y).transform(UNSEEN), expected)


@pytest.mark.parametrize("name", ["encode", "encode_ordinal"])
def test_an_unseen_category_is_refused_by_name_where_it_is_an_error(name: str) -> None:
    steps = [step("rename", names={"t": "colour"}), step(name, handle_unknown="error", **({"drop": "first"} if name == "encode" else {}))]
    preparation = Preparation(steps, takes_missing=True).fit(TEXT, Y)
    known = TEXT.head(3).copy()
    known.loc[1, "t"] = None
    assert preparation.transform(known).shape[0] == 3
    with pytest.raises(NodeError) as refused:
        preparation.transform(UNSEEN)
    assert (refused.value.code, refused.value.field, list(refused.value.rows)) == ("category-unknown", "t", [1, 3])
    assert "“purple”" in refused.value.message


@pytest.mark.parametrize("alone", [12, ROWS], ids=["some categories of one row", "every row another"])
def test_boosting_that_stops_learns_rare_categories_that_would_be_an_error_in_its_own_trial(alone: int) -> None:
    """The rows that are held back to judge are training rows: what only they have is no category that no training row had."""
    rare = [f"rare {row}" if row % (ROWS // alone) == 0 else "red" for row in range(ROWS)]
    rows = NUMBERS.assign(t=pd.array(rare, dtype="str"), y=Y)
    recipe = (step("encode", columns=["t"], handle_unknown="error"),)
    params = train_xgboost.Params(n_estimators=20, early_stopping_rounds=3)
    model = train_xgboost.train_xgboost(Table(rows, recipe, "train", "y"), params, Context())
    assert len(model.pipeline.predict(rows)) == ROWS
    # Where nobody is left to judge, all rounds are kept.
    assert (model.pipeline.named_steps["model"].n_estimators < 20) is (alone == 12)


@pytest.mark.parametrize("kind", ["auto", "continuous", "binary", "multiclass"])
@pytest.mark.parametrize("classes", [0, 2, 3])
def test_the_target_is_encoded_as_scikit_learn_encodes_it_or_refused(kind: str, classes: int) -> None:
    y = NUMBERS["a"].to_numpy() if not classes else np.arange(ROWS) % classes
    found = {0: "continuous", 2: "binary", 3: "multiclass"}[classes]
    ours = Preparation([step("encode_target", target_type=kind)])
    if kind not in ("auto", "continuous", found):
        with pytest.raises(NodeError) as refused:
            ours.fit(TEXT, y)
        assert (refused.value.code, refused.value.field) == ("task-mismatch", "params.target_type")
        return
    folds = (StratifiedKFold if classes and kind != "continuous" else KFold)(5, shuffle=True, random_state=42)
    plain = TargetEncoder(target_type=found if kind == "auto" else kind, cv=folds)
    assert np.array_equal(ours.fit_transform(TEXT, y), plain.fit_transform(TEXT.astype(object).to_numpy(), y))
    assert np.array_equal(ours.transform(UNSEEN), plain.transform(UNSEEN.astype(object).to_numpy()))


@pytest.mark.parametrize(
    ("method", "given"),
    [("onehot", "use_encoded_value"), ("ordinal", "ignore"), ("ordinal", "infrequent_if_exist"), ("target", "error")],
)
def test_what_an_encoder_cannot_do_with_unseen_categories_is_refused(method: str, given: str) -> None:
    node = declarations()["encode"]
    with pytest.raises(NodeError) as refused:
        node.function(Table(TEXT), node.params(method=method, handle_unknown=given), Context())
    assert (refused.value.field, bool(refused.value.hint)) == ("params.handle_unknown", True)


def test_a_value_for_empty_cells_is_no_rank_and_lets_an_endpoint_take_null() -> None:
    with pytest.raises(NodeError) as refused:
        Preparation([step("encode_ordinal", encoded_missing_value=2)]).fit(TEXT)
    assert refused.value.field == "params.encoded_missing_value"
    preparation = Preparation([step("encode_ordinal", encoded_missing_value=-2)]).fit(TEXT)
    assert preparation.imputed_ == ["t"]
    assert Preparation([step("encode_ordinal")]).fit(TEXT).imputed_ == []


def test_encode_writes_down_what_it_wrote_before_it_had_these_params() -> None:
    node, written = declarations()["encode"], {}
    for method in ("onehot", "ordinal", "target"):
        written[method] = node.function(Table(TEXT), node.params(method=method), Context()).recipe[0]["params"]
    assert written == {
        "onehot": {"drop": None, "min_frequency": None, "max_categories": None},
        "ordinal": {"unknown_value": -1.0},
        "target": {"smooth": "auto", "cv": 5, "random_state": 42},
    }


def test_a_step_that_was_stored_before_it_had_a_param_has_its_default() -> None:
    for name in ("encode", "codes"):
        fitted = action(step(name))
        del fitted.handle_unknown
        assert pickle.loads(pickle.dumps(fitted)).handle_unknown == {"encode": "ignore", "codes": "use_encoded_value"}[name]


# Number, text and date columns beside each other; a step at work on one of them, and the column behind all that it made.
ALL_KINDS = pd.concat([HOLES.rename(columns={"c": "c=d"}), TEXT, WORDS], axis=1).assign(when=pd.date_range("2024-01-01", periods=ROWS))
ONE_COLUMN: dict[str, tuple[str, list[Any]]] = {
    "encode": ("t", [step("encode", columns=["t"])]),
    "encode_ordinal": ("t", [step("encode_ordinal", columns=["t"])]),
    "encode_target": ("t", [step("encode_target", columns=["t"])]),
    "codes": ("t", [step("codes", columns=["t"])]),
    "text": ("w", [step("text", columns=["w"], max_features=5)]),
    "bin": ("a", [step("bin", columns=["a"])]),
    "bin of a name with a sign in it": ("c=d", [step("bin", columns=["c=d"])]),
    "bin behind neighbours": ("a", [step("impute_knn"), step("bin", columns=["a"])]),
    "bin behind another name": ("a", [step("rename", names={"a": "x"}), step("bin", columns=["x"])]),
    "bin, some of them": ("a", [step("bin", columns=["a"]), step("select_variance", columns=["a"], threshold=0.01)]),
    "date_parts": ("when", [step("date_parts", column="when", parts=["year", "month", "dayofweek"])]),
    "impute": ("a", [step("impute", columns=["a"], add_indicator=True)]),
    "outliers": ("b", [step("outliers", columns=["b"], action="flag")]),
    "outliers_forest": ("b", [step("outliers_forest", columns=["b"])]),
    "formula": ("a", [step("formula", name="half", expr="a / 2")]),
}


@pytest.mark.parametrize(("column", "recipe"), ONE_COLUMN.values(), ids=ONE_COLUMN)
@pytest.mark.parametrize("classes", [2, 3])
def test_what_a_step_makes_of_a_column_is_told_back_to_it(column: str, recipe: list[Any], classes: int) -> None:
    y = np.arange(ROWS) % classes
    texts = [step("drop", columns=[name for name in ("t", "w") if name != column])]
    preparation = Preparation([*recipe, *texts], takes_missing=True).fit(ALL_KINDS, y)
    others = [name for name in ("a", "b", "c=d", "when") if name != column]
    sources = preparation.sources()
    assert len(sources) == preparation.transform(ALL_KINDS).shape[1] == len(preparation.get_feature_names_out())
    assert set(sources) == {column, *others}
    assert [sources.count(name) for name in others] == [1] * len(others)


def test_what_is_made_of_several_columns_stands_for_itself() -> None:
    preparation = Preparation([step("polynomial"), step("pca", columns=["a", "b"], n_components=2)]).fit(NUMBERS, Y)
    assert preparation.sources() == ["c", "a^2", "a b", "a c", "b^2", "b c", "c^2", "pca1", "pca2"]


# One of each step, in an order that makes sense, on columns of every type.
EVERYTHING = (
    step("rename", names={"t": "colour"}),
    step("change_types", types={"c": "number"}),
    step("formula", name="a per b", expr="a / b", dtype="number"),
    step("formula", name="first", expr="first_word(w)", dtype="text"),
    step("date_parts", column="d", parts=["year", "dayofweek"]),
    step("dates", parts=["month", "dayofyear"]),
    step("drop", columns=["m"]),
    step("text", prose=True, max_features=4),
    step("leave_out", kind="datetime"),
    step("replace", columns=["colour"], to_replace={"rare": "blue"}),
    step("outliers", columns=["b"], action="flag"),
    step("outliers_forest", columns=["a", "b", "c"], n_estimators=10),
    step("outliers", columns=["a"], method="zscore", threshold=2.5, action="drop"),
    step("impute", columns=["a", "colour"], add_indicator=True),
    step("impute_knn", columns=["b", "c"]),
    step("impute_iterative", columns=["b", "a per b"]),
    step("encode", columns=["colour"]),
    step("encode_target", columns=["first"]),
    step("text", columns=["w"], max_features=6),
    step("svd", columns=["w"], n_components=2),
    step("power", columns=["a"]),
    step("scale"),
    step("bin", columns=["c"], n_bins=3),
    step("polynomial", columns=["a", "b"]),
    step("select_best", k=14),
)
DAYS = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), unit="D"))
NOTES = pd.Series([f"note {number} about a {colour} thing" for number, colour in enumerate(TEXT["t"])], dtype="str")
MIXED = pd.concat([HOLES, TEXT, WORDS], axis=1).assign(d=DAYS, e=DAYS + pd.Timedelta(400, unit="D"), n=NOTES, m=NOTES)


def fitted_pipeline(rows: slice = slice(None)) -> Any:
    return build_pipeline(EVERYTHING, LogisticRegression(max_iter=500)).fit(MIXED[rows], Y[rows])


def test_everything_together_is_fitted_to_the_same_bytes_and_loads_again() -> None:
    packed = []
    for _ in range(2):
        buffer = io.BytesIO()
        joblib.dump(fitted_pipeline(), buffer)
        packed.append(buffer.getvalue())
    assert packed[0] == packed[1]
    loaded = joblib.load(io.BytesIO(packed[0]))
    assert np.array_equal(loaded.predict_proba(MIXED), fitted_pipeline().predict_proba(MIXED))


def test_a_row_by_itself_gets_what_it_gets_among_others() -> None:
    recipe = fitted_pipeline().named_steps["recipe"]
    assert recipe.transform(MIXED.iloc[7:8]) == pytest.approx(recipe.transform(MIXED)[7:8], rel=1e-9, abs=1e-12)


def test_only_the_rows_it_is_fitted_on_matter() -> None:
    poisoned = MIXED.copy()
    poisoned.loc[60:, "a"] = 1e6
    poisoned.loc[60:, "t"] = "poison"
    left, right = (build_pipeline(EVERYTHING, LogisticRegression(max_iter=500)).fit(one[:60], Y[:60]) for one in (MIXED, poisoned))
    assert np.array_equal(left.predict_proba(MIXED), right.predict_proba(MIXED))


def test_a_model_asks_for_the_columns_it_uses_and_no_others() -> None:
    recipe = build_pipeline([step("drop", columns=["c"]), step("impute"), step("select_best", k=1)], LogisticRegression()).fit(HOLES, Y)
    preparation = recipe.named_steps["recipe"]
    assert (list(preparation.inputs_), preparation.unused_, preparation.imputed_) == (["a"], ["b", "c"], ["a"])
    assert recipe.predict(HOLES[["a"]]).shape == (ROWS,)


# -- the target ---------------------------------------------------------------------------------------------------------------

SOLD = Table(pd.DataFrame({"size": NUMBERS["a"], "price": NUMBERS["a"] * 3 + NUMBERS["b"], "zone": TEXT["t"]}), role="train")


@pytest.mark.parametrize(
    ("recipe", "target", "features"),
    [
        ([step("rename", names={"price": "cost"})], "cost", ["size", "zone"]),
        ([step("formula", name="price", expr="log(price)", dtype="number")], "price", ["size", "zone"]),
        ([step("formula", name="half", expr="price / 2", dtype="number")], "price", ["size", "zone"]),
        ([step("formula", name="dear", expr="price > 20", dtype="boolean")], "dear", ["size", "price", "zone"]),
        (
            [step("formula", name="x", expr="size", dtype="number"), step("rename", names={"x": "y", "price": "x"})],
            "x",
            ["size", "y", "zone"],
        ),
        ([step("scale", columns=["price", "size"])], "price", ["size", "zone"]),
    ],
    ids=["renamed", "computed in place", "another is computed from it", "computed from a feature", "names swapped", "named in a step"],
)
def test_the_target_is_never_among_the_features(recipe: list[Any], target: str, features: list[str]) -> None:
    table = SOLD.with_steps(*recipe, step("encode"))
    learnable = take_apart(table, target, Context())
    names = {name.split("=")[0] for name in Preparation(learnable.recipe).fit(learnable.features, learnable.y).feature_names_out_}
    assert names == set(features)
    assert len(learnable.y) == ROWS


def test_a_target_made_on_the_training_branch_alone_is_made_again_for_the_test_rows() -> None:
    train, test, _ = train_test_split.train_test_split(SOLD, train_test_split.Params(), Context())
    behind = train.with_steps(step("formula", name="dear", expr="price > 20", dtype="boolean"), step("encode"))
    model = fit(behind, "dear", Context(), lambda _: LogisticRegression())
    assert truth_of(model, test).tolist() == (test.frame["price"] > 20).tolist()


def test_text_that_no_step_takes_is_refused_and_what_names_rows_is_left_out() -> None:
    names = pd.DataFrame({"id": pd.array([f"row {i}" for i in range(ROWS)], dtype="str"), "a": NUMBERS["a"]})
    assert list(Preparation([step("encode")]).fit(names).left_out_) == ["id"]
    with pytest.raises(NodeError) as refused:
        Preparation([]).fit(TEXT)
    assert refused.value.code == "features-need-encoding"


# -- balancing ----------------------------------------------------------------------------------------------------------------

RARE = (np.arange(ROWS) % 10 == 0).astype(int)


@pytest.mark.parametrize("method", ["oversample", "smote", "undersample"])
@settings(deadline=None, max_examples=20)
@given(ratio=st.floats(0.2, 1.0), seed=st.integers(0, 100))
def test_balancing_brings_classes_to_the_ratio(method: str, ratio: float, seed: int) -> None:
    given = balance(NUMBERS.to_numpy(dtype=float), RARE, method, ratio, random_state=seed)
    few, many = sorted(np.bincount(given.y))
    assert few == pytest.approx(max(ratio * many, 12), abs=1)
    if method == "smote":
        assert given.matrix.min(axis=0).min() >= NUMBERS.min().min()
        assert np.array_equal(given.matrix[:ROWS], NUMBERS.to_numpy(dtype=float))


def test_weights_are_those_that_scikit_learn_calls_balanced() -> None:
    table = Table(NUMBERS.assign(y=RARE), (step("balance", method="class_weight"),), "train", "y")
    ours = fit(table, "y", Context(), lambda _: LogisticRegression(max_iter=1_000)).pipeline.named_steps["model"].coef_
    theirs = LogisticRegression(max_iter=1_000, class_weight="balanced").fit(NUMBERS.to_numpy(dtype=float), RARE).coef_
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_balancing_touches_no_table_and_no_prediction() -> None:
    table = Table(NUMBERS.assign(y=RARE), (step("balance", method="oversample"),), "all", "y")
    train, test, _ = train_test_split.train_test_split(table, train_test_split.Params(), Context())
    model = train_forest.train_forest(train, train_forest.Params(n_estimators=5), Context())
    assert len(train.frame) + len(test.frame) == ROWS
    assert type(model.pipeline).__name__ == "Pipeline"
    assert len(model.pipeline.predict(test.frame)) == len(test.frame)


# -- what people see ----------------------------------------------------------------------------------------------------------


def test_a_preview_is_fitted_for_display_and_says_so() -> None:
    table = Table(samples.load("titanic"), (step("impute"), step("scale"), step("encode")), target="survived")
    frame, note = display(table)
    assert "for display only" in note
    assert {"age", "sex=female", "sex=male", "survived"} <= set(frame.columns)
    assert frame["age"].mean() == pytest.approx(0, abs=1e-9)


def test_a_preview_that_goes_on_from_the_last_one_is_the_same_as_one_from_the_start() -> None:
    table = Table(samples.load("titanic"), target="survived")
    steps = [step("impute"), step("replace", to_replace={"1": "2"}, columns=["survived"]), step("scale"), step("encode")]
    for count in (1, 2, 3, 4, 2, 4):
        longer = table.with_steps(*steps[:count])
        fresh = Table(table.frame.copy(), longer.recipe, target="survived")
        (gone_on, words), (alone, said) = display(longer), display(fresh)
        pd.testing.assert_frame_equal(gone_on, alone)
        assert words == said


@given(st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62), st.sampled_from([0, 1, 2**60, 2**60 + 1])), max_size=30))
def test_a_profile_counts_values_and_gaps_as_pandas_does(values: list[int | None]) -> None:
    for column in (pd.Series(values, dtype="Int64"), pd.Series(values, dtype="float64"), pd.Series(values, dtype="str")):
        found = profile_column(column.rename("x"))
        assert (found["distinct"], found["missing"]) == (column.nunique(), column.isna().sum())


@pytest.mark.parametrize(
    "values", [[2**60] * 3, [2**60, 2**60 + 1], [-1e300, 1e300], [5.0] * 4, [1.0, float("inf"), float("-inf")], [float("inf")]]
)
def test_a_preview_of_numbers_far_out_is_json(values: list[float]) -> None:
    found = preview(pd.DataFrame({"x": values}))
    json.dumps(found, allow_nan=False)
    finite = [value for value in values if abs(value) != float("inf")]
    assert sum(found["columns"][0].get("histogram", {"counts": []})["counts"]) == len(finite)


def test_the_view_leaves_what_no_step_touches_exactly_as_it_was() -> None:
    frame = pd.DataFrame({"big": pd.array([2**60 + 1, None], dtype="Int64"), "x": [1.0, 2.0]})
    seen = Table(frame, (step("formula", name="y", expr="x * 2", dtype="integer"),)).view
    assert seen["big"].equals(frame["big"])
    assert (seen["y"].dtype, seen["y"].tolist()) == ("int64", [2, 4])


# -- serving ------------------------------------------------------------------------------------------------------------------

WITHOUT_PANDAS = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pandas", "pyarrow", "polars"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import joblib
pipeline, columns, rows = joblib.load(sys.argv[1])
sys.stdout.write(pipeline.named_steps["recipe"].matrix(columns, rows).tobytes().hex())
"""


def test_every_step_serves_without_pandas_what_it_was_fitted_to(tmp_path: Path) -> None:
    recipe = fitted_pipeline().named_steps["recipe"]
    columns = {name: values_of(MIXED[name], kind) for name, kind in recipe.inputs_.items()}
    joblib.dump((fitted_pipeline(), columns, ROWS), tmp_path / "model")
    command = [sys.executable, "-c", WITHOUT_PANDAS, str(tmp_path / "model")]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert found.returncode == 0, found.stderr
    assert found.stdout == recipe.transform(MIXED).tobytes().hex()


def test_an_endpoint_takes_what_the_recipe_takes() -> None:
    """Raw names, raw types; what is filled may be null, what is not used may be left out."""
    table = Table(
        MIXED[["a", "b", "c", "t", "d"]].assign(y=Y),
        (step("rename", names={"t": "colour"}), step("impute"), step("encode"), step("drop", columns=["b"])),
        "train",
        "y",
    )
    model = fit(table, "y", Context(), lambda _: LogisticRegression(max_iter=500))
    features = {feature["name"]: feature for feature in model.info["signature"]["features"]}
    assert (sorted(features), model.info["signature"]["ignored"]) == (["a", "c", "d", "t"], ["b"])
    assert {name for name, feature in features.items() if feature["imputed"]} == {"a", "c", "d", "t"}
    prepared = prepare(model.info["signature"], [{"a": None, "c": 4, "d": "2024-02-03", "t": "never seen"}])
    assert {warning["code"] for warning in prepared.warnings} == {"feature-null", "unseen-category"}
    assert model.pipeline.named_steps["recipe"].matrix(prepared.columns, 1).shape[0] == 1


def test_given_borders_are_checked_and_leave_no_number_outside() -> None:
    node = declarations()["bin_numbers"]
    with pytest.raises(NodeError) as refused:
        node.function(Table(NUMBERS), node.params(bins=[5, 2]), Context())
    assert (refused.value.code, refused.value.field) == ("borders-unordered", "params.bins")
    table = node.function(Table(NUMBERS), node.params(columns=["c"], bins=CUTS), Context())
    preparation = Preparation(list(table.recipe)).fit(NUMBERS.head(5))
    assert list(preparation.get_feature_names_out())[2:] == ["c∈…2", "c∈2…5", "c∈5…"]
    far = preparation.transform(NUMBERS.head(2).assign(c=[-1e9, 1e9]))
    assert "labels" not in table.recipe[0]["params"]
    assert far[:, 2:].tolist() == [[1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize("right", [True, False])
def test_names_of_intervals_are_those_that_pandas_gives(right: bool) -> None:
    node, names = declarations()["bin_numbers"], ["few", "some", "many"]
    table = node.function(Table(HOLES), node.params(columns=["c"], bins=CUTS, labels=names, right=right), Context())
    preparation = Preparation(list(table.recipe), takes_missing=True)
    ours = pd.DataFrame(preparation.fit_transform(HOLES.head(9)), columns=preparation.get_feature_names_out())
    theirs = pd.cut(HOLES["c"].head(9), [-np.inf, *CUTS, np.inf], labels=names, right=right)
    pd.testing.assert_frame_equal(
        ours.iloc[:, 2:], pd.get_dummies(theirs, prefix="c", prefix_sep="=", dtype=float), check_column_type=False
    )
    shown, _ = display(table)
    assert list(shown.columns)[2:] == ["c=few", "c=some", "c=many"]
    assert preparation.sources()[2:] == ["c"] * 3


def test_ranks_of_named_intervals_count_the_names() -> None:
    node, said = declarations()["bin_numbers"], list[str]()
    given = node.params(columns=["c"], bins=CUTS, labels=["few", "some", "many"], encode="ordinal")
    table = node.function(Table(NUMBERS), given, Context(on_log=said.append))
    ranks = Preparation(list(table.recipe)).fit_transform(NUMBERS)[:, 2]
    assert np.array_equal(ranks, pd.cut(NUMBERS["c"], [-np.inf, *CUTS, np.inf], labels=given.labels).cat.codes)
    assert said == ["0 is “few”; 1 is “some”; 2 is “many”"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"bins": CUTS, "labels": ["few", "many"]}, "labels-count"),
        ({"bins": CUTS, "labels": ["few", "some", "some", "many"]}, "labels-count"),
        ({"bins": CUTS, "labels": ["few", "some", " few"]}, "labels-twice"),
        ({"labels": ["few", "many"]}, "borders-missing"),
    ],
)
def test_names_that_do_not_fit_the_intervals_are_refused(params: dict[str, Any], code: str) -> None:
    node = declarations()["bin_numbers"]
    with pytest.raises(NodeError) as refused:
        node.function(Table(NUMBERS), node.params(**params), Context())
    assert (refused.value.code, refused.value.field, bool(refused.value.hint)) == (code, "params.labels", True)
