"""Who may answer an approval: those who are named, and nobody else; the rest of the run stays the owner's."""

from typing import Any

import pytest

from tests.contract.conftest import ALICE, BOB, Api, Reply
from tests.contract.test_api import TITANIC, start

CAROL = "usr_carol"


@pytest.fixture(scope="module", autouse=True)
def carol(api: Api) -> None:
    """A third person, who is named nowhere."""
    from chalicelib import access

    api.tokens[CAROL] = access.issue(CAROL, "test").token


def drawn(approvers: list[Any] | None) -> dict[str, Any]:
    """The Titanic up to a model that somebody is asked about."""
    params = {"question": "Good enough?"} | ({} if approvers is None else {"approvers": approvers})
    nodes = [one for one in TITANIC["nodes"] if one["type"] != "evaluate"]
    model = next(one["id"] for one in nodes if one["type"].startswith("train_") and one["type"] != "train_test_split")
    asking = {"id": "ask", "type": "approval", "position": {"x": 0, "y": 0}, "data": {"label": "", "params": params}}
    kept = {one["id"] for one in nodes}
    wires = [one for one in TITANIC["connections"] if {one["source"], one["target"]} <= kept]
    return {**TITANIC, "nodes": [*nodes, asking], "connections": [*wires, {"source": model, "target": "ask"}]}


def asked(api: Api, approvers: list[str] | None) -> str:
    """A run of Alice's whose machine has come to the approval."""
    from chalicelib import approvals, artifacts
    from chalicelib.tables import RunItem

    workflow = api("POST", "/workflows", drawn(approvers)).body["id"]
    run = start(api, workflow)["id"]
    plan = RunItem.get(f"run#{run}", "run").plan
    stage = next(one["id"] for one in artifacts.read_json(plan)["stages"] if one["nodes"] == ["ask"])
    approvals.ask({"run": run, "plan": plan, "stage": stage, "token": f"token-of-{run}-{'x' * 20}"})
    return run


def decide(api: Api, run: str, user: str) -> Reply:
    return api("POST", f"/runs/{run}/nodes/ask/decision", {"approve": True, "note": "fine"}, user=user)


def answer(api: Api, run: str, user: str, *, approve: bool = True) -> Reply:
    return api("POST", f"/questions/{run}/ask", {"approve": approve, "note": "fine"}, user=user)


def waiting(api: Api, run: str) -> set[str]:
    """Who of the two finds the question."""
    return {user for user in (ALICE, BOB) if run in [one["run"] for one in api("GET", "/questions", user=user).body["items"]]}


def asking(api: Api, run: str) -> dict[str, Any]:
    return next(one for one in api("GET", f"/runs/{run}").body["nodes"] if one["node"] == "ask")


def test_where_nobody_is_named_the_owner_answers_as_ever(api: Api) -> None:
    run = asked(api, None)
    assert (asking(api, run)["approvers"], asking(api, run)["question"]) == ([], "Good enough?")
    assert waiting(api, run) == set()
    assert (decide(api, run, BOB).status, answer(api, run, BOB).status, answer(api, run, ALICE).status) == (404, 404, 404)
    assert decide(api, run, ALICE).status == 200
    assert asking(api, run)["summary"] == "approved: fine"


@pytest.mark.parametrize("name", ["bob", BOB])
def test_who_is_named_answers_and_the_owner_is_told_who(api: Api, name: str) -> None:
    run = asked(api, [name, name])
    assert (asking(api, run)["progress"], asking(api, run)["approvers"]) == ("waiting for approval", ["bob"])
    refused = decide(api, run, ALICE)
    assert (refused.status, refused.body["code"]) == (403, "approval-others")
    assert "Only bob may answer" in refused.body["detail"]
    assert refused.body["hint"]
    (question,) = (one for one in api("GET", "/questions", user=BOB).body["items"] if one["run"] == run)
    assert {one: question[one] for one in ("run", "asked_by", "question", "default", "timeout_hours")} == {
        "run": run,
        "asked_by": "alice",
        "question": "Good enough?",
        "default": "reject",
        "timeout_hours": 72,
    }
    assert answer(api, run, BOB).status == 204
    assert (asking(api, run)["status"], asking(api, run)["summary"]) == ("succeeded", "approved by bob: fine")
    assert waiting(api, run) == set()
    assert answer(api, run, BOB).status == 404


def test_of_several_the_first_answers_and_the_question_is_gone_for_all(api: Api) -> None:
    run = asked(api, ["alice", "bob"])
    assert waiting(api, run) == {ALICE, BOB}
    assert decide(api, run, ALICE).status == 200
    assert asking(api, run)["summary"] == "approved by alice: fine"
    assert waiting(api, run) == set()
    assert decide(api, run, ALICE).body["code"] == "approval-answered"
    other = asked(api, ["alice", "bob"])
    assert answer(api, other, BOB, approve=False).status == 204
    assert (asking(api, other)["status"], asking(api, other)["summary"]) == ("stopped", "rejected by bob: fine")


def test_a_stranger_cannot_tell_a_run_of_others_from_none(api: Api) -> None:
    run = asked(api, ["bob"])
    for ask in (decide, answer):
        there, nowhere = ask(api, run, CAROL), ask(api, "run_nowhere", CAROL)
        assert there.status == nowhere.status == 404
        assert [there.body[one] for one in ("code", "detail", "hint")] == [nowhere.body[one] for one in ("code", "detail", "hint")]
    # Who is named sees the question, and nothing else of the run.
    assert api("GET", f"/runs/{run}", user=BOB).status == api("GET", f"/runs/{run}/nodes/ask", user=BOB).status == 404
    assert decide(api, run, BOB).status == 404
    assert asking(api, run)["status"] == "running"


def test_a_question_ends_with_its_run(api: Api) -> None:
    run = asked(api, ["bob"])
    from chalicelib import closing

    closing.close(run, "ABORTED")
    assert api("GET", f"/runs/{run}").body["status"] == "stopped"
    assert answer(api, run, BOB).status == 404
    assert waiting(api, run) == set()


def test_a_machine_that_asks_again_asks_everybody_once(api: Api) -> None:
    from chalicelib import approvals, artifacts
    from chalicelib.tables import RunItem

    run = asked(api, ["bob"])
    plan = RunItem.get(f"run#{run}", "run").plan
    stage = next(one["id"] for one in artifacts.read_json(plan)["stages"] if one["nodes"] == ["ask"])
    again = {"run": run, "plan": plan, "stage": stage, "token": f"second-of-{run}-{'x' * 20}"}
    approvals.ask(again)
    assert waiting(api, run) == {BOB}
    answer(api, run, BOB)
    approvals.ask(again)
    assert waiting(api, run) == set()


def test_nobody_is_waited_for_whom_nobody_knows(api: Api) -> None:
    found = api("POST", "/workflows/check", {"workflow": drawn(["bob", "bobb"])}).body["problems"]
    assert [(one["code"], one["field"], "bobb" in one["message"]) for one in found if one["node"] == "ask"] == [
        ("user-unknown", "params.approvers.1", True)
    ]
    workflow = api("POST", "/workflows", drawn(["bobb"])).body["id"]
    assert api("POST", f"/workflows/{workflow}/runs", {}).body["code"] == "workflow-invalid"
    odd = api("POST", "/workflows/check", {"workflow": drawn([["bob"], 7, "../x", "", "x" * 5_000])}).body["problems"]
    assert {one["field"] for one in odd if one["node"] == "ask"} >= {f"params.approvers.{at}" for at in range(5)}
    many = api("POST", "/workflows/check", {"workflow": drawn([f"p{at}" for at in range(5_000)])}).body["problems"]
    assert {one["code"] for one in many if one["node"] == "ask"} == {"param-range"}
