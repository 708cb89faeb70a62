"""The node function: one entry for Lambda, and for the pool that stands in for it."""

import json
import os
from typing import Any

from node_containers.runtime import status, storage
from node_containers.runtime.effects import invoke_effect
from node_containers.runtime.profile import profile_dataset
from node_containers.runtime.stage import run_stage


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """A stage `{"run", "plan", "stage", "attempt"}`, `{"profile": {…}}` for an uploaded dataset, `{"died": {…}}` for a worker that was killed."""
    if "profile" in event:
        return profile(event["profile"])
    if "died" in event:
        return report_death(event["died"])
    # A long fit does not look up: where the run was stopped, the process ends with the next heartbeat.
    return run_stage(event, on_stopped=lambda: os._exit(0))


def report_death(death: dict[str, Any]) -> dict[str, Any]:
    """Say in the node run that was running why its worker is gone: `{"run", "plan", "stage", "code", "message"}`."""
    plan = json.loads(storage.read(death["plan"]))
    nodes = next(stage["nodes"] for stage in plan["stages"] if stage["id"] == death["stage"])
    items = status.read_items(death["run"])
    hint = {"out-of-memory": "Take fewer rows or columns, or a smaller model.", "timed-out": "Take fewer rows, or a smaller model."}[
        death["code"]
    ]
    error = {"code": death["code"], "message": f"The node was ended: {death['message']}.", "field": None, "hint": hint}
    for node in nodes:
        if items.get(node, {}).get("status") == "running":
            status.update(death["run"], node, {"status": "failed", "finished_at": status.now(), "error": error})
    return {"run": death["run"], "stage": death["stage"], "status": "reported"}


def profile(order: dict[str, Any]) -> dict[str, Any]:
    """Describe an uploaded dataset, store the profile beside it, and tell the control plane."""
    found = profile_dataset(order)
    if found["profile"] is not None:
        name = f"o/{order['owner']}/datasets/{order['dataset']}/profile.json"
        storage.write(name, json.dumps(found["profile"], separators=(",", ":"), allow_nan=False).encode(), "application/json")
    invoke_effect({"kind": "profile_dataset", "run": order["dataset"], "node": "profile", "payload": found["payload"]})
    return {"dataset": order["dataset"], "status": "refused" if found["payload"]["error"] else "ready"}
