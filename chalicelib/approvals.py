"""Runs that wait for a person: the machine's task token is kept, and an answer sets the run going again. Waiting costs nothing.

Who is named as an approver gets the question as an item of their own. It is all they see of somebody else's run, and what lets them answer.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import access, artifacts, settings
from chalicelib.errors import Conflict, Forbidden, NotFound
from chalicelib.run_view import FINAL, head
from chalicelib.tables import ApprovalItem, DoesNotExist, NodeRunItem, QuestionItem, RunItem, UpdateError, lost_race, now, seconds_ago

WAITING = "waiting for approval"
# How long a question that nobody looked at lies about after its time.
KEPT_DAYS = 7
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
    people = approvers(plan["nodes"][node])
    _put_questions(payload["run"], node, plan, people, known.asked_at)
    asked = [
        NodeRunItem.question.set(plan["nodes"][node]["params"]["question"]),
        NodeRunItem.approvers.set([access.user_name(one) for one in people]),
    ]
    _update(pk, node, [NodeRunItem.status.set("running"), NodeRunItem.started_at.set(now()), NodeRunItem.progress.set(WAITING), *asked])


def approvers(planned: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of those who may answer; empty where whoever may start the run may."""
    return tuple(dict.fromkeys(access.user_id(name) for name in planned["params"].get("approvers", ())))


def decide(owner: str, run: str, node: str, *, approve: bool, note: str) -> None:
    """The answer of whom the run belongs to. The first one counts; `Conflict` where somebody was faster, `NotFound` where nothing waits, `Forbidden`
    where others are named."""
    item = head(run)
    if item is None or item.owner != owner:
        raise NotFound("There is no such run.")
    planned = artifacts.read_json(item.plan)["nodes"].get(node)
    people = approvers(planned) if planned else ()
    if people and owner not in people:
        names = " or ".join(access.user_name(one) for one in people)
        hint = "They find the question on their first page. You may cancel the run."
        raise Forbidden(f"Only {names} may answer here.", code="approval-others", hint=hint)
    _answer(item, node, approve, _words(approve, owner if people else None, note), people)


def questions(user: str) -> list[QuestionItem]:
    """What waits for an answer of this user by name, the oldest first. What has been answered, or has ended otherwise, is taken away."""
    found = []
    for question in QuestionItem.query(f"{user}#question", consistent_read=True):
        if _is_open(question):
            found.append(question)
        else:
            question.delete()
    return found


def answer(user: str, run: str, node: str, *, approve: bool, note: str) -> None:
    """The answer of somebody who is named. `NotFound` where nothing waits for this user; `Conflict` where somebody was faster."""
    try:
        question = QuestionItem.get(f"{user}#question", f"{run}#{node}", consistent_read=True)
        item = head(run) if _is_open(question) else None
    except DoesNotExist:
        item = None
    if item is None:
        raise NotFound("Nothing waits for your answer there.", hint="It may have been answered, or the run may have ended.")
    _answer(item, node, approve, _words(approve, user, note), approvers(artifacts.read_json(item.plan)["nodes"][node]))


def _words(approve: bool, user: str | None, note: str) -> str:
    return f"{'approved' if approve else 'rejected'}{f' by {access.user_name(user)}' if user else ''}{f': {note}' if note else ''}"


def _is_open(question: QuestionItem) -> bool:
    try:
        waiting = ApprovalItem.get(f"run#{question.run}", f"approval#{question.node}", consistent_read=True)
    except DoesNotExist:
        return False
    item = head(question.run)
    return waiting.answer is None and item is not None and item.status not in FINAL


def _put_questions(run: str, node: str, plan: Mapping[str, Any], people: Sequence[str], asked_at: str) -> None:
    """Tell everybody who is named, once each."""
    item = head(run) if people else None
    if item is None:
        return
    params = plan["nodes"][node]["params"]
    words = {name: params[name] for name in ("question", "timeout_hours", "default")}
    about = list(_about(item.owner, node, plan))
    for user in people:
        QuestionItem(
            f"{user}#question",
            f"{run}#{node}",
            run=run,
            node=node,
            owner=item.owner,
            workflow_name=item.workflow_name,
            about=about,
            asked_at=asked_at,
            expires=timedelta(days=KEPT_DAYS, hours=params["timeout_hours"]),
            **words,
        ).save()


def _about(owner: str, node: str, plan: Mapping[str, Any]) -> Iterator[str]:
    """What the inputs of a node say of themselves."""
    for source in plan["nodes"][node]["inputs"].values():
        before = plan["nodes"][source["node"]]
        try:
            summary = artifacts.read_json(f"o/{owner}/artifacts/{before['key']}/manifest.json").get("summary")
        except NotFound:
            continue
        if summary:
            yield f"{before['label'] or source['node']}: {summary}"[:400]


def answer_overdue(item: RunItem) -> int:
    """Give the default answer where nobody has answered in time. The number of answers given."""
    count = 0
    for waiting in ApprovalItem.query(
        item.pk, ApprovalItem.sk.startswith("approval#"), filter_condition=ApprovalItem.answer.does_not_exist()
    ):
        node = waiting.sk.removeprefix("approval#")
        planned = artifacts.read_json(item.plan)["nodes"][node]
        params = planned["params"]
        if waiting.asked_at < seconds_ago(3600 * params["timeout_hours"]):
            approve = params["default"] == "approve"
            words = f"{'approved' if approve else 'rejected'} by default: nobody answered within {params['timeout_hours']:g} hours"
            _answer(item, node, approve, words, approvers(planned))
            count += 1
    return count


def _answer(item: RunItem, node: str, approve: bool, words: str, people: Sequence[str]) -> None:
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
    for user in people:
        QuestionItem(f"{user}#question", f"{item.run}#{node}").delete()


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
