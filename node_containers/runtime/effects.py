"""Asking the control plane for what must happen once (`docs/contracts.md`, section 7)."""

import json
from typing import Any

from node_containers.runtime.settings import client, load
from node_containers.runtime.trouble import CloudUnavailable, until_it_passes
from node_containers.sdk import NodeError


def invoke_effect(effect: dict[str, Any]) -> dict[str, Any]:
    """Ask the control plane; its refusal becomes a `NodeError` with its own words.

    Asking again is safe: a ledger makes it happen once, and a repetition gets the stored result.
    """
    return ask({"effect": effect}, effect["kind"])


def ask(event: dict[str, Any], what: str) -> dict[str, Any]:
    """The platform function's result for an event that may be repeated; its refusal becomes a `NodeError`."""
    if not load().platform_function:
        message = f"“{what}” needs the platform, which an exported workflow runs without."
        raise NodeError("effect-unavailable", message, hint="Run the workflow in Flowza.")
    body = until_it_passes(lambda: _ask(event, what))
    if body.get("error"):
        error = body["error"]
        raise NodeError(error["code"], error["message"], field=error.get("field"), hint=error.get("hint"))
    result: dict[str, Any] = body["result"]
    return result


def _ask(event: dict[str, Any], what: str) -> dict[str, Any]:
    answer = client("lambda").invoke(FunctionName=load().platform_function, Payload=json.dumps(event).encode())
    raw = answer["Payload"].read()
    try:
        body = json.loads(raw or b"null")
    except ValueError:
        body = None
    if answer.get("FunctionError") or not isinstance(body, dict) or not ({"result", "error"} & body.keys()):
        raise CloudUnavailable(f"the platform did not answer “{what}”: {raw[:300]!r}")
    return body
