"""A ticket gives credentials for one run while it is open, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.conftest import ALICE, Api

ROLE = "arn:aws:iam::123456789012:role/flowza-local-session"


@pytest.fixture
def asked(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The control plane with a session role, and what it asked STS for."""
    from chalicelib import settings

    monkeypatch.setenv("FLOWZA_SESSION_ROLE", ROLE)
    settings.load.cache_clear()
    seen: list[dict[str, Any]] = []
    sts = settings.client("sts")
    sts.meta.events.register("before-parameter-build.sts.AssumeRole", lambda params, **_: seen.append(dict(params)), unique_id="seen")
    yield seen
    sts.meta.events.unregister("before-parameter-build.sts.AssumeRole", unique_id="seen")
    monkeypatch.delenv("FLOWZA_SESSION_ROLE")
    settings.load.cache_clear()


def ask(api: Api, ticket: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.client.lambda_.invoke("platform", {"ticket": ticket}).payload
    return answer


def open_run(run: str) -> None:
    from chalicelib import artifacts
    from chalicelib.tables import RunItem, now

    place = artifacts.run_object(ALICE, run, "plan.json")
    artifacts.put_json(place, {"owner": ALICE, "run": run, "nodes": {"n": {"key": "a" * 64, "dataset": None, "flow": None}}})
    words = {"run": run, "owner": ALICE, "workflow": "wf_1", "workflow_name": "x", "revision": 1, "status": "running"}
    RunItem(f"run#{run}", "run", created_at=now(), plan=place, open="1", **words).save()


def test_the_ticket_of_an_open_run_gives_credentials_for_it(api: Api, asked: list[dict[str, Any]]) -> None:
    from chalicelib import tickets

    open_run("run_TICKET1")
    found = ask(api, tickets.issue(ALICE, run="run_TICKET1"))["result"]
    assert {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"} <= found.keys()
    (request,) = asked
    assert (request["RoleArn"], request["RoleSessionName"], request["DurationSeconds"]) == (ROLE, "run_TICKET1", 3600)
    assert f"/o/{ALICE}/runs/run_TICKET1/*" in request["Policy"]
    assert "run#run_TICKET1" in request["Policy"]


def test_a_ticket_ends_with_its_run(api: Api, asked: list[dict[str, Any]]) -> None:
    from chalicelib import tickets
    from chalicelib.tables import RunItem

    open_run("run_TICKET2")
    ticket = tickets.issue(ALICE, run="run_TICKET2")
    RunItem.get("run#run_TICKET2", "run").update([RunItem.status.set("succeeded"), RunItem.open.remove()])
    assert ask(api, ticket)["error"]["code"] == "ticket-unknown"
    assert asked == []


@pytest.mark.parametrize("ticket", ["", "x", "run_TICKET1", "é", None])
def test_a_ticket_cannot_be_guessed(api: Api, asked: list[dict[str, Any]], ticket: Any) -> None:
    assert ask(api, ticket)["error"]["code"] == "ticket-unknown"
    assert asked == []


def test_the_ticket_of_a_file_is_good_while_it_is_looked_at(api: Api, asked: list[dict[str, Any]]) -> None:
    from chalicelib import tickets
    from chalicelib.tables import ProfilingItem, now

    order = ProfilingItem("profiling", "ds_T", owner=ALICE, ordered_at=now(), tries=1)
    order.save()
    ticket = tickets.issue(ALICE, dataset="ds_T")
    assert "result" in ask(api, ticket)
    assert f"/o/{ALICE}/datasets/ds_T/content" in json.loads(asked[0]["Policy"])["Statement"][0]["Resource"][0]
    order.delete()
    assert ask(api, ticket)["error"]["code"] == "ticket-unknown"


def test_without_a_session_role_there_are_no_tickets(api: Api) -> None:
    from chalicelib import tickets

    assert tickets.issue(ALICE, run="run_1") == ""
