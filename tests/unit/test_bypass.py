"""Disabled nodes are stepped over, or left out with what cannot run without them; notes and groups change nothing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bypass import without_disabled
from chalicelib.check import check
from chalicelib.workflow import Workflow
from tests.unit.drawings import CATALOG, CLASSIC, FACTS, draw, graphs, workflow_of


def off(workflow: Workflow, *nodes: str) -> Workflow:
    document = workflow.model_dump(mode="json")
    for node in document["nodes"]:
        node["data"]["disabled"] = node["id"] in nodes
    return Workflow.model_validate(document)


def left(workflow: Workflow) -> tuple[set[str], set[tuple[str, str]]]:
    found = without_disabled(workflow, CATALOG)
    return {node.id for node in found.nodes}, {(one.source, one.target) for one in found.connections}


def test_a_node_that_gives_what_it_takes_is_stepped_over() -> None:
    nodes, wires = left(off(CLASSIC, "clean"))
    assert nodes == {"load", "halves", "model", "result"}
    assert wires == {("load", "halves"), ("halves", "model"), ("model", "result")}
    assert check(off(CLASSIC, "clean"), CATALOG, FACTS).ok


def test_several_in_a_row_are_stepped_over_together() -> None:
    drawn = draw({"load": "load", "a": "tidy", "b": "tidy", "c": "tidy", "s": "split", "m": "fit"}, "load>a", "a>b", "b>c", "c>s", "s>m")
    assert left(off(drawn, "a", "b"))[1] == {("load", "c"), ("c", "s"), ("s", "m")}


def test_a_node_that_cannot_be_stepped_over_takes_with_it_what_needs_it() -> None:
    assert left(off(CLASSIC, "halves"))[0] == {"load", "clean"}
    assert left(off(CLASSIC, "model"))[0] == {"load", "clean", "halves"}
    assert left(off(CLASSIC, "load"))[0] == set()
    problems = check(off(CLASSIC, "load"), CATALOG, FACTS).problems
    assert [problem.code for problem in problems] == ["graph-off"]


def test_what_can_do_without_it_stays() -> None:
    drawn = draw({"load": "load", "other": "load", "m": "merge"}, "load>m.in0", "other>m.in1")
    assert left(off(drawn, "other")) == ({"load", "m"}, {("load", "m")})


def test_a_circle_of_disabled_nodes_ends() -> None:
    drawn = draw({"load": "load", "a": "tidy", "b": "tidy", "c": "tidy"}, "a>b", "b>a", "b>c", "load>c")
    assert left(off(drawn, "a", "b")) == ({"load", "c"}, {("load", "c")})


@given(graphs(), st.data())
def test_whatever_is_disabled_the_rest_hangs_together(graph: dict[str, list[str]], data: st.DataObject) -> None:
    disabled = data.draw(st.sets(st.sampled_from(sorted(graph))))
    drawn = workflow_of(graph)
    nodes, wires = left(off(drawn, *disabled))
    assert nodes == set(graph) - disabled
    assert all(source in nodes and target in nodes for source, target in wires)
    if not disabled:
        assert without_disabled(drawn, CATALOG) is drawn
    mirrored = drawn.model_copy(update={"nodes": drawn.nodes[::-1], "connections": drawn.connections[::-1]})
    assert left(off(mirrored, *disabled)) == (nodes, wires)


def test_notes_and_groups_change_nothing_and_leave_the_plain_shape_plain() -> None:
    extra: dict[str, Any] = {
        "notes": [{"id": "n1", "text": "why", "position": {"x": 1, "y": 2}}],
        "groups": [{"id": "g1", "label": "Prepare", "nodes": ["load", "clean", "gone"]}],
    }
    adorned = Workflow.model_validate({**CLASSIC.model_dump(mode="json"), **extra})
    assert check(adorned, CATALOG, FACTS) == check(CLASSIC, CATALOG, FACTS)
    assert set(CLASSIC.model_dump(mode="json")) == {"name", "description", "nodes", "connections"}
    assert set(CLASSIC.model_dump(mode="json")["nodes"][0]["data"]) == {"label", "params"}
    assert Workflow.model_validate(adorned.model_dump(mode="json")) == adorned
