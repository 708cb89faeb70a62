"""The bundle: each kind of column against a plain scikit-learn pipeline, and what tells the kinds."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from node_containers.catalog import declarations
from node_containers.cells import Cells, text_array
from node_containers.fitting import fit
from node_containers.recipe import Preparation
from node_containers.sdk import Context, Table
from node_containers.serving.signature import prepare
from node_containers.steps.encoding import is_prose
from node_containers.view import display
from tests.nodes.test_recipe import DAYS, GAPS, HOLES, NOTES, NUMBERS, ROWS, Y

BUNDLE = declarations()["preprocess"]
KINDS = pd.concat([HOLES, GAPS], axis=1).assign(
    day=DAYS.astype("datetime64[us]").mask(np.arange(ROWS) % 9 == 4), note=NOTES.mask(np.arange(ROWS) % 11 == 3)
)


def bundled(frame: pd.DataFrame, **params: Any) -> Table:
    return BUNDLE.function(Table(frame.assign(y=Y[: len(frame)]), role="train", target="y"), BUNDLE.params(**params), Context())


def _parts(days: pd.DataFrame) -> np.ndarray:
    return np.stack([getattr(days["day"].dt, part).to_numpy(dtype=float) for part in ("year", "month", "day", "day_of_week")], axis=1)


PARTS = FunctionTransformer(_parts)
ELAPSED = FunctionTransformer(
    lambda days: ((days["day"] - pd.Timestamp("1970-01-01")) / pd.Timedelta(1, unit="D")).to_numpy(dtype=float)[:, None]
)
MEDIAN, FREQUENT = SimpleImputer(strategy="median"), SimpleImputer(strategy="most_frequent")
ONE_HOT = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
# Params, and what plain scikit-learn does to the numbers, the category, the date and the note. An empty note holds no word.
POLICIES: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "as ever": ({}, [StandardScaler(), ONE_HOT, ELAPSED, None]),
    "min and max, and at most two": (
        {"numeric": "minmax", "max_categories": 2, "datetime": "drop", "text": "drop"},
        [MinMaxScaler(), OneHotEncoder(sparse_output=False, max_categories=2), None, None],
    ),
    "robust, ranks, parts, words": (
        {"numeric": "robust", "categorical": "ordinal", "datetime": "parts", "text": "tfidf"},
        [RobustScaler(), OrdinalEncoder(), PARTS, TfidfVectorizer(max_features=1_000)],
    ),
    "power and target": (
        {"numeric": "power", "categorical": "target", "text": "drop"},
        [PowerTransformer(), TargetEncoder(target_type="binary", cv=StratifiedKFold(5, shuffle=True, random_state=42)), ELAPSED, None],
    ),
    "quantiles without categories": (
        {"numeric": "quantile", "categorical": "drop", "datetime": "parts"},
        [QuantileTransformer(n_quantiles=ROWS, random_state=42), None, PARTS, None],
    ),
    "not scaled": ({"normalize": False, "datetime": "parts", "text": "tfidf"}, ["passthrough", ONE_HOT, PARTS, TfidfVectorizer()]),
}


@pytest.mark.parametrize(("params", "plain"), POLICIES.values(), ids=POLICIES)
def test_each_kind_of_column_goes_the_way_of_plain_scikit_learn(params: dict[str, Any], plain: list[Any]) -> None:
    scaler, encoder, dates, words = plain
    ways = [("numbers", make_pipeline(MEDIAN, scaler), ["a", "b", "c"])]
    ways += [("category", make_pipeline(FREQUENT, encoder), ["t"])] if encoder is not None else []
    ways += [("dates", make_pipeline(dates, MEDIAN, scaler), ["day"])] if dates is not None else []
    ways += [("words", words, "note")] if words is not None else []
    rows = KINDS.assign(t=KINDS["t"].astype(object), note=KINDS["note"].fillna(""))
    theirs = ColumnTransformer(ways, sparse_threshold=0).fit_transform(rows, Y)
    preparation = Preparation(list(bundled(KINDS, **params).recipe))
    ours = pd.DataFrame(preparation.fit_transform(KINDS, Y), columns=preparation.feature_names_out_)
    of = pd.Series(preparation.sources())
    order = [place for name in ("a", "b", "c", "t", "day", "note") for place in np.flatnonzero(of == name)]
    assert ours.iloc[:, order].to_numpy() == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_the_bundle_without_new_params_writes_what_it_wrote() -> None:
    assert bundled(KINDS).recipe == ({"step": "impute", "params": {}}, {"step": "scale", "params": {}}, {"step": "encode", "params": {}})
    assert bundled(KINDS, normalize=False, encode_categorical=False).recipe == ({"step": "impute", "params": {}},)


@pytest.mark.parametrize("params", [{"datetime": "parts", "text": "tfidf"}, {"categorical": "target", "text": "drop", "datetime": "drop"}])
def test_an_endpoint_gives_what_the_bundle_was_fitted_to_and_asks_for_nothing_that_is_left_out(params: dict[str, Any]) -> None:
    table = bundled(KINDS, **params)
    model = fit(table, "y", Context(), lambda _: LogisticRegression(max_iter=500))
    asked = [feature["name"] for feature in model.info["signature"]["features"]]
    assert asked == ["a", "b", "c", "t", *([] if params["datetime"] == "drop" else ["day", "note"])]
    cells = KINDS.astype({"day": "str"}).astype(object)
    rows = cells.where(KINDS.notna(), None)[asked].to_dict("records")
    prepared = prepare(model.info["signature"], rows)
    preparation = model.pipeline.named_steps["recipe"]
    assert np.array_equal(preparation.matrix(prepared.columns, ROWS), preparation.transform(KINDS))
    assert len(display(table)[0]) == ROWS


def test_long_text_is_told_from_categories_by_the_training_rows_alone() -> None:
    half = KINDS.head(60)
    short = half.assign(note=pd.array(["one of few"] * 60, dtype="str"))
    recipe = list(bundled(KINDS, text="tfidf").recipe)
    assert "note:about" in Preparation(recipe).fit(half, Y[:60]).feature_names_out_
    preparation = Preparation(recipe).fit(short, Y[:60])
    assert "note=one of few" in preparation.feature_names_out_
    # However long the texts of other rows are.
    assert preparation.transform(KINDS).shape == (ROWS, len(preparation.feature_names_out_))


@pytest.mark.parametrize(
    ("texts", "prose"),
    [
        ([f"the parcel number {n} came late" for n in range(60)], True),
        ([f"parcel {n}" for n in range(60)], False),
        ([f"the parcel number {n} came late" for n in range(50)], False),
        ([f"a long label {n}" for n in range(60)] * 10, False),
        ([f"a long label {n}" for n in range(60)] * 9 + [None] * 500, True),
        ([None] * 60, False),
    ],
    ids=["free", "short", "few", "often the same", "many empty cells", "nothing"],
)
def test_long_text_has_many_words_and_seldom_repeats(texts: list[str | None], prose: bool) -> None:
    assert is_prose(Cells("text", text_array(texts))) is prose


def test_what_names_rows_is_left_out_of_the_bundle_whatever_encodes() -> None:
    rows = NUMBERS.assign(id=pd.array([f"row{number}" for number in range(ROWS)], dtype="str"))
    for way in ("onehot", "ordinal", "target"):
        assert list(Preparation(list(bundled(rows, categorical=way).recipe)).fit(rows, Y).left_out_) == ["id"]


def test_parts_of_dates_never_take_the_name_of_a_column() -> None:
    rows = KINDS[["day"]].assign(day_year=NUMBERS["a"])
    preparation = Preparation(list(bundled(rows, normalize=False, datetime="parts").recipe)).fit(rows, Y)
    assert preparation.feature_names_out_ == ["day_year", "day_year_", "day_month", "day_day", "day_dayofweek"]
    assert np.array_equal(preparation.transform(rows)[:, 0], NUMBERS["a"])
