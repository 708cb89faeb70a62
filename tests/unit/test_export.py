"""Out and back: the drawing of an export, from its template and from the bare machine."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import export
from chalicelib.check import check
from chalicelib.compiler import keys, plan
from chalicelib.errors import Invalid
from chalicelib.workflow import Workflow
from tests.unit.drawings import CATALOG, FACTS, draw, graphs, workflow_of

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
PLACES = st.floats(-1e6, 1e6)
PARAMS = st.fixed_dictionaries(
    {}, optional={"share": st.floats(0.01, 0.99), "mode": st.sampled_from(["mean", "median"]), "depth": st.integers(1, 9)}
)


@st.composite
def drawings(draw_value: st.DrawFn) -> Workflow:
    """A random graph, or a fan-out behind a tidied table; with names, places, labels and params of every kind."""
    if draw_value(st.booleans()):
        plain = workflow_of(draw_value(graphs()))
    else:
        nodes = {"load": "load", "clean": ("tidy", draw_value(PARAMS)), "halves": "split", "model": "search", "result": "score"}
        plain = draw(nodes, "load>clean", "clean>halves", "halves>model", "model>result")
    document = plain.model_dump(mode="json")
    document |= {"name": draw_value(TEXTS.filter(str.strip)), "description": draw_value(TEXTS)}
    for node in document["nodes"]:
        node["position"] = {"x": draw_value(PLACES), "y": draw_value(PLACES)}
        node["data"]["label"] = draw_value(TEXTS)
    return Workflow.model_validate(document)


def exported(workflow: Workflow) -> dict[str, Any]:
    checked = check(workflow, CATALOG, FACTS)
    assert checked.ok, checked.problems
    # Through JSON, as a file would go.
    found: dict[str, Any] = json.loads(json.dumps(export.template(plan(checked, FACTS, keys(checked, FACTS, run="export"), {}), workflow)))
    return found


def machine(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(template["Resources"]["Machine"]["Properties"]["DefinitionString"])
    return found


def searches(count: int) -> Workflow:
    nodes = {"load": "load", "halves": "split", **{f"s{i}": "search" for i in range(count)}}
    return draw(nodes, "load>halves", *[f"halves>s{i}" for i in range(count)])


def test_an_export_whose_searches_could_fill_the_history_is_refused_with_the_figure() -> None:
    assert export.read(exported(searches(1))) == searches(1)
    with pytest.raises(Invalid, match=r"could write [0-9]{2},[0-9]{3} events; the limit is 25,000") as refused:
        exported(searches(8))
    assert refused.value.code == "export-too-large"
    assert "searches" in (refused.value.hint or "")


def test_a_search_takes_its_price_and_its_bound_along() -> None:
    workflow = draw({"load": "load", "halves": "split", "best": ("search", {"max_parallel": 3})}, "load>halves", "halves>best")
    checked = check(workflow, CATALOG, FACTS)
    template = export.template(plan(checked, FACTS, keys(checked, FACTS, run="export"), {}), workflow, 0.5)
    states = machine(template)["States"]
    mapped = states["s2 search: items"]
    assert mapped["MaxConcurrency"] == 3
    told = [json.loads(one["Parameters"]["Payload"]["inline"]) for one in mapped["ItemProcessor"]["States"].values() if "Parameters" in one]
    assert told and all(one["usd_per_gb_second"] == 0.5 and one["stages"][0]["max_parallel"] == 3 for one in told)
    assert "usd_per_gb_second" not in json.loads(states["s1 load + split"]["Parameters"]["Payload"]["inline"])
    assert export.read(json.loads(json.dumps(template))) == workflow


@settings(max_examples=60)
@given(drawings())
def test_a_template_comes_back_as_it_was_drawn(workflow: Workflow) -> None:
    assert export.read(exported(workflow)) == workflow


@settings(max_examples=60)
@given(drawings())
def test_a_bare_machine_comes_back_as_the_same_graph_and_exports_to_the_same_machine(workflow: Workflow) -> None:
    first = machine(exported(workflow))
    back = export.read(first)
    left_out = set(exported(workflow)["Metadata"]["Flowza"]["left_out"])
    drawn = {node.id: node for node in workflow.nodes if node.id not in left_out}
    assert {node.id: (node.type, node.position, node.data.label) for node in back.nodes} == {
        name: (node.type, node.position, node.data.label) for name, node in drawn.items()
    }
    for node in back.nodes:
        assert drawn[node.id].data.params.items() <= node.data.params.items()
    assert machine(exported(back)) == first
