"""Why a stored result is taken or not: in words, by difference to the run before."""

from typing import Any

import pytest

from chalicelib.cache import FIRST, GONE, HIT, NEVER, UNFINISHED, reasons
from chalicelib.check import check
from chalicelib.compiler import keys, plan
from chalicelib.facts import Facts
from chalicelib.workflow import Workflow
from tests.unit.drawings import CATALOG, FACTS, draw

NODES: dict[str, Any] = {"load": "load", "clean": ("tidy", {"depth": 3}), "halves": "split", "model": "fit", "out": "publish"}
WIRES = ("load>clean", "clean>halves", "halves>model", "model>out")
BEFORE = draw(NODES, *WIRES)


def ran(workflow: Workflow, facts: Facts = FACTS, status: str = "succeeded") -> dict[str, Any]:
    checked = check(workflow, CATALOG, facts)
    document = plan(checked, facts, keys(checked, facts, run="r"), {}).to_document(run="r", owner="o", workflow="w")
    return {name: {**node, "environment": document["environment"], "status": status} for name, node in document["nodes"].items()}


def explained(now: Workflow, before: dict[str, Any], hits: set[str] = frozenset(), facts: Facts = FACTS) -> dict[str, str]:  # type: ignore[assignment]
    checked = check(now, CATALOG, facts)
    assert checked.ok, checked.problems
    return reasons(checked, facts, keys(checked, facts, run="now"), hits, before)


def test_a_hit_an_effect_and_a_first_run() -> None:
    found = explained(BEFORE, {}, {"load"})
    assert (found["load"], found["out"], found["clean"]) == (HIT, NEVER, FIRST)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"depth": 4}, "miss: `depth` 3 → 4"),
        ({}, "miss: `depth` 3 → nothing"),
        ({"depth": 3, "columns": ["age"]}, "miss: `columns` nothing → ['age']"),
        ({"depth": 4, "share": 0.25, "mode": "median"}, "miss: `depth` 3 → 4, `mode` mean → median, `share` 0.5 → 0.25"),
        ({"depth": 4, "share": 0.2, "mode": "median", "columns": ["age"]}, "`mode` mean → median and 1 more"),
    ],
)
def test_a_changed_param_is_named_with_both_values(params: dict[str, Any], words: str) -> None:
    found = explained(draw({**NODES, "clean": ("tidy", params)}, *WIRES), ran(BEFORE))
    assert words in found["clean"]
    assert found["halves"] == "miss: behind Clean"
    assert found["model"] == "miss: behind Halves"


def test_how_many_go_beside_each_other_is_no_reason() -> None:
    def searched(**params: Any) -> Workflow:
        return draw({"load": "load", "halves": "split", "best": ("search", params)}, "load>halves", "halves>best")

    before = ran(searched(depth=4, max_parallel=2))
    assert explained(searched(depth=4), before)["best"] == GONE
    assert explained(searched(max_parallel=9), before)["best"] == "miss: `depth` 4 → 3"


def test_a_long_value_is_cut() -> None:
    found = explained(draw({**NODES, "clean": ("tidy", {"depth": 3, "columns": ["age", "name"] * 40})}, *WIRES), ran(BEFORE))
    assert len(found["clean"]) < 120


def test_other_reasons() -> None:
    before = ran(BEFORE)
    assert explained(BEFORE, before)["clean"] == GONE
    assert explained(BEFORE, ran(BEFORE, status="failed"))["clean"] == UNFINISHED
    image = Facts(FACTS.datasets, "e2")
    assert explained(BEFORE, before, facts=image)["load"] == "miss: the node image is newer"
    shorter = draw(NODES, "load>clean", "load>halves", "halves>model", "model>out")
    assert explained(shorter, before)["halves"] == "miss: its inputs were drawn anew"
    older = {**before, "clean": {**before["clean"], "type_version": 0}}
    assert explained(BEFORE, older)["clean"] == "miss: the node type is newer: version 0 → 1"
    other = {**before, "clean": {**before["clean"], "type": "wash"}}
    assert explained(BEFORE, other)["clean"] == "miss: it was a wash"
    upload = {**before, "load": {**before["load"], "dataset": {"ref": "sample:people", "sha256": "f" * 64}}}
    assert explained(BEFORE, upload)["load"] == "miss: the dataset has changed"
