"""Runs: from a workflow to an execution, and from what the nodes report to one status.

    start ─▶ queued/cached node runs ─▶ execution ─▶ (the runtime writes node runs) ─▶ close, by EventBridge or by the reconciler

A run is written down before anything is executed, so nothing that was answered with 202 can be lost: an open run without a living execution is given a new
one, and the stages find what was finished. Every change of status is conditional; a final run stays final.
"""

import hashlib
import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import artifacts, cost, datasets, idempotency, settings, workflows
from chalicelib.catalog import load as load_catalog
from chalicelib.check import Checked, Facts, check
from chalicelib.compiler import Plan, Targets, definition_text, keys, machine_name, plan, to_asl
from chalicelib.errors import Conflict, FlowzaError, NotFound, WorkflowInvalid
from chalicelib.limits import lint
from chalicelib.tables import DoesNotExist, NodeRunItem, PutError, RunItem, UpdateError, lost_race, new_id, now, seconds_ago
from chalicelib.workflow import Workflow

LOG = logging.getLogger("flowza.runs")
FINAL = ("succeeded", "failed", "stopped")
MAX_ATTEMPTS = 6
# A run so young may be between its record and its execution: it is looked at twice before it counts as lost.
STARTING_SECONDS = 10.0
SECOND_LOOK_SECONDS = 1.0
CACHED = "same data, same params, same image"


class Prepared(NamedTuple):
    """A workflow checked and planned for one run; `definition` is None where everything is cached."""

    checked: Checked
    plan: Plan
    definition: dict[str, Any] | None


def examine(owner: str, workflow: Workflow, answers: Mapping[str, str]) -> tuple[Checked, Facts]:
    """The check with all that is known about the owner's datasets."""
    references = [str(value) for node in workflow.nodes for value in node.data.params.values() if isinstance(value, str)]
    facts = Facts(datasets.facts(owner, references), settings.load().environment, dict(answers))
    return check(workflow, load_catalog(), facts), facts


def prepare(owner: str, workflow: Workflow, *, run: str, answers: Mapping[str, str], cache: bool = True, fusion: bool = True) -> Prepared:
    """Check, find what is cached, plan and compile. Raises `WorkflowInvalid` with every problem."""
    checked, facts = examine(owner, workflow, answers)
    if not checked.ok:
        errors = [problem for problem in checked.problems if problem.severity == "error"]
        count = len(errors)
        message = f"The workflow has {count} thing{'s' if count != 1 else ''} to fix: {errors[0].message}"
        raise WorkflowInvalid(message, checked.problems, hint=errors[0].hint)
    node_keys = keys(checked, facts, run=run)
    cached = find_cached(owner, checked, node_keys) if cache else {}
    planned = plan(checked, facts, node_keys, cached, fusion=fusion)
    return Prepared(checked, planned, to_asl(planned, Targets(settings.load().node_functions)) if planned.stages else None)


def find_cached(owner: str, checked: Checked, node_keys: Mapping[str, str]) -> dict[str, str]:
    """The nodes whose result is there already, with the reason."""
    asked = {name: node_keys[name] for name, node in checked.graph.items() if node.type.cacheable}
    return dict.fromkeys(artifacts.existing(owner, asked), CACHED)


def start(owner: str, workflow_id: str, *, answers: Mapping[str, str], cache: bool, fusion: bool, idempotency_key: str | None) -> str:
    """Start a run and return its id. The same idempotency key with the same request gives the same run."""
    run = new_id("run")
    if idempotency_key is None:
        _start(owner, run, workflow_id, answers, cache, fusion)
        return run
    request = hashlib.sha256(json.dumps([workflow_id, dict(answers), cache, fusion], sort_keys=True).encode()).hexdigest()
    claim = idempotency.claim(owner, idempotency_key, request, run, _exists)
    if claim.ours:
        try:
            _start(owner, claim.run, workflow_id, answers, cache, fusion)
        except FlowzaError:
            idempotency.release(owner, idempotency_key)
            raise
    return claim.run


def _start(owner: str, run: str, workflow_id: str, answers: Mapping[str, str], cache: bool, fusion: bool) -> None:
    """Every refusal comes before the run is written down; from there on it runs, by this process or by the reconciler."""
    record = workflows.get(owner, workflow_id)
    prepared = prepare(owner, record.document, run=run, answers=answers, cache=cache, fusion=fusion)
    if prepared.definition is not None:
        _machine(prepared.definition)
    item = _write_down(owner, run, record, prepared)
    if prepared.definition is None:
        close(run)
    else:
        _execute(item, prepared.definition)


def _exists(run: str) -> bool:
    return _head(run) is not None


def _write_down(owner: str, run: str, record: workflows.Record, prepared: Prepared) -> RunItem:
    """Plan, definition, node runs and run, in this order: an open run is always complete enough to be executed."""
    place = artifacts.run_object(owner, run, "plan.json")
    artifacts.put_json(place, prepared.plan.to_document(run=run, owner=owner, workflow=record.id))
    if prepared.definition is not None:
        artifacts.put_json(artifacts.run_object(owner, run, "definition.json"), prepared.definition)
    with NodeRunItem.batch_write() as batch:
        for name, node in prepared.plan.nodes.items():
            status = "cached" if node.stage is None else "queued"
            words: dict[str, Any] = {"type": node.resolved.type.type, "stage": node.stage, "reason": node.reason}
            batch.save(NodeRunItem(f"run#{run}", f"node#{name}", node=name, status=status, key=node.key, **words))
    read = sorted({node.dataset for node in prepared.checked.graph.values() if node.dataset})
    item = RunItem(
        f"run#{run}",
        "run",
        run=run,
        owner=owner,
        workflow=record.id,
        workflow_name=record.document.name,
        revision=record.revision,
        status="queued",
        created_at=now(),
        plan=place,
        stages=len(prepared.plan.stages),
        dataset=",".join(read) or None,
        open="1",
    )
    try:
        item.save(condition=RunItem.pk.does_not_exist())
    except PutError as lost:
        # The id is ours alone: this very write arrived, and only its answer did not.
        if not lost_race(lost):
            raise
    return item


def _execute(item: RunItem, definition: Mapping[str, Any]) -> None:
    """Give the run its next execution. The first is named like the run, later ones by their attempt."""
    attempt = int(item.attempt) + 1
    name = item.run if attempt == 1 else f"{item.run}-{attempt}"
    machine = _machine(definition)
    payload = json.dumps({"run": item.run, "plan": item.plan, "attempt": attempt})
    arn = machine.replace(":stateMachine:", ":execution:") + f":{name}"
    try:
        # The attempt is claimed before the execution starts: of two reconcilers one goes on.
        item.update(
            [
                RunItem.attempt.set(attempt),
                RunItem.execution_arn.set(arn),
                RunItem.status.set("running"),
                *([RunItem.started_at.set(now())] if attempt == 1 else []),
            ],
            condition=(RunItem.attempt == attempt - 1) & RunItem.status.is_in("queued", "running"),
        )
    except UpdateError as lost:
        if not lost_race(lost):
            raise
        return
    try:
        _start_execution(machine, name, payload, definition)
    except (ClientError, BotoCoreError) as refused:
        # The run is written down and open: the reconciler tries again, and says this if it never works.
        LOG.warning("run %s: the execution %s did not start: %s", item.run, name, refused)
        item.update([RunItem.refusal.set(str(refused)[:500])], condition=RunItem.pk.exists())


def _start_execution(machine: str, name: str, payload: str, definition: Mapping[str, Any]) -> None:
    client = settings.client("stepfunctions")
    try:
        client.start_execution(stateMachineArn=machine, name=name, input=payload)
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        if code == "ExecutionAlreadyExists":
            return
        if code != "StateMachineDoesNotExist":
            raise
        _MACHINES.clear()
        client.start_execution(stateMachineArn=_machine(definition), name=name, input=payload)


_MACHINES: dict[str, str] = {}


def _machine(definition: Mapping[str, Any]) -> str:
    """ARN of the state machine with this very definition, created when it is new."""
    text = definition_text(definition)
    name = machine_name(settings.load().stage, text)
    if name not in _MACHINES:
        refused = lint(definition)
        if refused:
            raise Conflict(f"The compiled state machine is over a limit: {refused[0]}.", code="limit-exceeded", hint="Split the workflow.")
        client, role = settings.client("stepfunctions"), settings.load().machine_role
        try:
            _MACHINES[name] = client.create_state_machine(name=name, definition=text, roleArn=role, type="STANDARD")["stateMachineArn"]
        except ClientError as exists:
            if exists.response["Error"]["Code"] != "StateMachineAlreadyExists":
                raise
            _, partition, _, _, account, _ = role.split(":", 5)
            _MACHINES[name] = f"arn:{partition}:states:{client.meta.region_name}:{account}:stateMachine:{name}"
    return _MACHINES[name]


# -- reading ----------------------------------------------------------------------------------------------------------------


class RunView(NamedTuple):
    item: RunItem
    nodes: list[NodeRunItem]


def get(owner: str, run: str) -> RunView:
    """A run with its node runs: one query."""
    items = list(_query(run))
    head = next((item for item in items if isinstance(item, RunItem)), None)
    if head is None or head.owner != owner:
        raise NotFound("There is no such run.")
    return RunView(head, [item for item in items if isinstance(item, NodeRunItem)])


def _query(run: str) -> Iterable[RunItem | NodeRunItem]:
    connection = RunItem._get_connection()
    key: dict[str, Any] | None = None
    while True:
        page: Any = connection.query(f"run#{run}", consistent_read=True, exclusive_start_key=key)
        for raw in page["Items"]:
            yield RunItem.from_raw_data(raw) if raw["sk"]["S"] == "run" else NodeRunItem.from_raw_data(raw)
        key = page.get("LastEvaluatedKey")
        if key is None:
            return


def node_cost(node: NodeRunItem) -> float | None:
    """Dollars of a node run; 0 for a cached one, None while it has not ended."""
    if node.status == "cached":
        return 0.0
    if node.billed_ms is None or node.memory_mb is None:
        return None
    return cost.dollars(cost.work_cost(cost.Work(float(node.billed_ms), int(node.memory_mb)), cost.load_prices()))


# -- ending -----------------------------------------------------------------------------------------------------------------


def cancel(owner: str, run: str) -> None:
    """Stop the execution; the nodes say so at once, the work ends with its next heartbeat."""
    view = get(owner, run)
    if view.item.status in FINAL:
        return
    if view.item.execution_arn:
        try:
            settings.client("stepfunctions").stop_execution(
                executionArn=view.item.execution_arn, error="Cancelled", cause="Cancelled by a person"
            )
        except ClientError as gone:
            if gone.response["Error"]["Code"] not in ("ExecutionDoesNotExist", "ValidationException"):
                raise
    _finish(view, "stopped", _error("run-cancelled", "The run was cancelled."))


def close(run: str, execution: str | None = None, cause: str | None = None) -> None:
    """Fold what the nodes say into the run's final status. `execution` is how the execution ended; None where there was none to run."""
    items = list(_query(run))
    head = next((item for item in items if isinstance(item, RunItem)), None)
    if head is None or head.status in FINAL:
        return
    view = RunView(head, [item for item in items if isinstance(item, NodeRunItem)])
    failed = [node for node in view.nodes if node.status == "failed"]
    if all(node.status in ("succeeded", "cached") for node in view.nodes):
        _finish(view, "succeeded", None)
    elif failed:
        first = min(failed, key=lambda node: node.finished_at or "")
        _finish(view, "failed", {**(first.error or _error("node-failed", f"{first.node} failed.")), "node": first.node})
    elif execution == "ABORTED" or any(node.status == "stopped" for node in view.nodes):
        _finish(view, "stopped", _error("run-stopped", "The execution was stopped."))
    elif execution == "TIMED_OUT":
        _finish(view, "failed", _error("timed-out", "The execution took longer than its stages may take together.", cause))
    elif int(head.attempt) < MAX_ATTEMPTS:
        _resume(head)
    else:
        message = f"The execution ended without a result ({execution}) {int(head.attempt)} times."
        _finish(view, "failed", _error("execution-failed", message, cause or head.refusal))


def _error(code: str, message: str, hint: str | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "field": None, "hint": hint[:500] if hint else None}


def _finish(view: RunView, status: str, error: dict[str, Any] | None) -> None:
    ended = now()
    for node, node_status, reason in _left_over(view, status):
        _end_node(node, node_status, reason, ended)
    prices = cost.load_prices()
    works = [
        cost.Work(float(node.billed_ms), int(node.memory_mb))
        for node in view.nodes
        if node.billed_ms is not None and node.memory_mb is not None
    ]
    total = cost.dollars(cost.run_cost(works, int(view.item.stages), prices))
    seconds = (_instant(ended) - _instant(view.item.created_at)).total_seconds()
    try:
        view.item.update(
            [
                RunItem.status.set(status),
                RunItem.finished_at.set(ended),
                RunItem.seconds.set(seconds),
                RunItem.cost_usd.set(total),
                RunItem.open.remove(),
                *([RunItem.error.set(error)] if error else []),
            ],
            condition=~RunItem.status.is_in(*FINAL),
        )
    except UpdateError as lost:
        if not lost_race(lost):
            raise


def _left_over(view: RunView, status: str) -> Iterator[tuple[NodeRunItem, str, str]]:
    """The nodes that will not go on, with what becomes of them and why: one behind a failure names what it waited for."""
    unfinished = [node for node in view.nodes if node.status in ("queued", "running")]
    if status == "stopped":
        yield from ((node, "stopped", "the run was stopped") for node in unfinished)
        return
    failed = {node.node for node in view.nodes if node.status == "failed"}
    waiting = _waiting_for(artifacts.read_json(view.item.plan)["nodes"], failed) if unfinished and failed else {}
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


def _end_node(node: NodeRunItem, status: str, reason: str, ended: str) -> None:
    try:
        node.update(
            [NodeRunItem.status.set(status), NodeRunItem.reason.set(reason), NodeRunItem.finished_at.set(ended)],
            condition=NodeRunItem.status.is_in("queued", "running"),
        )
    except UpdateError as lost:
        if not lost_race(lost):
            raise


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _resume(item: RunItem) -> None:
    """A new execution of the same plan: the stages skip what has succeeded."""
    _execute(item, artifacts.read_json(artifacts.run_object(item.owner, item.run, "definition.json")))


def record_event(detail: Mapping[str, Any]) -> None:
    """EventBridge says how an execution stands (`Step Functions Execution Status Change`)."""
    if detail["status"] == "RUNNING":
        return
    # An execution is named like its run, with the attempt behind it; other machines of the account have other names.
    item = _head(detail["name"].split("-")[0])
    # An older attempt of the run may be heard of late: only the execution that counts may close it.
    if item is not None and item.execution_arn == detail["executionArn"]:
        close(item.run, detail["status"], detail.get("cause"))


def _head(run: str) -> RunItem | None:
    try:
        return RunItem.get(f"run#{run}", "run", consistent_read=True)
    except DoesNotExist:
        return None


def reconcile() -> dict[str, int]:
    """Look after every open run: close what has ended, restart what has lost its execution. Counts for the log."""
    counts = {"open": 0, "closed_or_resumed": 0, "broken": 0, "profiles": datasets.restart_stuck()}
    young: list[RunItem] = []
    for item in RunItem.open_runs.query("1"):
        counts["open"] += 1
        if not _look_after(item, counts):
            young.append(item)
    if young:
        time.sleep(SECOND_LOOK_SECONDS)
    for item in young:
        _look_after(item, counts, again=True)
    return counts


def _look_after(seen: RunItem, counts: dict[str, int], *, again: bool = False) -> bool:
    """Close or resume a run whose execution is over. False where it may be starting in this moment. One broken run does not hold up the others."""
    try:
        # The index may lag behind: what counts is the item.
        item = _head(seen.run)
        if item is None or item.status in FINAL or (status := _execution_status(item)) == "RUNNING":
            return True
        if status == "MISSING" and not again and item.created_at > seconds_ago(STARTING_SECONDS):
            return False
        counts["closed_or_resumed"] += 1
        close(item.run, status)
    except Exception:
        LOG.exception("run %s cannot be looked after", seen.run)
        counts["broken"] += 1
    return True


def _execution_status(item: RunItem) -> str:
    if item.execution_arn is None:
        return "MISSING"
    try:
        return str(settings.client("stepfunctions").describe_execution(executionArn=item.execution_arn)["status"])
    except ClientError as gone:
        if gone.response["Error"]["Code"] in ("ExecutionDoesNotExist", "StateMachineDoesNotExist", "ResourceNotFound"):
            return "MISSING"
        raise
