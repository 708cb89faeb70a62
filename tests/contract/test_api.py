"""The API's promises: nobody in without a token, nobody's things for others, every refusal a problem document."""

import json
import re
from typing import Any

import pytest

from chalicelib.api import routes
from chalicelib.api.routing import OPERATIONS
from tests.contract.conftest import BOB, Api
from tests.contract.test_golden import STATEMACHINES

TITANIC = json.loads((STATEMACHINES / "titanic.workflow.json").read_text("utf-8"))
assert routes.RESOURCES, "importing them declares the routes"
PUBLIC = {("GET", "/health"), ("GET", "/openapi.json")}


def is_problem(reply: Any, status: int, code: str) -> None:
    assert reply.status == status, reply
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["code"] == code, reply.body
    assert {"type", "title", "status", "code", "detail", "field", "hint", "request_id", "errors"} <= reply.body.keys()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_every_route_of_the_live_table_is_closed_to_nobody(api: Api, operation: Any) -> None:
    path = re.sub(r"{\w+}", "x", operation.path)
    body = {} if operation.body else None
    reply = api(operation.method, path, body, user=None)
    assert (reply.status == 200) if (operation.method, operation.path) in PUBLIC else (reply.status in (401, 403)), reply


def test_the_declared_routes_are_the_ones_that_chalice_serves(api: Api) -> None:
    served = {(method, path.removeprefix("/api")) for path, methods in api.client._app.routes.items() for method in methods}
    assert served == {(one.method, one.path) for one in OPERATIONS}


@pytest.mark.parametrize("token", ["", "nonsense", "Basic abc", "Bearer fz_wrong", "Bearer " + "x" * 5_000])
def test_a_wrong_token_opens_nothing(api: Api, token: str) -> None:
    assert api("GET", "/workflows", user=None, headers={"Authorization": token}).status in (401, 403)


def saved(api: Api, document: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = api("POST", "/workflows", document or TITANIC)
    assert reply.status == 201, reply
    return dict(reply.body)


def test_what_was_drawn_comes_back_as_it_was(api: Api) -> None:
    record = saved(api)
    found = api("GET", f"/workflows/{record['id']}")
    assert found.headers["etag"] == '"1"'
    stripped = [{**node, "data": {"label": node["data"]["label"]}} for node in found.body["document"]["nodes"]]
    assert stripped == TITANIC["nodes"]
    assert [(one["source"], one["target"]) for one in found.body["document"]["connections"]] == [
        (one["source"], one["target"]) for one in TITANIC["connections"]
    ]


def test_a_body_too_large_for_an_item_lies_in_the_bucket(api: Api) -> None:
    nodes = [{"id": f"n{i}", "type": "preprocess", "data": {"label": "x" * 200}} for i in range(600)]
    record = saved(api, {"name": "large", "nodes": nodes})
    assert len(api("GET", f"/workflows/{record['id']}").body["document"]["nodes"]) == 600


def test_of_two_tabs_the_slower_one_is_told(api: Api) -> None:
    record = saved(api)
    path = f"/workflows/{record['id']}"
    first = api("PUT", path, {**TITANIC, "name": "first"}, headers={"If-Match": '"1"'})
    second = api("PUT", path, {**TITANIC, "name": "second"}, headers={"If-Match": '"1"'})
    assert (first.status, first.body["revision"]) == (200, 2)
    is_problem(second, 409, "revision-conflict")
    assert second.body["current"]["document"]["name"] == "first"
    is_problem(api("PUT", path, TITANIC), 400, "if-match-missing")


def test_every_save_is_kept_and_can_be_read_again(api: Api) -> None:
    record = saved(api)
    path = f"/workflows/{record['id']}"
    api("PUT", path, {**TITANIC, "name": "second"}, headers={"If-Match": '"1"'})
    api("PUT", path, {**TITANIC, "nodes": [], "connections": []}, headers={"If-Match": '"2"'})
    found = api("GET", f"{path}/revisions?limit=2")
    assert [(one["revision"], one["nodes"]) for one in found.body["items"]] == [(3, 0), (2, 5)]
    rest = api("GET", f"{path}/revisions?limit=2&cursor={found.body['next_cursor']}")
    assert [one["revision"] for one in rest.body["items"]] == [1]
    first = api("GET", f"{path}/revisions/1").body["document"]
    assert (first["name"], len(first["nodes"])) == (TITANIC["name"], 5)
    for wrong in ("4", "0", "x", "1.0", "٣", "999999999"):
        is_problem(api("GET", f"{path}/revisions/{wrong}"), 404, "not-found")
    is_problem(api("GET", f"{path}/revisions", user=BOB), 404, "not-found")
    is_problem(api("GET", f"{path}/revisions/1", user=BOB), 404, "not-found")
    other = saved(api)
    is_problem(api("GET", f"/workflows/{other['id']}/revisions?cursor={found.body['next_cursor']}"), 400, "page-token-invalid")


def test_a_save_can_be_named_and_the_name_taken_away(api: Api) -> None:
    path = f"/workflows/{saved(api)['id']}/revisions"
    named = api("PUT", f"{path}/1/name", {"name": " before the split "}).body
    assert (named["revision"], named["name"], named["nodes"]) == (1, "before the split", 5)
    assert api("GET", path).body["items"][0]["name"] == "before the split"
    assert api("GET", f"{path}/1").body["document"]["name"] == TITANIC["name"]
    api("PUT", f"{path}/1/name", {"name": ""})
    assert api("GET", path).body["items"][0]["name"] is None
    is_problem(api("PUT", f"{path}/2/name", {"name": "x"}), 404, "not-found")
    is_problem(api("PUT", f"{path}/1/name", {"name": "x"}, user=BOB), 404, "not-found")
    is_problem(api("PUT", f"{path}/1/name", {"name": "x" * 201}), 422, "field-value")


def test_a_large_document_is_kept_apart_and_read_as_any_other(api: Api) -> None:
    nodes = [{**TITANIC["nodes"][0], "id": f"n{index}"} for index in range(1_500)]
    record = saved(api, {"name": "large", "nodes": nodes, "connections": []})
    listed = api("GET", f"/workflows/{record['id']}/revisions").body["items"]
    assert [(one["revision"], one["nodes"]) for one in listed] == [(1, None)]
    assert len(api("GET", f"/workflows/{record['id']}/revisions/1").body["document"]["nodes"]) == 1_500


OWNED = [
    ("GET", "/workflows/{id}", None),
    ("PUT", "/workflows/{id}", TITANIC),
    ("DELETE", "/workflows/{id}", None),
    ("POST", "/workflows/{id}/runs", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), OWNED, ids=[f"{method} {path}" for method, path, _ in OWNED])
def test_somebody_elses_id_answers_like_a_missing_one(api: Api, method: str, path: str, body: Any) -> None:
    foreign = saved(api)["id"]
    replies = [
        api(method, path.format(id=which), body, user=BOB, headers={"If-Match": '"1"'})
        for which in (foreign, "wf_00000000000000000000000000")
    ]
    without_id = [{name: value for name, value in reply.body.items() if name != "request_id"} for reply in replies]
    assert replies[0].status == replies[1].status == 404
    assert without_id[0] == without_id[1]


def test_a_foreign_run_is_a_missing_run(api: Api) -> None:
    run = start(api)
    for method, path in (
        ("GET", f"/runs/{run['id']}"),
        ("POST", f"/runs/{run['id']}/cancel"),
        ("GET", f"/runs/{run['id']}/nodes/evaluate"),
    ):
        is_problem(api(method, path, user=BOB), 404, "not-found")
    assert run["id"] not in [one["id"] for one in api("GET", "/runs", user=BOB).body["items"]]


@pytest.mark.parametrize("odd", ["../x", "x" * 3_000, "💥", "a b", "%00"])
def test_an_id_of_a_wrong_form_is_a_missing_one(api: Api, odd: str) -> None:
    reply = api("GET", f"/workflows/{odd}")
    assert reply.status in (403, 404)


BODIES: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "empty": (b"", {"Content-Type": "application/json"}, 400, "body-empty"),
    "text after": (b'{"name":"a"}x', {}, 400, "json-invalid"),
    "cut off": (b'{"name":', {}, 400, "json-invalid"),
    "NaN": (b'{"name":NaN}', {}, 400, "number-not-finite"),
    "1e999": (b'{"name":1e999}', {}, 400, "number-not-finite"),
    "key twice": (b'{"name":"a","name":"b"}', {}, 400, "json-duplicate-key"),
    "deep": (b'{"a":' + b"[" * 100_000, {}, 400, "json-too-deep"),
    "5,000 digits": (b'{"name":' + b"1" * 5_000 + b"}", {}, 400, "number-too-large"),
    "half a character": (b'{"name":"\\ud800"}', {}, 400, "text-invalid-unicode"),
    "not UTF-8": (b'{"name":"\xff"}', {}, 400, "json-invalid"),
    "array": (b"[]", {}, 400, "body-not-object"),
    "form": (b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "content-type"),
    "text": (b"{}", {"Content-Type": "text/plain"}, 415, "content-type"),
    "gzip": (b"{}", {"Content-Encoding": "gzip"}, 415, "content-type"),
    "3 MB and more": (b'{"name":"' + b"x" * 3_000_000 + b'"}', {}, 413, "too-large"),
    "unknown field": (b'{"name":"a","is_admin":true}', {}, 422, "field-unknown"),
    "proto": (b'{"name":"a","__proto__":{}}', {}, 422, "field-unknown"),
    "wrong type": (b'{"name":5}', {}, 422, "field-type"),
    "blank name": (b'{"name":"  "}', {}, 422, "field-value"),
    "long name": (b'{"name":"' + b"x" * 10_000 + b'"}', {}, 422, "field-value"),
}


@pytest.mark.parametrize(("body", "headers", "status", "code"), BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused_by_name_and_nothing_is_stored(
    api: Api, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    before = len(api("GET", "/workflows?limit=200").body["items"])
    is_problem(api("POST", "/workflows", body, headers=headers), status, code)
    assert len(api("GET", "/workflows?limit=200").body["items"]) == before


def test_a_byte_order_mark_is_skipped(api: Api) -> None:
    assert api("POST", "/workflows", b"\xef\xbb\xbf" + b'{"name":"with mark"}').status == 201


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "../../etc/passwd", "{{7*7}}", "=1+1", "'; DROP TABLE x"])
def test_hostile_names_are_stored_as_text(api: Api, text: str) -> None:
    record = saved(api, {"name": text, "description": text, "nodes": [{"id": "a", "type": text, "data": {"label": text}}]})
    assert api("GET", f"/workflows/{record['id']}").body["document"]["name"] == text


def start(api: Api, workflow: str | None = None, body: dict[str, Any] | None = None, key: str | None = None) -> dict[str, Any]:
    workflow = workflow or saved(api)["id"]
    reply = api("POST", f"/workflows/{workflow}/runs", body or {}, headers={"Idempotency-Key": key} if key else {})
    assert reply.status == 202, reply
    return dict(reply.body)


def test_a_run_starts_with_every_node_queued(api: Api) -> None:
    run = start(api)
    assert run["status"] == "running"
    assert {node["node"]: node["status"] for node in run["nodes"]} == dict.fromkeys([node["id"] for node in TITANIC["nodes"]], "queued")
    found = api("GET", f"/runs/{run['id']}")
    assert api("GET", f"/runs/{run['id']}", headers={"If-None-Match": found.headers["etag"]}).status == 304


def test_the_same_key_is_the_same_run(api: Api) -> None:
    workflow = saved(api)["id"]
    first, again = (start(api, workflow, key="k-1")["id"] for _ in range(2))
    assert first == again
    is_problem(
        api("POST", f"/workflows/{workflow}/runs", {"cache": False}, headers={"Idempotency-Key": "k-1"}), 409, "idempotency-mismatch"
    )
    assert start(api, workflow, key="k-2")["id"] != first
    is_problem(api("POST", f"/workflows/{workflow}/runs", {}, headers={"Idempotency-Key": "x" * 300}), 400, "idempotency-key-invalid")


def test_a_workflow_with_problems_does_not_run_and_says_all_of_them(api: Api) -> None:
    document = {"name": "bad", "nodes": [{"id": "a", "type": "evaluate"}, {"id": "b", "type": "preproces"}]}
    reply = api("POST", f"/workflows/{saved(api, document)['id']}/runs", {})
    is_problem(reply, 422, "workflow-invalid")
    assert {error["code"] for error in reply.body["errors"]} >= {"port-missing", "node-type-unknown"}


def test_an_answered_target_reaches_the_plan(api: Api) -> None:
    checked = api("POST", "/workflows/check", {"workflow": TITANIC, "answers": {"target": "age"}}).body
    assert checked["target"] == "age"
    assert checked["problems"] == []
    wrong = api("POST", "/workflows/check", {"workflow": TITANIC, "answers": {"target": "agee"}}).body
    assert wrong["problems"][0]["hint"] == "Did you mean “age”?"


def test_the_plan_is_told_before_the_run(api: Api) -> None:
    plan = api("POST", "/workflows/plan", {"workflow": TITANIC}).body
    assert [stage["nodes"] for stage in plan["stages"]] == [[node["id"] for node in TITANIC["nodes"]]]
    assert plan["definition"]["StartAt"].startswith("s1 ")
    assert len(api("POST", "/workflows/plan", {"workflow": TITANIC, "fusion": False}).body["stages"]) == 5


def test_cancel_is_final_and_can_be_said_twice(api: Api) -> None:
    run = start(api)
    for _ in range(2):
        assert api("POST", f"/runs/{run['id']}/cancel").body["status"] == "stopped"
    assert {node["status"] for node in api("GET", f"/runs/{run['id']}").body["nodes"]} == {"stopped"}


def test_a_workflow_with_an_open_run_cannot_be_deleted(api: Api) -> None:
    workflow = saved(api)["id"]
    run = start(api, workflow)
    is_problem(api("DELETE", f"/workflows/{workflow}"), 409, "in-use")
    api("POST", f"/runs/{run['id']}/cancel")
    assert api("DELETE", f"/workflows/{workflow}").status == 204
    is_problem(api("GET", f"/workflows/{workflow}"), 404, "not-found")


def test_lists_come_in_pages(api: Api) -> None:
    for _ in range(5):
        saved(api)
    seen: list[str] = []
    cursor = ""
    while True:
        page = api("GET", f"/workflows?limit=2{cursor}").body
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == len(api("GET", "/workflows?limit=200").body["items"])
    is_problem(api("GET", "/workflows?cursor=nonsense"), 400, "page-token-invalid")
    is_problem(api("GET", "/workflows?limit=0"), 422, "field-range")
    is_problem(api("GET", "/workflows?limit=many"), 422, "field-value")


def test_an_upload_gets_an_address_for_exactly_its_size(api: Api) -> None:
    made = api("POST", "/datasets", {"name": "d", "filename": "d.csv", "bytes": 10}).body
    assert "content-length" in made["upload"]["url"]
    assert "X-Amz-Expires=300" in made["upload"]["url"]
    is_problem(api("POST", f"/datasets/{made['dataset']['id']}/complete"), 409, "upload-missing")
    is_problem(api("POST", "/datasets", {"name": "d", "filename": "d.csv", "bytes": 10**12}), 413, "too-large")
    is_problem(api("GET", f"/datasets/{made['dataset']['id']}", user=BOB), 404, "not-found")


def test_a_token_works_until_it_is_revoked(api: Api) -> None:
    made = api("POST", "/tokens", {"name": "ci"}).body
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert api("GET", "/me", user=None, headers=headers).status == 200
    assert made["token"] not in json.dumps(api("GET", "/tokens").body)
    assert api("DELETE", f"/tokens/{made['id']}").status == 204
    assert api("GET", "/me", user=None, headers=headers).status in (401, 403)


def test_a_wrong_method_is_a_problem_document(api: Api) -> None:
    assert api("PUT", "/health", {}).status in (403, 405)
