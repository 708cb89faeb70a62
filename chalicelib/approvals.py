"""Runs that wait for a person: the machine's task token is kept, and an answer sets the run going again. Waiting costs nothing."""

import json
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import artifacts, settings
from chalicelib.errors import Conflict, NotFound
from chalicelib.tables import ApprovalItem, DoesNotExist, NodeRunItem, RunItem, UpdateError, lost_race, now, seconds_ago

WAITING = "waiting for approval"
# The execution is over: there is nobody to tell.
OVER = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


def ask(payload: dict[str, Any]) -> None:
    """A machine has come to an approval: keep its token. An answer that was given before (an earlier attempt of the run) holds."""
    plan = artifacts.read_json(payload["plan"])
    node = next(stage["nodes"][0] for stage in plan["stages"] if stage["id"] == payload["stage"])
    pk = f"run#{payload['run']}"
    try:
        known = ApprovalItem.get(pk, f"approval#{node}", consistent_read=True)
    except DoesNotExist:
        known = ApprovalItem(pk, f"approval#{node}", token=payload["token"], asked_at=now())
    known.token = payload["token"]
    known.save()
    if known.answer is not None:
        _send(known.token, known.answer == "approved", payload["stage"])
        return
    _update(pk, node, [NodeRunItem.status.set("running"), NodeRunItem.started_at.set(now()), NodeRunItem.progress.set(WAITING)])


def decide(owner: str, run: str, node: str, *, approve: bool, note: str) -> None:
    """A person's answer. The first one counts; `Conflict` where somebody was faster, `NotFound` where nothing waits."""
    item = _run(owner, run)
    _answer(item, node, approve, f"{'approved' if approve else 'rejected'}{f': {note}' if note else ''}")


def answer_overdue(item: RunItem) -> int:
    """Give the default answer where nobody has answered in time. The number of answers given."""
    count = 0
    for waiting in ApprovalItem.query(
        item.pk, ApprovalItem.sk.startswith("approval#"), filter_condition=ApprovalItem.answer.does_not_exist()
    ):
        node = waiting.sk.removeprefix("approval#")
        params = artifacts.read_json(item.plan)["nodes"][node]["params"]
        if waiting.asked_at < seconds_ago(3600 * params["timeout_hours"]):
            approve = params["default"] == "approve"
            words = f"{'approved' if approve else 'rejected'} by default: nobody answered within {params['timeout_hours']:g} hours"
            _answer(item, node, approve, words)
            count += 1
    return count


def _run(owner: str, run: str) -> RunItem:
    try:
        item = RunItem.get(f"run#{run}", "run", consistent_read=True)
    except DoesNotExist:
        item = None
    if item is None or item.owner != owner:
        raise NotFound("There is no such run.")
    return item


def _answer(item: RunItem, node: str, approve: bool, words: str) -> None:
    try:
        waiting = ApprovalItem.get(item.pk, f"approval#{node}", consistent_read=True)
    except DoesNotExist:
        raise NotFound("Nothing waits for an answer there.", hint="It may not have come so far yet.") from None
    try:
        waiting.update([ApprovalItem.answer.set("approved" if approve else "rejected")], condition=ApprovalItem.answer.does_not_exist())
    except UpdateError as lost:
        if not lost_race(lost):
            raise
        raise Conflict(f"It was answered already: {waiting.answer or 'by somebody else'}.", code="approval-answered") from lost
    ended = [NodeRunItem.finished_at.set(now()), NodeRunItem.progress.remove(), NodeRunItem.summary.set(words[:300])]
    status = NodeRunItem.status.set("succeeded" if approve else "stopped")
    _update(item.pk, node, [status, NodeRunItem.reason.set(words[:300]), *ended])
    _send(waiting.token, approve, node)


def _update(pk: str, node: str, actions: list[Any]) -> None:
    try:
        NodeRunItem(pk, f"node#{node}").update(actions, condition=NodeRunItem.status.is_in("queued", "running"))
    except UpdateError as lost:
        if not lost_race(lost):
            raise


def _send(token: str, approve: bool, what: str) -> None:
    client = settings.client("stepfunctions")
    try:
        if approve:
            client.send_task_success(taskToken=token, output=json.dumps({"status": "succeeded"}))
        else:
            client.send_task_failure(taskToken=token, error="StageFailed", cause=f"{what}: rejected")
    except ClientError as over:
        if over.response["Error"]["Code"] not in OVER:
            raise
