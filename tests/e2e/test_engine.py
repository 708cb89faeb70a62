"""The engine in the embedded cloud: searches, gates, approvals, sizes that step up, parts of a workflow, resuming, bills."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.conftest import Cloud
from tests.contract.test_golden import STATEMACHINES

TITANIC = json.loads((STATEMACHINES / "titanic.workflow.json").read_text("utf-8"))


def drawing(name: str, nodes: dict[str, tuple[str, dict[str, Any]]], *wires: str) -> dict[str, Any]:
    """`drawing("x", {"a": ("csv_loader", {})}, "a>b", "b.passed>c")`."""
    drawn = [{"id": key, "type": kind, "data": {"label": key, "params": params}} for key, (kind, params) in nodes.items()]
    ends = [[end.partition(".") for end in wire.split(">")] for wire in wires]
    connections = [
        {"source": source[0], "target": target[0], "sourceHandle": source[2] or None, "targetHandle": target[2] or None}
        for source, target in ends
    ]
    return {"name": name, "nodes": drawn, "connections": connections}


def trained(model: tuple[str, dict[str, Any]], more: dict[str, Any] | None = None, *wires: str) -> dict[str, Any]:
    """Titanic up to a model and its evaluation, and what hangs on them."""
    nodes = {
        "load": ("csv_loader", {}),
        "clean": ("preprocess", {}),
        "split": ("train_test_split", {}),
        "model": model,
        "score": ("evaluate", {}),
    }
    return drawing("engine", {**nodes, **(more or {})}, "load>clean", "clean>split", "split.train>model", "model>score", *wires)


def node(run: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in run["nodes"] if one["node"] == name)


def statuses(run: dict[str, Any]) -> dict[str, str]:
    return {one["node"]: one["status"] for one in run["nodes"]}


def aws(cloud: Cloud, service: str) -> Any:
    """A client of the emulator itself."""
    ports = json.loads((cloud.state / "instance.json").read_text())["ports"]
    keys = {"aws_access_key_id": "FLOWZALOCAL", "aws_secret_access_key": (cloud.state / "storage").read_text()}
    config = Config(retries={"max_attempts": 5, "mode": "standard"})
    return boto3.client(service, endpoint_url=f"http://127.0.0.1:{ports['emulator']}", region_name="us-east-1", config=config, **keys)


# -- searches ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("search", ["random", "halving"])
def test_a_search_fans_out_and_the_winner_is_a_model_like_any_other(cloud: Cloud, search: str) -> None:
    params = {"family": "linear", "search": search, "n_iter": 6, "cv": 3}
    run = cloud.finish(cloud.client.start(trained(("tune", {**params, "max_parallel": 1})), cache=False))
    assert run["status"] == "succeeded", run["error"]
    found = cloud.client.call("GET", f"/runs/{run['id']}/nodes/model")
    chart = found["manifest"]["charts"][0]
    assert chart["kind"] == "trials"
    assert len(chart["trials"]) == found["manifest"]["metrics"]["trials"] >= 6
    best = chart["trials"][0]
    assert best["low"] <= best["score"] == found["manifest"]["metrics"]["best_score"] <= best["high"]
    assert best["usd"] > 0
    assert best["bytes"] > 0
    assert node(run, "score")["metrics"]["accuracy"] > 0.75
    assert machine_of(cloud, run).count('"MaxConcurrency":1,') == 2
    # How many went beside each other does not count.
    again = cloud.client.start(trained(("tune", {**params, "max_parallel": 2})))
    assert statuses(again)["model"] == "cached"


def test_two_searches_beside_each_other_have_an_execution_each(cloud: Cloud) -> None:
    search = ("tune", {"family": "linear", "n_iter": 3, "cv": 2})
    workflow = trained(search, {"other": search}, "split.train>other")
    run = cloud.finish(cloud.client.start(workflow, cache=False))
    assert run["status"] == "succeeded", run
    assert node(run, "other")["summary"].startswith("best of 3: ")
    definition = json.loads(machine_of(cloud, run))
    assert json.dumps(definition).count("startExecution.sync:2") == 2
    histories = [history_of(cloud, one) for one in executions_of(cloud, run)]
    assert len(histories) == 3
    # The start of each, every try of a task, and every other state that is entered. (The emulator does not note the entering of tasks in branches.)
    seen = sum(
        1 + events.count("TaskScheduled") + sum(kind.endswith("StateEntered") and kind != "TaskStateEntered" for kind in events)
        for events in histories
    )
    assert {line["item"]: line["quantity"] for line in run["ledger"]}["transitions"] == seen


def test_automl_stops_at_its_budget_with_a_leaderboard(cloud: Cloud) -> None:
    run = cloud.finish(cloud.client.start(trained(("automl", {"max_seconds": 0.5, "max_candidates": 30, "cv": 2})), cache=False))
    assert run["status"] == "succeeded", run["error"]
    model = cloud.client.call("GET", f"/runs/{run['id']}/nodes/model")["manifest"]
    assert {trial["family"] for trial in model["charts"][0]["trials"]} >= {"Linear", "XGBoost", "Random forest"}
    assert "budget-used-up" in {warning["code"] for warning in model["warnings"]}


def test_a_large_table_is_scored_in_chunks_by_a_distributed_map(cloud: Cloud) -> None:
    workflow = trained(("train_logreg", {}), {"all": ("batch_score", {"chunk_rows": 300})}, "model>all", "clean>all.table")
    run = cloud.finish(cloud.client.start(workflow, cache=False))
    assert run["status"] == "succeeded", run["error"]
    assert node(run, "all")["summary"] == "1,313 rows predicted in 5 chunks"
    preview = cloud.client.call("GET", f"/runs/{run['id']}/nodes/all")["previews"]["table"]
    assert {"predicted", "predicted_0", "predicted_1"} <= {column["name"] for column in preview["columns"]}
    definition = machine_of(cloud, run)
    assert '"Mode":"DISTRIBUTED"' in definition


def machine_of(cloud: Cloud, run: dict[str, Any]) -> str:
    """The definition of the run's machine: of the machines that have an execution of its name, the one that is no part of another."""
    client = aws(cloud, "stepfunctions")
    texts = [client.describe_state_machine_for_execution(executionArn=one)["definition"] for one in executions_of(cloud, run)]
    return str(max(texts, key=lambda text: text.count("startExecution.sync:2")))


def executions_of(cloud: Cloud, run: dict[str, Any]) -> list[str]:
    """The executions of a run's first attempt: its own, and those it starts, which have its name."""
    client = aws(cloud, "stepfunctions")
    machines = [machine["stateMachineArn"] for machine in client.list_state_machines()["stateMachines"]]
    found = [one for machine in machines for one in client.list_executions(stateMachineArn=machine)["executions"]]
    return [one["executionArn"] for one in found if one["name"] == run["id"]]


def history_of(cloud: Cloud, execution: str) -> list[str]:
    """The types of the events, in order."""
    pages = aws(cloud, "stepfunctions").get_paginator("get_execution_history")
    return [event["type"] for page in pages.paginate(executionArn=execution) for event in page["events"]]


def test_for_each_group_of_rows_a_row_of_the_table(cloud: Cloud) -> None:
    workflow = trained(("train_logreg", {}), {"each": ("for_each", {"column": "class"})}, "model>each.model", "split.train>each.table")
    run = cloud.finish(cloud.client.start(workflow, cache=False))
    assert run["status"] == "succeeded", run["error"]
    preview = cloud.client.call("GET", f"/runs/{run['id']}/nodes/each")["previews"]["table"]
    names = [column["name"] for column in preview["columns"]]
    rows = {row[names.index("class")]: dict(zip(names, row, strict=True)) for row in preview["rows"]}
    assert {"1st", "2nd", "3rd"} <= rows.keys()
    assert rows["1st"]["roc_auc"] > 0.5
    assert rows["1st"]["error"] is None
    # One prepares, two or more share the values, one gathers.
    assert sum(line["quantity"] for line in run["ledger"] if line["item"] == "invocations") >= 4


# -- gates and waits --------------------------------------------------------------------------------------------------------

GATED = {
    "gate": ("metric_gate", {"metric": "accuracy", "at_least": 0.7}),
    "keep": ("register_model", {"name": "good-enough"}),
    "drop": ("register_model", {"name": "not-good-enough"}),
}
GATE_WIRES = ("model>gate", "score>gate", "gate.passed>keep.model", "gate.otherwise>drop.model")


@pytest.mark.parametrize(("at_least", "goes", "skipped"), [(0.7, "keep", "drop"), (0.99, "drop", "keep")])
def test_a_gate_lets_one_side_through_and_skips_the_other(cloud: Cloud, at_least: float, goes: str, skipped: str) -> None:
    more = {**GATED, "gate": ("metric_gate", {"metric": "accuracy", "at_least": at_least})}
    run = cloud.finish(cloud.client.start(trained(("train_logreg", {}), more, *GATE_WIRES)))
    assert run["status"] == "succeeded", run["error"]
    assert (statuses(run)[goes], statuses(run)[skipped]) == ("succeeded", "skipped")
    assert node(run, skipped)["reason"] == "nothing came through gate"


def waiting(cloud: Cloud, run: str, name: str) -> None:
    for _ in range(200):
        found = cloud.client.call("GET", f"/runs/{run}")
        if node(found, name)["progress"] == "waiting for approval":
            return
        time.sleep(0.05)
    raise AssertionError(found)


@pytest.mark.parametrize("approve", [True, False])
def test_a_run_waits_for_a_person_at_no_cost_and_goes_on_or_ends(cloud: Cloud, approve: bool) -> None:
    more = {"ask": ("approval", {}), "keep": ("register_model", {"name": "approved"})}
    run = cloud.client.start(trained(("train_logreg", {}), more, "model>ask", "score>ask", "ask>keep.model"))["id"]
    waiting(cloud, run, "ask")
    open_bills = [line for line in cloud.client.call("GET", f"/runs/{run}")["ledger"] if line["item"] == "functions"]
    time.sleep(0.5)
    assert [line for line in cloud.client.call("GET", f"/runs/{run}")["ledger"] if line["item"] == "functions"] == open_bills
    cloud.client.call("POST", f"/runs/{run}/nodes/ask/decision", {"approve": approve, "note": "looked at it"})
    found = cloud.finish({"id": run})
    assert found["status"] == ("succeeded" if approve else "stopped")
    assert statuses(found)["keep"] == ("succeeded" if approve else "stopped")
    assert node(found, "ask")["reason"] == f"{'approved' if approve else 'rejected'}: looked at it"
    again = cloud.client.request("POST", f"/api/runs/{run}/nodes/ask/decision", {"approve": True})
    assert (again.status, again.body["code"]) == (409, "approval-answered")


def test_who_is_named_is_asked_by_name(cloud: Cloud) -> None:
    workflow = trained(
        ("train_logreg", {}), {"ask": ("approval", {"approvers": ["local"], "question": "By name?"})}, "model>ask", "score>ask"
    )
    run = cloud.client.start(workflow)["id"]
    waiting(cloud, run, "ask")
    (question,) = (one for one in cloud.client.call("GET", "/questions")["items"] if one["run"] == run)
    assert question["question"] == "By name?"
    assert any("right for" in words for words in question["about"]), question
    cloud.client.call("POST", f"/questions/{run}/ask", {"approve": True})
    found = cloud.finish({"id": run})
    assert (found["status"], node(found, "ask")["reason"]) == ("succeeded", "approved by local")


# -- bills ------------------------------------------------------------------------------------------------------------------


def test_the_bill_equals_a_recomputation_from_what_the_emulator_saw(cloud: Cloud) -> None:
    run = cloud.finish(cloud.client.start(TITANIC, cache=False))
    lines = {line["item"]: line["quantity"] for line in run["ledger"]}
    client = aws(cloud, "stepfunctions")
    arn = next(
        one["executionArn"]
        for machine in client.list_state_machines()["stateMachines"]
        for one in client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
        if one["name"] == run["id"]
    )
    events = [event["type"] for event in client.get_execution_history(executionArn=arn, maxResults=1000)["events"]]
    # AWS counts the start and every state that is entered.
    assert lines["transitions"] == 1 + sum(event.endswith("StateEntered") for event in events)
    assert lines["invocations"] == sum(event == "TaskScheduled" for event in events)
    table = aws(cloud, "dynamodb").query(
        TableName="flowza-local-runs",
        KeyConditionExpression="pk = :pk AND begins_with(sk, :bill)",
        ExpressionAttributeValues={":pk": {"S": f"run#{run['id']}"}, ":bill": {"S": "bill#"}},
    )["Items"]
    gigabyte_seconds = sum(-(-float(item["billed_ms"]["N"]) // 1) / 1000 * int(item["memory_mb"]["N"]) / 1024 for item in table)
    expected = (
        gigabyte_seconds * 0.0000166667
        + lines["invocations"] * 0.0000002
        + lines["transitions"] * 0.000025
        + sum(int(item["puts"]["N"]) for item in table) * 0.000005
        + sum(int(item["gets"]["N"]) for item in table) * 0.0000004
        + sum(int(item["writes"]["N"]) for item in table) * 0.000000625
        + sum(int(item["stored_bytes"]["N"]) for item in table) / 2**30 * 0.023
    )
    assert run["cost_usd"] == pytest.approx(expected, abs=2e-8)
    assert sum(one["cost_usd"] for one in run["nodes"]) <= run["cost_usd"]


# -- parts and resuming -----------------------------------------------------------------------------------------------------


def test_a_failed_run_is_mended_and_resumed_and_what_was_finished_is_not_done_again(cloud: Cloud) -> None:
    name = f"no-{random.randrange(10**9)}"
    broken = trained(("train_logreg", {"max_iter": 77}), {"gate": ("metric_gate", {"metric": name})}, "model>gate", "score>gate")
    failed = cloud.finish(cloud.client.start(broken))
    assert (failed["status"], failed["error"]["code"]) == ("failed", "metric-unknown")
    broken["nodes"][-1]["data"]["params"]["metric"] = "accuracy"
    cloud.client.call("PUT", f"/workflows/{failed['workflow']}", broken, {"If-Match": '"1"'})
    plan = cloud.client.call("POST", "/workflows/plan", {"workflow": broken, "workflow_id": failed["workflow"], "resume": failed["id"]})
    assert plan["totals"]["words"].startswith("resume from gate")
    assert plan["totals"]["saves_seconds"] > 0
    run = cloud.finish(cloud.client.call("POST", f"/runs/{failed['id']}/resume"))
    assert run["status"] == "succeeded", run["error"]
    assert [name for name, status in statuses(run).items() if status == "succeeded"] == ["gate"]
    assert node(run, "gate")["reason"] == f"miss: `metric` {name} → accuracy"


@pytest.mark.parametrize("harm", ["gone", "altered"])
def test_a_result_that_was_harmed_behind_our_back_is_named_and_made_anew_by_resuming(cloud: Cloud, harm: str) -> None:
    seed = random.randrange(10**6)
    workflow = trained(("train_logreg", {}))
    workflow["nodes"][2]["data"]["params"] = {"random_state": seed}
    first = cloud.finish(cloud.client.start(workflow))
    storage, key = aws(cloud, "s3"), cloud.client.call("GET", f"/runs/{first['id']}/nodes/split")["manifest"]["key"]
    name = next(
        entry["Key"]
        for entry in storage.list_objects_v2(Bucket="flowza-local", Prefix=f"o/usr_local/artifacts/{key}/train.")["Contents"]
        if entry["Key"].endswith(".parquet")
    )
    if harm == "gone":
        storage.delete_object(Bucket="flowza-local", Key=name)
    else:
        storage.put_object(Bucket="flowza-local", Key=name, Body=b"something else")
    workflow["nodes"][3]["data"]["params"] = {"C": 0.5}
    run = cloud.finish(cloud.client.start(workflow))
    assert (run["status"], run["error"]["code"]) == ("failed", "artifact-missing" if harm == "gone" else "artifact-altered")
    assert "train_test_split" in run["error"]["message"]
    assert "Resume" in run["error"]["hint"]
    mended = cloud.finish(cloud.client.call("POST", f"/runs/{run['id']}/resume"))
    assert mended["status"] == "succeeded", mended["error"]
    assert statuses(mended)["split"] == "succeeded"
    assert node(mended, "split")["reason"].startswith("miss: its stored result is gone")


def test_only_one_node_runs_when_only_it_is_asked_for(cloud: Cloud) -> None:
    saved = cloud.client.call("POST", "/workflows", TITANIC)
    cloud.finish(cloud.client.call("POST", f"/workflows/{saved['id']}/runs", {}))
    run = cloud.finish(cloud.client.call("POST", f"/workflows/{saved['id']}/runs", {"only": "train_model"}))
    assert statuses(run) == {"train_test_split": "cached", "train_model": "succeeded"}
    assert run["scope"] == "only train_model"


# -- sizes ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud whose small function is too small for anything but small tables, and whose large one is short of time."""
    limits = {"small": {"memory_mb": 420, "seconds": 2}, "large": {"seconds": 3}}
    started = Cloud(tmp_path_factory.mktemp("small"), FLOWZA_LIMITS=json.dumps(limits)).start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def wide(small_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An uploaded table that is small on disk and large in memory when it is trained on."""
    path = Path(tmp_path_factory.mktemp("data")) / "wide.csv"
    shuffle = random.Random(3)
    rows = (
        ",".join([str(shuffle.randrange(2)), *(f"c{shuffle.randrange(400)}" for _ in range(3)), f"{shuffle.random():.4f}"])
        for _ in range(60_000)
    )
    path.write_text("y,a,b,c,x\n" + "\n".join(rows) + "\n")
    dataset = small_cloud.client.upload(path, "wide")
    while dataset["status"] not in ("ready", "refused"):
        time.sleep(0.1)
        dataset = small_cloud.client.call("GET", f"/datasets/{dataset['id']}")
    assert dataset["status"] == "ready", dataset
    return dataset


def test_a_stage_that_outgrows_its_function_goes_one_size_up_and_the_next_plan_knows(small_cloud: Cloud, wide: dict[str, Any]) -> None:
    workflow = drawing(
        "outgrown",
        {
            "load": ("csv_loader", {"dataset": wide["id"]}),
            "clean": ("preprocess", {}),
            "split": ("train_test_split", {}),
            "model": ("train_logreg", {"max_iter": 3}),
        },
        "load>clean",
        "clean>split",
        "split.train>model",
    )
    workflow["nodes"][3]["data"]["params"]["target"] = "y"
    for _ in range(3):
        run = small_cloud.finish(small_cloud.client.start(workflow, cache=False))
        assert run["status"] == "succeeded", run["error"]
        outgrown = node(run, "model")
        # On a busy machine the small function may be out of its two seconds before the stage has said a word: then nobody was outgrown.
        if outgrown["outgrew"]:
            break
    # The large one may be out of time here, too.
    assert (outgrown["size"], outgrown["outgrew"]) in (("large", "small"), ("task", "large"))
    assert node(run, "load")["size"] == "small"
    plan = small_cloud.client.call("POST", "/workflows/plan", {"workflow": workflow, "cache": False})
    sizes = {name: stage["size"] for stage in plan["stages"] for name in stage["nodes"]}
    assert sizes["model"] == outgrown["size"]


def test_a_stage_that_is_out_of_time_goes_on_as_a_task(small_cloud: Cloud) -> None:
    # Each candidate takes longer than the two seconds that the large function has here; a task has its time.
    slow = {"family": "extra_trees", "search": "grid", "cv": 2, "param_grid": {"n_estimators": [2_500]}}
    run = small_cloud.finish(small_cloud.client.start(trained(("tune", slow)), cache=False))
    assert run["status"] == "succeeded", run["error"]
    assert {line["item"] for line in run["ledger"]} >= {"functions", "tasks"}


def test_a_small_table_stays_on_the_small_function(small_cloud: Cloud) -> None:
    run = small_cloud.finish(small_cloud.client.start(TITANIC, cache=False))
    assert {one["size"] for one in run["nodes"]} == {"small"}


def test_a_cap_stops_a_run_that_passes_it_all_the_same(small_cloud: Cloud) -> None:
    # Nothing is known of automl here, so the run is not refused before it starts.
    workflow = trained(("automl", {"max_seconds": 600, "max_candidates": 60}))
    run = small_cloud.finish(small_cloud.client.start(workflow, cache=False, max_cost_usd=0.00013))
    assert (run["status"], run["error"]["code"]) == ("failed", "cap-reached")
    assert "$0.00013" in run["error"]["message"]
    # Sixty candidates cost $0.003; it ended with the item after the one that passed the cap, or with a heartbeat in a long one.
    assert run["cost_usd"] < 0.01
