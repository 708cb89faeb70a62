"""Equal rows: copies stay together, and rows that chance made alike do not; the figures of ADR 62."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node_containers import samples
from node_containers.nodes import cross_validate, evaluate, preprocess, train_forest, train_test_split
from node_containers.repeats import find_repeats
from node_containers.sdk import Context, Table

PASSENGERS = samples.load("titanic")[["class", "age", "sex", "survived"]]


def accuracy(table: Table, seed: int, context: Context | None = None, **params: object) -> tuple[float, float]:
    """Of a forest on the test rows, and of always guessing the commonest class."""
    chosen = train_test_split.Params(random_state=seed, **params)
    train, test, _ = train_test_split.train_test_split(
        preprocess.preprocess(table, preprocess.Params(), Context()), chosen, context or Context()
    )
    model = train_forest.train_forest(train, train_forest.Params(target=table.target, n_estimators=50), Context())
    found = evaluate.evaluate(model, test, evaluate.Params(), Context()).metrics
    return found["accuracy"] or 0.0, found["baseline_accuracy"] or 0.0


def noise(seed: int, rows: int, columns: int, values: int, times: int = 1) -> Table:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(draw.integers(0, values, (rows, columns)), columns=[f"x{place}" for place in range(columns)])
    return Table(pd.concat([frame.assign(y=draw.integers(0, 2, rows))] * times, ignore_index=True), target="y")


def test_passengers_of_three_columns_are_no_copies_and_the_test_is_like_what_is_learned() -> None:
    context = Context()
    pairs = [accuracy(Table(PASSENGERS, target="survived"), seed, context if seed == 42 else None) for seed in (42, 1, 2, 3)]
    assert np.mean([ours for ours, _ in pairs]) == pytest.approx(0.80, abs=0.03)
    assert min(ours - guessed for ours, guessed in pairs) > 0.08
    (warning,) = context.warnings
    assert warning["code"] == "rows-alike"
    assert "1,032 of 1,313 rows" in warning["message"]


def test_tied_by_features_and_answer_the_same_rows_make_a_model_look_worse_than_guessing() -> None:
    """What the rule is there to prevent: equal features are learned with one answer and asked for with the other."""
    train, test, _ = train_test_split.train_test_split(Table(PASSENGERS), train_test_split.Params(equal_rows="together"), Context())
    model = train_forest.train_forest(
        preprocess.preprocess(train, preprocess.Params(), Context()), train_forest.Params(target="survived"), Context()
    )
    found = evaluate.evaluate(model, test, evaluate.Params(), Context()).metrics
    assert (found["accuracy"] or 0) < 0.5 < (found["baseline_accuracy"] or 0)


@pytest.mark.parametrize(("columns", "values"), [(2, 3), (8, 2), (12, 2)])
@pytest.mark.parametrize("times", [1, 2])
def test_noise_of_few_values_stays_noise_also_where_the_whole_table_is_there_twice(columns: int, values: int, times: int) -> None:
    scores = [accuracy(noise(seed, 400, columns, values, times), seed)[0] for seed in range(6)]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.07)


def test_copies_of_some_rows_stay_together_and_are_counted() -> None:
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(draw.normal(size=(300, 4)), columns=list("abcd")).assign(y=draw.integers(0, 2, 300))
    copied = pd.concat([frame, *[frame.head(20)] * 9, frame.tail(30)], ignore_index=True)
    found = find_repeats(copied.drop(columns="y"), copied["y"])
    assert (found.copies, found.alike) == (210, 0)
    assert found.said("here") == ("duplicate-rows", "210 of 510 rows repeat another row; equal rows stay here.")


def test_one_number_and_few_classes_tell_copies_from_strangers() -> None:
    """Amounts of money in one column: two sales of a shop are alike but for the amount, and a copy is not."""
    draw = np.random.default_rng(6)
    sales = pd.DataFrame({"shop": draw.integers(0, 5, 500), "amount": draw.normal(100, 10, 500)})
    copied = pd.concat([sales, sales.head(50)], ignore_index=True)
    assert find_repeats(copied)[1:3] == (50, 0)
    assert find_repeats(copied.assign(amount=copied["amount"].round(-1)))[1] < 10


def test_a_large_set_of_copies_is_said_with_its_share() -> None:
    draw = np.random.default_rng(7)
    frame = pd.DataFrame(draw.normal(size=(100, 3)), columns=list("abc"))
    words = find_repeats(pd.concat([frame, *[frame.head(1)] * 19], ignore_index=True)).said("here")
    assert words
    assert "The largest set has 20 rows, 17% of all" in words[1]


def test_the_way_out_is_a_param() -> None:
    def codes(choice: str) -> tuple[list[str], int]:
        context = Context()
        params = train_test_split.Params(target="survived", equal_rows=choice)
        train, test, _ = train_test_split.train_test_split(Table(PASSENGERS), params, context)
        left, right = (set(map(str, part.frame.drop(columns="survived").itertuples(index=False))) for part in (train, test))
        return [warning["code"] for warning in context.warnings], len(left & right)

    assert codes("together") == (["duplicate-rows"], 0)
    found, shared = codes("apart")
    assert (found, shared > 50) == (["rows-alike"], True)


def test_folds_go_by_the_same_rule() -> None:
    table = preprocess.preprocess(Table(PASSENGERS, target="survived"), preprocess.Params(), Context())
    model = train_forest.train_forest(table.with_role("train"), train_forest.Params(target="survived", n_estimators=50), Context())
    context = Context()
    found = cross_validate.cross_validate(model, table, cross_validate.Params(), context).metrics
    assert found["accuracy"] == pytest.approx(0.81, abs=0.03)
    assert (found["accuracy_std"] or 1) < 0.04
    assert [warning["code"] for warning in context.warnings] == ["rows-alike"]


def test_rows_without_any_value_are_no_copies() -> None:
    draw = np.random.default_rng(8)
    frame = pd.DataFrame(draw.normal(size=(200, 3)), columns=list("abc"))
    frame.iloc[:60] = np.nan
    assert find_repeats(frame)[1:3] == (0, 59)


rows = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["a", "b", None])), min_size=1, max_size=60)


@settings(deadline=None, max_examples=60)
@given(rows, st.integers(1, 3))
def test_every_row_has_a_code_and_only_equal_rows_share_one(cells: list[tuple[int, str | None]], times: int) -> None:
    frame = pd.DataFrame(cells * times, columns=["number", "word"])
    found = find_repeats(frame)
    assert len(found.codes) == len(frame)
    assert pd.Series(list(map(str, frame.itertuples(index=False)))).groupby(found.codes).nunique().max() == 1
    assert found.copies == len(frame) - len(np.unique(found.codes))
    assert found.copies + found.alike == int(frame.duplicated().sum())
