"""What a request may say, and what its answer gives away."""

import base64
import json
import threading
from typing import Any

import pytest

from tests.contract.conftest import ALICE, BOB, Api
from tests.contract.test_api import TITANIC, is_problem, saved, start
from tests.contract.test_effects import register

# -- bodies -----------------------------------------------------------------------------------------------------------------

LOOSE = {
    "text for yes": ("/workflows/check", {"workflow": TITANIC, "answers": {"target": 5}}, "answers.target"),
    "number for yes": ("/workflows/plan", {"workflow": TITANIC, "cache": 1}, "cache"),
    "word for yes": ("/workflows/plan", {"workflow": TITANIC, "cache": "yes"}, "cache"),
    "text for a number": ("/datasets", {"name": "d", "filename": "d.csv", "bytes": "10"}, "bytes"),
    "yes for a number": ("/datasets", {"name": "d", "filename": "d.csv", "bytes": True}, "bytes"),
    "list for text": ("/workflows", {"name": ["a"]}, "name"),
    "text for a list": ("/workflows", {"name": "a", "nodes": "b"}, "nodes"),
    "object for a list": ("/endpoints/x/try", {"rows": {"a": 1}}, "rows"),
}


@pytest.mark.parametrize(("path", "body", "field"), LOOSE.values(), ids=LOOSE)
def test_a_value_of_another_type_is_not_bent_into_place(api: Api, path: str, body: Any, field: str) -> None:
    reply = api("POST", path, body)
    is_problem(reply, 422, "field-type")
    assert reply.body["field"] == field


def test_every_wrong_field_is_named_at_once(api: Api) -> None:
    reply = api("POST", "/datasets", {"name": "", "bytes": 0, "odd": 1})
    is_problem(reply, 422, "field-value")
    found = {error["field"]: error["code"] for error in reply.body["errors"]}
    assert found == {"name": "field-value", "bytes": "field-range", "filename": "field-missing", "odd": "field-unknown"}


def test_a_refusal_repeats_no_secret_of_the_request(api: Api) -> None:
    reply = api("POST", "/tokens", {"name": "x", "days": 5, "token": "fz_canary_canary"})
    assert "fz_canary_canary" not in json.dumps(reply.body)


# -- reading again ----------------------------------------------------------------------------------------------------------


def test_what_has_not_changed_is_not_sent_again(api: Api) -> None:
    record = saved(api)
    path = f"/workflows/{record['id']}"
    assert api("GET", path, headers={"If-None-Match": '"1"'}).status == 304
    assert api("GET", path, headers={"If-None-Match": '"7", "1"'}).status == 304
    assert api("GET", path, headers={"If-None-Match": '"11"'}).status == 200
    catalog = api("GET", "/catalog")
    assert api("GET", "/catalog", headers={"If-None-Match": catalog.headers["etag"]}).status == 304


def test_only_reading_answers_not_modified(api: Api) -> None:
    made = api("POST", "/workflows", TITANIC, headers={"If-None-Match": '"1"'})
    assert (made.status, made.body["revision"]) == (201, 1)


def test_no_answer_is_kept_by_a_browser_and_each_has_its_id(api: Api) -> None:
    replies = [api("GET", "/me"), api("GET", "/workflows/none"), api("POST", "/workflows", b"{")]
    assert [reply.headers["cache-control"] for reply in replies] == ["no-store"] * 3
    assert len({reply.headers["x-request-id"] for reply in replies}) == 3
    assert replies[1].body["request_id"] == replies[1].headers["x-request-id"]


# -- pages ------------------------------------------------------------------------------------------------------------------


def cursor(**key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def odd_cursors() -> dict[str, str]:
    mine = {"pk": f"{ALICE}#workflow", "sk": "wf_1"}
    return {
        "somebody else's": cursor(**{**mine, "pk": f"{BOB}#workflow"}),
        "another list": cursor(**{**mine, "pk": f"{ALICE}#dataset"}),
        "too little": cursor(pk=mine["pk"]),
        "too much": cursor(**mine, owner=ALICE),
        "a number": cursor(**{**mine, "sk": 5}),
        "nothing": cursor(**{**mine, "sk": ""}),
        "typed": cursor(pk={"S": mine["pk"]}, sk={"S": "wf_1"}),
        "a list": base64.urlsafe_b64encode(b"[]").decode(),
        "no JSON": base64.urlsafe_b64encode(b"\xff\x00").decode(),
        "no base64": "é",
        "empty": "",
    }


@pytest.mark.parametrize("odd", odd_cursors().values(), ids=odd_cursors())
def test_a_cursor_that_was_not_given_out_for_this_list_is_refused(api: Api, odd: str) -> None:
    from urllib.parse import quote

    is_problem(api("GET", f"/workflows?cursor={quote(odd)}"), 400, "page-token-invalid")


def test_runs_come_in_pages_too_and_narrowed_to_a_workflow(api: Api) -> None:
    workflow = saved(api)["id"]
    ids = [start(api, workflow)["id"] for _ in range(3)]
    for narrowed in ("", f"&workflow={workflow}"):
        seen: list[str] = []
        after = ""
        while len(seen) < 40:
            page = api("GET", f"/runs?limit=1{narrowed}{after}").body
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            after = f"&cursor={page['next_cursor']}"
        assert seen[:3] == ids[::-1]
        assert len(seen) == len(set(seen))
    narrow = api("GET", f"/runs?limit=1&workflow={workflow}").body["next_cursor"]
    is_problem(api("GET", f"/runs?limit=1&cursor={narrow}"), 400, "page-token-invalid")


def test_the_runs_of_somebody_elses_workflow_are_none(api: Api) -> None:
    workflow = saved(api)["id"]
    start(api, workflow)
    assert api("GET", f"/runs?workflow={workflow}", user=BOB).body == {"items": [], "next_cursor": None}


# -- what belongs to others -------------------------------------------------------------------------------------------------


def test_models_endpoints_and_tokens_of_others_are_missing_ones(api: Api) -> None:
    run = start(api)["id"]
    register(run, "r", "private", "9" * 64)
    endpoint = api("POST", "/endpoints", {"name": "private", "model": "private", "version": 1}).body["id"]
    token = api("POST", "/tokens", {"name": "mine"}).body["id"]
    for method, path, body in (
        ("GET", "/models/private", None),
        ("PUT", "/models/private/aliases/champion", {"version": 1}),
        ("GET", f"/endpoints/{endpoint}", None),
        ("POST", f"/endpoints/{endpoint}/keys", None),
        ("POST", f"/endpoints/{endpoint}/try", {"rows": [{}]}),
        ("DELETE", f"/endpoints/{endpoint}", None),
        ("DELETE", f"/tokens/{token}", None),
    ):
        is_problem(api(method, path, body, user=BOB), 404, "not-found")
    is_problem(api("POST", "/endpoints", {"name": "stolen", "model": "private", "version": 1}, user=BOB), 404, "not-found")


def test_two_owners_may_use_one_name_and_get_two_addresses(api: Api) -> None:
    from chalicelib import endpoints, registry

    for owner in (ALICE, BOB):
        put_version(owner, "twin", 1)
    mine, theirs = (endpoints.deploy(owner, "twin", "twin", 1).sk for owner in (ALICE, BOB))
    assert mine != theirs
    assert registry.get_version(BOB, "twin", 1).sk == "00000001"
    assert [one["id"] for one in api("GET", "/endpoints", user=BOB).body["items"]] == [theirs]


def put_version(owner: str, name: str, version: int) -> None:
    from chalicelib.tables import ModelItem, VersionItem, now

    words = {"sha256": f"{version:064}", "object": "o", "bytes": 1, "estimator": "E", "task": "classification", "classes": []}
    item = VersionItem(
        f"{owner}#model#{name}", f"{version:08d}", version=version, **words, signature={}, metrics={}, lineage={}, created_at=now()
    )
    item.save()
    ModelItem(f"{owner}#model", name, versions=version, aliases={}, updated_at=now()).save()


# -- two at once ------------------------------------------------------------------------------------------------------------


def at_once(count: int, action: Any) -> list[Any]:
    """What `action(i)` gives or raises, from threads that start together."""
    found: list[Any] = []
    together = threading.Barrier(count)

    def work(number: int) -> None:
        together.wait()
        try:
            found.append(action(number))
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_deployments_at_once_under_one_name_make_one_endpoint(api: Api) -> None:
    from chalicelib import endpoints
    from chalicelib.tables import DeploymentItem, EndpointItem

    for version in (1, 2, 3):
        put_version(ALICE, "rushed", version)
    made = at_once(3, lambda number: endpoints.deploy(ALICE, "rushed", "rushed", number + 1).sk)
    assert len(set(made)) == 1, made
    item = EndpointItem.get(f"{ALICE}#endpoint", made[0])
    deployment = DeploymentItem.get(f"endpoint#{made[0]}", "deployment")
    assert int(item.revision) == 3
    assert (int(deployment.version), int(deployment.revision)) == (int(item.version), 3), "what is shown is what is served"


def test_keys_made_at_once_are_all_there_or_their_maker_is_told(api: Api) -> None:
    from chalicelib import endpoints
    from chalicelib.access import fingerprint
    from chalicelib.errors import Conflict
    from chalicelib.tables import DeploymentItem

    put_version(ALICE, "keyed", 1)
    endpoint = endpoints.deploy(ALICE, "keyed", "keyed", 1).sk
    made = at_once(4, lambda _: endpoints.create_key(ALICE, endpoint))
    kept = [one[0] for one in made if isinstance(one, tuple)]
    assert kept
    assert all(isinstance(one, tuple | Conflict) for one in made)
    known = set(DeploymentItem.get(f"endpoint#{endpoint}", "deployment").key_hashes)
    assert known == {fingerprint(key) for key in kept}


def test_an_endpoint_has_so_many_keys_and_no_more(api: Api) -> None:
    from chalicelib import endpoints

    put_version(ALICE, "crowded", 1)
    endpoint = endpoints.deploy(ALICE, "crowded", "crowded", 1).sk
    keys = [api("POST", f"/endpoints/{endpoint}/keys").body for _ in range(endpoints.MAX_KEYS)]
    is_problem(api("POST", f"/endpoints/{endpoint}/keys"), 409, "too-many-keys")
    assert api("DELETE", f"/endpoints/{endpoint}/keys/{keys[0]['prefix']}").status == 204
    is_problem(api("DELETE", f"/endpoints/{endpoint}/keys/{keys[0]['prefix']}"), 404, "not-found")
    assert api("POST", f"/endpoints/{endpoint}/keys").status == 201


def test_an_alias_that_was_moved_while_versions_were_registered_stays_where_it_was_put(api: Api) -> None:
    run = start(api)["id"]
    register(run, "first", "aliased", "1" * 64)
    assert api("PUT", "/models/aliased/aliases/challenger", {"version": 1}).status == 200
    results = at_once(8, lambda number: register(run, f"n{number}", "aliased", f"{number + 2:064}"))
    assert sorted(result["result"]["version"] for result in results) == list(range(2, 10))
    found = api("GET", "/models/aliased").body
    assert found["aliases"]["challenger"] == 1
    assert [version["version"] for version in found["versions"]] == list(range(9, 0, -1))


@pytest.mark.parametrize("alias", ["Champion", "a b", "9", "x" * 64, "-"])
def test_an_alias_is_a_plain_word(api: Api, alias: str) -> None:
    from urllib.parse import quote

    put_version(ALICE, "plainly", 1)
    assert api("PUT", f"/models/plainly/aliases/{quote(alias)}", {"version": 1}).status == 422
    is_problem(api("PUT", "/models/plainly/aliases/champion", {"version": 2}), 404, "not-found")


# -- who is asking ----------------------------------------------------------------------------------------------------------


def test_a_token_ends_with_its_day(api: Api) -> None:
    from chalicelib import access
    from chalicelib.tables import TokenItem, seconds_ago

    made = access.issue(ALICE, "short", days=1)
    assert access.identify(f"Bearer {made.token}") == access.Caller(ALICE, access.SCOPES)
    item = TokenItem.get("token", access.fingerprint(made.token))
    item.expires_at = seconds_ago(1)
    item.save()
    assert access.identify(f"Bearer {made.token}") is None


def test_a_token_with_one_letter_changed_is_nobodys(api: Api) -> None:
    from chalicelib import access

    token = access.issue(ALICE, "exact").token
    changed = {token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :] for place in range(len(token))}
    assert len(changed) == len(token)
    assert [access.identify(f"Bearer {one}") for one in changed] == [None] * len(token)


def test_the_table_holds_no_token(api: Api) -> None:
    from chalicelib import access
    from chalicelib.tables import TokenItem, TokenListItem

    token = access.issue(BOB, "hidden").token
    rows = [*TokenItem.query("token"), *TokenListItem.query(f"{BOB}#token")]
    assert token not in json.dumps([row.serialize() for row in rows])


def test_a_download_has_a_name_that_a_header_can_carry(api: Api) -> None:
    from chalicelib import artifacts

    url = artifacts.download_url("o/x", 'a"b\r\nSet-Cookie: x=1/../ü.csv')
    assert "%0D" not in url.upper()
    assert "filename%3D%22a_b_Set-Cookie_x_1_.._" in url


# -- answers ----------------------------------------------------------------------------------------------------------------


def test_an_answer_that_cannot_be_sent_is_refused_with_the_way_out(api: Api) -> None:
    from chalicelib.api import routing
    from chalicelib.errors import TooLarge

    asked = routing.Request(None, {}, "01")
    operation = routing.OPERATIONS[0]
    assert routing._answer(operation, asked, {"rows": '"' * 1_000_000}).status_code == operation.status
    with pytest.raises(TooLarge) as refused:
        routing._answer(operation, asked, {"rows": '"' * 3_200_000})
    assert (refused.value.code, refused.value.status) == ("answer-too-large", 413)
    assert "6 MB" in refused.value.message
    assert "download" in str(refused.value.hint)


@pytest.mark.parametrize(("size", "asks"), [(1_000, False), (1_100_000, True)])
def test_only_a_large_object_is_announced_before_it_is_sent(api: Api, size: int, asks: bool) -> None:
    from chalicelib import artifacts, settings

    events, seen = settings.client("s3").meta.events, []

    def look(request: Any, **_: Any) -> None:
        seen.append("Expect" in request.headers)

    events.register_first("before-send.s3.PutObject", look)
    try:
        artifacts.put_json(f"o/{ALICE}/announced", "x" * size)
    finally:
        events.unregister("before-send.s3.PutObject", look)
    assert seen == [asks]
    assert artifacts.read_json(f"o/{ALICE}/announced") == "x" * size
