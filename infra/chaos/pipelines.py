"""Many runs of one pipeline, submitted as a careful client does, and what must be true of them afterwards.

Run i trains on split i modulo `VARIANTS` and registers under the name of its group of `VARIANTS` runs: a group's model must end with exactly one version
a run, and every run has an endpoint of its own, which must have been deployed exactly once.
"""

import copy
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from infra.chaos.rig import NeverAnswered, Rig
from infra.local.client import FINAL, Refused
from infra.local.layout import OWNER, ROOT

VARIANTS = 10
EFFECTS_A_RUN = 2
DRAWING = json.loads((ROOT / "statemachines" / "titanic_deployed.workflow.json").read_text("utf-8"))


def drawing(number: int, group: str = "group") -> dict[str, Any]:
    """load → clean → split → train → evaluate → register → deploy, with a split, a model name and an endpoint of its own."""
    workflow: dict[str, Any] = copy.deepcopy(DRAWING)
    params = {
        "train_test_split": {"random_state": number % VARIANTS},
        "register_model": {"name": f"{group}-{number // VARIANTS}"},
        "deploy_endpoint": {"name": f"{group}-{number}"},
    }
    for node in workflow["nodes"]:
        if node["type"] in params:
            node["data"]["params"] = params[node["type"]]
    return workflow


class Ended(NamedTuple):
    """What became of one order: the run as it was last seen; `stuck` where it was not final in time, `lost` where it was acknowledged and is not there."""

    number: int
    run: dict[str, Any]
    stuck: bool = False


class Fleet:
    """Orders runs and waits for them, `parallel` at a time. `done` counts those that ended."""

    def __init__(self, rig: Rig, *, parallel: int, say: Callable[[str], None], group: str = "group") -> None:
        self.rig, self.parallel, self.say, self.group = rig, parallel, say, group
        self.done = 0
        self._lock = threading.Lock()

    def run(self, numbers: range) -> list[Ended]:
        with ThreadPoolExecutor(self.parallel) as clients:
            return list(clients.map(lambda number: self._one(number, len(numbers)), numbers))

    def _one(self, number: int, count: int) -> Ended:
        ended = self._order(number)
        with self._lock:
            self.done += 1
            if self.done % max(1, count // 20) == 0:
                self.say(f"{self.done} of {count} runs have ended")
        return ended

    def _order(self, number: int) -> Ended:
        """Save and start with a key that makes repeating safe, then look until the run is final."""
        run: dict[str, Any] = {}
        try:
            saved = self.rig.insist("POST", "/workflows", drawing(number, self.group))
            key = {"Idempotency-Key": f"{self.group}-{number}"}
            run = self.rig.insist("POST", f"/workflows/{saved['id']}/runs", {"cache": False}, key)
            return Ended(number, self.rig.until(lambda: self._final(run["id"])))
        except NeverAnswered:
            return Ended(number, run, stuck=True)

    def _final(self, run: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.rig.insist("GET", f"/runs/{run}")
        return found if found["status"] in FINAL else None


def metrics(run: dict[str, Any]) -> dict[str, Any]:
    return next((node["metrics"] for node in run["nodes"] if node["node"] == "evaluate"), {})


def is_right(ended: Ended, expected: dict[int, dict[str, Any]]) -> bool:
    """Succeeded, every node of it, with the very figures of the undisturbed run."""
    run = ended.run
    return (
        not ended.stuck
        and run["status"] == "succeeded"
        and all(node["status"] in ("succeeded", "cached") for node in run["nodes"])
        and metrics(run) == expected[ended.number % VARIANTS]
    )


def brief(ended: Ended) -> str:
    """What is worth knowing of a run that is not right."""
    nodes = {node["node"]: node["status"] for node in ended.run.get("nodes", [])}
    words = {name: ended.run.get(name) for name in ("id", "status", "attempt", "error")}
    return f"run {ended.number}{', stuck' if ended.stuck else ''}: {words} {nodes}"


def doubled(rig: Rig, runs: list[Ended], group: str) -> int:
    """Effects that happened more often than once, or not at all for a run that came through: versions, deployments, lines of the ledger."""
    names = sorted({f"{group}-{ended.number // VARIANTS}" for ended in runs})
    makers = Counter(maker for name in names for maker in _makers(rig, name))
    revisions = _revisions(rig)
    ledger = Counter(item["pk"]["S"] for item in _scan(rig, "records") if item["pk"]["S"].startswith("effect#"))
    found = 0
    for ended in runs:
        run = str(ended.run.get("id"))
        happened = (makers[run], revisions.get(f"{group}-{ended.number}", 0), ledger[f"effect#{run}"])
        came_through = ended.run.get("status") == "succeeded"
        for count, expected in zip(happened, (1, 1, EFFECTS_A_RUN), strict=True):
            found += max(0, count - expected) if not came_through else abs(count - expected)
    return found


def _makers(rig: Rig, model: str) -> list[str]:
    """The runs that made the versions of a model; a gap in their numbers counts like a version too many."""
    try:
        versions: list[dict[str, Any]] = rig.insist("GET", f"/models/{model}")["versions"]
    except Refused:
        return []
    numbers = sorted(version["version"] for version in versions)
    makers = [version["lineage"]["run"] for version in versions]
    return makers if numbers == list(range(1, len(numbers) + 1)) else makers * 2


def _revisions(rig: Rig) -> dict[str, int]:
    """How often each endpoint was deployed, by name."""
    return {item["name"]["S"]: int(item["revision"]["N"]) for item in _scan(rig, "records") if item["pk"]["S"] == f"{OWNER}#endpoint"}


def _scan(rig: Rig, table: str) -> Iterator[dict[str, Any]]:
    name = rig.layout.environment()[f"FLOWZA_{table.upper()}_TABLE"]
    for page in rig.aws("dynamodb").get_paginator("scan").paginate(TableName=name):
        yield from page["Items"]


def runs_there(rig: Rig, group: str) -> set[str]:
    """The ids of all runs of the group's orders."""
    orders = {item["run"]["S"] for item in _scan(rig, "records") if item["sk"]["S"].startswith(f"{group}-") and "request" in item}
    others = {item["run"]["S"] for item in _scan(rig, "records") if "request" in item} - orders
    return {item["run"]["S"] for item in _scan(rig, "runs") if item["sk"]["S"] == "run"} - others


class Audit(NamedTuple):
    files: int
    corrupt: list[str]


def audit_artifacts(rig: Rig) -> Audit:
    """Every file that a manifest speaks of, against the SHA-256 that the manifest says."""
    storage, bucket = rig.aws("s3"), rig.layout.environment()["FLOWZA_BUCKET"]
    files, corrupt = 0, []
    for page in storage.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"o/{OWNER}/artifacts/"):
        for entry in page.get("Contents", []):
            folder, _, name = entry["Key"].rpartition("/")
            if name != "manifest.json":
                continue
            for output in _outputs(storage, bucket, entry["Key"]):
                files += 1
                if not _matches(storage, bucket, folder, output):
                    corrupt.append(f"{folder}/{output['file']}")
    return Audit(files, corrupt)


def _outputs(storage: Any, bucket: str, manifest: str) -> list[dict[str, Any]]:
    try:
        return list(json.loads(storage.get_object(Bucket=bucket, Key=manifest)["Body"].read())["outputs"].values())
    except (ValueError, KeyError):
        return [{"file": manifest.rpartition("/")[2], "sha256": "the manifest cannot be read"}]


def _matches(storage: Any, bucket: str, folder: str, output: dict[str, Any]) -> bool:
    try:
        data = storage.get_object(Bucket=bucket, Key=f"{folder}/{output['file']}")["Body"].read()
    except storage.exceptions.NoSuchKey:
        return False
    return bool(hashlib.sha256(data).hexdigest() == output["sha256"])
