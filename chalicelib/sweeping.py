"""What nobody owns any more, removed once a day: machines, function versions, uploads that were begun, results that no manifest names, tasks of closed runs.

Each kind is swept on its own, so that one that fails holds up no other. What is younger than a day is left alone: it may be on its way.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from chalicelib import artifacts, executions, reconciling, settings
from chalicelib.errors import NotFound
from chalicelib.tables import DoesNotExist, ModelItem, RunItem, VersionItem

LOG = logging.getLogger("flowza.sweeping")
YOUNG = timedelta(days=1)
# A machine that has rested so long is made again when its graph runs again.
RESTED = timedelta(days=30)
SECONDS = 40.0
# A port's file as `node_containers/runtime/storage.py` names it.
RESULT = re.compile(r"(o/[^/]+/artifacts/[0-9a-f]{64})/[^/]+\.[0-9a-f]{16}\.(parquet|joblib|json)")


def sweep() -> dict[str, int]:
    """How many of each kind were removed (`watched`: open runs that were looked after); -1 where a kind could not be swept."""
    kinds: dict[str, Callable[[], int]] = {
        "machines": machines,
        "versions": versions,
        "uploads": uploads,
        "results": results,
        "tasks": tasks,
        "watched": reconciling.watch,
    }
    return {name: _one(name, action) for name, action in kinds.items()}


def _one(name: str, action: Callable[[], int]) -> int:
    try:
        return action()
    except Exception:
        LOG.exception("%s could not be swept", name)
        return -1


def machines() -> int:
    """State machines of this stage that have rested for a month and that no open run needs."""
    client, count = settings.client("stepfunctions"), 0
    needed = {_machine_of(run) for run in _open_runs()}
    for page in client.get_paginator("list_state_machines").paginate():
        for one in page["stateMachines"]:
            mine = one["name"].startswith(f"flowza-{settings.load().stage}-")
            if mine and one["stateMachineArn"] not in needed and _old(one["creationDate"], RESTED) and _rested(one["stateMachineArn"]):
                client.delete_state_machine(stateMachineArn=one["stateMachineArn"])
                count += 1
    if count:
        executions.forget()
    return count


def _rested(arn: str) -> bool:
    latest = settings.client("stepfunctions").list_executions(stateMachineArn=arn, maxResults=1)["executions"]
    return not latest or (latest[0]["status"] != "RUNNING" and _old(latest[0]["startDate"], RESTED))


def _machine_of(run: RunItem) -> str:
    return (run.execution_arn or "").replace(":execution:", ":stateMachine:").rpartition(":")[0]


def versions() -> int:
    """Versions of the node functions that neither this deployment nor an open run names."""
    needed = set(settings.load().node_functions.values()) | {arn for run in _open_runs() for arn in _functions_of(run)}
    client, count = settings.client("lambda"), 0
    for current in set(settings.load().node_functions.values()):
        name, _, number = current.removeprefix(current.rpartition(":function:")[0] + ":function:").partition(":")
        if not number.isdecimal():  # the embedded cloud names functions without a version
            continue
        for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=name):
            for one in page["Versions"]:
                if one["Version"] != "$LATEST" and one["FunctionArn"] not in needed:
                    client.delete_function(FunctionName=name, Qualifier=one["Version"])
                    count += 1
    return count


def _functions_of(run: RunItem) -> Iterator[str]:
    """ARNs of the node functions that a run's machines name."""
    try:
        text = json.dumps(artifacts.read_json(artifacts.run_object(run.owner, run.run, "definition.json")))
    except NotFound:  # every node was cached: there is no machine
        return
    yield from re.findall(r"arn:[a-z-]+:lambda:[a-z0-9-]+:\d+:function:[\w-]+:\d+", text)


def _open_runs() -> list[RunItem]:
    return list(RunItem.open_runs.query("1"))


def uploads() -> int:
    """Uploads in parts that were begun and never ended."""
    client, bucket, count = settings.client("s3"), settings.load().bucket, 0
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix="o/"):
        for one in page.get("Uploads", []):
            if _old(one["Initiated"], YOUNG):
                client.abort_multipart_upload(Bucket=bucket, Key=one["Key"], UploadId=one["UploadId"])
                count += 1
    return count


def results() -> int:
    """Files of results that their manifest does not name (any more): left by a second writer or a stage that died. Models that are registered stay."""
    deadline, count = time.monotonic() + SECONDS, 0
    for folder, entries in groupby(_files(), key=lambda entry: entry["Key"].rpartition("/")[0]):
        if time.monotonic() > deadline:
            LOG.info("sweeping results ends at %s for today", folder)
            break
        old = [entry["Key"] for entry in entries if RESULT.fullmatch(entry["Key"]) and _old(entry["LastModified"], YOUNG)]
        named = _named(folder) if old else set()
        for name in old:
            if name.rpartition("/")[2] not in named and name not in _registered(folder.split("/")[1]):
                settings.client("s3").delete_object(Bucket=settings.load().bucket, Key=name)
                count += 1
    return count


def _files() -> Iterator[Any]:
    pages = settings.client("s3").get_paginator("list_objects_v2").paginate(Bucket=settings.load().bucket, Prefix="o/")
    return (entry for page in pages for entry in page.get("Contents", []) if "/artifacts/" in entry["Key"])


def _named(folder: str) -> set[str]:
    """Files that the folder's manifest speaks of; none where there is no manifest."""
    try:
        manifest = artifacts.read_json(f"{folder}/manifest.json")
        return {output["file"] for output in manifest["outputs"].values()}
    except (NotFound, ValueError, KeyError, TypeError):
        return set()


def _registered(owner: str) -> set[str]:
    """Objects of the owner's registered models."""
    names = [item.sk for item in ModelItem.query(f"{owner}#model")]
    return {version.object for name in names for version in VersionItem.query(f"{owner}#model#{name}")}


def tasks() -> int:
    """Tasks that work for a run that is over."""
    target = settings.load().task_target
    if target is None or settings.load().local:
        return 0
    client, count = settings.client("ecs"), 0
    for page in client.get_paginator("list_tasks").paginate(cluster=target["cluster"]):
        if not page["taskArns"]:
            continue
        for one in client.describe_tasks(cluster=target["cluster"], tasks=page["taskArns"], include=["TAGS"])["tasks"]:
            run = next((tag["value"] for tag in one.get("tags", []) if tag["key"] == "flowza:run"), None)
            if run is not None and _over(run):
                client.stop_task(cluster=target["cluster"], task=one["taskArn"], reason="Its run is over")
                count += 1
    return count


def _over(run: str) -> bool:
    try:
        return RunItem.get(f"run#{run}", "run", consistent_read=True).open is None
    except DoesNotExist:
        return True


def _old(when: datetime, age: timedelta) -> bool:
    return when.astimezone(UTC) < datetime.now(UTC) - age
