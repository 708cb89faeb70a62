"""Sub-workflows: opened, a drawing means what it would mean if everything were drawn in it; and every way a card cannot be opened has its sentence."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog import load
from chalicelib.check import Checked, check
from chalicelib.compiler import keys, plan
from chalicelib.errors import Invalid
from chalicelib.facts import DatasetFacts, Facts
from chalicelib.nesting import MAX_DEPTH, Card, WorkflowFacts, find
from chalicelib.problem import Problem
from chalicelib.scope import Scope, select
from chalicelib.workflow import MAX_NODES, Workflow
from tests.unit.drawings import draw

CATALOG = load()


def known(**workflows: Workflow) -> dict[Any, WorkflowFacts]:
    return {(name, None): WorkflowFacts(name, 7, name.upper(), document) for name, document in workflows.items()}


def facts(**workflows: Workflow) -> Facts:
    samples = {name: DatasetFacts(one.sha256, one.rows, 1_000, one.columns, one.target) for name, one in CATALOG.samples.items()}
    return Facts(samples, "e1", {}, workflows=known(**workflows))


def card(workflow: str | None, **params: Any) -> tuple[str, dict[str, Any]]:
    return "sub_workflow", {"workflow": workflow, **params}


def checked(drawing: Workflow, **workflows: Workflow) -> Checked:
    return check(drawing, CATALOG, facts(**workflows))


def only(drawing: Workflow, **workflows: Workflow) -> Problem:
    problems = [one for one in checked(drawing, **workflows).problems if one.severity == "error"]
    assert len(problems) == 1, problems
    assert problems[0].hint, problems
    return problems[0]


CLEAN = draw(
    {"in": "workflow_input", "fill": "impute", "code": "encode", "out": "workflow_output"}, "in>fill", "fill>code", "code>out.table"
)
LEARN = draw(
    {"in": "workflow_input", "split": "train_test_split", "fit": "train_logreg", "score": "evaluate", "out": "workflow_output"},
    "in>split", "split.train>fit", "fit>score", "fit>out.model", "score>out.evaluation",
)  # fmt: skip
OUTER = draw(
    {"load": "sample_dataset", "c": card("clean"), "l": card("learn"), "reg": "register_model"},
    "load>c.first",
    "c.table>l.first",
    "l.model>reg",
)


def test_an_opened_card_is_what_would_be_drawn_in_its_place() -> None:
    found = checked(OUTER, clean=CLEAN, learn=LEARN)
    assert not [one for one in found.problems if one.severity == "error"], found.problems
    assert set(found.graph) == {"load", "c.fill", "c.code", "l.split", "l.fit", "l.score", "reg"}
    wires = {(name, port): tuple(source) for name, node in found.graph.items() for port, source in node.inputs.items()}
    assert wires["c.fill", "table"] == ("load", "table")
    assert wires["l.split", "table"] == ("c.code", "table")
    assert wires["l.score", "table"] == ("l.split", "test"), "what is implied inside is found there"
    assert wires["reg", "model"] == ("l.fit", "model")
    assert found.graph["l.fit"].target == "survived", "the target of the outer dataset is known inside"
    assert found.graph["c.fill"].label == "C › Fill"
    assert {name: (one.id, one.revision) for name, one in found.taken.items()} == {"c": ("clean", 7), "l": ("learn", 7)}


def test_keys_are_those_of_the_nodes_whoever_drew_them() -> None:
    """So a result is shared by every workflow that opens the same card, and a change of one inner node makes anew what is behind it, and no more."""
    before = checked(OUTER, clean=CLEAN, learn=LEARN)
    flat = draw({"load": "sample_dataset", "x": "impute", "y": "encode"}, "load>x", "x>y")
    known_facts = facts(clean=CLEAN, learn=LEARN)
    first, plain = keys(before, known_facts, run="r"), keys(checked(flat), known_facts, run="r")
    assert (first["c.fill"], first["c.code"]) == (plain["x"], plain["y"])
    changed = draw(
        {"in": "workflow_input", "fill": "impute", "code": ("encode", {"method": "ordinal"}), "out": "workflow_output"},
        "in>fill", "fill>code", "code>out.table",
    )  # fmt: skip
    after = keys(checked(OUTER, clean=changed, learn=LEARN), known_facts, run="r")
    assert {name for name in first if first[name] != after[name]} == {"c.code", "l.split", "l.fit", "l.score", "reg"}


def test_a_plan_fuses_inner_nodes_and_says_which_revision_was_taken() -> None:
    found = checked(OUTER, clean=CLEAN, learn=LEARN)
    known_facts = facts(clean=CLEAN, learn=LEARN)
    planned = plan(found, known_facts, keys(found, known_facts, run="r"), {})
    assert len(planned.stages) < len(found.graph)
    document = planned.to_document(run="r", owner="o", workflow="w")
    assert document["workflows"]["c"] == {"workflow": "clean", "revision": 7, "name": "CLEAN"}
    assert "workflows" not in plan(checked(draw({"load": "sample_dataset"})), known_facts, {"load": "k"}, {}).to_document(
        run="r", owner="o", workflow="w"
    )


def test_a_part_of_a_run_may_be_named_by_a_card() -> None:
    found = checked(OUTER, clean=CLEAN, learn=LEARN)
    assert found.cards["l"] == Card("L", frozenset({"l.split", "l.fit", "l.score"}), frozenset({"l.fit", "l.score"}))

    def part(cached: set[str], **scope: Any) -> tuple[set[str], set[str]]:
        chosen = select(found.graph, Scope(**scope), cached, found.cards)
        return set(chosen.run), set(chosen.keep)

    clean, learn = {"c.fill", "c.code"}, {"l.split", "l.fit", "l.score"}
    assert part(set(), until="c") == ({"load", *clean}, set())
    assert part({"load", "c.fill"}, until="c") == ({"c.code"}, {"load", "c.fill"})
    assert part(set(found.graph), since="c") == ({*clean, *learn, "reg"}, {"load"})
    assert part({"load"}, since="l") == ({*clean, *learn, "reg"}, {"load"})
    assert part(set(found.graph), only="l") == (learn, {"c.code"})
    assert part(set(found.graph), refresh=frozenset({"l"}))[0] == {*learn, "reg"}
    with pytest.raises(Invalid, match="“L” cannot run alone: C › Code has no stored result"):
        part({"load"}, only="l")
    with pytest.raises(Invalid, match="no node “x”"):
        part(set(), until="x")


def test_to_a_card_makes_what_its_outputs_come_from_and_no_more() -> None:
    """A node inside that feeds nothing is left out; a table that passes through comes from before the card, whichever card is opened first."""
    side = draw(
        {"in": "workflow_input", "fill": "impute", "look": "data_profile", "out": "workflow_output"}, "in>fill", "in>look", "fill>out.table"
    )
    through = draw(
        {"in": "workflow_input", "look": "data_profile", "out": "workflow_output"}, "in>look", "in>out.table"
    )  # fmt: skip
    outer = draw(
        {"p": card("through"), "s": card("side"), "q": card("through"), "load": "sample_dataset"}, "load>q.first", "q>s.first", "s>p.first"
    )
    found = checked(outer, side=side, through=through)
    assert not [one for one in found.problems if one.severity == "error"], found.problems
    assert {name: one.gives for name, one in found.cards.items()} == {"p": {"s.fill"}, "q": {"load"}, "s": {"s.fill"}}
    assert select(found.graph, Scope(until="p"), set(), found.cards).run == {"load", "s.fill"}
    assert select(found.graph, Scope(until="q"), set(), found.cards).run == {"load"}
    assert select(found.graph, Scope(only="q"), {"load"}, found.cards).run == {"q.look"}


def test_a_card_sets_params_of_its_inner_nodes_however_deep() -> None:
    outer = draw({"load": "sample_dataset", "o": card("both", params={"l.split.test_size": 0.5, "l.fit.C": 3})}, "load>o")
    both = draw({"in": "workflow_input", "c": card("clean"), "l": card("learn"), "out": "workflow_output"}, "in>c", "c>l", "l.model>out")
    found = checked(outer, both=both, clean=CLEAN, learn=LEARN)
    assert not [one for one in found.problems if one.severity == "error"], found.problems
    assert (found.graph["o.l.split"].params["test_size"], found.graph["o.l.fit"].params["C"]) == (0.5, 3)
    problem = only(draw({"load": "sample_dataset", "o": card("clean", params={"fil.strategy": "mean"})}, "load>o"), clean=CLEAN)
    assert (problem.code, problem.node, problem.field) == ("param-unknown", "o", "params.params")
    assert "fill.strategy" in str(problem.hint)
    wrong = only(draw({"load": "sample_dataset", "o": card("learn", params={"split.test_size": 7})}, "load>o"), learn=LEARN)
    assert (wrong.node, wrong.field) == ("o", "params.workflow")
    assert wrong.message.startswith("In “Split”: ")


LOOP = draw({"in": "workflow_input", "x": card("loop"), "out": "workflow_output"}, "in>x", "x.table>out.table")
THROUGH = draw({"in": "workflow_input", "out": "workflow_output"}, "in>out")
TWO = draw(
    {"a": "workflow_input", "b": ("workflow_input", {"port": "second"}), "add": "append_rows", "out": "workflow_output"},
    "a>add.first", "b>add.second", "add>out",
)  # fmt: skip
LOAD = {"load": "sample_dataset"}
REFUSED: dict[str, tuple[Workflow, dict[str, Workflow], str, str]] = {
    "none chosen": (draw({**LOAD, "s": card(None)}, "load>s"), {}, "sub-workflow-missing", "params.workflow"),
    "unknown": (draw({**LOAD, "s": card("gone")}, "load>s"), {}, "workflow-unknown", "params.workflow"),
    "runs itself": (draw({**LOAD, "s": card("loop")}, "load>s"), {"loop": LOOP}, "sub-workflow-cycle", "params.workflow"),
    "gives nothing": (
        draw({**LOAD, "s": card("w")}, "load>s"),
        {"w": draw({"in": "workflow_input", "x": "impute"}, "in>x")},
        "sub-workflow-open",
        "params.workflow",
    ),
    "not fed": (draw({**LOAD, "s": card("clean"), "x": "impute"}, "s>x"), {"clean": CLEAN}, "port-missing", "inputs.first"),
    "half fed": (draw({**LOAD, "s": card("two")}, "load>s.first"), {"two": TWO}, "port-missing", "inputs.second"),
    "two wires": (draw({**LOAD, "b": "sample_dataset", "s": card("clean")}, "load>s.first", "b>s.first"), {"clean": CLEAN}, "port-occupied", "inputs.first"),
    "no such input": (draw({**LOAD, "s": card("clean")}, "load>s.second"), {"clean": CLEAN}, "port-unknown", "connections"),
    "which input": (draw({**LOAD, "s": card("two")}, "load>s"), {"two": TWO}, "port-unknown", "connections"),
    "no such output": (
        draw({**LOAD, "s": card("clean"), "r": "register_model"}, "load>s", "s.model>r"),
        {"clean": CLEAN},
        "port-unknown",
        "connections",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("drawing", "workflows", "code", "place"), REFUSED.values(), ids=REFUSED)
def test_a_card_that_cannot_be_opened_is_one_problem(drawing: Workflow, workflows: dict[str, Workflow], code: str, place: str) -> None:
    problem = only(drawing, **workflows)
    assert (problem.code, problem.node, problem.field) == (code, "s", place)


def test_the_circle_is_named_by_the_names_of_the_workflows() -> None:
    back = draw({"in": "workflow_input", "x": card("there"), "out": "workflow_output"}, "in>x", "x>out.table")
    there = draw({"in": "workflow_input", "x": card("back"), "out": "workflow_output"}, "in>x", "x>out.table")
    problem = only(draw({**LOAD, "s": card("there")}, "load>s"), there=there, back=back)
    assert "“THERE” → “BACK” → “THERE”" in problem.message


def test_cards_lie_in_each_other_five_deep_and_no_deeper() -> None:
    levels = {
        f"w{depth}": draw({"in": "workflow_input", "x": card(f"w{depth + 1}"), "out": "workflow_output"}, "in>x", "x>out.table")
        for depth in range(MAX_DEPTH)
    }
    deep = {**levels, f"w{MAX_DEPTH}": CLEAN}
    problem = only(draw({**LOAD, "s": card("w0")}, "load>s"), **deep)
    assert problem.code == "sub-workflow-deep"
    found = checked(draw({**LOAD, "s": card("w1")}, "load>s"), **deep)
    assert "s.x.x.x.x.fill" in found.graph
    everything = known(**deep)
    assert len(find(draw({**LOAD, "s": card("w0")}, "load>s"), everything.get)) == MAX_DEPTH
    assert set(find(draw({**LOAD, "s": card("w1")}, "load>s"), everything.get)) == {
        (f"w{depth}", None) for depth in range(1, MAX_DEPTH + 1)
    }


def test_cards_that_multiply_are_refused_before_they_fill_the_memory() -> None:
    wide = {
        f"w{depth}": draw(
            {"in": "workflow_input", "out": "workflow_output"} | {f"x{place}": card(f"w{depth + 1}") for place in range(60)},
            *(f"in>x{place}" for place in range(60)), "x0>out.table",
        )
        for depth in range(4)
    }  # fmt: skip
    problem = only(draw({**LOAD, "s": card("w0")}, "load>s"), **wide, w4=CLEAN)
    assert problem.code == "graph-too-large"
    assert f"{MAX_NODES:,}" in problem.message


def test_an_inner_node_that_is_off_is_stepped_over_and_a_card_that_is_off_is_not_opened() -> None:
    off = CLEAN.model_copy(
        update={
            "nodes": tuple(
                node.model_copy(update={"data": node.data.model_copy(update={"disabled": node.id == "fill"})}) for node in CLEAN.nodes
            )
        }
    )
    found = checked(draw({**LOAD, "s": card("clean"), "p": "data_profile"}, "load>s", "s>p"), clean=off)
    assert set(found.graph) == {"load", "s.code", "p"}
    drawing = draw({**LOAD, "s": card("gone")}, "load>s")
    shut = drawing.model_copy(
        update={
            "nodes": tuple(
                node.model_copy(update={"data": node.data.model_copy(update={"disabled": node.id == "s"})}) for node in drawing.nodes
            )
        }
    )
    assert checked(shut).ok


def test_a_workflow_that_only_hands_on_is_a_wire() -> None:
    found = checked(
        draw({**LOAD, "s": card("through"), "t": card("through"), "p": "data_profile"}, "load>s", "s>t", "t>p"), through=THROUGH
    )
    assert tuple(found.graph["p"].inputs["table"]) == ("load", "table")


def test_long_names_stay_within_what_an_id_may_be() -> None:
    long = "n" * 70
    inner = draw(
        {"in": "workflow_input", long: "impute", f"{long}b": "encode", "out": "workflow_output"},
        f"in>{long}",
        f"{long}>{long}b",
        f"{long}b>out.table",
    )
    found = checked(draw({**LOAD, "s" * 40: card("w")}, f"load>{'s' * 40}"), w=inner)
    assert found.ok
    assert len(found.graph) == 3
    assert all(len(name) <= 80 for name in found.graph)


def test_a_template_runs_by_itself_as_it_is_tried() -> None:
    assert checked(CLEAN).ok
    assert checked(LEARN).ok


NAMES = ("impute", "scale", "encode", "drop_duplicates", "filter_rows")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 3)), min_size=1, max_size=8), st.data())
def test_where_a_chain_is_cut_into_cards_changes_no_key(chain: list[tuple[str, int]], data: st.DataObject) -> None:
    """Any chain, any part of it put into a card: the same nodes, in the same order, with the same keys."""
    names = [f"n{place}" for place in range(len(chain))]
    first = data.draw(st.integers(0, len(chain) - 1))
    last = data.draw(st.integers(first, len(chain) - 1))
    nodes = {name: kind for name, (kind, _) in zip(names, chain, strict=True)}
    whole = draw({**LOAD, **nodes}, *(f"{a}>{b}" for a, b in zip(["load", *names], names, strict=False)))
    inside = names[first : last + 1]
    inner = draw(
        {"in": "workflow_input", **{name: nodes[name] for name in inside}, "out": "workflow_output"},
        *(f"{a}>{b}" for a, b in zip(["in", *inside], [*inside, "out"], strict=True)),
    )
    outer = [*names[:first], "card", *names[last + 1 :]]
    kept = {name: nodes.get(name, card("w")) for name in outer}
    opened = draw({**LOAD, **kept}, *(f"{a}>{b}" for a, b in zip(["load", *outer], outer, strict=False)))
    known_facts = facts(w=inner)
    plain, cut = (keys(check(one, CATALOG, known_facts), known_facts, run="r") for one in (whole, opened))
    assert {name.removeprefix("card."): key for name, key in cut.items()} == plain
