"""The node function: one entry for Lambda, and for the pool that stands in for it."""

import json
from typing import Any

from node_containers.runtime import storage
from node_containers.runtime.profile import profile_dataset
from node_containers.runtime.stage import invoke_effect, run_stage


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """A stage `{"run", "plan", "stage", "attempt"}`, or `{"profile": {…}}` for an uploaded dataset."""
    if "profile" in event:
        return profile(event["profile"])
    return run_stage(event)


def profile(order: dict[str, Any]) -> dict[str, Any]:
    """Describe an uploaded dataset, store the profile beside it, and tell the control plane."""
    found = profile_dataset(order)
    if found["profile"] is not None:
        name = f"o/{order['owner']}/datasets/{order['dataset']}/profile.json"
        storage.write(name, json.dumps(found["profile"], separators=(",", ":"), allow_nan=False).encode(), "application/json")
    invoke_effect({"kind": "profile_dataset", "run": order["dataset"], "node": "profile", "payload": found["payload"]})
    return {"dataset": order["dataset"], "status": "refused" if found["payload"]["error"] else "ready"}
