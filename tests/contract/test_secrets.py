"""Secrets over the API: saved, listed by name, never shown again, and known to the check."""

import json
from typing import Any

import pytest

from tests.contract.conftest import ALICE, BOB, Api
from tests.contract.test_api import is_problem

VALUE = "postgresql://reader:very-private-word@db.example.org/shop"


def stored(owner: str, name: str) -> str | None:
    from chalicelib import secrets, settings

    client = settings.client("secretsmanager")
    try:
        return str(client.get_secret_value(SecretId=secrets.secret_id(owner, name))["SecretString"])
    except client.exceptions.ResourceNotFoundException:
        return None


def test_a_secret_is_saved_changed_listed_and_removed(api: Api) -> None:
    made = api("PUT", "/secrets/warehouse", {"value": VALUE, "description": "the shop"})
    assert (made.status, made.body["name"], made.body["description"]) == (200, "warehouse", "the shop")
    assert stored(ALICE, "warehouse") == VALUE
    changed = api("PUT", "/secrets/warehouse", {"value": "another"})
    assert changed.body["created_at"] == made.body["created_at"]
    assert stored(ALICE, "warehouse") == "another"
    listed = api("GET", "/secrets")
    assert [one["name"] for one in listed.body["items"]] == ["warehouse"]
    assert "another" not in json.dumps([made.body, changed.body, listed.body])
    assert api("DELETE", "/secrets/warehouse").status == 204
    assert stored(ALICE, "warehouse") is None
    is_problem(api("DELETE", "/secrets/warehouse"), 404, "not-found")
    assert api("GET", "/secrets").body["items"] == []


def test_nobody_else_sees_or_removes_it(api: Api) -> None:
    api("PUT", "/secrets/mine", {"value": VALUE})
    assert api("GET", "/secrets", user=BOB).body["items"] == []
    is_problem(api("DELETE", "/secrets/mine", user=BOB), 404, "not-found")
    api("PUT", "/secrets/mine", {"value": "his own"}, user=BOB)
    assert (stored(ALICE, "mine"), stored(BOB, "mine")) == (VALUE, "his own")
    assert api("GET", "/secrets", user=None).status == 401
    for user in (ALICE, BOB):
        api("DELETE", "/secrets/mine", user=user)


BAD: list[tuple[str, Any, int]] = [
    ("a name with blanks", {"value": "x"}, 422),
    ("1st", {"value": "x"}, 422),
    ("x" * 65, {"value": "x"}, 422),
    ("empty", {"value": ""}, 422),
    ("large", {"value": "very-private-word" * 2000}, 422),
    ("wide", {"value": "é" * 16_000}, 413),
    ("odd", {"value": "very-private-word", "more": 1}, 422),
    ("number", {"value": 17_171_717}, 422),
]


@pytest.mark.parametrize(("name", "body", "status"), BAD, ids=[name[:20] for name, _, _ in BAD])
def test_what_is_refused_is_not_echoed(api: Api, name: str, body: dict[str, Any], status: int, caplog: pytest.LogCaptureFixture) -> None:
    reply = api("PUT", f"/secrets/{name.replace(' ', '%20')}", body)
    assert reply.status == status, reply
    said = json.dumps(reply.body) + caplog.text
    assert "very-private-word" not in said
    assert "17171717" not in said
    assert api("GET", "/secrets").body["items"] == []


def drawn(secret: str | None) -> dict[str, Any]:
    node = {
        "id": "q",
        "type": "sql_query",
        "position": {"x": 0, "y": 0},
        "data": {"label": "", "params": {"sql": "SELECT 1", "connection_secret": secret}},
    }
    return {"name": "w", "description": "", "nodes": [node], "connections": []}


def test_the_check_knows_which_secrets_there_are(api: Api) -> None:
    api("PUT", "/secrets/warehouse", {"value": VALUE})
    problems = api("POST", "/workflows/check", {"workflow": drawn("warehose")}).body["problems"]
    assert [(one["code"], one["field"], "warehouse" in one["hint"]) for one in problems] == [
        ("secret-unknown", "params.connection_secret", True)
    ]
    assert api("POST", "/workflows/check", {"workflow": drawn("warehouse")}).body["problems"] == []
    assert api("POST", "/workflows/check", {"workflow": drawn(VALUE[:64])}).body["problems"][0]["code"] == "param-value"
    planned = api("POST", "/workflows/plan", {"workflow": drawn("warehouse")})
    assert planned.status == 200
    assert "very-private-word" not in json.dumps(planned.body)
    api("DELETE", "/secrets/warehouse")
