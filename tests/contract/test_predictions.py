"""The prediction log, traffic and lineage over the API; nobody sees another's."""

import hashlib
import json
import threading
from typing import Any

import pytest

from node_containers.serving import entries, handler, metering
from tests.contract.conftest import BOB, Api
from tests.contract.test_api import TITANIC, is_problem, start


@pytest.fixture
def endpoint(api: Api) -> dict[str, Any]:
    from chalicelib.tables import EndpointItem, ModelItem, VersionItem, now

    words = {
        "sha256": "a",
        "object": "o/x",
        "bytes": 1,
        "estimator": "E",
        "task": "classification",
        "classes": ["0", "1"],
        "metrics": {},
        "signature": {},
    }
    lineage = {"run": "run_1", "workflow": "wf_1", "dataset": "ds_1"}
    VersionItem("usr_alice#model#m", "00000001", version=1, **words, lineage=lineage, created_at=now()).save()
    ModelItem("usr_alice#model", "m", versions=1, aliases={}, updated_at=now()).save()
    words = {"model": "m", "version": 1, "revision": 1, "keys": [], "created_at": now(), "updated_at": now()}
    EndpointItem("usr_alice#endpoint", "logged-abc", name="logged", **words).save()
    return {"id": "logged-abc"}


def asked(day: str, count: int) -> None:
    from chalicelib.tables import PredictionItem

    for place in range(count):
        words = {"inputs": [{"age": place}], "outputs": [{"prediction": "1"}], "version": 1, "latency_ms": float(place + 1)}
        PredictionItem(f"endpoint#logged-abc#{day}", f"{day}T10:00:{place:02}.000#r{place}", **words).save()


def test_the_log_is_read_page_by_page_newest_first(api: Api, endpoint: dict[str, Any]) -> None:
    asked("2026-11-20", 5)
    path = f"/endpoints/{endpoint['id']}/predictions?day=2026-11-20&limit=2"
    first = api("GET", path).body
    second = api("GET", f"{path}&cursor={first['next_cursor']}").body
    assert [one["id"] for one in first["items"] + second["items"]] == ["r4", "r3", "r2", "r1"]
    assert first["items"][0] == {
        "id": "r4",
        "at": "2026-11-20T10:00:04.000",
        "version": 1,
        "latency_ms": 5.0,
        "inputs": [{"age": 4}],
        "outputs": [{"prediction": "1"}],
        "truth": None,
    }
    assert api("GET", f"/endpoints/{endpoint['id']}/predictions").body["items"] == []
    is_problem(api("GET", f"/endpoints/{endpoint['id']}/predictions?day=yesterday"), 422, "field-value")
    is_problem(api("GET", path, user=BOB), 404, "not-found")


def test_traffic_counts_requests_and_latency_by_day(api: Api, endpoint: dict[str, Any]) -> None:
    from chalicelib.tables import now

    asked(now()[:10], 20)
    days = api("GET", f"/endpoints/{endpoint['id']}/traffic?days=3").body["days"]
    assert len(days) == 3
    assert (days[-1]["requests"], days[-1]["p50_ms"], days[-1]["p95_ms"]) == (20, 10.0, 19.0)
    assert days[0]["p50_ms"] is None
    is_problem(api("GET", f"/endpoints/{endpoint['id']}/traffic", user=BOB), 404, "not-found")


def tell(truth: list[dict[str, Any]]) -> list[str]:
    """Send truth with the endpoint's key; the outcomes."""
    headers = {"Content-Type": "application/json", "x-api-key": "fzk_1"}
    path = {"resource": handler.FEEDBACK, "pathParameters": {"endpoint": "logged-abc"}}
    reply = handler.handler({**path, "headers": headers, "body": json.dumps({"truth": truth})})
    assert reply["statusCode"] == 200, reply
    return [one["outcome"] for one in json.loads(reply["body"])["results"]]


def answered(*outputs: dict[str, Any], rows: int | None = None) -> str:
    """A prediction of this moment in the log, as serving leaves it; the id of its request."""
    from chalicelib.tables import PredictionItem

    request = entries.new_id()
    at = entries.asked_at(request).isoformat(timespec="milliseconds")
    words = {"inputs": [{"age": 1}] * len(outputs), "outputs": list(outputs), "rows": rows or len(outputs)}
    PredictionItem(f"endpoint#logged-abc#{at[:10]}", f"{at}#{request}", **words, version=1, latency_ms=1.0).save()
    return request


YES, NO = ({"prediction": name, "probabilities": {"yes": share, "no": 1 - share}} for name, share in (("yes", 0.9), ("no", 0.2)))


def test_accuracy_by_day_of_what_has_turned_out(api: Api, served: str) -> None:
    first, quantity = answered(YES, NO, YES), answered({"prediction": 10.0})
    sent = [{"request_id": first, "row": row, "value": value} for row, value in enumerate(("yes", "no", "no"))]
    before = api("GET", f"/endpoints/{served}/traffic?days=1").body["days"][-1]
    assert tell([*sent, {"request_id": quantity, "value": 13}]) == ["stored"] * 4
    day = api("GET", f"/endpoints/{served}/traffic?days=1").body["days"][-1]
    assert day["truths"] - before["truths"] == 4
    assert (before["accuracy"], before["mean_error"]) == (None, None)
    assert (day["accuracy"], day["mean_error"], day["replaced"]) == (2 / 3, 3.0, 0)
    assert day["rows"] >= 4
    assert tell([{"request_id": first, "row": 2, "value": "yes"}]) == ["replaced"]
    day = api("GET", f"/endpoints/{served}/traffic?days=1").body["days"][-1]
    assert (day["accuracy"], day["replaced"]) == (1.0, 1)
    listed = api("GET", f"/endpoints/{served}/predictions").body["items"]
    assert next(one["truth"] for one in listed if one["id"] == first) == {"0": "yes", "1": "no", "2": "yes"}
    run = start(api)["id"]
    window = {"since": before["day"], "until": f"{before['day']}T23:59:59.999"}
    order = {"run": run, "endpoint": served, **window, "version": None, "limit": 50, "with_truth": True}
    assert {one["id"] for one in log_for(order)["result"]["items"]} == {first, quantity}
    assert log_for({**order, "version": 2})["result"]["items"] == []


def test_nothing_is_lost_where_many_send_truth_of_one_request(api: Api, served: str) -> None:
    from chalicelib.tables import PredictionItem

    request = answered(*[YES] * 12)
    senders = [threading.Thread(target=tell, args=([{"request_id": request, "row": row, "value": "no"}],)) for row in range(12)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    day = entries.asked_at(request)
    entry = PredictionItem.get(f"endpoint#{served}#{day:%Y-%m-%d}", f"{day.isoformat(timespec='milliseconds')}#{request}")
    assert entry.truth == {str(row): "no" for row in range(12)}
    assert entry.score == {"truths": 12, "replaced": 0, "right": 0}


def test_lineage_from_every_end(api: Api, endpoint: dict[str, Any]) -> None:
    for origin in ("dataset:ds_1", "run:run_1", "model:m", "version:m/1", "endpoint:logged-abc"):
        found = api("GET", f"/lineage?of={origin}").body
        assert {one["id"] for one in found["things"]} == {"dataset:ds_1", "run:run_1", "version:m/1", "endpoint:logged-abc"}, origin
        assert len(found["links"]) == 3
    assert api("GET", "/lineage?of=model:m", user=BOB).body == {"things": [], "links": []}


@pytest.fixture
def served(api: Api, endpoint: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """The endpoint behind the serving function itself. The requests of these tests have no rows: refused, and billed like any other."""
    from chalicelib import settings
    from chalicelib.tables import DeploymentItem, ServedItem, now

    api("PUT", "/spending/caps", {})
    for counted in ServedItem.query("endpoint#logged-abc", ServedItem.sk.startswith("served#")):
        counted.delete()
    words = {
        "model": "m",
        "version": 1,
        "object": "o/x",
        "sha256": "a",
        "signature": {},
        "classes": [],
        "revision": 1,
        "deployed_at": now(),
    }
    keys = [hashlib.sha256(b"fzk_1").hexdigest()]
    DeploymentItem(
        "endpoint#logged-abc", endpoint="logged-abc", name="logged", owner="usr_alice", status="live", key_hashes=keys, **words
    ).save()
    monkeypatch.setenv("FLOWZA_SERVING_TABLE", settings.load().serving_table)
    # Only a process's first request is written at once, however slow the machine is.
    monkeypatch.setattr(metering, "FLUSH_SECONDS", 3_600.0)
    forget()
    return str(endpoint["id"])


def forget() -> None:
    """Serve from a new process: nothing is known."""
    handler._deployments.clear()
    handler._meters.clear()


def predict(key: str = "fzk_1") -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/json", "x-api-key": key}
    reply = handler.handler({"pathParameters": {"endpoint": "logged-abc"}, "headers": headers, "body": '{"rows": []}'})
    return reply["statusCode"], json.loads(reply["body"])


def test_a_capped_endpoint_stops_with_the_figure_and_goes_on_where_the_cap_is_lifted(api: Api, served: str) -> None:
    assert [predict()[1]["code"] for _ in range(2)] == ["rows-empty"] * 2
    assert predict("fzk_wrong")[0] == 401
    forget()
    before = api("GET", f"/endpoints/{served}").body["spending"]
    assert (before["requests"], before["cap_usd"], before["stopped"]) == (1, None, False)
    assert before["usd"] > 0.0000037

    assert api("PUT", "/spending/caps", {"endpoints": {served: 0.000001}}).status == 200
    status, body = predict()
    assert (status, body["code"], body["title"]) == (409, "cap-reached", "Prediction refused")
    assert "$1e-06" in body["detail"]
    assert "PUT /api/spending/caps" in body["hint"]
    assert api("GET", f"/endpoints/{served}").body["spending"]["stopped"] is True
    assert predict("fzk_wrong")[0] == 401

    assert api("PUT", "/spending/caps", {}).status == 200
    forget()
    assert predict()[1]["code"] == "rows-empty"
    assert api("GET", f"/endpoints/{served}").body["spending"]["requests"] == 2


def test_a_cap_is_met_by_what_this_process_has_not_written_yet(api: Api, served: str) -> None:
    assert api("PUT", "/spending/caps", {"endpoints": {served: 0.00001}}).status == 200
    codes = [predict()[1]["code"] for _ in range(6)]
    assert codes[0] == "rows-empty"
    assert codes[-1] == "cap-reached"
    assert codes == sorted(codes, reverse=True)


def test_nobody_caps_what_is_not_theirs(api: Api, served: str) -> None:
    is_problem(api("PUT", "/spending/caps", {"endpoints": {served: 0}}, user=BOB), 422, "invalid")
    is_problem(api("PUT", "/spending/caps", {"endpoints": {"nothing-abc": 1}}), 422, "invalid")
    is_problem(api("PUT", "/spending/caps", {"endpoints": {served: -1}}), 422, "field-range")
    assert predict()[1]["code"] == "rows-empty"
    assert api("GET", "/spending").body["caps"]["endpoints"] == {}


def log_for(order: dict[str, Any]) -> dict[str, Any]:
    """What the platform function answers a node."""
    from chalicelib import effects, predictions

    return effects.answered(lambda: predictions.for_run(order))


def pages(run: str, since: str, until: str, version: int | None = None, limit: int = 1_000) -> list[list[str]]:
    """Ids of the log, page by page, as a node reads it through the platform function."""
    found: list[list[str]] = []
    order: dict[str, Any] = {
        "run": run,
        "endpoint": "logged-abc",
        "since": since,
        "until": until,
        "version": version,
        "limit": limit,
        "with_truth": False,
    }
    while order["until"] is not None:
        answer = log_for(order)
        if "error" in answer:
            raise AssertionError(answer["error"])
        found.append([entry["id"] for entry in answer["result"]["items"]])
        order["until"] = answer["result"]["next"]
        order["limit"] = limit - sum(map(len, found))
        if order["limit"] <= 0:
            break
    return found


def test_a_node_reads_the_log_of_its_owners_endpoint_newest_first(
    api: Api, endpoint: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib import predictions

    asked("2026-11-19", 3)
    asked("2026-11-20", 5)
    run = start(api)["id"]
    everything = ["r4", "r3", "r2", "r1", "r0", "r2", "r1", "r0"]
    assert pages(run, "2026-11-18T00:00:00.000", "2026-11-21T00:00:00.000") == [everything]
    assert pages(run, "2026-11-19T10:00:02.000", "2026-11-20T10:00:02.000") == [["r1", "r0", "r2"]]
    assert pages(run, "2026-11-18T00:00:00.000", "2026-11-21T00:00:00.000", limit=2) == [["r4", "r3"]]
    assert pages(run, "2026-11-18T00:00:00.000", "2026-11-21T00:00:00.000", version=2) == [[]]
    # A page ends by its size, and the next goes on behind it, over the border of a day as well.
    monkeypatch.setattr(predictions, "PAGE_CHARACTERS", 250)
    small = pages(run, "2026-11-18T00:00:00.000", "2026-11-21T00:00:00.000")
    assert len(small) > 2
    assert [name for page in small for name in page] == everything


def test_nobody_reads_anothers_log_by_a_run_of_their_own(api: Api, endpoint: dict[str, Any]) -> None:
    bobs = api("POST", "/workflows", TITANIC, user=BOB).body["id"]
    run = api("POST", f"/workflows/{bobs}/runs", {}, user=BOB).body["id"]
    order = {
        "run": run,
        "endpoint": "logged-abc",
        "since": "2026-11-18",
        "until": "2026-11-21",
        "version": None,
        "with_truth": False,
        "limit": 5,
    }
    assert log_for(order)["error"]["code"] == "not-found"
    assert log_for({**order, "run": "run_none"})["error"]["code"] == "not-found"
    mine = {**order, "run": start(api)["id"]}
    for window in ({"since": "never"}, {"since": "2020-01-01"}):
        assert log_for({**mine, **window})["error"]["field"] == "since"


def test_a_drawing_that_names_an_endpoint_is_settled_before_a_run(api: Api, endpoint: dict[str, Any]) -> None:
    drawn = {
        "id": "log",
        "type": "prediction_log",
        "position": {"x": 0, "y": 0},
        "data": {"label": "", "params": {"endpoint": "logged-abc"}},
    }
    document = {"name": "w", "description": "", "nodes": [drawn], "connections": []}
    assert api("POST", "/workflows/check", {"workflow": document}).body["problems"] == []
    [problem] = api("POST", "/workflows/check", {"workflow": document}, user=BOB).body["problems"]
    assert (problem["code"], problem["node"], problem["field"]) == ("endpoint-unknown", "log", "params.endpoint")
    drawn["data"]["params"]["endpoint"] = "logged-abd"  # type: ignore[index]
    [problem] = api("POST", "/workflows/check", {"workflow": document}).body["problems"]
    assert problem["code"] == "endpoint-unknown"
