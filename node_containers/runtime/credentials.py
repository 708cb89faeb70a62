"""Credentials of a run: the function's own role reaches no data, the platform gives some for the run's ticket (`docs/adr/0055-credentials-by-ticket.md`)."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.credentials import RefreshableCredentials
from botocore.session import get_session

from node_containers.runtime.settings import client, load, narrow
from node_containers.runtime.trouble import CloudUnavailable, until_it_passes
from node_containers.sdk import NodeError

# A function that is warm often meets the same run again.
_known: dict[str, Any] = {}


def adopt(order: Mapping[str, Any]) -> None:
    """Reach the data with the credentials of this order's run from here on. Raises `NodeError` where the ticket is not good (any more)."""
    if load().credentials != "session":
        return
    ticket = order.get("ticket", "")
    if ticket not in _known:
        _known.clear()
        _known[ticket] = _session(ticket)
    narrow(_known[ticket])


def _session(ticket: str) -> Any:
    # They last an hour; longer work gets new ones on its own while its run is open.
    made = RefreshableCredentials.create_from_metadata(_ask(ticket), refresh_using=lambda: _ask(ticket), method="flowza-ticket")
    inner = get_session()
    inner._credentials = made
    return boto3.Session(botocore_session=inner)


def _ask(ticket: str) -> dict[str, str]:
    found = until_it_passes(lambda: _invoke(ticket))
    return {
        "access_key": found["AccessKeyId"],
        "secret_key": found["SecretAccessKey"],
        "token": found["SessionToken"],
        "expiry_time": found["Expiration"],
    }


def _invoke(ticket: str) -> dict[str, str]:
    answer = client("lambda").invoke(FunctionName=load().platform_function, Payload=json.dumps({"ticket": ticket}).encode())
    try:
        body = json.loads(answer["Payload"].read())
    except ValueError:
        body = None
    if isinstance(body, dict) and body.get("error"):
        raise NodeError(body["error"]["code"], body["error"]["message"], hint="Run the workflow again.")
    if answer.get("FunctionError") or not isinstance(body, dict) or "result" not in body:
        raise CloudUnavailable("the platform did not answer the ticket")
    return dict(body["result"])
