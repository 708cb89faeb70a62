"""Credentials for stages: who shows the ticket of a run gets the session role, narrowed to that run.

    execution's input ─ticket─▶ node function ─ticket─▶ platform ─AssumeRole with a session policy─▶ credentials for an hour

The node function's own role reaches no data. A ticket is 256 random bits, stored as its hash, good for one run while it is open (or one dataset while it is
looked at); it travels in the execution's input, which only the control plane may read, and is worth nothing without the right to invoke the platform. Without
a session role (the embedded cloud) there are none.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from chalicelib import artifacts, session, settings
from chalicelib.errors import NotFound
from chalicelib.tables import DoesNotExist, ProfilingItem, RunItem, TicketItem

# A role that was itself taken by role may be handed on for an hour; longer work asks again.
CREDENTIALS_SECONDS = 3_600
# Longer than any run: a ticket is checked against its run, this only tidies up.
KEPT = timedelta(days=40)


def issue(owner: str, *, run: str = "", dataset: str = "") -> str:
    """A new ticket; empty where this deployment has no session role."""
    if not settings.load().session_role:
        return ""
    ticket = secrets.token_urlsafe(32)
    TicketItem("ticket", _hash(ticket), owner=owner, run=run or None, dataset=dataset or None, expires=KEPT).save()
    return ticket


def redeem(ticket: Any) -> dict[str, str]:
    """Credentials for what the ticket is for: `AccessKeyId SecretAccessKey SessionToken Expiration`. `NotFound` for one that is not good (any more)."""
    known = settings.load()
    if not known.session_role or not isinstance(ticket, str):
        raise _refused()
    bucket = f"arn:{known.session_role.split(':')[1]}:s3:::{known.bucket}"
    try:
        item = TicketItem.get("ticket", _hash(ticket), consistent_read=True)
    except DoesNotExist:
        raise _refused() from None
    policy, name = (_of_run(item, bucket), item.run) if item.run else (_of_dataset(item, bucket), item.dataset)
    made = settings.client("sts").assume_role(
        RoleArn=known.session_role, RoleSessionName=name[:64], DurationSeconds=CREDENTIALS_SECONDS, Policy=session.text(policy)
    )["Credentials"]
    return {**made, "Expiration": made["Expiration"].isoformat()}


def _of_run(item: TicketItem, bucket: str) -> dict[str, Any]:
    try:
        run = RunItem.get(f"run#{item.run}", "run", consistent_read=True)
    except DoesNotExist:
        raise _refused() from None
    if run.open is None:
        raise _refused()
    known = settings.load()
    partition, account = known.machine_role.split(":")[1], known.machine_role.split(":")[4]
    region = settings.client("dynamodb").meta.region_name
    # The plan is read here, by the run's own address: what the asker says of it does not count.
    plan = artifacts.read_json(run.plan)
    table = f"arn:{partition}:dynamodb:{region}:{account}:table/{known.runs_table}"
    return session.for_run(plan, bucket, table, f"arn:{partition}:secretsmanager:{region}:{account}:secret:flowza/{known.stage}")


def _of_dataset(item: TicketItem, bucket: str) -> dict[str, Any]:
    try:
        ProfilingItem.get("profiling", item.dataset, consistent_read=True)
    except DoesNotExist:
        raise _refused() from None
    return session.for_dataset(item.owner, item.dataset, bucket)


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()


def _refused() -> NotFound:
    return NotFound("The ticket is not good (any more): its work is over.", code="ticket-unknown")
