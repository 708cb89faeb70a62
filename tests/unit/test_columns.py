"""Which columns flow out of a node, as its type declares it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog import Column
from chalicelib.columns import expression_names, flow, named_columns

TABLE = (Column("age", "integer"), Column("fare", "number"), Column("sex", "text"), Column("alive", "boolean"))
OTHER = (Column("sex", "text"), Column("fare", "number"), Column("title", "text"))
JOIN = {"op": "join", "keys": "on", "other_keys": "right_on", "how": "how", "suffixes": "suffixes"}

CASES: dict[str, tuple[list[dict[str, Any]], dict[str, Any], list[tuple[str, str]]]] = {
    "keep, in the order of the table": ([{"op": "keep", "param": "c"}], {"c": ["sex", "age"]}, [("age", "integer"), ("sex", "text")]),
    "drop by type": ([{"op": "drop", "types": "c"}], {"c": ["number", "text"]}, [("age", "integer"), ("alive", "boolean")]),
    "keep by a part of the name": (
        [{"op": "keep", "containing": "c"}],
        {"c": "A"},
        [("age", "integer"), ("fare", "number"), ("alive", "boolean")],
    ),
    "keep by a pattern": (
        [{"op": "keep", "matching": "c"}],
        {"c": "^a|e$"},
        [("age", "integer"), ("fare", "number"), ("alive", "boolean")],
    ),
    "drop by a pattern in any case": ([{"op": "drop", "matching": "c"}], {"c": "(?i)^[AF].*E$"}, [("sex", "text")]),
    "an empty pattern means no column": ([{"op": "drop", "matching": "c"}], {"c": ""}, list(TABLE)),
    "an operation that does not count": (
        [{"op": "keep", "param": "c", "when": {"mode": "keep"}}],
        {"c": ["age"], "mode": "drop"},
        list(TABLE),
    ),
    "rename": ([{"op": "rename", "param": "n"}], {"n": {"sex": "gender"}}, [*TABLE[:2], ("gender", "text"), TABLE[3]]),
    "retype": ([{"op": "retype", "param": "n"}], {"n": {"age": "text"}}, [("age", "text"), *TABLE[1:]]),
    "add": ([{"op": "add", "names": ["{name}"], "type": "number"}], {"name": "x"}, [*TABLE, ("x", "number")]),
    "add in place of one that is there": (
        [{"op": "add", "names": ["{name}"], "type": "{t}"}],
        {"name": "age", "t": "text"},
        [("age", "text"), *TABLE[1:]],
    ),
    "add one for each entry": (
        [{"op": "add", "names": ["{c}_{parts}"], "type": "integer"}],
        {"c": "d", "parts": ["year", "day"]},
        [*TABLE, ("d_year", "integer"), ("d_day", "integer")],
    ),
    "group": (
        [{"op": "group", "by": "by", "aggregate": "a"}],
        {"by": ["sex"], "a": {"age": ["mean", "max"], "alive": ["sum"]}},
        [("sex", "text"), ("age_mean", "number"), ("age_max", "integer"), ("alive_sum", "integer")],
    ),
    "unpivot": (
        [{"op": "unpivot", "keep": "k", "value": "v", "names": "n", "cells": "c"}],
        {"k": ["sex"], "v": ["age", "fare"], "n": "what", "c": "value"},
        [("sex", "text"), ("what", "text"), ("value", "number")],
    ),
    "join on one name": (
        [JOIN],
        {"on": ["sex"], "right_on": None, "how": "left", "suffixes": ["_x", "_y"]},
        [("age", "integer"), ("fare_x", "number"), ("sex", "text"), ("alive", "boolean"), ("fare_y", "number"), ("title", "text")],
    ),
    "union of all": ([{"op": "union", "join": "join"}], {"join": "outer"}, [*TABLE, ("title", "text")]),
    "union of what is shared": ([{"op": "union", "join": "join"}], {"join": "inner"}, [("fare", "number"), ("sex", "text")]),
}


@pytest.mark.parametrize(("operations", "params", "expected"), CASES.values(), ids=CASES)
def test_operations(operations: list[dict[str, Any]], params: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [tuple(column) for column in flow(operations, params, [TABLE, OTHER]) or ()] == [tuple(column) for column in expected]


def test_what_is_not_known_stays_so() -> None:
    assert flow([{"op": "unknown"}], {}, [TABLE]) is None
    assert flow([{"op": "keep", "param": "c"}], {"c": ["age"]}, [None]) is None
    assert flow([JOIN], {"on": ["sex"]}, [TABLE, None]) is None
    # Of RE2's language, but not of the part that is matched here.
    assert flow([{"op": "keep", "matching": "c"}], {"c": r"\bage"}, [TABLE]) is None


NAMES = st.lists(st.sampled_from([column.name for column in TABLE]), unique=True)


@given(NAMES)
def test_keeping_and_dropping_part_a_table(names: list[str]) -> None:
    kept, dropped = (flow([{"op": op, "param": "c"}], {"c": names}, [TABLE]) or () for op in ("keep", "drop"))
    assert sorted([*kept, *dropped]) == sorted(TABLE)
    assert {column.name for column in kept} == set(names)


def test_columns_are_named_at_any_depth() -> None:
    rule = {"type": "object", "properties": {"column": {"type": "string", "x-widget": "column"}, "value": {"type": "string"}}}
    schema = {
        "$defs": {"Rule": rule},
        "properties": {
            "rules": {"type": "array", "items": {"$ref": "#/$defs/Rule"}},
            "names": {"anyOf": [{"type": "object"}, {"type": "null"}], "x-widget": "column_map"},
            "other": {"x-widget": "columns", "x-table": "right"},
            "formula": {"type": "string", "x-widget": "expression"},
            "plain": {"type": "string"},
        },
    }
    params = {"rules": [{"column": "a", "value": "x"}], "names": {"b": "c"}, "other": ["d"], "formula": "log(e) + `f g`", "plain": "age"}
    assert list(named_columns(schema, params)) == [
        ("params.rules.0.column", "a", None),
        ("params.names", "b", None),
        ("params.other", "d", "right"),
        ("params.formula", "f g", None),
        ("params.formula", "e", None),
    ]


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_an_expression(text: str) -> None:
    assert all(isinstance(name, str) for name in expression_names(text))
