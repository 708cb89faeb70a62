"""A stage: everything stored and said, once; failures named; what is finished is not done again."""

import io
import json
import os
import re
import resource
import signal
import sys
from dataclasses import replace
from pathlib import Path

import boto3
import pandas as pd
import pytest

from chalicelib.workflow import Workflow
from node_containers.catalog import declarations
from node_containers.runtime import settings
from node_containers.runtime.handler import report_death
from node_containers.runtime.invocation import OutOfMemory, StageFailed, run_stage
from node_containers.runtime.stopping import ToldToStop, listen
from node_containers.sdk import Context
from tests.nodes.conftest import BUCKET, PlannedRun

pytestmark = pytest.mark.usefixtures("aws")


def test_a_stage_stores_and_says_everything() -> None:
    run = PlannedRun("titanic")
    assert run_stage(run.invocation())["status"] == "succeeded"
    items = run.items()
    assert {item["status"] for item in items.values()} == {"succeeded"}
    assert json.loads(items["evaluate"]["metrics"])["accuracy"] > 0.75
    assert (items["load_csv"]["rows_out"], items["train_test_split"]["rows_in"]) == ("1313", "1313")
    model = run.manifest("train_model")["outputs"]["model"]
    target = model["signature"]["target"]
    assert (target["name"], target["type"]) == ("survived", "integer")
    objects = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="o/usr_1/")["Contents"]
    names = {re.sub(r"[.][0-9a-f]{16}[.]", ".", entry["Key"].rsplit("/", 1)[1]) for entry in objects}
    assert {"manifest.json", "table.parquet", "model.joblib", "evaluation.json"} <= names
    assert not {"log.txt", "table.preview.json"} & names, "a short log and a small preview lie in the manifest"
    assert run.manifest("load_csv")["previews"]["table"]["row_count"] == 1313
    assert run.manifest("load_csv")["log"] is not None


def test_a_preview_too_long_for_the_manifest_is_an_object_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node_containers.runtime.stage.PREVIEW_INLINE_BYTES", 100)
    run = PlannedRun("titanic")
    run_stage(run.invocation())
    assert run.manifest("load_csv")["previews"] == {}
    place = f"o/usr_1/artifacts/{run.document['nodes']['load_csv']['key']}/table.preview.json"
    assert json.loads(boto3.client("s3").get_object(Bucket=BUCKET, Key=place)["Body"].read())["row_count"] == 1313


def test_billed_time_is_shared_out_without_a_gap() -> None:
    run = PlannedRun("titanic")
    run_stage(run.invocation())
    items = run.items()
    assert all(float(item["billed_ms"]) >= 0 for item in items.values())
    assert sum(float(item["billed_ms"]) for item in items.values()) >= 1000 * sum(float(items[name]["seconds"]) for name in items) * 0.5


def test_running_again_gives_the_same_hashes() -> None:
    first, second = PlannedRun("titanic", "run_1"), PlannedRun("titanic", "run_2")
    run_stage(first.invocation())
    hashes = {node: {port: entry["sha256"] for port, entry in first.manifest(node)["outputs"].items()} for node in first.document["nodes"]}
    for entry in boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="o/usr_1/artifacts/")["Contents"]:
        boto3.client("s3").delete_object(Bucket=BUCKET, Key=entry["Key"])
    run_stage(second.invocation())
    assert hashes == {
        node: {port: entry["sha256"] for port, entry in second.manifest(node)["outputs"].items()} for node in second.document["nodes"]
    }


def test_one_stage_and_one_a_node_give_the_same_hashes() -> None:
    fused, single = PlannedRun("titanic", "run_1"), PlannedRun("titanic", "run_2", fusion=False)
    run_stage(fused.invocation())
    hashes = {node: {port: entry["sha256"] for port, entry in fused.manifest(node)["outputs"].items()} for node in fused.document["nodes"]}
    for stage in single.plan.stages:
        run_stage(single.invocation(stage.id))
    assert len(single.plan.stages) == 5
    assert hashes == {
        node: {port: entry["sha256"] for port, entry in single.manifest(node)["outputs"].items()} for node in single.document["nodes"]
    }


def test_branches_in_stages_of_their_own_read_from_the_bucket() -> None:
    run = PlannedRun("iris_two_models")
    for stage in run.plan.stages:
        run_stage(run.invocation(stage.id))
    assert {item["status"] for item in run.items().values()} == {"succeeded"}


def test_what_has_succeeded_is_not_run_again() -> None:
    run = PlannedRun("titanic")
    run_stage(run.invocation())
    before = run.items()
    run.set("evaluate", status="queued")
    run_stage(run.invocation(attempt=2))
    after = run.items()
    assert {name: before[name]["started_at"] for name in before if name != "evaluate"} == {
        name: after[name]["started_at"] for name in after if name != "evaluate"
    }
    assert (after["evaluate"]["status"], after["evaluate"]["attempt"]) == ("succeeded", "2")


def test_a_failing_node_is_named_and_stays_failed_within_its_attempt() -> None:
    run = PlannedRun("titanic")
    run.document["nodes"]["train_model"]["params"]["target"] = "nope"
    run.write()
    with pytest.raises(StageFailed, match="train_model"):
        run_stage(run.invocation())
    items = run.items()
    assert {name: item["status"] for name, item in items.items()} == {
        "load_csv": "succeeded",
        "clean_data": "succeeded",
        "train_test_split": "succeeded",
        "train_model": "failed",
        "evaluate": "queued",
    }
    error = json.loads(items["train_model"]["error"])
    assert (error["code"], error["field"]) == ("target-unknown", "params.target")
    with pytest.raises(StageFailed):
        run_stage(run.invocation())
    assert run.items()["train_model"]["started_at"] == items["train_model"]["started_at"], "a retry in the same attempt runs nothing"
    run.document["nodes"]["train_model"]["params"]["target"] = "survived"
    run.write()
    assert run_stage(run.invocation(attempt=2))["status"] == "succeeded"


def test_a_stopped_run_ends_quietly() -> None:
    run = PlannedRun("titanic")
    run.set("clean_data", status="stopped")
    assert run_stage(run.invocation())["status"] == "stopped"
    assert run.items()["clean_data"]["status"] == "stopped"
    assert run.items()["evaluate"]["status"] == "queued"


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        (lambda: (_ for _ in ()).throw(ZeroDivisionError("by zero")), "node-crashed", "ZeroDivisionError"),
        (lambda: exit(3), "node-exited", "ended the process"),
        (lambda: (_ for _ in ()).throw(MemoryError()), "out-of-memory", "memory"),
        (lambda: "nonsense", "wrong-output", "must give Table"),
    ],
    ids=["raises", "exits", "memory", "wrong type"],
)
def test_whatever_a_node_does_its_run_says_it(behaviour: object, code: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = PlannedRun("titanic")

    def misbehaving(params: object, context: Context) -> object:
        return behaviour()  # type: ignore[operator]

    monkeypatch.setitem(declarations(), "csv_loader", replace(declarations()["csv_loader"], function=misbehaving))
    # Another size may mend a lack of memory: the machine tells the two apart by name.
    with pytest.raises(OutOfMemory if code == "out-of-memory" else StageFailed):
        run_stage(run.invocation())
    item = run.items()["load_csv"]
    error = json.loads(item["error"])
    assert (item["status"], error["code"]) == ("failed", code)
    assert words in error["message"]
    assert error["hint"]


def test_an_altered_artifact_is_refused() -> None:
    run = PlannedRun("iris_two_models")
    run_stage(run.invocation("s1"))
    file = run.manifest("halves")["outputs"]["train"]["file"]
    key = f"o/usr_1/artifacts/{run.document['nodes']['halves']['key']}/{file}"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"PAR1 something else PAR1")
    with pytest.raises(StageFailed):
        run_stage(run.invocation("s2"))
    failed = next(item for item in run.items().values() if item["status"] == "failed")
    assert json.loads(failed["error"])["code"] == "artifact-altered"


def test_a_killed_worker_is_reported_in_the_node_run() -> None:
    run = PlannedRun("titanic")
    run.set("train_model", status="running", memory_mb="2048")
    report_death({**run.invocation(), "code": "out-of-memory", "message": "the worker used more than its 2,048 MB", "memory_mb": 2048})
    item = run.items()["train_model"]
    assert item["status"] == "failed"
    assert "2,048 MB" in json.loads(item["error"])["message"]


def test_a_late_report_does_not_touch_a_node_that_works_on_a_larger_size() -> None:
    run = PlannedRun("titanic")
    run.set("train_model", status="running", memory_mb="10240")
    report_death({**run.invocation(), "code": "timed-out", "message": "too long", "memory_mb": 2048})
    assert run.items()["train_model"]["status"] == "running"


def test_what_a_smaller_size_could_not_do_a_larger_one_does_in_the_same_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    run = PlannedRun("titanic")
    with monkeypatch.context() as too_small:
        too_small.setitem(declarations(), "preprocess", replace(declarations()["preprocess"], function=_too_much))
        with pytest.raises(OutOfMemory):
            run_stage(run.invocation())
        with pytest.raises(StageFailed):
            run_stage(run.invocation())
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "10240")
    monkeypatch.setenv("FLOWZA_SIZE", "large")
    settings.load.cache_clear()
    assert run_stage(run.invocation())["status"] == "succeeded"
    item = run.items()["clean_data"]
    assert (item["status"], item["size"], item["outgrew"], item["memory_mb"]) == ("succeeded", "large", "small", "10240")


def test_a_size_that_died_too_soon_to_say_anything_was_too_small_for_the_first_node_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    run = PlannedRun("titanic")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "10240")
    monkeypatch.setenv("FLOWZA_SIZE", "large")
    settings.load.cache_clear()
    assert run_stage(run.invocation())["status"] == "succeeded"
    found = {name: item.get("outgrew") for name, item in run.items().items()}
    assert [name for name, size in found.items() if size == "small"] == ["load_csv"]


def _too_much(table: object, params: object, context: Context) -> object:
    raise MemoryError


def test_every_invocation_leaves_what_it_is_billed_for() -> None:
    run = PlannedRun("titanic")
    run_stage(run.invocation())
    (bill,) = run.bills()
    shared = sum(float(item["billed_ms"]) for item in run.items().values())
    assert float(bill["billed_ms"]) >= shared > 0
    objects = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="o/usr_1/artifacts/")["Contents"]
    assert (int(bill["puts"]), int(bill["stored_bytes"])) == (len(objects), sum(entry["Size"] for entry in objects))
    # One for the item itself and one for its end; two a node, one when it begins and one when it has succeeded.
    # Two for the invocation, and two for a node: one where it ended before its begin was written.
    assert 2 + len(run.items()) <= int(bill["writes"]) <= 2 + 2 * len(run.items())


def test_a_budget_ends_the_run_with_the_figure() -> None:
    run = PlannedRun("titanic")
    run.document["budget"] = {"gb_ms": 0.001, "usd": 0.00005, "words": "the cap of this run, $0.00005,"}
    run.write()
    with pytest.raises(StageFailed, match="has used up what the cap of this run"):
        run_stage(run.invocation())
    assert json.loads(run.items()["load_csv"]["error"])["code"] == "cap-reached"


def test_predictions_on_test_rows_lie_beside_the_evaluation() -> None:
    run = PlannedRun("titanic")
    run_stage(run.invocation())
    manifest = run.manifest("evaluate")
    attached = manifest["attachments"]["predictions"]
    assert attached["about"]["truth"] == "survived"
    data = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"o/usr_1/artifacts/{manifest['key']}/{attached['file']}")["Body"].read()
    rows = pd.read_parquet(io.BytesIO(data))
    confusion = next(chart for chart in manifest["charts"] if chart["kind"] == "confusion")
    truth, said = rows[attached["about"]["truth"]].astype(str), rows[attached["about"]["predicted"]].astype(str)
    assert pd.crosstab(truth, said).to_numpy().tolist() == confusion["counts"]
    shares = rows[list(attached["about"]["probabilities"].values())].sum(axis=1)
    assert ((shares - 1).abs() < 1e-9).all()


def test_a_gigabyte_of_log_is_capped_and_lies_beside_the_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    run = PlannedRun("titanic")
    plain = declarations()["csv_loader"]
    # A million characters fill the log exactly: what comes behind is told all the same.
    chunk = "x" * 1_000_000

    def talkative(params: object, context: Context) -> object:
        for _ in range(1_000):
            sys.stdout.write(chunk)
        return plain.function(params, context)

    monkeypatch.setitem(declarations(), "csv_loader", replace(plain, function=talkative))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert run_stage(run.invocation())["status"] == "succeeded"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
    assert run.manifest("load_csv")["log"] is None
    key = f"o/usr_1/artifacts/{run.document['nodes']['load_csv']['key']}/log.txt"
    stored = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert 1_000_000 <= len(stored) < 1_000_100
    assert stored.decode().endswith("the log is cut here\n")


def test_bytes_and_half_characters_in_a_log_are_shown_and_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    run = PlannedRun("titanic")
    plain = declarations()["csv_loader"]

    def binary(params: object, context: Context) -> object:
        sys.stdout.buffer.write(b"\xff\x00")
        sys.stderr.write("half \ud800\n")
        context.log("\udcff")
        return plain.function(params, context)

    monkeypatch.setitem(declarations(), "csv_loader", replace(plain, function=binary))
    assert run_stage(run.invocation())["status"] == "succeeded"
    assert run.manifest("load_csv")["log"].startswith("\\xff\x00half \\ud800\n\\udcff\n")
    assert run.items()["load_csv"]["log_tail"] == run.manifest("load_csv")["log"]


def test_being_told_to_stop_keeps_what_is_finished_and_blames_no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    run = PlannedRun("titanic")
    plain = declarations()["train_test_split"]

    def taken_away(*arguments: object, **named: object) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return plain.function(*arguments, **named)

    monkeypatch.setitem(declarations(), "train_test_split", replace(plain, function=taken_away))
    before = signal.getsignal(signal.SIGTERM)
    listen()
    try:
        with pytest.raises(ToldToStop):
            run_stage(run.invocation())
    finally:
        signal.signal(signal.SIGTERM, before)
    statuses = {name: item["status"] for name, item in run.items().items()}
    assert statuses == {
        "load_csv": "succeeded",
        "clean_data": "succeeded",
        "train_test_split": "running",
        "train_model": "queued",
        "evaluate": "queued",
    }
    monkeypatch.setitem(declarations(), "train_test_split", plain)
    began = run.items()["clean_data"]["started_at"]
    assert run_stage(run.invocation())["status"] == "succeeded"
    assert run.items()["clean_data"]["started_at"] == began


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    run = PlannedRun("titanic")

    def full(params: object, context: Context) -> object:
        return Path("/dev/full").write_text("rows")

    monkeypatch.setitem(declarations(), "csv_loader", replace(declarations()["csv_loader"], function=full))
    with pytest.raises(StageFailed):
        run_stage(run.invocation())
    error = json.loads(run.items()["load_csv"]["error"])
    assert error["code"] == "disk-full"
    assert "resume" in error["hint"]


@pytest.mark.parametrize(("looked", "said"), [(4, []), (5, ["test-set-looked-at"])])
def test_many_looks_at_one_test_set_are_said_with_their_number(looked: int, said: list[str]) -> None:
    run = PlannedRun("titanic")
    evaluate = next(name for name, node in run.document["nodes"].items() if node["type"] == "evaluate")
    run.document["nodes"][evaluate]["looks"] = looked
    run.write()
    run_stage(run.invocation())
    warnings = run.manifest(evaluate)["warnings"]
    assert [warning["code"] for warning in warnings] == said
    assert all(f"{looked} times" in warning["message"] for warning in warnings)


def test_a_table_that_grows_seven_hundredfold_within_the_run_is_counted_and_stored() -> None:
    """Nothing that is known before a run says so: every passenger is joined to every passenger of the same sex."""
    nodes = {"load": ("csv_loader", {}), "pairs": ("join_tables", {"on": ["sex"]})}
    drawn = [{"id": name, "type": kind, "data": {"label": name, "params": params}} for name, (kind, params) in nodes.items()]
    lines = [{"source": "load", "target": "pairs", "targetHandle": port} for port in ("table", "right")]
    run = PlannedRun(Workflow.model_validate({"nodes": drawn, "connections": lines}))
    run.execute()
    rows = run.manifest("pairs")["rows"]
    assert rows["out"] == 462**2 + 851**2
    assert rows["in"] + sum(one["count"] for one in rows["added"]) == rows["out"] + sum(one["count"] for one in rows["dropped"])
    assert len(pd.read_parquet(io.BytesIO(run.output("pairs", "table")), columns=["sex"])) == rows["out"]
