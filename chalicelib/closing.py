"""How runs end: from what the nodes report and what becomes of the execution to one final status, with its bill.

    node runs + execution ─▶ close, by EventBridge or by reconciling.py ─▶ succeeded · failed · stopped, or another attempt

Every change of status is conditional; a final run stays final, and its dollars enter the month's sum in the same write.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib import artifacts, billing, catalog, executions, history, measures
from chalicelib.estimate import START_UP, Observation
from chalicelib.run_view import FINAL, RunView, view
from chalicelib.tables import (
    Action,
    NodeRunItem,
    RunItem,
    SpendingItem,
    TransactWriteError,
    UpdateError,
    lost_race,
    now,
    seconds_between,
    transaction,
)

DEATH_HINTS = {
    "out-of-memory": "Take fewer rows or columns, or a smaller model.",
    "timed-out": "Take fewer rows, or a smaller model.",
    "node-exited": "A node must return, not exit.",
    "task-lost": "Its tasks never started, or fell silent: see the log of the cluster and whether their image is there, then resume the run.",
    "image-missing": "Put the image back (make deploy on AWS; make images, then make run DOCKER=1 on this machine), then resume the run.",
}
LOG = logging.getLogger("flowza.closing")
DONE = ("succeeded", "cached", "skipped")
MAX_ATTEMPTS = 6
OUTCOMES = {"out-of-memory": "out-of-memory", "timed-out": "timed-out"}


def close(run: str, execution: str | None = None, cause: str | None = None) -> None:
    """Fold what the nodes say into the run's final status. `execution` is how the execution ended; None where there was none to run."""
    if (seen := view(run)) is not None:
        _close(seen, execution, cause)


def record_event(detail: Mapping[str, Any]) -> None:
    """EventBridge says how an execution stands (`Step Functions Execution Status Change`)."""
    if detail["status"] == "RUNNING":
        return
    # An execution is named like its run, with the attempt behind it; other machines of the account have other names.
    seen = view(detail["name"].split("-")[0])
    # An older attempt of the run may be heard of late: only the execution that counts may close it.
    if seen is not None and seen.item.execution_arn == detail["executionArn"]:
        _close(seen, detail["status"], detail.get("cause"))


def _close(seen: RunView, execution: str | None, cause: str | None) -> None:
    if seen.item.status in FINAL:
        return
    failed = [node for node in seen.nodes if node.status == "failed"]
    if all(node.status in DONE for node in seen.nodes):
        finish(seen, "succeeded", None)
    elif failed:
        first = min(failed, key=lambda node: node.finished_at or "")
        finish(seen, "failed", {**(first.error or error("node-failed", f"{first.node} failed.")), "node": first.node})
    elif execution == "ABORTED" or any(node.status == "stopped" for node in seen.nodes):
        reason = next((node.reason for node in seen.nodes if node.status == "stopped" and node.reason), None)
        finish(seen, "stopped", error("run-stopped", f"The run was stopped: {reason}." if reason else "The execution was stopped."))
    elif execution == "TIMED_OUT":
        finish(seen, "failed", error("timed-out", "The execution took longer than its stages may take together.", cause))
    elif execution == "FAILED" and (death := executions.death(seen.item)) and not _may_pass(death, seen):
        _end_dead(seen, death)
    elif int(seen.item.attempt) < MAX_ATTEMPTS:
        # A new execution of the same plan: the stages skip what has succeeded.
        executions.execute(seen.item, executions.stored(seen.item))
    else:
        message = f"The execution ended without a result ({execution}) {int(seen.item.attempt)} times."
        finish(seen, "failed", error("execution-failed", message, cause or seen.item.refusal))


def _may_pass(death: executions.Death, seen: RunView) -> bool:
    """A worker that ended without a word may have been taken away: only where it ends like that on every size twice, its node is to blame."""
    return death.code == "node-exited" and int(seen.item.attempt) < 2


def _end_dead(seen: RunView, death: executions.Death) -> None:
    """Nothing larger is there: the nodes that worked in the dead stage have failed; where none ever began, the one that was next."""
    working = [node for node in seen.nodes if node.status == "running"]
    dead = [node for node in working if node.stage == death.stage] or working or _next_of(death.stage, seen)
    what = "could not be started" if death.code == "image-missing" else "was ended"
    problem = error(death.code, f"The node {what}: {(death.words or death.code).rstrip('.')}.", DEATH_HINTS[death.code])
    for node in dead:
        _end_node(node, "failed", "", now(), problem)
        node.status, node.error = "failed", problem
    finish(seen, "failed", {**problem, "node": dead[0].node} if dead else problem)


def _next_of(stage: str | None, seen: RunView) -> list[NodeRunItem]:
    """The node with which the stage would have begun; where no history names the stage, one that waited for no other."""
    planned = artifacts.read_json(seen.item.plan)["nodes"]
    unfinished = {node.node for node in seen.nodes if node.status not in DONE}
    ready = [
        node
        for node in seen.nodes
        if node.status == "queued" and unfinished.isdisjoint(source["node"] for source in planned[node.node]["inputs"].values())
    ]
    return ([node for node in ready if node.stage == stage] or ready)[:1]


def error(code: str, message: str, hint: str | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "field": None, "hint": hint[:500] if hint else None}


def finish(seen: RunView, status: str, problem: dict[str, Any] | None) -> None:
    """Write the end down, once: of two who close a run the second changes nothing."""
    ended = now()
    for node, node_status, reason in _left_over(seen, status):
        _end_node(node, node_status, reason, ended)
    amount, lines = billing.bill(seen, billing.past_transitions(seen, status))
    changes: list[Action] = [
        RunItem.status.set(status),
        RunItem.finished_at.set(ended),
        RunItem.seconds.set(seconds_between(seen.item.created_at, ended)),
        RunItem.ledger.set(lines),
        RunItem.open.remove(),
        *([RunItem.cost_usd.set(amount)] if amount is not None else []),
        *([RunItem.error.set(problem)] if problem else []),
    ]
    period, owner = ended[:7], seen.item.owner
    try:
        with transaction() as write:
            write.update(seen.item, actions=changes, condition=~RunItem.status.is_in(*FINAL))
            for name in (period, f"{period}#{seen.item.workflow}"):
                spent = SpendingItem(f"{owner}#spending", name)
                write.update(spent, actions=[SpendingItem.dollars.add(amount or 0), SpendingItem.runs.add(1)])
    except TransactWriteError as lost:
        if not lost_race(lost):
            raise
        return
    measures.count("RunsEnded", run=seen.item.run, status=status)
    seen.item.status = status
    _remember(seen)


def _remember(seen: RunView) -> None:
    """Let the next plan know how long each node took, what was too small for it, and how long the invocations took to start up."""
    observed: dict[str, list[Observation]] = {}
    if started := [float(one.init_ms) / 1000 for one in seen.bills if one.init_ms is not None]:
        observed[START_UP] = [Observation(None, seconds, None, "small", "ok", "") for seconds in started]
    types = catalog.load().nodes
    for node in seen.nodes:
        outcome = "ok" if node.status == "succeeded" else OUTCOMES.get((node.error or {}).get("code", ""))
        if outcome is None or node.type is None or node.seconds is None:
            continue
        rows = node.rows_in if node.rows_in is not None else node.rows_out
        size = node.size or "small"
        flow = types[node.type].flow if node.type in types else "plain"
        work = float(node.billed_ms) / 1000 if node.billed_ms and flow in catalog.FANS_OUT else None
        known = Observation(None if rows is None else int(rows), float(node.seconds), node.peak_mb, size, outcome, node.key, work)
        observed.setdefault(node.type, []).append(known)
        if node.outgrew:
            too_small = known._replace(size=node.outgrew, outcome="out-of-memory")
            observed[node.type].append(too_small)
    try:
        if observed:
            history.add(seen.item.owner, observed)
    except Exception:
        # Advice for later plans: a run does not depend on it.
        LOG.exception("run %s: its history was not written", seen.item.run)


def _left_over(seen: RunView, status: str) -> Iterator[tuple[NodeRunItem, str, str]]:
    """The nodes that will not go on, with what becomes of them and why: one behind a failure names what it waited for."""
    unfinished = [node for node in seen.nodes if node.status in ("queued", "running")]
    if status == "stopped":
        yield from ((node, "stopped", "the run was stopped") for node in unfinished)
        return
    failed = {node.node for node in seen.nodes if node.status == "failed"}
    waiting = _waiting_for(artifacts.read_json(seen.item.plan)["nodes"], failed) if unfinished and failed else {}
    for node in unfinished:
        if node.status == "running":
            yield node, "stopped", f"the run ended: {', '.join(sorted(failed))} failed" if failed else "the run ended"
        else:
            yield node, "skipped", f"waiting for {waiting[node.node]}" if node.node in waiting else "the run ended before its turn"


def _waiting_for(planned: Mapping[str, Any], failed: set[str]) -> dict[str, str]:
    """For every node behind a failed one, which one that is (the first by name where there are several)."""
    feeds: dict[str, list[str]] = {}
    for name, node in planned.items():
        for source in node["inputs"].values():
            feeds.setdefault(source["node"], []).append(name)
    found: dict[str, str] = {}
    for culprit in sorted(failed):
        behind = list(feeds.get(culprit, []))
        while behind:
            name = behind.pop()
            if name not in found:
                found[name] = culprit
                behind += feeds.get(name, [])
    return found


def _end_node(node: NodeRunItem, status: str, reason: str, ended: str, problem: dict[str, Any] | None = None) -> None:
    why = NodeRunItem.error.set(problem) if problem else NodeRunItem.reason.set(reason)
    try:
        node.update(
            [NodeRunItem.status.set(status), why, NodeRunItem.finished_at.set(ended)],
            condition=NodeRunItem.status.is_in("queued", "running"),
        )
    except UpdateError as lost:
        if not lost_race(lost):
            raise
