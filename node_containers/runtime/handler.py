"""The node function: one entry for Lambda, and for the pool that stands in for it."""

import json
from typing import Any

from node_containers.runtime import billing, credentials, given, status, storage, task
from node_containers.runtime.effects import invoke_effect
from node_containers.runtime.invocation import run_stage
from node_containers.runtime.profile import profile_dataset

DEATH_HINTS = {
    "out-of-memory": "Take fewer rows or columns, or a smaller model.",
    "timed-out": "Take fewer rows, or a smaller model.",
    "node-exited": "A node must return, not exit.",
}


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """A stage `{"run", "plan", "stage", "attempt"}`, `{"profile": {…}}` for an uploaded dataset, `{"died": {…}}` for a worker that was
    killed, `{"task": {"order", "token"}}` where a task runs in the pool."""
    if "profile" in event:
        credentials.adopt(event["profile"])
        return profile(event["profile"])
    if "died" in event:
        return report_death(event["died"])
    if "task" in event:
        return task.run(event["task"]["order"], event["task"]["token"])
    credentials.adopt(event)
    # A long fit does not look up: where the run was stopped, the process ends with the next heartbeat.
    return run_stage(event, on_stopped=given.end_work)


def report_death(death: dict[str, Any]) -> dict[str, Any]:
    """Say in the node run that was running why its worker is gone: `{"run", "plan", "stage", "code", "message", "memory_mb", "token"?}`."""
    answer = {"run": death["run"], "stage": death["stage"], "status": "reported"}
    if death.get("phase") == "item":
        # Others work on the same node, and a larger size takes this item over: the node has not failed.
        return answer
    plan = json.loads(storage.read(death["plan"]))
    nodes = next(stage["nodes"] for stage in plan["stages"] if stage["id"] == death["stage"])
    items = status.read_items(death["run"])
    error = {
        "code": death["code"],
        "message": f"The node was ended: {death['message']}.",
        "field": None,
        "hint": DEATH_HINTS[death["code"]],
    }
    for node in nodes:
        known = items.get(node, {})
        # Another invocation may have taken over on a larger size; its node run is not this death's.
        if known.get("status") == "running" and known["memory_mb"] <= death["memory_mb"]:
            status.update(death["run"], node, {"status": "failed", "finished_at": status.now(), "error": error})
    return answer


def profile(order: dict[str, Any]) -> dict[str, Any]:
    """Describe an uploaded dataset, store the profile and the rows beside it, and tell the control plane."""
    found = profile_dataset(order)
    if found["profile"] is not None:
        place = f"o/{order['owner']}/datasets/{order['dataset']}"
        if found["rows"] is not None:
            storage.write(f"{place}/rows.parquet", found["rows"], "application/vnd.apache.parquet")
        storage.write(
            f"{place}/profile.json", json.dumps(found["profile"], separators=(",", ":"), allow_nan=False).encode(), "application/json"
        )
    invoke_effect({"kind": "profile_dataset", "run": order["dataset"], "node": "profile", "payload": found["payload"]})
    return {"dataset": order["dataset"], "status": "refused" if found["payload"]["error"] else "ready"}


# From here on the process works: what it took to come here is its start-up.
billing.process_started()
