"""Row nodes against pandas and against hostile input; expressions against Python; SQL that may read its tables and nothing else."""

import ast
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog import Column, load
from chalicelib.columns import flow
from node_containers.catalog import declarations
from node_containers.cells import Cells, Working, text_array
from node_containers.columns import column_type
from node_containers.formula import Formula
from node_containers.reading import describe_columns
from node_containers.recipe import step
from node_containers.runtime.ledger import UNEXPLAINED, ledger
from node_containers.sdk import Context, NodeError, Table
from node_containers.steps import action
from node_containers.steps.stateless import PARTS
from node_containers.view import view

PEOPLE = pd.DataFrame(
    {
        "name": pd.array(["Ann", "Bob", None, "Dan", "Eve", "Ann"], dtype="str"),
        "age": pd.array([31, None, 12, 40, 25, 31], dtype="Int64"),
        "fare": [1.5, 2.0, np.nan, 8.25, 0.0, 1.5],
        "alive": [True, False, True, False, True, True],
    }
)
TOWNS = pd.DataFrame(
    {
        "name": pd.array(["Ann", "Ann", "Eve", "Zoe", None], dtype="str"),
        "town": pd.array(list("ABCDE"), dtype="str"),
        "age": [1, 2, 3, 4, 5],
    }
)


def run(
    kind: str, frame: pd.DataFrame = PEOPLE, *, recipe: Any = (), others: dict[str, Table] | None = None, **params: Any
) -> tuple[Table, Context, dict[str, Any]]:
    declaration, context = declarations()[kind], Context()
    first = next(iter(declaration.inputs))
    inputs = {first: Table(frame, tuple(recipe), target="alive"), **(others or {})}
    given = declaration.function(**inputs, params=declaration.params(**params), context=context)
    rows = ledger(inputs, {"table": given}, context)
    assert rows["in"] + sum(line["count"] for line in rows["added"]) == rows["out"] + sum(line["count"] for line in rows["dropped"])
    assert all(line["reason"] != UNEXPLAINED for line in [*rows["added"], *rows["dropped"]]), rows
    return given, context, rows


def refused(kind: str, frame: pd.DataFrame = PEOPLE, **words: Any) -> str:
    with pytest.raises(NodeError) as wrong:
        run(kind, frame, **words)
    assert wrong.value.hint
    return wrong.value.code


# -- filters ------------------------------------------------------------------------------------------------------------------


def test_an_empty_cell_leaves_a_rule_open_and_is_counted_apart() -> None:
    table, _, rows = run("filter_rows", rules=[{"column": "age", "op": ">=", "value": 30}])
    assert table.frame["age"].tolist() == [31, 40, 31]
    assert {line["reason"]: line["count"] for line in rows["dropped"]} == {
        "an empty cell leaves the rule open": 1,
        "the rule does not hold": 2,
    }


RULES: dict[str, tuple[dict[str, Any], list[int]]] = {
    "text": ({"column": "name", "op": "==", "value": "Ann"}, [0, 5]),
    "one of": ({"column": "name", "op": "in", "value": ["Ann", "Dan"]}, [0, 3, 5]),
    "part of a text": ({"column": "name", "op": "contains", "value": "n"}, [0, 3, 5]),
    "missing": ({"column": "age", "op": "is_missing"}, [1]),
    "not missing": ({"column": "name", "op": "not_missing"}, [0, 1, 3, 4, 5]),
    "truth": ({"column": "alive", "op": "==", "value": True}, [0, 2, 4, 5]),
    "number as text": ({"column": "age", "op": "<", "value": "30"}, [2, 4]),
}


@pytest.mark.parametrize(("rule", "kept"), RULES.values(), ids=RULES)
def test_rules_keep_what_they_say(rule: dict[str, Any], kept: list[int]) -> None:
    table, _, _ = run("filter_rows", PEOPLE.assign(row=range(6)), rules=[rule])
    assert table.frame["row"].tolist() == kept


def test_a_filter_sees_what_the_steps_before_made_and_keeps_the_raw_rows() -> None:
    recipe = [step("rename", names={"age": "years"}), step("formula", name="double", expr="years * 2", dtype="number")]
    table, _, _ = run("filter_rows", recipe=recipe, expr="double > 60")
    assert list(table.frame.columns) == list(PEOPLE.columns)
    assert table.view["double"].tolist() == [62.0, 80.0, 62.0]
    assert len(table.recipe) == 2


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_a_filter_means_the_same_on_every_row_alone(left: list[int], right: list[int]) -> None:
    def kept(frame: pd.DataFrame) -> pd.DataFrame:
        holds, _ = Formula("age > 20 or fare == 0").holds(
            {name: Cells("number", frame[name].to_numpy("float64", na_value=np.nan)) for name in ("age", "fare")}, len(frame)
        )
        return frame[holds]

    a, b = PEOPLE.iloc[left], PEOPLE.iloc[right]
    assert kept(pd.concat([a, b])).equals(pd.concat([kept(a), kept(b)]))


# -- tables -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["left", "inner", "right", "outer"])
def test_a_join_is_that_of_pandas_where_keys_are_known(how: str) -> None:
    left, right = PEOPLE.dropna(subset="name"), TOWNS.dropna(subset="name")
    ours, _, rows = run("join_tables", left, others={"right": Table(right)}, on=["name"], how=how)
    theirs = left.merge(right, on="name", how=how)
    order = ["name", "town", "fare"]
    assert ours.frame.sort_values(order)[order].astype(str).values.tolist() == theirs.sort_values(order)[order].astype(str).values.tolist()
    assert (how in ("left", "outer")) == (not any("no match" in line["reason"] for line in rows["dropped"]))


@pytest.mark.parametrize("how", ["left", "inner", "right", "outer"])
def test_a_join_says_which_table_a_row_comes_from(how: str) -> None:
    left, right = PEOPLE.dropna(subset="name"), TOWNS.dropna(subset="name")
    ours, _, _ = run("join_tables", left, others={"right": Table(right)}, on=["name"], how=how, indicator=True)
    theirs = left.merge(right, on="name", how=how, indicator=True)
    assert sorted(zip(ours.frame["name"], ours.frame["_merge"], strict=True)) == sorted(zip(theirs["name"], theirs["_merge"], strict=True))
    taken = left.assign(_merge=1)
    assert refused("join_tables", taken, others={"right": Table(right)}, on=["name"], indicator=True) == "column-exists"


def test_an_empty_key_matches_nothing_and_types_stay() -> None:
    ours, _, _ = run("join_tables", others={"right": Table(TOWNS)}, on=["name"], how="outer")
    assert "E" not in ours.frame.dropna(subset="name")["town"].tolist()
    assert [column["type"] for column in describe_columns(ours.frame)] == ["text", "integer", "number", "boolean", "text", "integer"]


def test_joins_that_cannot_be_meant_are_refused() -> None:
    right = {"right": Table(TOWNS)}
    assert refused("join_tables", others=right) == "columns-missing"
    assert refused("join_tables", others=right, on=["nmae"]) == "column-unknown"
    assert refused("join_tables", others=right, on=["age"], right_on=["town"]) == "join-types"
    assert refused("join_tables", others=right, on=["name"], validate="one_to_one") == "join-not-unique"
    many = pd.DataFrame({"name": pd.array(["x"] * 8_000, dtype="str")})
    assert refused("join_tables", many, others={"right": Table(many)}, on=["name"]) == "join-too-large"


def test_nodes_that_make_new_rows_do_not_stand_behind_a_step_that_learns() -> None:
    for kind, params in (
        ("join_tables", {"on": ["name"]}),
        ("group_aggregate", {"by": ["name"], "aggs": {"age": ["max"]}}),
        ("sql_tables", {}),
    ):
        others = {"right": Table(TOWNS)} if kind == "join_tables" else {}
        assert refused(kind, recipe=[step("impute")], others=others, **params) == "row-after-learned"


@pytest.mark.parametrize("na_position", ["first", "last"])
@pytest.mark.parametrize("ascending", [True, False, [True, False], [False, True], [False, False]])
def test_rows_are_sorted_as_pandas_sorts_them(ascending: bool | list[bool], na_position: str) -> None:
    by = ["age", "name"]
    found, _, _ = run("sort_rows", by=by, ascending=ascending, na_position=na_position)
    expected = PEOPLE.sort_values(by, ascending=ascending, na_position=na_position, kind="stable", ignore_index=True)  # type: ignore[call-overload]
    pd.testing.assert_frame_equal(found.frame, expected)


@pytest.mark.parametrize("ascending", [[True], [True, False, True]])
def test_directions_are_as_many_as_columns(ascending: list[bool]) -> None:
    with pytest.raises(NodeError, match="2 columns") as wrong:
        run("sort_rows", by=["age", "name"], ascending=ascending)
    assert (wrong.value.code, wrong.value.field) == ("param-range", "params.ascending")
    assert wrong.value.hint


def test_groups_say_what_pandas_says() -> None:
    ours, _, _ = run(
        "group_aggregate", by=["name"], aggs={"age": ["mean", "max", "count"], "fare": ["sum", "std"], "alive": ["sum", "first"]}
    )
    theirs = PEOPLE.groupby("name").agg(
        a=("age", "mean"), b=("age", "max"), c=("age", "count"), d=("fare", "sum"), e=("fare", "std"), f=("alive", "sum")
    )
    assert ours.frame.drop(columns="alive_first").set_index("name").astype(float).to_numpy() == pytest.approx(
        theirs.astype(float).to_numpy(), nan_ok=True
    )
    assert [column["type"] for column in describe_columns(ours.frame)] == [
        "text",
        "number",
        "integer",
        "integer",
        "number",
        "number",
        "integer",
        "boolean",
    ]
    assert refused("group_aggregate", by=["age"], aggs={"name": ["mean"]}) == "column-type"


def test_appended_columns_find_a_type_that_holds_all() -> None:
    ours, _, _ = run("append_rows", others={"below": Table(TOWNS.assign(alive=["yes"] * 5))})
    kinds = {column["name"]: column["type"] for column in describe_columns(ours.frame)}
    assert kinds == {"name": "text", "age": "integer", "fare": "number", "alive": "text", "town": "text"}
    assert len(ours.frame) == 11


def test_pivot_and_unpivot_undo_each_other() -> None:
    wide = pd.DataFrame({"id": [1, 2], "a": [1.0, 2.0], "b": [3.0, 4.0]})
    long, _, _ = run("unpivot_table", wide, id_vars=["id"])
    back, _, _ = run("pivot_table", long.frame, index=["id"], columns="variable", values="value")
    assert back.frame.equals(wide)


def test_samples_keep_order_shares_and_seed() -> None:
    frame = pd.DataFrame({"x": range(100), "c": pd.array(["a"] * 80 + ["b"] * 20, dtype="str")})
    ours, _, _ = run("limit_rows", frame, method="random", n=50, stratify="c", random_state=3)
    assert ours.frame["x"].is_monotonic_increasing
    assert ours.frame["c"].value_counts().to_dict() == {"a": 40, "b": 10}
    assert ours.frame.equals(run("limit_rows", frame, method="random", n=50, stratify="c", random_state=3)[0].frame)


def test_expectations_stop_or_warn_with_examples() -> None:
    rules = [{"column": "age", "rule": "not_null"}, {"column": "name", "rule": "regex", "pattern": "[A-D].*"}]
    assert refused("validate_data", rules=rules) == "expectation-failed"
    table, context, _ = run("validate_data", rules=rules, on_fail="warn")
    assert [warning["code"] for warning in context.warnings] == ["expectation-failed"] * 2
    assert "1 of 6 rows do not (Eve)" in context.warnings[1]["message"]
    assert table.frame.equals(PEOPLE)


def test_everything_gone_is_refused_with_the_way_out() -> None:
    assert refused("filter_rows", expr="fare > 100") == "data-no-rows"
    assert refused("drop_missing", PEOPLE.assign(age=None)) == "data-no-rows"


# -- expressions --------------------------------------------------------------------------------------------------------------

CELLS = {
    "a": Cells("number", np.array([1.0, 2.5, np.nan])),
    "b": Cells("integer", np.array([3.0, 0.0, 4.0])),
    "odd name": Cells("text", text_array(["x", None, "Why"])),
    "when": Cells("datetime", np.array([0.0, 19_000.0, np.nan])),
}
VALUES: dict[str, tuple[str, list[Any]]] = {
    "arithmetic": ("-a + b * 2 ** 2", [11.0, -2.5, None]),
    "division by zero is empty": ("a / b", [1 / 3, None, None]),
    "comparison with an empty cell is open": ("a > 2", [0.0, 1.0, None]),
    "false decides": ("a > 2 and b > 100", [0.0, 0.0, 0.0]),
    "true decides": ("a > 2 or b == 4", [0.0, 1.0, 1.0]),
    "chained": ("0 < b < 4", [1.0, 0.0, 0.0]),
    "text in backticks": ('upper(`odd name`) + "!"', ["X!", None, "WHY!"]),
    "in": ('`odd name` in ("x", "y")', [1.0, None, 0.0]),
    "if else": ('"low" if a < 2 else "high"', ["low", "high", None]),
    "coalesce": ("coalesce(a, 0) + is_missing(a)", [1.0, 2.5, 1.0]),
    "dates": ('when >= "2022-01-08"', [0.0, 1.0, None]),
    "days between": ("when - when + 1", [1.0, 1.0, None]),
    "one for all": ("1 + 1", [2.0, 2.0, 2.0]),
    "functions": ("clip(round(a, 0), 0, 2) + min(a, b)", [2.0, 2.0, None]),
}


@pytest.mark.parametrize(("text", "expected"), VALUES.values(), ids=VALUES)
def test_expressions(text: str, expected: list[Any]) -> None:
    cells = Formula(text).evaluate(CELLS, 3).cells
    assert [None if cell is None or cell != cell else cell for cell in cells] == pytest.approx(expected)


HOSTILE = [
    '__import__("os").system("id")',
    "().__class__.__bases__[0].__subclasses__()",
    'open("/etc/passwd")',
    "a.__class__",
    "[x for x in (1, 2)]",
    "lambda: 1",
    "a if a",
    'f"{a}"',
    "a[0]",
    "(a := 1)",
    "exec('1')",
    "**a",
    "yield a",
    "eval(`odd name`)",
    "a" + "+a" * 400,
    "(" * 500 + "a" + ")" * 500,
    "9" * 5_000,
    "1e999",
    "b'x'",
    "...",
    "None",
    "min(a, b, key=a)",
    "a\x00",
    "",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_but_expressions_is_evaluated(text: str) -> None:
    with pytest.raises(NodeError) as wrong:
        Formula(text).evaluate(CELLS, 3)
    assert wrong.value.code in ("formula-invalid", "formula-type", "column-unknown")


def test_a_text_that_doubles_ends_somewhere() -> None:
    text = '"aaaaaaaaaa"'
    for _ in range(30):
        text = f'replace({text}, "a", "aaaa")'
    with pytest.raises(NodeError) as wrong:
        Formula(text).evaluate(CELLS, 3)
    assert wrong.value.code == "formula-too-long"


@pytest.mark.parametrize("text", ["0+''", "'' + 0", "a + 'x'", "'x' + (a < 1)"])
def test_text_is_joined_with_text_alone(text: str) -> None:
    with pytest.raises(NodeError) as wrong:
        Formula(text).evaluate(CELLS, 3)
    assert (wrong.value.code, wrong.value.field) == ("formula-type", "params.expr")
    assert "text with text" in str(wrong.value.hint)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="ab01 +-*/()<>=!&|,.'\"`[]{}:_%~^", max_size=40))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        Formula(text).evaluate(CELLS, 3)
    except NodeError as wrong:
        assert wrong.hint


NUMBERS = st.floats(-100, 100, allow_nan=False)


@settings(deadline=None, max_examples=60)
@given(
    NUMBERS,
    NUMBERS,
    st.sampled_from(["{a} + {b} * 2", "({a} - {b}) / 3", "{a} < {b}", "not {a} > {b}", "{a} if {b} > 0 else -{a}", "{a} // 7 % 5"]),
)
def test_numbers_come_out_as_in_python(a: float, b: float, form: str) -> None:
    cells = {"a": Cells("number", np.array([a])), "b": Cells("number", np.array([b]))}
    ours = float(Formula(form.format(a="a", b="b")).evaluate(cells, 1).cells[0])
    assert ours == pytest.approx(float(eval(compile(ast.parse(form.format(a=repr(a), b=repr(b)), mode="eval"), "", "eval"))), abs=1e-9)  # noqa: S307 of the test's own forms


# -- types and dates ----------------------------------------------------------------------------------------------------------


CHOOSING: dict[str, dict[str, Any]] = {
    "name": {"by": "name", "columns": ["fare", "name"]},
    "type": {"by": "type", "types": ["number", "boolean"]},
    "part": {"by": "part of the name", "containing": "A"},
    "regex": {"by": "regex", "regex": "^(fare|a.+)$"},
    "regex in any case": {"by": "regex", "regex": "(?i)^N|E{1,2}$"},
    "every column": {"by": "regex", "regex": "."},
}


@pytest.mark.parametrize("mode", ["keep", "drop"])
@pytest.mark.parametrize("params", CHOOSING.values(), ids=CHOOSING)
def test_chosen_columns_are_those_that_the_canvas_knows_before_a_run(params: dict[str, Any], mode: str) -> None:
    known = tuple(Column(**column) for column in describe_columns(PEOPLE))
    expected = flow(load().nodes["select_columns"].columns, {"mode": mode, **params}, [known])
    assert expected is not None
    if not expected:
        assert refused("select_columns", mode=mode, **params) == "columns-missing"
        return
    found, _, _ = run("select_columns", mode=mode, **params)
    assert describe_columns(found.frame) == [column._asdict() for column in expected]
    if params["by"] == "regex" and mode == "keep":
        assert list(found.frame) == list(PEOPLE.filter(regex=params["regex"]))


def test_a_pattern_that_is_none_or_takes_for_ever_elsewhere_is_refused_or_answered_at_once() -> None:
    assert refused("select_columns", by="regex", regex="(") == "pattern-invalid"
    assert refused("select_columns", by="regex", regex="") == "columns-missing"
    wide = PEOPLE.rename(columns={"age": "a" * 200 + "b"})
    assert refused("select_columns", wide, by="regex", regex="^(a+)+$") == "columns-missing"


def test_types_change_and_what_cannot_be_read_is_named() -> None:
    frame = pd.DataFrame(
        {"n": pd.array(["1", "2.5", "x", None], dtype="str"), "d": pd.array(["31.01.2024"] * 4, dtype="str"), "i": [1, 2, 3, 2**40]}
    )
    assert refused("change_types", frame, dtype={"n": "number"}) == "cells-unreadable"
    table, context, _ = run("change_types", frame, dtype={"n": "number"}, errors="coerce")
    assert "“x”" in context.warnings[0]["message"]
    assert table.view["n"].tolist()[:2] == [1.0, 2.5]
    dated, _, _ = run("change_types", frame, dtype={"d": "datetime", "i": "text"}, format="%d.%m.%Y")
    assert dated.view["d"].dt.day.tolist() == [31] * 4
    assert dated.view["i"].tolist() == ["1", "2", "3", str(2**40)]


def dated(texts: list[str | None], **params: Any) -> tuple[pd.Series, Context]:
    frame = pd.DataFrame({"d": pd.array(texts, dtype="str")})
    table, context, _ = run("change_types", frame, dtype={"d": "datetime"}, **params)
    return table.view["d"], context


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.datetimes(pd.Timestamp("1700-01-01"), pd.Timestamp("2262-01-01")), min_size=1, max_size=5),
    st.sampled_from("/.-"),
    st.booleans(),
    st.sampled_from(["", " %H:%M", " %H:%M:%S", "T%H:%M:%S.%f"]),
)
def test_local_dates_are_those_of_pandas_where_it_is_said_which_comes_first(
    instants: list[Any], sign: str, dayfirst: bool, time: str
) -> None:
    form = sign.join(["%d", "%m"] if dayfirst else ["%m", "%d"]) + f"{sign}%Y{time}"
    texts = [f"{instant:{form}}" for instant in instants]
    expected = pd.Series([pd.to_datetime(text, dayfirst=dayfirst) for text in texts])
    # Days as floating-point numbers hold a microsecond, give or take one.
    assert dated(texts, dayfirst=dayfirst)[0].dt.round("ms").tolist() == expected.dt.round("ms").tolist()


def test_a_date_that_can_be_read_twice_is_refused_and_not_guessed() -> None:
    for words in ({}, {"utc": False}):
        with pytest.raises(NodeError) as wrong:
            dated(["01/02/2026"], **words)
        assert (wrong.value.code, "dayfirst" in str(wrong.value.hint)) == ("cells-unreadable", True)
    for text, dayfirst in (("12/31/2026", True), ("31/12/2026", False), ("01/02/26", True), ("1/2-2026", True), ("30.2.2026", True)):
        with pytest.raises(NodeError, match="no datetime"):
            dated([text], dayfirst=dayfirst)
    both, _ = dated(["1/2/2026", "2026-02-03", "4.2.2026 8:05", None], dayfirst=True)
    assert both.isna().tolist() == [False, False, False, True]
    assert both.tolist()[:3] == [pd.Timestamp("2026-02-01"), pd.Timestamp("2026-02-03"), pd.Timestamp("2026-02-04 08:05")]
    with pytest.raises(NodeError) as wrong:
        dated(["01.02.2026"], dayfirst=True, format="%d.%m.%Y")
    assert (wrong.value.code, wrong.value.field) == ("param-range", "params.dayfirst")


def test_times_with_a_zone_are_given_in_utc_or_keep_the_hour_that_is_written() -> None:
    texts = ["2026-07-01T08:30+02:00", "2026-07-02T08:30+02:00"]
    in_utc, said = dated(texts)
    assert in_utc.tolist() == pd.to_datetime(pd.Series(texts), utc=True).dt.tz_localize(None).tolist()
    local, said_local = dated(texts, utc=False)
    assert local.tolist() == pd.to_datetime(pd.Series(texts)).dt.tz_localize(None).tolist()
    assert said.warnings == said_local.warnings == []
    mixed, warned = dated([*texts, "2026-01-01T08:30+01:00", "1/8/2026 8:30Z"], utc=False, dayfirst=True)
    assert mixed.dt.hour.tolist() == [8] * 4
    assert [one["code"] for one in warned.warnings] == ["zones-mixed"]
    formed, _ = dated(["01.07.2026 08:30 +0200"], format="%d.%m.%Y %H:%M %z", utc=False)
    assert formed.tolist() == [pd.Timestamp("2026-07-01 08:30")]


def test_types_are_changed_alike_in_the_table_and_at_serving_and_old_steps_keep_their_meaning() -> None:
    params = {"types": {"d": "datetime"}, "dayfirst": True, "utc": False}
    raw = Cells("text", text_array(["3/4/2026 23:30+02:00", "x", None]))
    working = Working({"d": raw}, 3)
    action(step("change_types", **params)).apply(working)
    seen = view(pd.DataFrame({"d": pd.array(list(raw.values), dtype="str")}), [step("change_types", **params)])["d"]
    assert seen.tolist()[0] == pd.Timestamp("2026-04-03 23:30") == pd.Timestamp(0) + pd.Timedelta(days=working.cells["d"].values[0])
    assert seen.isna().tolist() == np.isnan(working.cells["d"].values).tolist() == [False, True, True]
    plain, _, _ = run("change_types", dtype={"age": "text"})
    assert plain.recipe[0]["params"] == {"types": {"age": "text"}, "format": None}


@settings(deadline=None, max_examples=30)
@given(st.datetimes(pd.Timestamp("1700-01-01"), pd.Timestamp("2262-01-01")))
def test_date_parts_are_those_of_the_calendar(instant: Any) -> None:
    frame = pd.DataFrame({"d": pd.Series([instant], dtype="datetime64[us]")})
    parts = [part for part in PARTS if part not in ("week", "is_weekend", "elapsed_days")]
    seen = view(frame, [step("date_parts", column="d", parts=[*parts, "week", "is_weekend", "elapsed_days"])]).iloc[0].tolist()
    assert seen == [
        *(int(getattr(frame["d"].dt, part.replace("dayof", "day_of_")).iloc[0]) for part in parts),
        int(frame["d"].dt.isocalendar().week.iloc[0]),
        int(instant.weekday() >= 5),
        (instant - pd.Timestamp(0)).days,
    ]


WHEN = st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2100-01-01")).map(lambda one: one.replace(microsecond=0))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(WHEN | st.none(), WHEN | st.none()), min_size=1, max_size=6), WHEN)
def test_days_are_counted_since_a_date_or_since_that_of_another_column(pairs: list[tuple[Any, Any]], start: Any) -> None:
    frame = pd.DataFrame(pairs, columns=["end", "begin"], dtype="datetime64[us]").assign(n=1)
    words = {"column": "end", "parts": ["elapsed_days"], "drop": False}
    since, _, _ = run("date_parts", frame, since=start.isoformat(), **words)
    assert since.view["end_elapsed_days"].astype("float64").equals((frame["end"] - pd.Timestamp(start)).dt.days.astype("float64"))
    other, _, _ = run("date_parts", frame, since_column="begin", **words)
    assert other.view["end_elapsed_days"].astype("float64").equals((frame["end"] - frame["begin"]).dt.days.astype("float64"))


def test_what_days_are_counted_from_is_a_feature_of_the_row_or_nothing_is_counted() -> None:
    recipe = step("date_parts", column="end", parts=["year", "elapsed_days"], since_column="begin")
    ends, begins = np.asarray([400.0, np.nan]), np.asarray([365.5, 1.0])
    cells = {"end": Cells("datetime", ends, frozenset({"end"})), "begin": Cells("datetime", begins, frozenset({"begin"}))}
    working = Working(dict(cells), 2)
    action(recipe).apply(working)
    assert list(working.cells) == ["begin", "end_year", "end_elapsed_days"]
    assert working.cells["end_elapsed_days"].origins == {"begin", "end"}
    assert working.cells["end_elapsed_days"].values.tolist()[0] == 34
    alone = Working({"end": cells["end"]}, 2)
    action(recipe).apply(alone)
    assert list(alone.cells) == ["end_year"]


@pytest.mark.parametrize(
    ("params", "code", "field"),
    [
        ({"since": "31.01.2026"}, "date-unknown", "params.since"),
        ({"since": "2026-01-31", "since_column": "d"}, "param-range", "params.since"),
        ({"since": "2026-01-31", "parts": ["year"]}, "param-range", "params.parts"),
        ({"since_column": "x"}, "column-unknown", "params.since_column"),
        ({"since_column": "n"}, "column-type", "params.since_column"),
    ],
)
def test_what_cannot_be_counted_from_is_named(params: dict[str, Any], code: str, field: str) -> None:
    frame = pd.DataFrame({"d": pd.Series([pd.Timestamp(0)], dtype="datetime64[us]"), "n": [1]})
    with pytest.raises(NodeError) as wrong:
        run("date_parts", frame, column="d", **{"parts": ["elapsed_days"], **params})
    assert (wrong.value.code, wrong.value.field) == (code, field)
    assert wrong.value.hint


# -- SQL ----------------------------------------------------------------------------------------------------------------------


def test_sql_reads_all_its_tables() -> None:
    sql = "SELECT a.name, avg(a.fare) AS fare, count(b.town) AS towns FROM a LEFT JOIN b ON a.name = b.name GROUP BY a.name ORDER BY a.name"
    ours, _, _ = run("sql_tables", others={"b": Table(TOWNS)}, sql=sql)
    assert ours.frame["towns"].tolist() == [0, 4, 0, 0, 1]
    assert ours.frame["fare"].tolist()[1:] == [1.5, 2.0, 8.25, 0.0]


FORBIDDEN = [
    "DROP TABLE a",
    "DELETE FROM a",
    "UPDATE a SET age = 1",
    "INSERT INTO a SELECT * FROM a",
    "CREATE TABLE z (x)",
    "ATTACH DATABASE '/tmp/x.db' AS z",
    "PRAGMA table_info(a)",
    "SELECT load_extension('x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT random() FROM a",
    "SELECT 1; SELECT 2",
    "VACUUM INTO '/tmp/x.db'",
    "SELECT * FROM z",
    "BEGIN",
    "SELECT name, name FROM a",
    "nonsense",
    "SELECT x'00ff' AS b",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_sql_may_read_its_tables_and_nothing_else(sql: str) -> None:
    assert refused("sql_tables", sql=sql) == "sql-refused"


def test_sql_without_an_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    from node_containers.nodes import sql_tables

    monkeypatch.setattr(sql_tables, "MAX_STEPS", 5_000_000)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS c FROM n"
    assert refused("sql_tables", sql=endless) == "sql-refused"


READINGS = pd.DataFrame(
    {
        "machine": pd.array(["a", "b", "a", "a", "b", "b"], dtype="str"),
        "state": pd.array(["on", None, None, None, "off", None], dtype="str"),
        "heat": pd.array([1, None, None, None, None, 6], dtype="Int64"),
        "alive": [1, 0, 1, 0, 1, 0],
    }
)


@pytest.mark.parametrize(
    ("params", "state", "heat"),
    [
        ({}, ["on", "on", "on", "on", "off", "off"], [1, 1, 1, 1, 1, 6]),
        ({"by": ["machine"]}, ["on", None, "on", "on", "off", "off"], [1, None, 1, 1, None, 6]),
        ({"limit": 1}, ["on", "on", None, None, "off", "off"], [1, 1, None, None, None, 6]),
        ({"method": "bfill"}, ["on", "off", "off", "off", "off", None], [1, 6, 6, 6, 6, 6]),
    ],
)
def test_cells_are_filled_from_the_rows_beside_them(params: dict[str, Any], state: list[Any], heat: list[Any]) -> None:
    given, context, _ = run("fill_rows", READINGS, columns=["state", "heat"], **params)
    assert [None if pd.isna(cell) else cell for cell in given.frame["state"]] == state
    assert [None if pd.isna(cell) else cell for cell in given.frame["heat"]] == heat
    assert given.frame["heat"].dtype == "Int64"
    assert given.frame[["machine", "alive"]].equals(READINGS[["machine", "alive"]])
    before, after = (int(frame[["state", "heat"]].isna().to_numpy().sum()) for frame in (READINGS, given.frame))
    assert context.metrics["filled"] == before - after


def test_a_target_is_never_filled_and_wrong_columns_are_named() -> None:
    assert refused("fill_rows", READINGS, columns=["alive"]) == "target-filled"
    assert refused("fill_rows", READINGS, columns=["heat"], by=["heat"]) == "columns-twice"
    assert refused("fill_rows", READINGS, columns=["heats"]) == "column-unknown"
    assert refused("fill_rows", READINGS) == "columns-missing"
    assert refused("fill_rows", READINGS, recipe=[step("impute")], columns=["heat"]) == "row-after-learned"


SALES = pd.DataFrame(
    {
        "shop": pd.array(["a", "b", "a", "b", "a", "b"], dtype="str"),
        "day": pd.to_datetime(["2026-01-03", "2026-01-01", "2026-01-01", "2026-01-03", "2026-01-02", "2026-01-02"]),
        "sold": pd.array([30, 1, 10, None, 20, 2], dtype="Int64"),
        "alive": [True, False, True, True, False, True],
    }
)


def test_earlier_values_come_within_their_group_in_order_of_time_and_rows_stay_where_they_are() -> None:
    given, context, _ = run(
        "lags", SALES, columns=["sold", "alive"], lags=[1, 2], func=["mean", "max"], window=2, order_by="day", group_by=["shop"]
    )
    assert given.frame[list(SALES)].equals(SALES)
    known = given.frame.astype(object).where(given.frame.notna(), None)
    assert known["sold_lag_1"].tolist() == [20, None, None, 2, 10, 1]
    assert known["sold_lag_2"].tolist() == [10, None, None, 1, None, None]
    assert known["sold_mean_2"].tolist() == [15, None, None, 1.5, 10, 1]
    assert known["sold_max_2"].tolist() == [20, None, None, 2, 10, 1]
    assert known["alive_lag_1"].tolist() == [0, None, None, 1, 1, 0]
    assert {column_type(given.frame[name]) for name in given.frame.columns[4:]} == {"number"}
    assert (given.target, context.metrics["columns"]) == ("alive", 8)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-100, 100) | st.none(), min_size=1, max_size=30), st.integers(1, 5), st.integers(2, 6), st.data())
def test_what_a_row_is_told_does_not_depend_on_itself_or_what_follows(
    cells: list[float | None], lag: int, window: int, data: st.DataObject
) -> None:
    frame = pd.DataFrame({"x": pd.array(cells, dtype="Float64")})
    place = data.draw(st.integers(0, len(cells) - 1))
    changed = frame.assign(x=frame["x"].where(np.arange(len(frame)) < place, 7.25))
    first, second = (run("lags", one, columns=["x"], lags=[lag], func=["mean", "std"], window=window)[0].frame for one in (frame, changed))
    assert first.iloc[place, 1:].equals(second.iloc[place, 1:])
    assert first["x_lag_" + str(lag)].tolist()[lag:] == pytest.approx([np.nan if one is None else one for one in cells[:-lag]], nan_ok=True)


def test_lags_that_cannot_be_are_refused() -> None:
    assert refused("lags", SALES) == "columns-missing"
    assert refused("lags", SALES, columns=["sold"], lags=[]) == "columns-missing"
    assert refused("lags", SALES, columns=["shop"]) == "column-type"
    assert refused("lags", SALES, columns=["sold"], order_by="shop") == "column-type"
    assert refused("lags", SALES, columns=["sold"], order_by="sold") == "time-missing"
    assert refused("lags", SALES, columns=["solt"]) == "column-unknown"
    assert refused("lags", SALES, columns=["sold", "alive"] * 400, lags=[1], func=["mean"]) == "columns-too-many"
    assert refused("lags", SALES, recipe=[step("impute")], columns=["sold"]) == "row-after-learned"


def test_dates_and_truths_that_keep_their_names_come_back_from_sql() -> None:
    frame = pd.DataFrame(
        {"day": pd.to_datetime(["2024-01-01", "2024-01-02", None]).astype("datetime64[us]"), "open": [True, False, True], "n": [1, 2, 3]}
    )
    declaration = declarations()["sql_tables"]
    params = declaration.params(
        sql="SELECT day, open, n AS open_days, date(day) AS text, lag(day) OVER (ORDER BY n) AS before FROM a ORDER BY n"
    )
    answer = declaration.function(Table(frame), params, Context()).frame
    assert answer["day"].equals(frame["day"])
    assert answer["open"].equals(frame["open"])
    assert [column_type(answer[name]) for name in ("open_days", "text", "before")] == ["integer", "text", "text"]
    params = declaration.params(sql="SELECT date(day) AS day, n AS open FROM a")
    assert [column_type(declaration.function(Table(frame), params, Context()).frame[name]) for name in ("day", "open")] == [
        "text",
        "integer",
    ]
