"""Effects happen once, versions are gapless, and what a run's nodes say becomes its status."""

import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.contract.conftest import ALICE, BOB, Api
from tests.contract.test_api import is_problem, start

CATALOG = json.loads((Path(__file__).parents[2] / "chalicelib" / "catalog.json").read_text("utf-8"))
MODEL = {
    "object": "o/usr_alice/artifacts/x/model.joblib",
    "bytes": 10,
    "estimator": "LogisticRegression",
    "task": "classification",
    "target": "y",
    "classes": ["0", "1"],
    "signature": {"features": [], "ignored": [], "target": {"name": "y", "type": "integer"}},
    "libraries": {"scikit-learn": "1"},
}


def register(run: str, node: str, name: str, sha256: str, **more: Any) -> dict[str, Any]:
    from chalicelib import effects

    payload = {
        "name": name,
        "description": "",
        "alias": "champion",
        "key": "k",
        "model": {**MODEL, "sha256": sha256},
        "metrics": {"accuracy": 0.8},
        **more,
    }
    return effects.apply({"kind": "register_model", "run": run, "node": node, "payload": payload})


def test_a_repeated_effect_gives_the_first_answer(api: Api) -> None:
    run = start(api)["id"]
    assert [register(run, "r", "twice", "a" * 64) for _ in range(3)] == [{"result": {"name": "twice", "version": 1}}] * 3
    assert len(api("GET", "/models/twice").body["versions"]) == 1


def test_tags_and_notes_go_with_the_version_and_can_be_added_by_registering_it_again(api: Api) -> None:
    runs = [start(api)["id"] for _ in range(4)]
    register(runs[0], "r", "tagged", "a" * 64, tags={"team": "risk", "stage": "draft"}, description="first")
    register(runs[1], "r", "tagged", "a" * 64, tags={"stage": "final"})
    register(runs[2], "r", "tagged", "b" * 64, tags={"team": "sales"})
    found = api("GET", "/models/tagged").body["versions"]
    assert [(one["version"], one["tags"], one["description"]) for one in found] == [
        (2, {"team": "sales"}, None),
        (1, {"team": "risk", "stage": "final"}, "first"),
    ]
    listed = next(one for one in api("GET", "/models").body["items"] if one["name"] == "tagged")
    assert listed["tags"] == {"team": "sales"}
    register(runs[3], "r", "tagged", "a" * 64, description="second")
    assert api("GET", "/models/tagged").body["versions"][1]["description"] == "second"
    assert api("GET", "/models/tagged").body["versions"][1]["tags"] == {"team": "risk", "stage": "final"}


def edit(api: Api, version: int, seen: int, body: dict[str, Any], model: str = "edited", **words: Any) -> Any:
    return api("PATCH", f"/models/{model}/versions/{version}", body, headers={"If-Match": f'"{seen}"'}, **words)


def test_notes_and_tags_are_edited_and_nobodys_change_is_lost(api: Api) -> None:
    runs = [start(api)["id"] for _ in range(4)]
    register(runs[0], "r", "edited", "a" * 64, tags={"team": "risk"}, description="first")
    register(runs[1], "r", "edited", "b" * 64)
    reply = edit(api, 2, 1, {"tags": {"team": "sales"}, "description": "better"})
    assert (reply.status, reply.headers["etag"]) == (200, '"2"')
    assert (reply.body["tags"], reply.body["description"], reply.body["revision"]) == ({"team": "sales"}, "better", 2)
    late = edit(api, 2, 1, {"description": "mine"})
    is_problem(late, 409, "revision-conflict")
    assert late.body["current"] == {"revision": 2, "description": "better", "tags": {"team": "sales"}}
    # What is left out stays, and what is emptied is gone.
    assert edit(api, 2, 2, {"description": ""}).body["description"] is None
    assert edit(api, 2, 3, {"tags": {}, "description": "again"}).body["tags"] == {}
    listed = next(one for one in api("GET", "/models").body["items"] if one["name"] == "edited")
    assert listed["tags"] == {}, "the list shows those of the last version"
    assert edit(api, 1, 1, {"tags": {"team": "old"}}).status == 200
    assert next(one for one in api("GET", "/models").body["items"] if one["name"] == "edited")["tags"] == {}
    # Registered again, a version is the last one; a registration counts as a change.
    register(runs[2], "r", "edited", "a" * 64, tags={"stage": "final"})
    is_problem(edit(api, 1, 2, {"description": "late"}), 409, "revision-conflict")
    assert edit(api, 1, 3, {"tags": {"team": "new"}}).status == 200
    assert next(one for one in api("GET", "/models").body["items"] if one["name"] == "edited")["tags"] == {"team": "new"}
    assert api("GET", "/models/edited").body["aliases"] == {"champion": 1}


def test_what_is_no_note_of_mine_is_refused(api: Api) -> None:
    register(start(api)["id"], "r", "kept", "a" * 64, tags={"team": "risk"})
    is_problem(edit(api, 1, 1, {"description": "x" * 1_001}, "kept"), 422, "field-value")
    is_problem(edit(api, 1, 1, {"tags": {"Team": "x"}}, "kept"), 422, "field-value")
    is_problem(edit(api, 1, 1, {"tags": {"team": ""}}, "kept"), 422, "field-value")
    is_problem(edit(api, 1, 1, {"tags": {f"k{place}": "x" for place in range(21)}}, "kept"), 422, "field-value")
    is_problem(edit(api, 1, 1, {"sha256": "b" * 64}, "kept"), 422, "field-unknown")
    is_problem(api("PATCH", "/models/kept/versions/1", {"tags": {}}), 400, "if-match-missing")
    is_problem(edit(api, 1, 1, {"tags": {}}, "kept", user=BOB), 404, "not-found")
    for version in ("2", "0", "-1", "x", "\u0661", "9" * 9):
        is_problem(api("PATCH", f"/models/kept/versions/{quote(version)}", {}, headers={"If-Match": '"1"'}), 404, "not-found")
    assert api("GET", "/models/kept").body["versions"][0]["tags"] == {"team": "risk"}


def test_of_many_who_edit_at_once_one_wins_and_the_others_are_told(api: Api) -> None:
    from chalicelib import registry
    from chalicelib.errors import RevisionConflict

    register(start(api)["id"], "r", "raced", "a" * 64)
    outcomes: list[str] = []

    def work(place: int) -> None:
        try:
            registry.edit(ALICE, "raced", 1, 1, {"description": str(place)})
            outcomes.append("won")
        except RevisionConflict:
            outcomes.append("told")

    editors = [threading.Thread(target=work, args=(place,)) for place in range(6)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    assert sorted(outcomes) == ["told"] * 5 + ["won"]
    assert api("GET", "/models/raced").body["versions"][0]["revision"] == 2


def test_the_api_takes_the_notes_and_tags_that_the_node_takes() -> None:
    from chalicelib.api.models import NotesOrder

    node = next(one for one in CATALOG["nodes"] if one["type"] == "register_model")["params"]["properties"]
    body = NotesOrder.model_json_schema()["properties"]
    [tags] = [one for one in body["tags"]["anyOf"] if one["type"] == "object"]
    [description] = [one for one in body["description"]["anyOf"] if one["type"] == "string"]
    assert description["maxLength"] == node["description"]["maxLength"]
    rules = ("additionalProperties", "patternProperties", "propertyNames", "maxProperties")
    assert {name: tags[name] for name in rules if name in tags} == {name: node["tags"][name] for name in rules if name in node["tags"]}
    assert "maxProperties" in tags


def listed(api: Api, query: str, limit: int = 200) -> list[str]:
    """Names of the models that are found, over all pages."""
    names: list[str] = []
    cursor = ""
    while True:
        page = api("GET", f"/models?limit={limit}&{query}{cursor}").body
        assert len(page["items"]) <= limit
        names += [one["name"] for one in page["items"]]
        if page["next_cursor"] is None:
            return names
        cursor = f"&cursor={page['next_cursor']}"


@pytest.fixture
def many(api: Api) -> None:
    from chalicelib.tables import ModelItem, now

    for place in range(60):
        tags = {"team": ("found-risk", "found-sales")[place % 2], "nth": str(place), 'odd"team': "x"}
        ModelItem("usr_alice#model", f"found-{place:02}", versions=1, aliases={}, tags=tags, updated_at=now()).save()


@pytest.mark.usefixtures("many")
def test_models_are_searched_over_all_pages(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import registry

    risk = [f"found-{place:02}" for place in range(0, 60, 2)]
    for limit in (1, 7, 30, 200):
        assert listed(api, "tag=team:found-risk", limit) == risk
    assert listed(api, "tag=team:found-risk&search=FOUND-1", 2) == [f"found-1{place}" for place in (0, 2, 4, 6, 8)]
    assert listed(api, "search=nth%3D59") == ["found-59"]
    assert listed(api, "search=Team%3DFound-S", 9) == [f"found-{place:02}" for place in range(1, 60, 2)]
    assert listed(api, "tag=team:found") == []
    assert listed(api, "tag=team:x") == []
    assert listed(api, "search=%20%20", 11) == listed(api, "")
    assert {*risk} <= {*listed(api, "", 13)}
    monkeypatch.setattr(registry, "MOST_LOOKED_AT", 4)
    assert listed(api, "tag=team:found-risk", 3) == risk
    for wrong in ("tag=team", "tag=:risk", "tag=team:", "search=" + "x" * 201):
        is_problem(api("GET", f"/models?{wrong}"), 422, "field-value")
    cursor = api("GET", "/models?limit=1").body["next_cursor"]
    is_problem(api("GET", f"/models?tag=team:x&cursor={cursor}", user=BOB), 400, "page-token-invalid")
    assert api("GET", "/models?tag=team:found-risk", user=BOB).body == {"items": [], "next_cursor": None}


def test_the_same_model_again_is_the_same_version_and_another_is_the_next(api: Api) -> None:
    from chalicelib import settings

    runs = [start(api)["id"] for _ in range(3)]
    versions = [register(run, "r", "counted", sha * 64)["result"]["version"] for run, sha in zip(runs, "aab", strict=True)]
    assert versions == [1, 1, 2]
    found = api("GET", "/models/counted").body
    assert [version["version"] for version in found["versions"]] == [2, 1]
    assert found["aliases"] == {"champion": 2}
    lineage = found["versions"][0]["lineage"]
    assert (lineage["run"], lineage["environment"]) == (runs[2], settings.load().environment)


def test_a_deployment_keeps_its_address_and_its_keys(api: Api) -> None:
    run = start(api)["id"]
    register(run, "r1", "served", "c" * 64)
    register(run, "r2", "served", "d" * 64)
    first = api("POST", "/endpoints", {"name": "live", "model": "served", "version": 1}).body
    key = api("POST", f"/endpoints/{first['id']}/keys").body
    second = api("POST", "/endpoints", {"name": "live", "model": "served", "version": 2}).body
    assert (second["id"], second["version"], second["revision"]) == (first["id"], 2, 2)
    assert [one["prefix"] for one in second["keys"]] == [key["prefix"]]
    from chalicelib.tables import DeploymentItem

    item = DeploymentItem.get(f"endpoint#{first['id']}", "deployment")
    assert (int(item.version), item.sha256, item.status) == (2, "d" * 64, "live")
    assert key["key"] not in str(item.key_hashes)
    assert api("DELETE", f"/endpoints/{first['id']}").status == 204
    assert DeploymentItem.get(f"endpoint#{first['id']}", "deployment").status == "deleted"


def test_an_unknown_model_cannot_be_deployed(api: Api) -> None:
    assert api("POST", "/endpoints", {"name": "live", "model": "nothing", "version": 1}).status == 404


def say(run: str, **statuses: str) -> None:
    from chalicelib.tables import NodeRunItem

    for node, status in statuses.items():
        item = NodeRunItem.get(f"run#{run}", f"node#{node}")
        item.status = status
        item.billed_ms, item.memory_mb = 100, 2048
        item.error = {"code": "x", "message": f"{node} broke", "field": None, "hint": None} if status == "failed" else None
        item.save()


def billed(run: str, milliseconds: float | None) -> None:
    """Write down an invocation as the runtime does; None for one that never said its end."""
    from chalicelib.tables import BillItem, new_id, now

    BillItem(f"run#{run}", f"bill#{new_id('b')}", stage="s1", started_at=now(), memory_mb=2048, billed_ms=milliseconds).save()


ALL = ("load_csv", "clean_data", "train_test_split", "train_model", "evaluate")


def test_all_nodes_succeeded_is_a_run_that_succeeded(api: Api) -> None:
    from chalicelib import closing

    run = start(api)["id"]
    say(run, **dict.fromkeys(ALL, "succeeded"))
    billed(run, 500)
    closing.close(run, "SUCCEEDED")
    found = api("GET", f"/runs/{run}").body
    assert (found["status"], found["error"]) == ("succeeded", None)
    # one invocation of 500 ms in 2 GB, one request, two transitions
    assert found["cost_usd"] == pytest.approx(0.5 * 2 * 0.0000166667 + 0.0000002 + 2 * 0.000025, abs=1e-8)
    assert sum(line["usd"] for line in found["ledger"]) == pytest.approx(found["cost_usd"], abs=1e-7)


def test_a_failed_node_names_the_run_and_those_behind_it_wait(api: Api) -> None:
    from chalicelib import closing

    run = start(api)["id"]
    say(run, load_csv="succeeded", clean_data="failed")
    closing.close(run, "FAILED")
    found = api("GET", f"/runs/{run}").body
    assert (found["status"], found["error"]["node"], found["error"]["message"]) == ("failed", "clean_data", "clean_data broke")
    assert {node["node"]: node["status"] for node in found["nodes"]} == {
        "load_csv": "succeeded",
        "clean_data": "failed",
        "train_test_split": "skipped",
        "train_model": "skipped",
        "evaluate": "skipped",
    }
    assert next(node["reason"] for node in found["nodes"] if node["node"] == "evaluate") == "waiting for clean_data"


def test_an_execution_that_vanished_is_replaced_and_a_final_run_is_not(api: Api) -> None:
    from chalicelib import closing

    run = start(api)["id"]
    closing.close(run, "FAILED")
    found = api("GET", f"/runs/{run}").body
    assert (found["status"], found["attempt"]) == ("running", 2)
    say(run, **dict.fromkeys(ALL, "succeeded"))
    closing.close(run, "SUCCEEDED")
    closing.close(run, "FAILED")
    assert api("GET", f"/runs/{run}").body["status"] == "succeeded"


def test_a_run_that_never_gets_anywhere_ends(api: Api) -> None:
    from chalicelib import closing

    run = start(api)["id"]
    for _ in range(closing.MAX_ATTEMPTS + 1):
        closing.close(run, "FAILED", "no permission")
    found = api("GET", f"/runs/{run}").body
    assert (found["status"], found["error"]["code"]) == ("failed", "execution-failed")


def test_a_late_event_of_an_older_attempt_closes_nothing(api: Api) -> None:
    from chalicelib import closing
    from chalicelib.tables import RunItem

    run = start(api)["id"]
    old = RunItem.get(f"run#{run}", "run").execution_arn
    closing.close(run, "FAILED")
    closing.record_event({"status": "ABORTED", "name": run, "executionArn": old, "input": "{}"})
    assert api("GET", f"/runs/{run}").body["status"] == "running"


def test_the_owner_of_an_effect_is_that_of_the_run(api: Api) -> None:
    from chalicelib import effects

    register(start(api)["id"], "r", "owned", "b" * 64)
    assert api("GET", "/models/owned", user=ALICE).status == 200
    assert api("GET", "/models/owned", user=BOB).status == 404
    unknown = effects.apply({"kind": "register_model", "run": "run_x", "node": "n", "payload": {}})
    assert unknown["error"]["code"] == "not-found"


def test_a_clock_that_jumps_back_makes_no_time_negative(api: Api) -> None:
    from chalicelib import closing
    from chalicelib.tables import BillItem, RunItem

    run = start(api)["id"]
    say(run, **dict.fromkeys(ALL, "succeeded"))
    RunItem.get(f"run#{run}", "run").update([RunItem.created_at.set("2126-01-01T00:00:00.000Z")])
    BillItem(f"run#{run}", "bill#late", stage="s1", started_at="2126-01-01T00:00:00.000Z", memory_mb=2048).save()
    closing.close(run, "SUCCEEDED")
    found = api("GET", f"/runs/{run}").body
    assert found["seconds"] == 0
    assert 0 < found["cost_usd"] < 0.001


def test_a_price_table_with_a_missing_entry_makes_the_amount_unknown_and_never_zero(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib import closing, settings

    table = tmp_path / "prices.json"
    table.write_text(json.dumps({"as_of": "2026-01-01", "region": "x", "lambda_gb_second": "0.1", "state_transition": "0.1"}))
    run = start(api)["id"]
    say(run, **dict.fromkeys(ALL, "succeeded"))
    billed(run, 500)
    monkeypatch.setenv("FLOWZA_PRICES", str(table))
    settings.load.cache_clear()
    try:
        closing.close(run, "SUCCEEDED")
        found = api("GET", f"/runs/{run}").body
    finally:
        monkeypatch.undo()
        settings.load.cache_clear()
    assert (found["status"], found["cost_usd"]) == ("succeeded", None)
    assert [line["unit"] for line in found["ledger"]] == ["lambda_request"]


def test_a_process_that_ends_itself_on_every_size_twice_is_its_nodes_failure(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import closing, executions

    run = start(api)["id"]
    say(run, load_csv="running")
    monkeypatch.setattr(executions, "death", lambda _: executions.Death("node-exited", "exit status 3", None))
    closing.close(run, "FAILED")
    again = api("GET", f"/runs/{run}").body
    assert (again["status"], again["attempt"]) == ("running", 2)
    closing.close(run, "FAILED")
    found = api("GET", f"/runs/{run}").body
    assert (found["status"], found["error"]["code"], found["error"]["node"]) == ("failed", "node-exited", "load_csv")


def test_a_saved_file_becomes_one_dataset_whatever_is_retried(api: Api) -> None:
    from chalicelib import artifacts, effects, settings

    run = start(api)["id"]
    place = f"o/{ALICE}/artifacts/k/rows.parquet"
    settings.client("s3").put_object(Bucket=settings.load().bucket, Key=place, Body=b"PAR1")
    payload = {"name": "Scored", "filename": "Scored.parquet", "object": place, "sha256": "0" * 64, "bytes": 4}
    order = {"kind": "save_dataset", "run": run, "node": "s", "payload": payload}
    first, again = effects.apply(order), effects.apply(order)
    assert first == again
    found = api("GET", f"/datasets/{first['result']['dataset']}").body
    assert (found["name"], found["status"], found["bytes"]) == ("Scored", "profiling", 4)
    assert artifacts.read(artifacts.dataset_object(ALICE, found["id"])) == b"PAR1"
    stranger = effects.apply({**order, "node": "t", "payload": {**payload, "object": "o/usr_bob/artifacts/k/rows.parquet"}})
    assert stranger["error"]["code"] == "not-found"


def test_a_registered_model_is_named_by_alias_version_or_neither(api: Api) -> None:
    from chalicelib import registry

    run = start(api)["id"]
    register(run, "one", "named", "1" * 64)
    register(run, "two", "named", "2" * 64)
    wanted = {("named", which) for which in ("version", "version 1", "alias champion", "version 9", "alias nobody")} | {
        ("nobody", "version")
    }
    found = registry.facts(ALICE, wanted)
    assert {which: facts.version for (_, which), facts in found.items()} == {"version": 2, "version 1": 1, "alias champion": 2}
    assert found["named", "version 1"].sha256 == "1" * 64
    node = {
        "id": "m",
        "type": "registered_model",
        "position": {"x": 0, "y": 0},
        "data": {"label": "", "params": {"name": "named", "version": 1}},
    }
    drawn = {"name": "w", "description": "", "nodes": [node], "connections": []}
    plain = api("POST", "/workflows/check", {"workflow": drawn}).body
    assert plain["problems"] == []
    node["data"] = {"label": "", "params": {"name": "namd"}}
    assert [(one["code"], "named" in one["hint"]) for one in api("POST", "/workflows/check", {"workflow": drawn}).body["problems"]] == [
        ("model-unknown", True)
    ]
