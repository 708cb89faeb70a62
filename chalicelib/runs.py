"""Runs: from a saved workflow and an order to an execution.

    preparing.look_ahead ─▶ start ─▶ execution ─▶ (closing.py ends it)

A run is written down before anything is executed, so nothing that was answered with 202 can be lost: an open run without a living execution is given a new one,
and the stages find what was finished.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from chalicelib import artifacts, billing, closing, cost, executions, idempotency, looks, settings, spending, workflows
from chalicelib.errors import Conflict, FlowzaError, NotFound
from chalicelib.order import Order
from chalicelib.preparing import Prepared, look_ahead
from chalicelib.run_view import FINAL, RunView, head, view
from chalicelib.tables import NodeRunItem, PutError, RunItem, UpdateError, lost_race, new_id, now, seconds_ago


def start(owner: str, workflow: str, order: Order, *, idempotency_key: str | None, resumed_from: str | None = None) -> str:
    """Start a run and return its id. The same idempotency key with the same request gives the same run."""

    def begin(run: str) -> None:
        _start(owner, run, workflow, order, resumed_from)

    return _once(owner, [workflow, order.document()], idempotency_key, begin)


def _once(owner: str, request: Any, key: str | None, begin: Callable[[str], None]) -> str:
    run = new_id("run")
    if key is None:
        begin(run)
        return run
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    claim = idempotency.claim(owner, key, digest, run, _exists)
    if claim.ours:
        try:
            begin(claim.run)
        except FlowzaError:
            idempotency.release(owner, key)
            raise
    return claim.run


def resume(owner: str, run: str, *, idempotency_key: str | None) -> str:
    """Run the workflow as it is now, in the same scope and with the same answers, taking all that still holds. Of two at once, one goes on."""
    item = get(owner, run).item

    def begin(successor: str) -> None:
        _claim_resume(item, successor)
        try:
            _start(owner, successor, item.workflow, Order.read(item.order).resumed(), run)
        except FlowzaError:
            item.update([RunItem.resumed_by.remove()], condition=RunItem.resumed_by == successor)
            raise

    return _once(owner, ["resume", run], idempotency_key, begin)


def _claim_resume(item: RunItem, successor: str) -> None:
    if item.status not in FINAL:
        raise Conflict("The run has not ended.", code="run-open", hint="Cancel it first, or wait for its end.")
    earlier = head(item.resumed_by) if item.resumed_by else None
    # A successor that is not written down yet is starting in this moment, or its starter has died.
    starting = item.resumed_by and earlier is None and (item.resumed_at or "") > seconds_ago(idempotency.CLAIM_SECONDS)
    if starting or (earlier is not None and earlier.status not in FINAL):
        raise Conflict(f"The run is being resumed already, by {item.resumed_by}.", code="run-resumed", hint="Watch that run.")
    unchanged = RunItem.resumed_by == item.resumed_by if item.resumed_by else RunItem.resumed_by.does_not_exist()
    try:
        item.update([RunItem.resumed_by.set(successor), RunItem.resumed_at.set(now())], condition=unchanged)
    except UpdateError as lost:
        if not lost_race(lost):
            raise
        raise Conflict("Somebody else is resuming this run in this moment.", code="run-resumed", hint="Reload the run.") from lost


def _start(owner: str, run: str, workflow: str, order: Order, resumed_from: str | None) -> None:
    """Every refusal comes before the run is written down; from there on it runs, by this process or by the reconciler."""
    record = workflows.get(owner, workflow)
    prepared = look_ahead(owner, record.document, order, run=run, workflow_id=workflow)
    allowance = spending.allow(owner, workflow, prepared.estimate, order.max_cost_usd)
    if prepared.machines is not None:
        executions.ensure(prepared.machines)
    item = _write_down(owner, run, record, prepared, order, allowance, resumed_from)
    if prepared.machines is None:
        closing.close(run)
    else:
        executions.execute(item, prepared.machines)


def _exists(run: str) -> bool:
    return head(run) is not None


def _write_down(
    owner: str,
    run: str,
    record: workflows.Record,
    prepared: Prepared,
    order: Order,
    allowance: spending.Allowance | None,
    resumed_from: str | None,
) -> RunItem:
    """Plan, definition and node runs beside each other, and when all are there the run: an open run is always complete enough to be executed."""
    place = artifacts.run_object(owner, run, "plan.json")
    stages = prepared.plan.stages
    prices = cost.load_prices(settings.load().prices)
    budget = spending.budget(allowance, len(stages), prices)
    document = prepared.plan.to_document(run=run, owner=owner, workflow=record.id)
    for name, looked in looks.count(owner, prepared.plan).items():
        document["nodes"][name]["looks"] = looked
    document |= {"budget": budget, "usd_per_gb_second": spending.usd_per_gb_second(prices)}
    writes = [partial(artifacts.put_json, place, document), partial(_write_node_runs, run, prepared)]
    if prepared.machines is not None:
        writes.append(partial(executions.store, owner, run, prepared.machines))
    _at_once(writes)
    read = sorted({node.resolved.dataset for node in prepared.plan.nodes.values() if node.resolved.dataset})
    expected = prepared.estimate
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
        stages=len(stages),
        dataset=",".join(read) or None,
        order=order.document(),
        scope=order.scope.word,
        resumed_from=resumed_from,
        transitions=billing.fixed_transitions(prepared.machines),
        parts=len(prepared.machines.parts) if prepared.machines else 0,
        estimate={"seconds": expected.seconds, "dollars": expected.dollars, "note": expected.note},
        cap_usd=allowance.dollars if allowance else None,
        open="1",
    )
    try:
        item.save(condition=RunItem.pk.does_not_exist())
    except PutError as lost:
        # The id is ours alone: this very write arrived, and only its answer did not.
        if not lost_race(lost):
            raise
    return item


def _at_once(writes: Sequence[Callable[[], None]]) -> None:
    """Go on when all of them are done; raises where one fails."""
    with ThreadPoolExecutor(len(writes)) as pool:
        for written in [pool.submit(write) for write in writes]:
            written.result()


def _write_node_runs(run: str, prepared: Prepared) -> None:
    with NodeRunItem.batch_write() as batch:
        for name, node in prepared.plan.nodes.items():
            status = "cached" if node.stage is None else "queued"
            words: dict[str, Any] = {"type": node.resolved.type.type, "stage": node.stage, "reason": node.reason}
            known = _borrowed(prepared.stored.get(name, {})) if node.stage is None else {}
            batch.save(NodeRunItem(f"run#{run}", f"node#{name}", node=name, status=status, key=node.key, **words, **known))


def _borrowed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a cached node shows of the result it stands for: rows, figures and words."""
    rows = manifest.get("rows", {})
    tables = {port: entry["rows"] for port, entry in manifest.get("outputs", {}).items() if entry.get("kind") == "table"}
    summary = manifest.get("summary")
    figures = {"metrics": manifest.get("metrics"), "warnings": manifest.get("warnings"), "summary": summary[:300] if summary else None}
    return {"rows_in": rows.get("in"), "rows_out": rows.get("out"), "rows_by_port": tables, **figures}


def get(owner: str, run: str) -> RunView:
    """A run with its node runs: one query."""
    seen = view(run)
    if seen is None or seen.item.owner != owner:
        raise NotFound("There is no such run.")
    return seen


def cancel(owner: str, run: str) -> None:
    """Stop the execution; the nodes say so at once, the work ends with its next heartbeat."""
    seen = get(owner, run)
    if seen.item.status in FINAL:
        return
    if seen.item.execution_arn:
        executions.stop(seen.item.execution_arn)
    closing.finish(seen, "stopped", closing.error("run-cancelled", "The run was cancelled."))
