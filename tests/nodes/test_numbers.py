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
    return train_test_split.train_test_split(table, train_test_split.Params(**params), Context())[:2]


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


VISITS = pd.DataFrame({"patient": np.repeat([f"p{i}" for i in range(40)], 5), "x": np.arange(200) % 13, "t": np.arange(200)[::-1]})


@settings(deadline=None, max_examples=20)
@given(st.floats(0.1, 0.5), st.sampled_from([0.0, 0.1, 0.3]), st.integers(0, 1_000))
def test_a_group_is_never_parted_and_no_row_is_lost(share: float, validation: float, seed: int) -> None:
    params = train_test_split.Params(group_column="patient", test_size=share, validation_size=validation, random_state=seed)
    parts = train_test_split.train_test_split(Table(VISITS), params, Context())
    patients = [set(part.frame["patient"]) for part in parts]
    assert sum(map(len, patients)) == 40
    assert sorted(t for part in parts for t in part.frame["t"]) == list(range(200))
    assert (len(parts.validation.frame) > 0) == (validation > 0)


def test_groups_are_those_of_scikit_learn() -> None:
    from sklearn.model_selection import GroupShuffleSplit

    train, test, _ = train_test_split.train_test_split(Table(VISITS), train_test_split.Params(group_column="patient"), Context())
    left, right = next(GroupShuffleSplit(1, test_size=0.25, random_state=42).split(VISITS, groups=VISITS["patient"]))
    assert train.frame["t"].tolist() == VISITS["t"].iloc[left].tolist()
    assert test.frame["t"].tolist() == VISITS["t"].iloc[right].tolist()


def test_by_time_the_latest_rows_are_the_test_rows() -> None:
    parts = train_test_split.train_test_split(Table(VISITS), train_test_split.Params(time_column="t", validation_size=0.25), Context())
    assert [(part.frame["t"].min(), part.frame["t"].max()) for part in parts] == [(0, 99), (150, 199), (100, 149)]


def test_a_validation_part_is_what_a_second_plain_split_gives() -> None:
    frame = samples.load("iris")
    parts = train_test_split.train_test_split(Table(frame.drop_duplicates()), train_test_split.Params(validation_size=0.15), Context())
    rest, test = plain_split(frame.drop_duplicates(), test_size=0.25, random_state=42)
    train, validation = plain_split(rest, test_size=0.15 / 0.75, random_state=42)
    for ours, theirs in zip(parts, (train, test, validation), strict=True):
        assert ours.frame.equals(theirs.reset_index(drop=True))


def test_groups_on_both_sides_are_named_with_their_number() -> None:
    draw = np.random.default_rng(0)
    patient = np.repeat(np.arange(60), 5)
    body = draw.normal(size=(60, 3))[patient] + draw.normal(0, 0.05, (300, 3))
    frame = pd.DataFrame(body, columns=["a", "b", "c"]).assign(patient=[f"p{i}" for i in patient], y=draw.integers(0, 2, 60)[patient])
    context = Context()
    train_test_split.train_test_split(Table(frame), train_test_split.Params(), context)
    assert [warning["code"] for warning in context.warnings] == ["groups-across-split"]
    assert "of 60 values of “patient”" in context.warnings[0]["message"]
    calm = Context()
    train_test_split.train_test_split(Table(frame), train_test_split.Params(group_column="patient"), calm)
    train_test_split.train_test_split(Table(samples.load("titanic")), train_test_split.Params(), calm)
    assert calm.warnings == []


def test_ways_of_splitting_that_exclude_each_other_are_refused() -> None:
    def split(**params: object) -> object:
        return lambda: train_test_split.train_test_split(Table(VISITS), train_test_split.Params(**params), Context())

    assert code_of(split(time_column="t", group_column="patient")) == "split-two-ways"
    assert code_of(split(stratify="x", group_column="patient")) == "split-two-ways"
    assert code_of(split(test_size=0.6, validation_size=0.5)) == "split-too-large"
    assert code_of(split(time_column="patient")) == "column-type"


LEAKS: dict[str, tuple[dict[str, object], str, str]] = {
    "a copy of a class among three": ({"y": np.arange(90) % 3, "copy": (np.arange(90) % 3) * 10.0}, "leak-suspect", "accuracy of 1.000"),
    "a copy of a quantity": ({"y": np.arange(90) * 1.5, "copy": np.arange(90) * 3.0 + 1}, "leak-suspect", "correlation of 1.0000"),
    "a row number": ({"y": np.arange(90) % 2, "id": np.random.default_rng(0).permutation(90)}, "column-identifier", "90 different values"),
}


@pytest.mark.parametrize(("columns", "code", "figure"), LEAKS.values(), ids=LEAKS)
def test_a_suspicious_column_is_named_with_its_figure(columns: dict[str, object], code: str, figure: str) -> None:
    context = Context()
    noise = np.random.default_rng(1).normal(size=90)
    train_xgboost.train_xgboost(table_of(noise=noise, **columns), train_xgboost.Params(target="y", n_estimators=2), context)
    assert [warning["code"] for warning in context.warnings] == [code]
    assert figure in context.warnings[0]["message"]
