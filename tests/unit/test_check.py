"""Every rule of the check, each with its node, field, code and hint."""

import itertools
from typing import Any

import pytest

from chalicelib.catalog import Column, load
from chalicelib.check import Checked, check
from chalicelib.facts import DatasetFacts, Facts
from chalicelib.problem import Fix, Problem
from chalicelib.workflow import Workflow
from tests.contract.test_golden import sample_facts
from tests.unit.drawings import CATALOG, CLASSIC, FACTS, draw


def run(workflow: Workflow, facts: Facts = FACTS) -> Checked:
    return check(workflow, CATALOG, facts)


def errors(workflow: Workflow, facts: Facts = FACTS) -> list[Problem]:
    return [problem for problem in run(workflow, facts).problems if problem.severity == "error"]


def only(workflow: Workflow, facts: Facts = FACTS) -> Problem:
    found = list(run(workflow, facts).problems)
    assert len(found) == 1, found
    return found[0]


def test_connections_without_handles_find_their_ports() -> None:
    checked = run(CLASSIC)
    assert checked.problems == ()
    assert {(c.source, c.sourceHandle, c.target, c.targetHandle) for c in checked.connections} == {
        ("load", "table", "clean", "table"),
        ("clean", "table", "halves", "table"),
        ("halves", "train", "model", "table"),
        ("model", "model", "result", "model"),
        ("halves", "test", "result", "table"),  # implied: the test rows of the split the model was trained behind
    }


def test_a_connection_without_handles_takes_a_required_port_before_optional_ones_and_these_in_order() -> None:
    nodes = {"l": "load", "a": "fit", "b": "fit", "c": "fit", "x": "contrast"}
    lines = ["l>a", "l>b", "l>c", "b>x", "a>x", "c>x"]
    for drawn in (lines, lines[::-1]):
        wired = {
            connection.targetHandle: connection.source for connection in run(draw(nodes, *drawn)).connections if connection.target == "x"
        }
        assert wired == {"model": "a", "second": "b", "third": "c"}
    wired = {one.targetHandle: one.source for one in run(draw(nodes, *lines[:3], "b>x", "a>x.model")).connections if one.target == "x"}
    assert wired == {"model": "a", "second": "b"}


def test_the_target_comes_from_the_dataset_then_the_answer_then_the_param() -> None:
    assert run(CLASSIC).target == "alive"
    assert run(CLASSIC, Facts(FACTS.datasets, "e1", {"target": "age"})).target == "age"
    drawn = draw({"l": "load", "s": "split", "m": ("fit", {"target": "name"})}, "l>s", "s>m")
    assert run(drawn, Facts(FACTS.datasets, "e1", {"target": "age"})).target == "name"


def test_a_split_is_told_what_the_models_behind_it_learn() -> None:
    catalog, learning = (
        load(),
        [("train_tree", {"target": "class"}), ("train_knn", {"target": "class"}), ("train_ridge", {"target": "age"})],
    )

    def told(*models: tuple[str, dict[str, Any]], **params: str) -> str | None:
        nodes = {"l": ("sample_dataset", {"name": "titanic"}), "s": ("train_test_split", params), **dict(zip("abc", models, strict=False))}
        wires = ["l>s", *(f"s.train>{name}" for name in "abc"[: len(models)])]
        split = check(draw(nodes, *wires), catalog, sample_facts()).graph["s"]
        found: str | None = split.params["target"]
        return found

    assert told(*learning[:2]) == "class"
    assert told(("train_tree", {})) == "survived"
    assert told(*learning) is None
    assert told(*learning[:1], target="sex") == "sex"
    assert told() is None


def test_a_target_that_cannot_be_known_is_asked_for_with_the_columns() -> None:
    problem = only(draw({"l": ("load", {"dataset": "ds_plain"}), "s": "split", "m": "fit"}, "l>s", "s>m"))
    assert (problem.code, problem.node, problem.field) == ("target-missing", "m", "params.target")
    assert problem.hint is not None
    assert "x, y" in problem.hint


def test_an_answer_that_is_no_column_is_refused_with_the_nearest_name() -> None:
    problem = only(CLASSIC, Facts(FACTS.datasets, "e1", {"target": "alife"}))
    assert (problem.code, problem.node, problem.hint) == ("target-unknown", "model", "Did you mean “alive”?")


def test_columns_flow_down_to_every_table_port() -> None:
    columns = run(CLASSIC).columns
    assert [column.name for column in columns["halves"]["test"]] == ["age", "name", "alive"]
    assert "model" not in columns


SHAPES: dict[str, tuple[Workflow, str, str | None, str | None, str | None]] = {
    "empty": (Workflow(), "graph-empty", None, None, "palette"),
    "cycle": (draw({"a": "tidy", "b": "tidy", "c": "tidy"}, "a>b", "b>c", "c>a"), "graph-cycle", "a", "connections", "Remove"),
    "self": (draw({"a": "tidy"}, "a>a"), "graph-cycle", "a", "connections", "Remove"),
    "dangling target": (
        draw({"clean": "load", "b": "tidy"}, "clean>b", "clean>cleen"),
        "connection-dangling",
        "clean",
        "connections",
        "“clean”",
    ),
    "dangling source": (draw({"a": "load", "b": "tidy"}, "a>b", "zzz>b"), "connection-dangling", "b", "connections", "“a”"),
    "unknown type": (draw({"a": "laod"}), "node-type-unknown", "a", "type", "“load”"),
    "unknown output": (draw({"a": "load", "b": "tidy"}, "a.tabel>b"), "port-unknown", "b", "connections", "“table”"),
    "unknown input": (draw({"a": "load", "b": "tidy"}, "a>b.tables"), "port-unknown", "b", "connections", "“table”"),
    "wrong kind": (
        draw({"l": "load", "s": "split", "m": "fit", "t": "tidy"}, "l>s", "s>m", "m>t"),
        "port-type",
        "t",
        "connections",
        "colour",
    ),
    "ambiguous": (draw({"l": "load", "s": "split", "t": "tidy"}, "l>s", "s>t"), "port-ambiguous", "t", "connections", "mean"),
    "occupied": (draw({"a": "load", "b": "load", "t": "tidy"}, "a>t", "b>t"), "port-occupied", "t", "inputs.table", "Remove"),
    "missing input": (draw({"t": "tidy"}), "port-missing", "t", "inputs.table", "Draw"),
    "learns from test rows": (
        draw({"l": "load", "s": "split", "m": "fit"}, "l>s", "s.test>m"),
        "test-into-train",
        "m",
        "connections",
        "train port",
    ),
    "unknown dataset": (draw({"a": ("load", {"dataset": "sample:peeple"})}), "dataset-unknown", "a", "params.dataset", "sample:people"),
    "unknown column": (draw({"a": "load", "t": ("tidy", {"columns": ["aeg"]})}, "a>t"), "column-unknown", "t", "params.columns", "“age”"),
    "unknown target": (draw({"a": "load", "m": ("fit", {"target": "aliv"})}, "a>m"), "column-unknown", "m", "params.target", "“alive”"),
}


@pytest.mark.parametrize(("workflow", "code", "node", "place", "hint"), SHAPES.values(), ids=SHAPES)
def test_one_fault_is_one_problem_that_names_place_and_way_out(
    workflow: Workflow, code: str, node: str | None, place: str | None, hint: str | None
) -> None:
    found = errors(workflow)
    assert [problem.code for problem in found] == [code], found
    assert (found[0].node, found[0].field) == (node, place)
    assert hint is None or hint in (found[0].hint or "")


def test_scored_on_rows_that_were_never_split_off() -> None:
    problem = only(draw({"l": "load", "m": "fit", "r": "score"}, "l>m", "m>r", "l>r"))
    assert (problem.code, problem.node) == ("test-rows-needed", "r")


def test_scoring_on_training_rows_by_an_explicit_handle_is_a_warning() -> None:
    problem = only(draw({"l": "load", "s": "split", "m": "fit", "r": "score"}, "l>s", "s>m", "m>r", "s.train>r"))
    assert (problem.code, problem.severity, problem.node) == ("evaluated-on-train", "warning", "r")


def test_a_role_flows_through_a_node_behind_the_split() -> None:
    drawn = draw({"l": "load", "s": "split", "t": "tidy", "m": "fit"}, "l>s", "s.test>t", "t>m")
    assert [problem.code for problem in errors(drawn)] == ["test-into-train"]


def test_a_drawn_test_table_wins_over_the_implied_one() -> None:
    drawn = draw({"l": "load", "s": "split", "t": "tidy", "m": "fit", "r": "score"}, "l>s", "s>m", "s.test>t", "t>r", "m>r")
    checked = run(drawn)
    assert checked.problems == ()
    assert checked.graph["r"].inputs["table"].node == "t"


def test_a_duplicate_connection_counts_once_and_is_said() -> None:
    problem = only(draw({"a": "load", "t": "tidy"}, "a>t", "a>t"))
    assert (problem.code, problem.severity) == ("connection-duplicate", "notice")


def test_two_nodes_with_one_id() -> None:
    drawn = Workflow.model_validate({"nodes": [{"id": "a", "type": "load"}, {"id": "a", "type": "load"}]})
    assert [problem.code for problem in errors(drawn)] == ["node-duplicate"]


def test_a_stray_node_does_not_stop_the_others() -> None:
    checked = run(draw({"l": "load", "t": "tidy", "stray": "fit"}, "l>t"))
    assert [(problem.code, problem.severity, problem.node) for problem in checked.problems] == [("node-unused", "warning", "stray")]
    assert list(checked.graph) == ["l", "t"]


def test_unconnected_parts_both_run() -> None:
    checked = run(draw({"a": "load", "b": "tidy", "c": "load", "d": "tidy"}, "a>b", "c>d"))
    assert checked.problems == ()
    assert set(checked.graph) == {"a", "b", "c", "d"}


PARAMS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "text for a number": ({"share": "0.2"}, "param-type", "params.share", "must be a number; it is “0.2”"),
    "at the open bound": ({"share": 1}, "param-range", "params.share", "less than 1"),
    "below": ({"share": -0.2}, "param-range", "params.share", "greater than 0"),
    "NaN": ({"share": float("nan")}, "param-range", "params.share", "finite"),
    "infinite": ({"share": float("inf")}, "param-range", "params.share", "finite"),
    "nullable below": ({"depth": 0}, "param-range", "params.depth", "at least 1"),
    "nullable wrong kind": ({"depth": "deep"}, "param-type", "params.depth", "whole number"),
    "not one of": ({"mode": "medain"}, "param-value", "params.mode", "'median'"),
    "unknown": ({"shares": 0.5}, "param-unknown", "params.shares", "no param “shares”"),
    "list of wrong things": ({"columns": [1]}, "param-type", "params.columns.0", "text"),
}


@pytest.mark.parametrize(("params", "code", "place", "words"), PARAMS.values(), ids=PARAMS)
def test_params_are_judged_by_their_schema(params: dict[str, Any], code: str, place: str, words: str) -> None:
    found = [problem for problem in errors(draw({"a": "load", "t": ("tidy", params)}, "a>t")) if problem.code.startswith("param")]
    assert (found[0].code, found[0].node, found[0].field) == (code, "t", place)
    assert words in found[0].message


def test_all_faults_come_at_once() -> None:
    drawn = draw({"a": "laod", "t": ("tidy", {"share": 2, "mode": "x"}), "m": "fit"}, "t>m", "a>zzz")
    assert {problem.code for problem in errors(drawn)} == {
        "node-type-unknown",
        "param-range",
        "param-value",
        "connection-dangling",
        "port-missing",
        "target-missing",
    }


def test_a_name_that_must_be_unique_is_used_twice() -> None:
    drawn = draw({"l": "load", "m": "fit", "p": "publish", "q": "publish"}, "l>m", "m>p", "m>q")
    assert [(problem.code, problem.node) for problem in errors(drawn)] == [("name-duplicate", "q")]


@pytest.mark.parametrize("count", [5_001, 10_000])
def test_a_graph_beyond_the_limit_is_refused_with_the_number(count: int) -> None:
    problem = only(Workflow.model_validate({"nodes": [{"id": f"n{i}", "type": "tidy"} for i in range(count)]}))
    assert problem.code == "graph-too-large"
    assert f"{count:,}" in problem.message


def test_a_complete_graph_has_too_many_connections() -> None:
    names = [f"n{i}" for i in range(250)]
    connections = [{"source": a, "target": b} for i, a in enumerate(names) for b in names[i + 1 :]]
    drawn = Workflow.model_validate({"nodes": [{"id": n, "type": "tidy"} for n in names], "connections": connections})
    assert only(drawn).code == "graph-too-many-connections"


HOSTILE = ["<img src=x onerror=alert(1)>", "../../etc/passwd", "{{7*7}}", "'; DROP TABLE x; --", "\u202egnp.exe", "a\x00b", "💥" * 30]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(text: str) -> None:
    drawn = Workflow.model_validate(
        {"name": text, "nodes": [{"id": "a", "type": text[:80], "data": {"label": text, "params": {text: text}}}]}
    )
    found = errors(drawn)
    assert [problem.code for problem in found] == ["node-type-unknown"]
    assert len(found[0].message) < 200


def test_operations_of_the_catalogue_say_what_flows_out() -> None:
    checked = run(draw({"l": "load", "p": ("pick", {"columns": ["name"]})}, "l>p"))
    assert [column.name for column in checked.columns["p"]["table"]] == ["name"]


LEARNED: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "same column": ({"columns": ["age"]}, {"columns": ["age", "name"]}, True),
    "other columns": ({"columns": ["age"]}, {"columns": ["name"]}, False),
    "all that suit": ({}, {"columns": ["name"]}, True),
}


@pytest.mark.parametrize(("learned", "picked", "meets"), LEARNED.values(), ids=LEARNED)
def test_a_row_node_behind_a_step_that_learns_is_moved_by_a_click(learned: dict[str, Any], picked: dict[str, Any], meets: bool) -> None:
    drawn = draw({"l": "load", "f": ("fill", learned), "p": ("pick", picked)}, "l>f", "f>p")
    found = errors(drawn)
    assert [problem.code for problem in found] == (["row-after-learned"] if meets else [])
    assert [problem.fix for problem in found] == ([Fix("move-before", "p", before="f", port="table")] if meets else [])


def test_across_a_split_there_is_no_click() -> None:
    drawn = draw({"l": "load", "f": "fill", "s": "split", "p": ("pick", {"columns": ["age"]})}, "l>f", "f>s", "s.train>p")
    assert [(problem.code, problem.fix) for problem in errors(drawn)] == [("row-after-learned", None)]


def test_a_step_that_names_the_target_is_said() -> None:
    drawn = draw({"l": "load", "f": ("fill", {"columns": ["age", "alive"]}), "s": "split", "m": "fit"}, "l>f", "f>s", "s>m")
    assert [(problem.code, problem.node, problem.severity) for problem in run(drawn).problems] == [("target-in-recipe", "f", "warning")]


def test_scoring_on_training_rows_offers_the_test_port() -> None:
    problem = only(draw({"l": "load", "s": "split", "m": "fit", "r": "score"}, "l>s", "s>m", "m>r", "s.train>r"))
    assert problem.fix == Fix("connect", "r", port="table", source="s", source_port="test")


def test_training_and_test_rows_do_not_meet_again() -> None:
    drawn = draw({"l": "load", "s": "split", "g": "merge"}, "l>s", "s.train>g.in0", "s.test>g.in1")
    assert [(problem.code, problem.field) for problem in errors(drawn)] == [("roles-mixed", "inputs.in1")]


def real(*nodes: tuple[str, dict[str, Any]], extra: tuple[Column, ...] = (), wires: tuple[str, ...] = ()) -> Checked:
    """A chain of nodes of the real catalogue behind a dataset."""
    names = [f"n{place}" for place in range(len(nodes))]
    chain = wires or tuple(f"{left}>{right}" for left, right in itertools.pairwise(names))
    columns = (Column("age", "number"), Column("sex", "text"), Column("alive", "integer"), *extra)
    known = DatasetFacts("a" * 64, 100, 5_000, columns, "alive")
    return check(draw(dict(zip(names, nodes, strict=True)), *chain), load(), Facts({"sample:people": known}, "e1"))


LOAD = ("csv_loader", {"dataset": "sample:people"})


def test_a_time_that_a_random_split_ignores_is_noticed_with_a_click() -> None:
    found = real(LOAD, ("train_test_split", {}), extra=(Column("sold", "datetime"),)).problems
    assert [(problem.code, problem.severity) for problem in found] == [("split-ignores-time", "notice")]
    assert found[0].fix == Fix("set-param", "n1", param="time_column", value="sold")
    assert real(LOAD, ("train_test_split", {"time_column": "sold"}), extra=(Column("sold", "datetime"),)).problems == ()


def test_the_target_keeps_its_role_under_another_name() -> None:
    checked = real(LOAD, ("rename_columns", {"names": {"alive": "lives"}}), ("encode", {}), ("train_test_split", {}), ("train_forest", {}))
    assert (checked.problems, checked.target) == ((), "lives")


def test_a_target_that_is_gone_is_asked_for() -> None:
    checked = real(LOAD, ("select_columns", {"columns": ["age", "sex"]}), ("train_forest", {}))
    assert [problem.code for problem in checked.problems] == ["target-missing"]


def test_columns_chosen_by_a_pattern_are_known_and_a_bad_pattern_is_named_at_its_field() -> None:
    checked = real(LOAD, ("select_columns", {"by": "regex", "regex": "^a[gl]"}))
    assert checked.problems == ()
    assert [column.name for column in checked.columns["n1"]["table"]] == ["age", "alive"]
    for pattern, words in (("(age", "a parenthesis is not closed"), ("b(?=c)", "looking ahead"), (r"(.)\1", "refer to what a group")):
        (found,) = real(LOAD, ("select_columns", {"by": "regex", "regex": pattern})).problems
        assert (found.code, found.field, words in found.message) == ("param-value", "params.regex", True), found
        assert found.hint


def test_what_the_image_does_not_bring_is_refused_before_a_run_and_what_is_there_is_said() -> None:
    assert real(LOAD, ("custom_python", {"requirements": ["scikit-learn>=1.5", "pandas", "numpy>=2a1"]})).problems == ()
    (unknown, old) = real(LOAD, ("custom_python", {"requirements": ["pandas>=3", "torch>=2", "numpy<1"]})).problems
    assert [(one.code, one.field) for one in (unknown, old)] == [("param-value", f"params.requirements.{place}") for place in (1, 2)]
    assert "code can import numpy" in unknown.message
    assert "there is numpy" in old.message
    assert unknown.hint
    assert old.hint


def test_a_target_gathered_over_groups_and_joined_back_is_said() -> None:
    nodes = (
        LOAD,
        ("group_aggregate", {"by": ["sex"], "aggs": {"alive": ["mean"]}}),
        ("join_tables", {"on": ["sex"]}),
        ("encode", {}),
        ("train_forest", {}),
    )
    checked = real(*nodes, wires=("n0>n1", "n0>n2.table", "n1>n2.right", "n2>n3", "n3>n4"))
    assert [(problem.code, problem.node, problem.severity) for problem in checked.problems] == [("target-aggregated", "n1", "warning")]
    assert [column.name for column in checked.columns["n2"]["table"]] == ["age", "sex", "alive", "alive_mean"]


def test_a_formula_that_names_no_column_is_found_before_the_run() -> None:
    checked = real(LOAD, ("formula", {"name": "x", "expr": "aeg * 2 + log(age)"}))
    assert [(problem.code, problem.field, problem.hint) for problem in checked.problems] == [
        ("column-unknown", "params.expr", "Did you mean “age”?")
    ]


def test_an_ensemble_learns_what_its_first_model_learns() -> None:
    catalog, one = load(), {"first": ("train_tree", {"target": "class"}), "second": ("train_knn", {"target": "class"})}
    nodes = {"load": ("sample_dataset", {"name": "titanic"}), "clean": "preprocess", **one, "stack": "train_stack"}
    lines = ["load>clean", "clean>first", "clean>second", "clean>stack.table", "first>stack.first", "second>stack.second"]
    checked = check(draw(nodes, *lines), catalog, sample_facts())
    assert [problem.code for problem in checked.problems if problem.severity == "error"] == []
    assert checked.graph["stack"].target == "class"
