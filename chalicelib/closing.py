"""How runs end: from what the nodes report and what becomes of the execution to one final status, with its bill.

    node runs + execution ─▶ close, by EventBridge or by the reconciler ─▶ succeeded · failed · stopped, or another attempt

Every change of status is conditional; a final run stays final, and its dollars enter the month's sum in the same write.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chalicelib import approvals, artifacts, cost, datasets, executions, history, measures, settings, spending, watching
from chalicelib.estimate import Observation
from chalicelib.tables import (
    Action,
    ApprovalItem,
    BillItem,
    DoesNotExist,
    NodeRunItem,
    RunItem,
    SpendingItem,
    TransactWriteError,
    UpdateError,
    lost_race,
    now,
    seconds_ago,
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
FINAL = ("succeeded", "failed", "stopped")
DONE = ("succeeded", "cached", "skipped")
MAX_ATTEMPTS = 6
# A run so young may be between its record and its execution: it is looked at twice before it counts as lost.
STARTING_SECONDS = 10.0
SECOND_LOOK_SECONDS = 1.0
# Where work died without a word, it is billed up to its last sign of life and what may have passed until the next.
SILENT_MS = 3_000.0
OUTCOMES = {"out-of-memory": "out-of-memory", "timed-out": "timed-out"}


class RunView(NamedTuple):
    item: RunItem
    nodes: list[NodeRunItem]
    bills: list[BillItem]


def head(run: str) -> RunItem | None:
    try:
        return RunItem.get(f"run#{run}", "run", consistent_read=True)
    except DoesNotExist:
        return None


def view(run: str) -> RunView | None:
    """A run, its node runs and its invocations: one query. None where there is no such run."""
    found: dict[str, list[Any]] = {"run": [], "node": [], "bill": [], "approval": []}
    kinds = {"run": RunItem, "node": NodeRunItem, "bill": BillItem, "approval": ApprovalItem}
    connection = RunItem._get_connection()
    key: dict[str, Any] | None = None
    while True:
        page: Any = connection.query(f"run#{run}", consistent_read=True, exclusive_start_key=key)
        for raw in page["Items"]:
            kind = raw["sk"]["S"].partition("#")[0]
            found[kind].append(kinds[kind].from_raw_data(raw))
        key = page.get("LastEvaluatedKey")
        if key is None:
            return RunView(found["run"][0], found["node"], found["bill"]) if found["run"] else None


def close(run: str, execution: str | None = None, cause: str | None = None) -> None:
    """Fold what the nodes say into the run's final status. `execution` is how the execution ended; None where there was none to run."""
    if (seen := view(run)) is not None:
        _close(seen, execution, cause)


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
    amount, lines = bill(seen, _transitions(seen, status))
    changes: list[Action] = [
        RunItem.status.set(status),
        RunItem.finished_at.set(ended),
        RunItem.seconds.set(_between(seen.item.created_at, ended)),
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


def _transitions(seen: RunView, status: str) -> int | None:
    """State transitions of the run as they happened; None where it takes those of its machine as a whole, or no history is left."""
    once = status == "succeeded" and int(seen.item.attempt) <= 1
    if once and not seen.item.parts and not any(one.phase for one in seen.bills):
        return None
    happened = executions.transitions(seen.item)
    # What went through has entered every state at least once. An emulator may leave events of branches out of its histories.
    return max(happened, _planned_transitions(seen)) if once and happened is not None else happened


def _planned_transitions(seen: RunView) -> int:
    return whole_transitions(int(seen.item.transitions), [(item.stage, item.phase) for item in seen.bills])


def bill(seen: RunView, transitions: int | None = None) -> tuple[float | None, list[Mapping[str, Any]]]:
    """Dollars and lines of the run so far; None with the missing entry's name where the price table does not know something.

    `transitions` is what the histories say; without them it is what the machine takes as a whole.
    """
    works = [_invocation(item, seen.nodes) for item in seen.bills]
    if transitions is None:
        transitions = _planned_transitions(seen)
    try:
        lines = cost.ledger(works, transitions, cost.load_prices(settings.load().prices))
    except cost.PriceMissing as missing:
        return None, [{"item": str(missing), "quantity": 0, "unit": missing.entry, "usd": None}]
    return cost.dollars(cost.total(lines)), spending.lines(lines)


def whole_transitions(fixed: int, invocations: Sequence[tuple[str, str | None]]) -> int:
    """Transitions of a run that goes through: the states that invoke nothing, each invocation, and what further rounds of fan-outs take.

    A round is a Map, the invocation that gathers, and a Choice; the Choice in front of the first is among the machine's own states.
    """
    rounds = sum(phase == "gather" for _, phase in invocations)
    return fixed + len(invocations) + 2 * rounds if invocations else 0


def _invocation(item: BillItem, nodes: list[NodeRunItem]) -> cost.Invocation:
    billed = float(item.billed_ms) if item.billed_ms is not None else _lived_ms(item, nodes)
    counts = {name: int(getattr(item, name)) for name in ("puts", "gets", "writes", "stored_bytes")}
    return cost.Invocation(billed, int(item.memory_mb), task=bool(item.task), **counts)


def _lived_ms(item: BillItem, nodes: list[NodeRunItem]) -> float:
    """From the start of an invocation that never said its end to the last sign of life of its stage."""
    signs = [sign for node in nodes if node.stage == item.stage for sign in (node.heartbeat_at, node.finished_at) if sign]
    last = max([sign for sign in signs if sign >= item.started_at], default=item.started_at)
    return _between(item.started_at, last) * 1000 + SILENT_MS


def _remember(seen: RunView) -> None:
    """Let the next plan know how long each node took, and what was too small for it."""
    observed: dict[str, list[Observation]] = {}
    for node in seen.nodes:
        outcome = "ok" if node.status == "succeeded" else OUTCOMES.get((node.error or {}).get("code", ""))
        if outcome is None or node.type is None or node.seconds is None:
            continue
        rows = node.rows_in if node.rows_in is not None else node.rows_out
        size = node.size or "small"
        known = Observation(None if rows is None else int(rows), float(node.seconds), node.peak_mb, size, outcome, node.key)
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


def _between(earlier: str, later: str) -> float:
    """Seconds between two times; none where a clock has jumped back."""
    began, ended = (datetime.fromisoformat(text).astimezone(UTC) for text in (earlier, later))
    return max(0.0, (ended - began).total_seconds())


# -- what wakes it ----------------------------------------------------------------------------------------------------------


def record_event(detail: Mapping[str, Any]) -> None:
    """EventBridge says how an execution stands (`Step Functions Execution Status Change`)."""
    if detail["status"] == "RUNNING":
        return
    # An execution is named like its run, with the attempt behind it; other machines of the account have other names.
    seen = view(detail["name"].split("-")[0])
    # An older attempt of the run may be heard of late: only the execution that counts may close it.
    if seen is not None and seen.item.execution_arn == detail["executionArn"]:
        _close(seen, detail["status"], detail.get("cause"))


def reconcile() -> dict[str, int]:
    """Look after every open run: close what has ended, restart what has lost its execution. Counts for the log."""
    counts = {"open": 0, "closed_or_resumed": 0, "broken": 0, "profiles": datasets.restart_stuck(), "approvals": 0}
    young: list[RunItem] = []
    for item in RunItem.open_runs.query("1"):
        counts["open"] += 1
        counts["approvals"] += approvals.answer_overdue(item)
        if not _look_after(item, counts):
            young.append(item)
    if young:
        time.sleep(SECOND_LOOK_SECONDS)
    for item in young:
        _look_after(item, counts, again=True)
    return counts


def busy() -> bool:
    """Whether anything is open that may need looking after."""
    return next(iter(RunItem.open_runs.query("1", limit=1)), None) is not None or datasets.profiling()


def tick() -> dict[str, int]:
    """Look after what is open; where nothing is, there is no next tick until something begins."""
    counts = reconcile()
    watching.rest(busy)
    return counts


def watch() -> int:
    """Once a day: have open work looked after that lost its watch. How much there is."""
    if busy():
        watching.begin()
    return reconcile()["open"]


def _look_after(seen: RunItem, counts: dict[str, int], *, again: bool = False) -> bool:
    """Close or resume a run whose execution is over. False where it may be starting in this moment. One broken run does not hold up the others."""
    try:
        # The index may lag behind: what counts is the item.
        item = head(seen.run)
        if item is None or item.status in FINAL or (status := executions.status(item)) == "RUNNING":
            return True
        if status == "MISSING" and not again and item.created_at > seconds_ago(STARTING_SECONDS):
            return False
        counts["closed_or_resumed"] += 1
        close(item.run, status)
    except Exception:
        LOG.exception("run %s cannot be looked after", seen.run)
        counts["broken"] += 1
    return True
