"""A dataset from its announcement to its profile, and what becomes of a profile that is never reported."""

from typing import Any

import pytest

from tests.contract.conftest import ALICE, BOB, Api
from tests.contract.test_api import TITANIC, is_problem, saved

CONTENT = b"a,b\n1,2\n3,4\n"


def uploaded(api: Api, content: bytes = CONTENT, name: str = "d") -> str:
    """Announce a dataset and put its file where the address points to."""
    from chalicelib import artifacts, settings

    made = api("POST", "/datasets", {"name": name, "filename": "d.csv", "bytes": len(content)}).body
    dataset: str = made["dataset"]["id"]
    place = artifacts.dataset_object(ALICE, dataset)
    settings.client("s3").put_object(Bucket=settings.load().bucket, Key=place, Body=content)
    return dataset


def report(dataset: str, error: dict[str, Any] | None = None, names: tuple[str, ...] = ("a", "Target")) -> dict[str, Any]:
    from chalicelib import effects

    columns = [{"name": name, "type": "integer"} for name in names]
    found = {
        "sha256": "f" * 64,
        "bytes": 12,
        "rows": 2,
        "columns": [] if error else columns,
        "target": None,
        "warnings": [],
        "error": error,
    }
    payload = {"owner": ALICE, "dataset": dataset, **found}
    return effects.apply({"kind": "profile_dataset", "run": dataset, "node": "profile", "payload": payload})


def age(dataset: str, seconds: float) -> None:
    """Let the order of a profile be so old."""
    from chalicelib.tables import ProfilingItem, seconds_ago

    order = ProfilingItem.get("profiling", dataset)
    order.ordered_at = seconds_ago(seconds)
    order.save()


def test_an_uploaded_file_is_profiled_and_its_target_guessed(api: Api) -> None:
    from chalicelib import artifacts

    dataset = uploaded(api)
    for _ in range(2):
        assert (found := api("POST", f"/datasets/{dataset}/complete")).status == 202
        assert found.body["status"] == "profiling"
    artifacts.put_json(artifacts.profile_object(ALICE, dataset), {"version": 1, "rows": 2})
    assert report(dataset) == report(dataset) == {"result": {}}
    ready = api("GET", f"/datasets/{dataset}").body
    assert (ready["status"], ready["rows"], ready["target"], ready["profile"]["rows"]) == ("ready", 2, "Target", 2)
    is_problem(api("PUT", f"/datasets/{dataset}/target", {"target": "targett"}), 422, "invalid")
    assert api("PUT", f"/datasets/{dataset}/target", {"target": "a"}).body["target"] == "a"
    assert api("PUT", f"/datasets/{dataset}/target", {"target": None}).body["target"] is None


def test_a_refused_file_says_where_it_is_wrong(api: Api) -> None:
    dataset = uploaded(api)
    api("POST", f"/datasets/{dataset}/complete")
    report(dataset, {"code": "csv-ragged", "message": "Line 3 has 4 cells.", "field": None, "hint": "Mend the line."})
    refused = api("GET", f"/datasets/{dataset}").body
    assert (refused["status"], refused["error"]["message"], refused["profile"]) == ("refused", "Line 3 has 4 cells.", None)


def test_half_an_upload_is_not_taken(api: Api) -> None:
    from chalicelib import artifacts, settings

    made = api("POST", "/datasets", {"name": "d", "filename": "d.csv", "bytes": 100}).body["dataset"]["id"]
    settings.client("s3").put_object(Bucket=settings.load().bucket, Key=artifacts.dataset_object(ALICE, made), Body=b"a,b\n")
    is_problem(api("POST", f"/datasets/{made}/complete"), 409, "upload-incomplete")


def test_a_profile_that_nobody_reports_is_ordered_again_and_given_up_in_the_end(api: Api) -> None:
    from chalicelib import datasets
    from chalicelib.tables import ProfilingItem

    dataset = uploaded(api)
    api("POST", f"/datasets/{dataset}/complete")

    def tries() -> list[int]:
        return [int(order.tries) for order in ProfilingItem.query("profiling") if order.sk == dataset]

    datasets.restart_stuck()
    assert tries() == [1], "a young order is left alone"
    for expected in range(2, datasets.PROFILE_TRIES + 1):
        age(dataset, datasets.STUCK_AFTER_SECONDS + 1)
        datasets.restart_stuck()
        assert tries() == [expected]
    age(dataset, datasets.STUCK_AFTER_SECONDS + 1)
    datasets.restart_stuck()
    assert tries() == []
    found = api("GET", f"/datasets/{dataset}").body
    assert (found["status"], found["error"]["code"]) == ("refused", "profile-failed")


def test_the_reconciler_looks_after_profiles_though_no_run_is_open(api: Api) -> None:
    from chalicelib import datasets, reconciling

    dataset = uploaded(api)
    api("POST", f"/datasets/{dataset}/complete")
    age(dataset, datasets.STUCK_AFTER_SECONDS + 1)
    assert reconciling.reconcile()["profiles"] >= 1
    report(dataset)


def test_a_deleted_dataset_does_not_come_back(api: Api) -> None:
    from chalicelib import artifacts, datasets

    dataset = uploaded(api)
    api("POST", f"/datasets/{dataset}/complete")
    assert api("DELETE", f"/datasets/{dataset}").status == 204
    assert artifacts.size_of(artifacts.dataset_object(ALICE, dataset)) is None
    assert report(dataset)["error"]["code"] == "not-found"
    datasets.restart_stuck()
    is_problem(api("GET", f"/datasets/{dataset}"), 404, "not-found")


def test_a_dataset_that_a_run_reads_cannot_be_deleted(api: Api) -> None:
    dataset = uploaded(api)
    api("POST", f"/datasets/{dataset}/complete")
    report(dataset)
    nodes = [
        {**node, "data": {**node["data"], "params": {"dataset": dataset}}} if node["type"] == "csv_loader" else node
        for node in TITANIC["nodes"]
    ]
    workflow = saved(api, {**TITANIC, "nodes": nodes})["id"]
    run = api("POST", f"/workflows/{workflow}/runs", {})
    assert run.status == 202, run
    is_problem(api("DELETE", f"/datasets/{dataset}"), 409, "in-use")
    api("POST", f"/runs/{run.body['id']}/cancel")
    assert api("DELETE", f"/datasets/{dataset}").status == 204


OTHERS = [("GET", "", None), ("DELETE", "", None), ("POST", "/complete", None), ("PUT", "/target", {"target": None})]


@pytest.mark.parametrize(("method", "tail", "body"), OTHERS, ids=[f"{method} {tail}" for method, tail, _ in OTHERS])
def test_somebody_elses_dataset_is_a_missing_one(api: Api, method: str, tail: str, body: Any) -> None:
    dataset = uploaded(api)
    replies = [api(method, f"/datasets/{which}{tail}", body, user=BOB) for which in (dataset, "ds_00000000000000000000000000")]
    assert [reply.status for reply in replies] == [404, 404]
    assert replies[0].body["detail"] == replies[1].body["detail"]
    assert api("GET", f"/datasets/{dataset}").status == 200


def test_samples_have_profiles_before_anything_has_run(api: Api) -> None:
    listed = api("GET", "/datasets").body["samples"]
    assert len(listed) >= 9
    for entry in listed:
        one = api("GET", f"/datasets/{entry['id']}").body
        assert (one["status"], one["rows"], one["target"]) == ("ready", entry["rows"], entry["target"])
        assert [column["name"] for column in one["profile"]["columns"]] == [column["name"] for column in entry["columns"]]
        assert len(one["profile"]["preview"]["rows"]) == min(50, entry["rows"])
    assert api("GET", "/datasets/sample:nothing").status == 404
