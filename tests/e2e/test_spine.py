"""From a drawing to a prediction, through the real parts on one origin."""

import io
import json
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest

from infra.local.client import Client, Refused
from tests.conftest import Cloud
from tests.contract.test_golden import STATEMACHINES

TITANIC = json.loads((STATEMACHINES / "titanic.workflow.json").read_text("utf-8"))
DEPLOYED = json.loads((STATEMACHINES / "titanic_deployed.workflow.json").read_text("utf-8"))
ROW = {"class": "1st", "age": 29, "sex": "female"}


def statuses(run: dict[str, Any]) -> dict[str, str]:
    return {node["node"]: node["status"] for node in run["nodes"]}


def test_the_seeds_template_runs_unchanged(cloud: Cloud) -> None:
    assert all(set(connection) == {"source", "target"} for connection in TITANIC["connections"])
    assert all(set(node["data"]) == {"label"} for node in TITANIC["nodes"])
    run = cloud.finish(cloud.client.start(TITANIC, cache=False))
    assert run["status"] == "succeeded", run["error"]
    assert set(statuses(run).values()) == {"succeeded"}
    metrics = next(node["metrics"] for node in run["nodes"] if node["node"] == "evaluate")
    assert metrics["accuracy"] > metrics["baseline_accuracy"] + 0.1
    assert 0 < run["cost_usd"] < 0.001


def test_a_second_run_is_cached_whole_and_executes_nothing(cloud: Cloud) -> None:
    cloud.finish(cloud.client.start(TITANIC))
    run = cloud.client.start(TITANIC)
    assert run["status"] == "succeeded"
    assert set(statuses(run).values()) == {"cached"}
    assert (run["cost_usd"], run["attempt"]) == (0.0, 0)
    detail = cloud.client.call("GET", f"/runs/{run['id']}/nodes/evaluate")
    assert detail["manifest"]["metrics"]["accuracy"] > 0.75
    assert "same data" in detail["node_run"]["reason"]


@pytest.mark.parametrize("name", ["iris_two_models", "digits_preprocessed_twice", "two_projects"])
def test_every_drawing_in_the_showcase_runs(cloud: Cloud, name: str) -> None:
    workflow = json.loads((STATEMACHINES / f"{name}.workflow.json").read_text("utf-8"))
    run = cloud.finish(cloud.client.start(workflow, cache=False))
    assert run["status"] == "succeeded", run["error"]


@pytest.fixture(scope="module")
def endpoint(cloud: Cloud) -> dict[str, Any]:
    run = cloud.finish(cloud.client.start(DEPLOYED))
    assert run["status"] == "succeeded", run["error"]
    found = next(one for one in cloud.client.call("GET", "/endpoints")["items"] if one["name"] == "titanic")
    key = cloud.client.call("POST", f"/endpoints/{found['id']}/keys")["key"]
    time.sleep(2.1)  # serving keeps a deployment record for two seconds
    return {**found, "key": key}


def predict(cloud: Cloud, endpoint: dict[str, Any], row: dict[str, Any], key: str | None = None) -> Any:
    headers = {"x-api-key": key if key is not None else endpoint["key"]}
    return Client(cloud.client.url, None).request("POST", endpoint["url"], {"rows": [row]}, headers)


def test_registered_deployed_and_predicted(cloud: Cloud, endpoint: dict[str, Any]) -> None:
    model = cloud.client.call("GET", "/models/titanic")
    version = model["versions"][0]
    assert version["metrics"]["accuracy"] > 0.75
    assert version["lineage"]["node"] == "register"
    reply = predict(cloud, endpoint, ROW)
    assert reply.status == 200, reply
    assert reply.body["predictions"][0]["probabilities"]["1"] > 0.5
    assert reply.body["logged"] is True
    tried = cloud.client.call("POST", f"/endpoints/{endpoint['id']}/try", {"rows": [ROW]})
    assert tried["predictions"] == reply.body["predictions"]


def test_registrations_at_once_leave_no_gap(cloud: Cloud) -> None:
    runs = []
    for regularisation in (0.1, 0.2, 0.3, 0.4):
        workflow = json.loads(json.dumps(DEPLOYED))
        workflow["nodes"] = [node for node in workflow["nodes"] if node["type"] != "deploy_endpoint"]
        workflow["connections"] = [one for one in workflow["connections"] if one["target"] != "deploy"]
        for node in workflow["nodes"]:
            node["data"]["params"] = {"train_logreg": {"C": regularisation}, "register_model": {"name": "raced"}}.get(node["type"], {})
        runs.append(cloud.client.start(workflow))
    assert {cloud.finish(run)["status"] for run in runs} == {"succeeded"}
    assert [version["version"] for version in cloud.client.call("GET", "/models/raced")["versions"]] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("row", "status", "code"),
    [
        ({"class": "1st"}, 422, "feature-missing"),
        ({**ROW, "cabin": "C"}, 422, "feature-unknown"),
        (dict(reversed(ROW.items())), 200, None),
        ({**ROW, "age": "old"}, 422, "feature-type"),
        ({**ROW, "age": None}, 200, "feature-null"),
        ({**ROW, "class": "crew"}, 200, "unseen-category"),
    ],
    ids=["missing", "extra", "permuted", "text for number", "null", "unseen"],
)
def test_six_documented_outcomes(cloud: Cloud, endpoint: dict[str, Any], row: dict[str, Any], status: int, code: str | None) -> None:
    reply = predict(cloud, endpoint, row)
    assert reply.status == status
    found = reply.body["code"] if status == 422 else next((warning["code"] for warning in reply.body["warnings"]), None)
    assert found == code


def test_an_endpoints_key_opens_nothing_else(cloud: Cloud, endpoint: dict[str, Any]) -> None:
    assert predict(cloud, endpoint, ROW, key="wrong").status == 401
    assert Client(cloud.client.url, endpoint["key"]).request("GET", "/api/workflows").status in (401, 403)
    assert Client(cloud.client.url, None).request("GET", "/api/workflows").status in (401, 403)


def test_a_failing_node_is_named_with_the_way_out(cloud: Cloud) -> None:
    workflow = json.loads(json.dumps(TITANIC))
    workflow["connections"] = [
        {"source": "load_csv", "target": "train_test_split"},
        *[one for one in workflow["connections"] if "clean_data" not in one.values()],
    ]
    workflow["nodes"] = [node for node in workflow["nodes"] if node["id"] != "clean_data"]
    run = cloud.finish(cloud.client.start(workflow))
    assert run["status"] == "failed"
    assert run["error"]["node"] == "train_model"
    assert run["error"]["code"] == "features-need-encoding"
    assert "Preprocess" in run["error"]["hint"]
    assert statuses(run)["evaluate"] == "skipped"
    detail = cloud.client.call("GET", f"/runs/{run['id']}/nodes/train_model")
    assert "failed:" in detail["log"]


def test_the_same_idempotency_key_is_one_run(cloud: Cloud) -> None:
    saved = cloud.client.call("POST", "/workflows", TITANIC)
    ids = {cloud.client.call("POST", f"/workflows/{saved['id']}/runs", {}, {"Idempotency-Key": "once"})["id"] for _ in range(4)}
    assert len(ids) == 1
    assert len(cloud.client.call("GET", f"/runs?workflow={saved['id']}")["items"]) == 1


def slow_workflow() -> dict[str, Any]:
    workflow = json.loads(json.dumps(TITANIC))
    for node in workflow["nodes"]:
        if node["type"] == "train_logreg":
            node["type"], node["data"]["params"] = "train_xgboost", {"n_estimators": 10_000, "max_depth": 12}
    return dict(workflow)


def test_cancel_stops_the_run_at_once_and_the_work_soon(cloud: Cloud) -> None:
    run = cloud.client.start(slow_workflow(), cache=False)
    deadline = time.monotonic() + 60
    while statuses(run)["train_model"] != "running" and time.monotonic() < deadline:
        time.sleep(0.05)
        run = cloud.client.call("GET", f"/runs/{run['id']}")
    assert cloud.client.call("POST", f"/runs/{run['id']}/cancel")["status"] == "stopped"
    later = cloud.finish(run)
    assert later["status"] == "stopped"
    assert statuses(later)["train_model"] == "stopped"
    assert statuses(later)["evaluate"] == "stopped"


# -- datasets ---------------------------------------------------------------------------------------------------------------


def upload(cloud: Cloud, tmp_path: Path, data: bytes, name: str = "people.csv") -> dict[str, Any]:
    path = tmp_path / name
    path.write_bytes(data)
    dataset = cloud.client.upload(path, "people")
    deadline = time.monotonic() + 60
    while dataset["status"] == "profiling" and time.monotonic() < deadline:
        time.sleep(0.05)
        dataset = cloud.client.call("GET", f"/datasets/{dataset['id']}")
    return dataset


def test_an_upload_is_profiled_and_can_be_learned_from(cloud: Cloud, tmp_path: Path) -> None:
    rows = "\n".join(f"{i % 50},{'NA' if i % 3 else 'DE'},0050{i % 9},{int(i % 50 > 25)}" for i in range(300))
    dataset = upload(cloud, tmp_path, f"age,country,code,bought\n{rows}\n".encode())
    assert (dataset["status"], dataset["rows"]) == ("ready", 300), dataset
    assert [column["type"] for column in dataset["columns"]] == ["integer", "text", "text", "integer"]
    profile = dataset["profile"]
    assert profile["columns"][0]["histogram"]["counts"]
    assert {one["value"] for one in profile["columns"][1]["top"]} == {"NA", "DE"}
    with urllib.request.urlopen(dataset["table"], timeout=60) as reply:  # noqa: S310 loopback
        looked_at = pq.read_table(io.BytesIO(reply.read()))
    assert looked_at.column("age").to_pylist() == [i % 50 for i in range(300)]
    assert looked_at.column("country").to_pylist()[:3] == ["DE", "NA", "NA"]

    workflow = json.loads(json.dumps(TITANIC))
    workflow["nodes"][0]["data"]["params"] = {"dataset": dataset["id"]}
    with pytest.raises(Refused) as asked:
        cloud.client.start(workflow)
    assert [error["code"] for error in asked.value.reply.body["errors"]] == ["target-missing"]
    assert "bought" in asked.value.reply.body["hint"]
    run = cloud.finish(cloud.client.start(workflow, answers={"target": "bought"}))
    assert run["status"] == "succeeded", run["error"]
    cloud.client.call("PUT", f"/datasets/{dataset['id']}/target", {"target": "bought"})
    assert cloud.finish(cloud.client.start(workflow))["status"] == "succeeded"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html>", "data-not-csv"),
        (b"a,b\n1,2,3\n4,5,6\n", "data-header-mismatch"),
        ("a\né\n".encode("latin-1"), "data-encoding"),
        (b"a,b\n", "data-no-rows"),
    ],
    ids=["html", "shifted", "latin-1", "no rows"],
)
def test_a_bad_upload_is_refused_with_the_place(cloud: Cloud, tmp_path: Path, data: bytes, code: str) -> None:
    dataset = upload(cloud, tmp_path, data)
    assert (dataset["status"], dataset["error"]["code"]) == ("refused", code)
    assert dataset["error"]["hint"]
    with pytest.raises(Refused):
        cloud.client.start({"name": "x", "nodes": [{"id": "a", "type": "csv_loader", "data": {"params": {"dataset": dataset["id"]}}}]})


def test_a_presigned_address_takes_what_was_announced_and_nothing_else(cloud: Cloud) -> None:
    made = cloud.client.call("POST", "/datasets", {"name": "d", "filename": "d.csv", "bytes": 8})
    target = urlsplit(made["upload"]["url"])
    anyone = Client(cloud.client.url, None)
    path = f"{target.path}?{target.query}"
    assert anyone.request("PUT", path, b"a,b\n1,2\n,,", {"Content-Type": ""}).status == 403
    assert anyone.request("PUT", path.replace("content?", "other?"), b"a,b\n1,2\n", {"Content-Type": ""}).status == 403
    assert anyone.request("GET", path).status == 403
    assert anyone.request("GET", target.path).status == 403
    assert anyone.request("PUT", path, b"a,b\n1,2\n", {"Content-Type": ""}).status == 200


def test_an_artifact_can_be_downloaded(cloud: Cloud) -> None:
    run = cloud.finish(cloud.client.start(TITANIC))
    url = cloud.client.call("GET", f"/runs/{run['id']}/nodes/train_test_split")["downloads"]["test"]
    parts = urlsplit(url)
    reply = Client(cloud.client.url, None).request("GET", f"{parts.path}?{parts.query}")
    assert reply.status == 200
    assert reply.body[:4] == b"PAR1"


# -- the one origin ---------------------------------------------------------------------------------------------------------


def test_the_page_signs_the_browser_in_and_carries_a_strict_policy(cloud: Cloud) -> None:
    anyone = Client(cloud.client.url, None)
    page = anyone.request("GET", "/")
    assert page.status == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert anyone.request("GET", "/api/me", headers={"Cookie": cookie.split(";")[0]}).body["local"] is True
    assert anyone.request("GET", "/api/me", headers={"Cookie": "flowza_session=wrong"}).status in (401, 403)


def test_other_hosts_and_other_pages_are_refused(cloud: Cloud) -> None:
    assert cloud.client.request("GET", "/", headers={"Host": "evil.test"}).status == 421
    assert cloud.client.request("GET", "/api/me", headers={"Host": "evil.test"}).status == 421
    assert cloud.client.request("POST", "/api/workflows", TITANIC, headers={"Origin": "http://evil.test"}).status == 403


def test_a_body_over_the_limit_is_refused_by_name(cloud: Cloud) -> None:
    reply = cloud.client.request("POST", "/api/workflows", b"x" * 3_000_001)
    assert (reply.status, reply.body["code"]) == (413, "too-large")


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fapp.py", "//etc/passwd"])
def test_the_canvas_serves_its_own_files_only(cloud: Cloud, path: str) -> None:
    reply = cloud.client.request("GET", path)
    assert b"root:" not in reply.body
    assert b"Chalice" not in reply.body


def drawn(name: str, nodes: list[tuple[str, str, dict[str, Any]]], wires: list[tuple[str, str, str, str]]) -> dict[str, Any]:
    """A drawing of nodes (id, type, params) and wires (from node and port, to node and port)."""
    return {
        "name": name,
        "description": "",
        "nodes": [
            {"id": one, "type": kind, "position": {"x": 0, "y": 0}, "data": {"label": "", "params": params}} for one, kind, params in nodes
        ],
        "connections": [dict(zip(("source", "sourceHandle", "target", "targetHandle"), wire, strict=True)) for wire in wires],
    }


def test_what_an_endpoint_was_asked_is_a_table_and_its_drift_is_seen(cloud: Cloud, endpoint: dict[str, Any]) -> None:
    rows = [{"class": "1st", "age": 20 + place % 40, "sex": ("female", "male")[place % 2]} for place in range(240)]
    said = []
    for start in range(0, len(rows), 80):
        reply = Client(cloud.client.url, None).request(
            "POST", endpoint["url"], {"rows": rows[start : start + 80]}, {"x-api-key": endpoint["key"]}
        )
        said += [one["prediction"] for one in reply.body["predictions"]]
    nodes = [
        ("log", "prediction_log", {"endpoint": "titanic", "row_limit": len(rows)}),
        ("people", "sample_dataset", {"name": "titanic"}),
        ("drift", "drift_report", {"columns": ["class", "sex"]}),
        ("count", "group_aggregate", {"by": ["class", "predicted"], "aggs": {"request_id": ["count"]}}),
    ]
    wires = [("people", "table", "drift", "reference"), ("log", "table", "drift", "current"), ("log", "table", "count", "table")]
    workflow = drawn("Live rows", nodes, wires)
    run = cloud.finish(cloud.client.start(workflow))
    assert run["status"] == "succeeded", run
    shown = cloud.client.call("GET", f"/runs/{run['id']}/nodes/log")["previews"]["table"]
    assert shown["row_count"] == len(rows)
    names = [column["name"] for column in shown["columns"]]
    found = [dict(zip(names, row, strict=True)) for row in shown["rows"]]
    assert [{name: row[name] for name in rows[0]} for row in found] == rows[: len(found)]
    assert [row["predicted"] for row in found] == said[: len(found)]
    assert [column["type"] for column in shown["columns"] if column["name"] == "age"] == ["number"]
    metrics = next(node["metrics"] for node in run["nodes"] if node["node"] == "drift")
    assert metrics["drifted_columns"] == 1.0, "every row was of the first class; of the sexes there were as many as ever"
    counted = cloud.client.call("GET", f"/runs/{run['id']}/nodes/count")["previews"]["table"]
    assert {row[1]: row[2] for row in counted["rows"]} == {answer: said.count(answer) for answer in set(said)}
    again = cloud.client.call("POST", "/workflows/plan", {"workflow": workflow})
    assert {node["id"]: node["cached"] for node in again["nodes"]} == {"people": True, "log": False, "drift": False, "count": False}


def test_what_turned_out_to_be_true_is_drawn_as_accuracy_over_time(cloud: Cloud, endpoint: dict[str, Any]) -> None:
    """Predict, say what was true, and read accuracy by day from the log with nodes that are there for other things."""
    anyone, key = Client(cloud.client.url, None), {"x-api-key": endpoint["key"]}
    rows = [{"class": "2nd", "age": 61 + place % 7, "sex": ("female", "male")[place % 2]} for place in range(40)]
    asked = anyone.request("POST", endpoint["url"], {"rows": rows}, key).body
    said = [one["prediction"] for one in asked["predictions"]]
    # Of every four answers one is wrong; of the last four nothing is known.
    turned = [one if place % 4 else str(1 - int(one)) for place, one in enumerate(said)][:36]
    truth = [{"request_id": asked["request_id"], "row": row, "value": value} for row, value in enumerate(turned)]
    told = anyone.request("POST", f"{endpoint['url']}/feedback", {"truth": truth}, key)
    assert (told.status, told.body["counts"]["stored"]) == (200, 36)
    assert anyone.request("POST", f"{endpoint['url']}/feedback", {"truth": truth}, key).body["counts"]["unchanged"] == 36
    assert anyone.request("POST", f"{endpoint['url']}/feedback", {"truth": truth}).status == 401
    assert anyone.request("POST", f"{endpoint['url']}/elsewhere", {"truth": truth}, key).status == 404
    nodes = [
        ("log", "prediction_log", {"endpoint": "titanic", "joined_with_truth": True, "only_with_truth": True}),
        ("right", "formula", {"name": "right", "expr": "1 if predicted == truth else 0", "dtype": "number"}),
        ("line", "chart", {"kind": "line", "x": "time", "y": "right", "agg": "mean"}),
        ("day", "date_parts", {"column": "time", "parts": ["month", "day"]}),
        ("accuracy", "group_aggregate", {"by": ["time_month", "time_day"], "aggs": {"right": ["mean"], "request_id": ["count"]}}),
    ]
    wires = [
        (source, "table", target, "table")
        for source, target in (("log", "right"), ("right", "line"), ("right", "day"), ("day", "accuracy"))
    ]
    run = cloud.finish(cloud.client.start(drawn("Accuracy over time", nodes, wires)))
    assert run["status"] == "succeeded", run
    found = cloud.client.call("GET", f"/runs/{run['id']}/nodes/accuracy")["previews"]["table"]
    assert [row[2:] for row in found["rows"]] == [[0.75, 36]]
    [line] = cloud.client.call("GET", f"/runs/{run['id']}/nodes/line")["manifest"]["charts"]
    assert "0.75" in json.dumps(line)
    day = cloud.client.call("GET", f"/endpoints/{endpoint['id']}/traffic?days=1")["days"][0]
    assert (day["truths"], day["accuracy"]) == (36, 0.75)
