"""Before a run: what is stored and why, what it will take; parts of a workflow; resuming; caps; the way out and back."""

import itertools
import json
import threading
from typing import Any

import pytest

from tests.contract.conftest import ALICE, BOB, Api
from tests.contract.test_api import TITANIC, is_problem, saved
from tests.contract.test_effects import billed, say
from tests.contract.test_golden import asl_validator

SOME_SECONDS = 2.5


@pytest.fixture
def workflow(api: Api) -> dict[str, Any]:
    return saved(api, {**TITANIC, "name": "planned"})


def leave_results(run: str, *nodes: str, **more: str) -> list[str]:
    """Store what the runtime would have stored for these nodes, and `more`; the manifests' names."""
    from chalicelib import artifacts
    from chalicelib.tables import NodeRunItem

    names = [artifacts.manifest_object(ALICE, NodeRunItem.get(f"run#{run}", f"node#{node}").key) for node in nodes]
    for name in names:
        artifacts.put_json(name, {"version": 1, "outputs": {}, "seconds": SOME_SECONDS, "rows": {"out": 1313}, **more})
    return names


@pytest.fixture
def ran(api: Api, workflow: dict[str, Any]) -> Any:
    """A run of the workflow that failed in its training; its finished nodes left results."""
    from chalicelib import artifacts, closing
    from chalicelib.tables import NodeRunItem

    run = api("POST", f"/workflows/{workflow['id']}/runs", {}).body["id"]
    say(run, load_csv="succeeded", clean_data="succeeded", train_test_split="succeeded", train_model="failed")
    for name in ("load_csv", "clean_data", "train_test_split"):
        NodeRunItem(f"run#{run}", f"node#{name}").update([NodeRunItem.seconds.set(SOME_SECONDS), NodeRunItem.rows_in.set(1313)])
    names = leave_results(run, "load_csv", "clean_data", "train_test_split")
    billed(run, 400)
    closing.close(run, "FAILED")
    yield run
    for name in names:
        artifacts.delete_below(name)


def planned(api: Api, workflow: dict[str, Any], **options: Any) -> Any:
    reply = api("POST", "/workflows/plan", {"workflow": workflow["document"], "workflow_id": workflow["id"], **options})
    assert reply.status == 200, reply.body
    return reply.body


def reasons(plan: Any) -> dict[str, str]:
    return {node["id"]: node["reason"] for node in plan["nodes"]}


def edited(workflow: dict[str, Any], node: str, **params: Any) -> dict[str, Any]:
    document = json.loads(json.dumps(workflow["document"]))
    found = next(one for one in document["nodes"] if one["id"] == node)
    found["data"]["params"].update(params)
    return {**workflow, "document": document}


# -- what is stored, and why ------------------------------------------------------------------------------------------------


def test_what_another_image_has_made_stands_for_nothing(api: Api, workflow: dict[str, Any], ran: str) -> None:
    """The platform was updated under the run: keys and plan were of the older image, the worker of the newer."""
    leave_results(ran, "train_test_split", environment="sha256:newer")
    found = reasons(planned(api, workflow))
    assert found["clean_data"].startswith("hit")
    assert found["train_test_split"].startswith("miss")


def test_the_plan_says_of_every_node_whether_it_runs_and_why(api: Api, workflow: dict[str, Any], ran: str) -> None:
    found = planned(api, workflow)
    assert reasons(found) == {
        "load_csv": "hit: same data, same params",
        "clean_data": "hit: same data, same params",
        "train_test_split": "hit: same data, same params",
        "train_model": "miss: it did not finish last time",
        "evaluate": "miss: it did not finish last time",
    }
    assert [stage["nodes"] for stage in found["stages"]] == [["train_model", "evaluate"]]
    assert found["totals"]["saves_seconds"] == 3 * SOME_SECONDS
    assert {node["id"]: node["cost_usd"] for node in found["nodes"]}["load_csv"] == {"low": 0, "high": 0}


def test_a_changed_param_is_named_and_only_it_and_what_is_behind_runs(api: Api, workflow: dict[str, Any], ran: str) -> None:
    found = planned(api, edited(workflow, "train_test_split", test_size=0.4))
    assert reasons(found)["train_test_split"] == "miss: `test_size` 0.25 → 0.4"
    assert reasons(found)["train_model"].startswith("miss: behind ")
    assert [stage["nodes"] for stage in found["stages"]] == [["train_test_split", "train_model", "evaluate"]]


def test_without_the_cache_everything_runs_and_says_so(api: Api, workflow: dict[str, Any], ran: str) -> None:
    assert set(reasons(planned(api, workflow, cache=False)).values()) == {"miss: the cache is off"}
    fresh = reasons(planned(api, workflow, refresh=["clean_data"]))
    assert fresh["load_csv"].startswith("hit")
    assert fresh["clean_data"] == "miss: asked to run anew"


def test_where_no_stored_result_is_taken_none_is_looked_for(api: Api, workflow: dict[str, Any], ran: str) -> None:
    from chalicelib import settings

    events, asked = settings.client("s3").meta.events, []

    def look(params: Any, **_: Any) -> None:
        asked.append(params["url_path"])

    events.register("before-call.s3.GetObject", look)
    try:
        planned(api, workflow, cache=False)
        planned(api, workflow, cache=False, until="train_test_split")
        assert not [name for name in asked if "manifest" in name]
        # What lies before a part of the run is taken from where it is.
        alone = planned(api, workflow, cache=False, only="train_test_split")
    finally:
        events.unregister("before-call.s3.GetObject", look)
    assert [name for name in asked if "manifest" in name]
    assert reasons(alone)["clean_data"].startswith("hit")


def test_an_estimate_is_a_range_from_history_or_a_word(api: Api, workflow: dict[str, Any]) -> None:
    from chalicelib import history
    from chalicelib.estimate import Observation

    types = {node["id"]: node["type"] for node in workflow["document"]["nodes"]}
    unseen = api("POST", "/workflows/plan", {"workflow": workflow["document"]}, user=BOB).body
    assert unseen["totals"]["cost_usd"] is None
    assert "no history yet" in unseen["totals"]["words"]
    assert {node["note"] for node in unseen["nodes"]} == {"no history yet"}
    history.add(
        BOB,
        {
            kind: [Observation(1313, 0.1, 350.0, "small", "ok", "k"), Observation(1313, 0.3, 350.0, "small", "ok", "k")]
            for kind in types.values()
        },
    )
    seen = api("POST", "/workflows/plan", {"workflow": workflow["document"]}, user=BOB).body
    assert seen["totals"]["seconds"] == pytest.approx({"low": 0.5, "high": 1.5})
    by_hand = 5 * 0.1 * 2 * 0.0000166667 + 0.0000002 + 2 * 0.000025
    assert seen["totals"]["cost_usd"]["low"] == pytest.approx(by_hand)


# -- parts ------------------------------------------------------------------------------------------------------------------


def test_to_here_runs_what_it_needs_and_nothing_else_is_part_of_the_run(api: Api, workflow: dict[str, Any]) -> None:
    reply = api("POST", f"/workflows/{workflow['id']}/runs", {"until": "train_test_split", "cache": False})
    assert (reply.status, reply.body["scope"]) == (202, "up to train_test_split")
    assert {node["node"] for node in reply.body["nodes"]} == {"load_csv", "clean_data", "train_test_split"}
    api("POST", f"/runs/{reply.body['id']}/cancel")


def test_only_this_needs_its_inputs(api: Api, workflow: dict[str, Any], ran: str) -> None:
    reply = api("POST", f"/workflows/{workflow['id']}/runs", {"only": "evaluate"})
    is_problem(reply, 422, "inputs-missing")
    assert "Run to here" in reply.body["hint"]
    alone = api("POST", f"/workflows/{workflow['id']}/runs", {"only": "train_test_split"}).body
    assert {node["node"]: node["status"] for node in alone["nodes"]} == {"clean_data": "cached", "train_test_split": "queued"}
    api("POST", f"/runs/{alone['id']}/cancel")


def test_a_part_may_be_named_by_the_card_of_a_sub_workflow(api: Api) -> None:
    inner = saved(api, drawn({"in": "workflow_input", "fill": "impute", "code": "encode", "out": "workflow_output"}))
    nodes = {
        "load": ("sample_dataset", {"name": "titanic"}),
        "card": ("sub_workflow", {"workflow": inner["id"]}),
        "split": "train_test_split",
    }
    outer = saved(api, drawn(nodes))
    whole = ["load", "card.fill", "card.code", "split"]
    for options, runs in (({"until": "card"}, whole[:3]), ({"since": "card"}, whole), ({"refresh": ["card"]}, whole)):
        assert [stage["nodes"] for stage in planned(api, outer, **options)["stages"]] == [runs]
    is_problem(api("POST", "/workflows/plan", {"workflow": outer["document"], "only": "card"}), 422, "inputs-missing")
    run = api("POST", f"/workflows/{outer['id']}/runs", {"until": "card"}).body
    assert (run["scope"], {node["node"] for node in run["nodes"]}) == ("up to card", set(whole[:3]))
    api("POST", f"/runs/{run['id']}/cancel")


def drawn(nodes: dict[str, Any]) -> dict[str, Any]:
    """A chain in the order of its nodes, tables all along."""
    described = {name: one if isinstance(one, tuple) else (one, {}) for name, one in nodes.items()}
    return {
        "name": "chain",
        "description": "",
        "nodes": [
            {"id": name, "type": kind, "position": {"x": 0, "y": 0}, "data": {"label": name, "params": params}}
            for name, (kind, params) in described.items()
        ],
        "connections": [
            {"source": source, "target": target} | ({"targetHandle": "table"} if target == "out" else {})
            for source, target in itertools.pairwise(nodes)
        ],
    }


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"until": "ghost"}, "node-unknown"),
        ({"until": "load_csv", "since": "load_csv"}, "scope-twice"),
        ({"refresh": ["ghost"]}, "node-unknown"),
    ],
)
def test_a_part_that_cannot_be_is_refused_and_nothing_is_stored(api: Api, workflow: dict[str, Any], options: Any, code: str) -> None:
    is_problem(api("POST", f"/workflows/{workflow['id']}/runs", options), 422, code)
    is_problem(api("POST", "/workflows/plan", {"workflow": workflow["document"], **options}), 422, code)
    assert api("GET", f"/runs?workflow={workflow['id']}").body["items"] == []


# -- resuming ---------------------------------------------------------------------------------------------------------------


def test_a_failed_run_is_resumed_behind_what_was_finished_with_its_price_before(api: Api, workflow: dict[str, Any], ran: str) -> None:
    words = planned(api, workflow, resume=ran)["totals"]["words"]
    assert words.startswith("resume from ")
    assert words.endswith("saves 7.5 s")
    again = api("POST", f"/runs/{ran}/resume").body
    statuses = {node["node"]: node["status"] for node in again["nodes"]}
    assert (statuses["train_test_split"], statuses["train_model"], again["resumed_from"]) == ("cached", "queued", ran)
    is_problem(api("POST", f"/runs/{ran}/resume"), 409, "run-resumed")
    is_problem(api("POST", f"/runs/{again['id']}/resume"), 409, "run-open")
    is_problem(api("POST", f"/runs/{ran}/resume", user=BOB), 404, "not-found")
    api("POST", f"/runs/{again['id']}/cancel")
    third = api("POST", f"/runs/{ran}/resume")
    assert third.status == 202, "the run that resumed it has ended"
    api("POST", f"/runs/{third.body['id']}/cancel")


def test_an_edited_run_is_resumed_from_the_first_change(api: Api, workflow: dict[str, Any], ran: str) -> None:
    changed = edited(workflow, "clean_data", normalize=False)["document"]
    assert api("PUT", f"/workflows/{workflow['id']}", changed, headers={"If-Match": '"1"'}).status == 200
    again = api("POST", f"/runs/{ran}/resume").body
    statuses = {node["node"]: (node["status"], node["reason"]) for node in again["nodes"]}
    assert statuses["load_csv"][0] == "cached"
    assert statuses["clean_data"] == ("queued", "miss: `normalize` True → False")
    api("POST", f"/runs/{again['id']}/cancel")


def test_of_two_resumes_at_once_one_goes_on(api: Api, ran: str) -> None:
    from chalicelib import runs
    from chalicelib.errors import Conflict

    found: list[str] = []

    def resume() -> None:
        try:
            found.append(runs.resume(ALICE, ran, idempotency_key=None))
        except Conflict as refused:
            found.append(refused.code)

    threads = [threading.Thread(target=resume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    begun = [one for one in found if one.startswith("run_")]
    assert (len(begun), found.count("run-resumed")) == (1, 3)
    api("POST", f"/runs/{begun[0]}/cancel")


# -- caps -------------------------------------------------------------------------------------------------------------------


def test_the_month_counts_every_run_once_and_the_home_page_says_what_bills(api: Api, ran: str, workflow: dict[str, Any]) -> None:
    from chalicelib import closing

    before = api("GET", "/spending").body
    closing.close(ran, "FAILED")
    after = api("GET", "/spending").body
    assert (before["usd"], before["runs"]) == (after["usd"], after["runs"])
    spent = next(one["usd"] for one in after["workflows"] if one["workflow"] == workflow["id"])
    assert spent == pytest.approx(api("GET", f"/runs/{ran}").body["cost_usd"])
    assert after["idle_usd_per_hour"] == 0
    assert after["prices_as_of"]


def test_a_cap_smaller_than_the_estimate_refuses_with_the_figures(api: Api, workflow: dict[str, Any]) -> None:
    from chalicelib import history
    from chalicelib.estimate import Observation

    kinds = {node["type"] for node in workflow["document"]["nodes"]}
    history.add(ALICE, {kind: [Observation(1313, 10.0, 350.0, "small", "ok", "k")] for kind in kinds})
    reply = api("POST", f"/workflows/{workflow['id']}/runs", {"max_cost_usd": 0.0001, "cache": False})
    is_problem(reply, 409, "cap-reached")
    assert "$0.0001" in reply.body["detail"]
    assert "$0.0017" in reply.body["detail"]
    assert api("GET", f"/runs?workflow={workflow['id']}").body["items"] == []


def test_a_cap_of_the_month_and_of_a_workflow_stop_new_runs(api: Api, ran: str, workflow: dict[str, Any]) -> None:
    for caps in ({"month": 0.0}, {"workflows": {workflow["id"]: 0.00000001}}):
        assert api("PUT", "/spending/caps", caps).status == 200
        is_problem(api("POST", f"/workflows/{workflow['id']}/runs", {}), 409, "cap-reached")
    assert api("PUT", "/spending/caps", {}).body == {"run": None, "month": None, "workflows": {}, "endpoints": {}}
    is_problem(api("PUT", "/spending/caps", {"run": -1}), 422, "field-range")


def test_a_run_with_a_cap_carries_its_budget_in_its_plan(api: Api, workflow: dict[str, Any]) -> None:
    from chalicelib import artifacts

    run = api("POST", f"/workflows/{workflow['id']}/runs", {"max_cost_usd": 1, "cache": False}).body["id"]
    budget = artifacts.read_json(artifacts.run_object(ALICE, run, "plan.json"))["budget"]
    assert budget["gb_ms"] == pytest.approx(1000 * (1 - 2 * 0.000025 - 0.0000002) / 0.0000166667, rel=1e-6)
    api("POST", f"/runs/{run}/cancel")


# -- out and back -----------------------------------------------------------------------------------------------------------


def test_an_exported_workflow_stands_alone_and_comes_back_as_it_was_drawn(api: Api, workflow: dict[str, Any]) -> None:
    exported = api("GET", f"/workflows/{workflow['id']}/export").body
    machine = json.loads(exported["Resources"]["Machine"]["Properties"]["DefinitionString"])
    assert asl_validator([{"name": "exported", "definition": machine}]) == []
    assert "$.plan" not in json.dumps(machine)
    assert "NodeImageUri" in exported["Parameters"]
    back = api("POST", "/workflows/import", {"document": exported})
    assert (back.status, back.body["document"]) == (201, workflow["document"])
    alone = api("POST", "/workflows/import", {"document": machine}).body["document"]
    assert {node["id"]: node["type"] for node in alone["nodes"]} == {node["id"]: node["type"] for node in workflow["document"]["nodes"]}
    assert all(wire["sourceHandle"] and wire["targetHandle"] for wire in alone["connections"])


@pytest.mark.parametrize("document", [{}, {"States": 3}, {"States": {"a": {"Parameters": {"Payload": {"inline": "{"}}}}}, {"Metadata": []}])
def test_what_is_no_export_is_refused_in_words(api: Api, document: Any) -> None:
    is_problem(api("POST", "/workflows/import", {"document": document}), 422, "import-unreadable")


def test_an_export_holds_the_nodes_of_its_sub_workflows_and_needs_no_other_workflow(api: Api) -> None:
    def node(name: str, kind: str, **params: Any) -> dict[str, Any]:
        return {"id": name, "type": kind, "position": {"x": 100, "y": 0}, "data": {"label": "", "params": params}}

    def wire(source: str, target: str, handle: str | None = None) -> dict[str, Any]:
        return {"source": source, "target": target, **({"targetHandle": handle} if handle else {})}

    inner = {
        "name": "Clean",
        "description": "",
        "nodes": [node("in", "workflow_input"), node("fill", "impute"), node("out", "workflow_output")],
        "connections": [wire("in", "fill"), wire("fill", "out", "table")],
    }
    saved = api("POST", "/workflows", inner).body["id"]
    outer = {
        "name": "Outer",
        "description": "",
        "nodes": [node("load", "sample_dataset"), node("c", "sub_workflow", workflow=saved)],
        "connections": [wire("load", "c")],
    }
    exported = api("GET", f"/workflows/{api('POST', '/workflows', outer).body['id']}/export").body
    taken = api("POST", "/workflows/import", {"document": exported}, user=BOB)
    assert taken.status == 201, taken
    nodes = {one["id"]: one for one in taken.body["document"]["nodes"]}
    assert set(nodes) == {"load", "c.fill"}
    assert nodes["c.fill"]["position"]["x"] == 200
