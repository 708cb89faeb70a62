"""Runs: from a saved workflow and an order to an execution.

    look_ahead (check ─▶ keys ─▶ what is stored ─▶ scope ─▶ sizes ─▶ plan ─▶ estimate) ─▶ start ─▶ execution ─▶ (closing.py ends it)

A run is written down before anything is executed, so nothing that was answered with 202 can be lost: an open run without a living execution is given a new one,
and the stages find what was finished.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from chalicelib import (
    artifacts,
    cache,
    closing,
    cost,
    datasets,
    endpoints,
    estimate,
    executions,
    export,
    history,
    idempotency,
    looks,
    nesting,
    registry,
    secrets,
    settings,
    spending,
    workflows,
)
from chalicelib.catalog import load as load_catalog
from chalicelib.check import Checked, Facts, check
from chalicelib.compiler import Machines, Plan, keys, plan, to_machines
from chalicelib.errors import Conflict, FlowzaError, NotFound, WorkflowInvalid
from chalicelib.references import endpoint_reference, model_reference
from chalicelib.scope import Scope, select
from chalicelib.tables import NodeRunItem, PutError, RunItem, UpdateError, lost_race, new_id, now, seconds_ago
from chalicelib.workflow import Workflow

LOG = logging.getLogger("flowza.runs")
FINAL = closing.FINAL
# How far back a node's last plan is looked for: partial runs hold some of the nodes only.
LOOK_BACK_RUNS = 5


@dataclass(frozen=True)
class Order:
    """What is asked of a run. `max_cost_usd` stops it at so many dollars."""

    answers: Mapping[str, str] = field(default_factory=dict)
    cache: bool = True
    fusion: bool = True
    scope: Scope = field(default_factory=Scope)
    max_cost_usd: float | None = None

    def document(self) -> dict[str, Any]:
        """The order as it is stored and compared."""
        scope = {name: value for name, value in asdict(self.scope).items() if value}
        if "refresh" in scope:
            scope["refresh"] = sorted(scope["refresh"])
        return {
            "answers": dict(self.answers),
            "cache": self.cache,
            "fusion": self.fusion,
            "scope": scope,
            "max_cost_usd": self.max_cost_usd,
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Order":
        scope = {**document["scope"], "refresh": frozenset(document["scope"].get("refresh", ()))}
        return cls(**{**document, "scope": Scope(**scope)})


class Prepared(NamedTuple):
    """A workflow checked, planned and priced for one run; `machines` is None where everything is cached."""

    checked: Checked
    plan: Plan
    machines: Machines | None
    estimate: estimate.RunEstimate
    stored: Mapping[str, Mapping[str, Any]]


def examine(owner: str, workflow: Workflow, answers: Mapping[str, str]) -> tuple[Checked, Facts]:
    """The check with all that is known about the owner's datasets."""
    opened = nesting.find(workflow, partial(workflows.meant, owner))
    drawn = [node for one in (workflow, *(facts.document for facts in opened.values())) for node in one.nodes]
    references = [value for node in drawn for value in _texts(node.data.params)]
    types = load_catalog().nodes
    known = [(types[node.type], node.data.params) for node in drawn if node.type in types]
    models = {reference for node_type, params in known if (reference := model_reference(node_type, params)) is not None}
    named = {endpoint for node_type, params in known if (endpoint := endpoint_reference(node_type, params)) is not None}
    facts = Facts(
        datasets.facts(owner, references),
        settings.load().environment,
        dict(answers),
        registry.facts(owner, models) if models else {},
        registry.names(owner) if models else (),
        secrets.names(owner) if any(node_type.params_with_widget("secret") for node_type, _ in known) else None,
        endpoints.facts(owner, named),
        endpoints.names(owner) if named else (),
        opened,
    )
    return check(workflow, load_catalog(), facts), facts


def _texts(params: Mapping[str, Any]) -> list[str]:
    """What params may name: their texts, and those that a card sets inside of its workflow."""
    return [one for value in params.values() for one in (value.values() if isinstance(value, dict) else (value,)) if isinstance(one, str)]


def look_ahead(owner: str, workflow: Workflow, order: Order, *, run: str, workflow_id: str | None) -> Prepared:
    """All that a run would do. Raises `WorkflowInvalid` with every problem, `Invalid` for a scope that cannot be."""
    checked, facts = examine(owner, workflow, order.answers)
    if not checked.ok:
        raise _invalid(checked)
    node_keys = keys(checked, facts, run=run)
    # A run without the cache makes all that is in its scope anew; what lies before a partial run is still taken from where it is.
    anew = not order.cache and order.scope.since is None and order.scope.only is None
    stored = {} if anew else _stored(owner, checked, facts, node_keys)
    chosen = select(checked.graph, order.scope, set(stored), checked.cards)
    cached = dict.fromkeys(chosen.keep, cache.HIT)
    seen = history.load(owner, (node.type.type for node in checked.graph.values()))
    rows = estimate.rows_expected(checked, facts, {name: _rows_out(stored[name]) for name in stored}, seen, node_keys)
    planned = plan(
        checked,
        facts,
        node_keys,
        cached,
        fusion=order.fusion,
        run=chosen.run,
        sizes=estimate.sizes(checked, facts, rows, seen, node_keys),
        seconds=estimate.usual_seconds(checked, rows, seen, node_keys),
        reasons=_reasons(owner, workflow_id, checked, facts, node_keys, set(stored), chosen.run, order),
    )
    saved = {name: float(stored[name].get("seconds", 0)) for name in chosen.keep if name in stored}
    expected = estimate.estimate(planned, rows, seen, cost.load_prices(settings.load().prices), saved)
    return Prepared(checked, planned, to_machines(planned, executions.targets()) if planned.stages else None, expected, stored)


def _stored(owner: str, checked: Checked, facts: Facts, node_keys: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The manifest of every node that has a result."""
    there = artifacts.manifests(owner, {name: node_keys[name] for name, node in checked.graph.items() if node.type.cacheable})
    # What another image has made, because the platform was updated under its run, stands for nothing.
    return {name: manifest for name, manifest in there.items() if manifest.get("environment", facts.environment) == facts.environment}


def exported(owner: str, workflow: Workflow) -> dict[str, Any]:
    """The workflow as a template that runs without the platform, its cards opened; what needs the platform is left out and named."""
    catalog = load_catalog()
    opened = nesting.expand(workflow, catalog, nesting.find(workflow, partial(workflows.meant, owner)))
    # With a card that cannot be opened, the check says why.
    workflow = workflow if opened.problems else opened.workflow
    platform_only = [node.id for node in workflow.nodes if node.type in catalog.nodes and not catalog.nodes[node.type].cacheable]
    checked, facts = examine(owner, export.without_platform(workflow, platform_only), {})
    if not checked.ok:
        raise _invalid(checked)
    planned = plan(checked, facts, keys(checked, facts, run=export.OWNER), {})
    return export.template(planned, workflow)


def _invalid(checked: Checked) -> WorkflowInvalid:
    errors = [problem for problem in checked.problems if problem.severity == "error"]
    count = len(errors)
    message = f"The workflow has {count} thing{'s' if count != 1 else ''} to fix: {errors[0].message}"
    return WorkflowInvalid(message, checked.problems, hint=errors[0].hint)


def _rows_out(manifest: Mapping[str, Any]) -> int | None:
    rows = manifest.get("rows", {}).get("out")
    return None if rows is None else int(rows)


def _reasons(
    owner: str,
    workflow: str | None,
    checked: Checked,
    facts: Facts,
    node_keys: Mapping[str, str],
    stored: set[str],
    run: frozenset[str],
    order: Order,
) -> dict[str, str]:
    """Why each node of the run is executed."""
    if not order.cache:
        return dict.fromkeys(run, cache.OFF)
    found = cache.reasons(checked, facts, node_keys, stored, _last_plans(owner, workflow, set(checked.graph)) if workflow else {})
    # Stored, and executed all the same: somebody wants it so.
    return {name: cache.FRESH if reason == cache.HIT and name in run else reason for name, reason in found.items()}


def _last_plans(owner: str, workflow: str, wanted: set[str]) -> dict[str, Any]:
    """Every wanted node as it was in the plan of its last run."""
    found: dict[str, Any] = {}
    recent = RunItem.by_workflow.query(workflow, filter_condition=RunItem.owner == owner, scan_index_forward=False, limit=LOOK_BACK_RUNS)
    for item in recent:
        try:
            document = artifacts.read_json(item.plan)
        except NotFound:
            continue
        for name, node in document["nodes"].items():
            found.setdefault(name, {**node, "environment": document["environment"], "status": item.status})
        if wanted <= found.keys():
            break
    return found


# -- starting ---------------------------------------------------------------------------------------------------------------


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
            _start(owner, successor, item.workflow, resumed_order(item), run)
        except FlowzaError:
            item.update([RunItem.resumed_by.remove()], condition=RunItem.resumed_by == successor)
            raise

    return _once(owner, ["resume", run], idempotency_key, begin)


def resumed_order(item: RunItem) -> Order:
    """The order of a run, to be resumed: what is stored is taken, whatever the first order said."""
    order = Order.read(item.order) if item.order else Order()
    return replace(order, cache=True, scope=replace(order.scope, refresh=frozenset()))


def _claim_resume(item: RunItem, successor: str) -> None:
    if item.status not in FINAL:
        raise Conflict("The run has not ended.", code="run-open", hint="Cancel it first, or wait for its end.")
    earlier = closing.head(item.resumed_by) if item.resumed_by else None
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
    return closing.head(run) is not None


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
    budget = spending.budget(allowance, len(stages), cost.load_prices(settings.load().prices))
    document = prepared.plan.to_document(run=run, owner=owner, workflow=record.id)
    for name, looked in looks.count(owner, prepared.plan).items():
        document["nodes"][name]["looks"] = looked
    document |= {"budget": budget, "usd_per_gb_second": _usd_per_gb_second()}
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
        transitions=fixed_transitions(prepared),
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


def _usd_per_gb_second() -> float | None:
    """For nodes that stop at a price; None where the table has none."""
    try:
        return float(cost.load_prices(settings.load().prices)["lambda_gb_second"])
    except cost.PriceMissing:
        return None


def fixed_transitions(prepared: Prepared) -> int:
    """Transitions that are no invocation: the start of each machine, parallels, and what a fan-out needs around its items."""
    if prepared.machines is None:
        return 0
    machines = [prepared.machines.main, *prepared.machines.parts.values()]
    return len(machines) + sum(_plain_states(machine) for machine in machines)


def _plain_states(branch: Mapping[str, Any]) -> int:
    """Parallels, Choices, Passes, approvals and nested machines of a branch, each counted once; Maps come with the rounds."""
    total = 0
    for state in branch["States"].values():
        elsewhere = any(words in state.get("Resource", "") for words in (":startExecution", "lambda:invoke.waitForTaskToken"))
        total += elsewhere or state["Type"] in ("Parallel", "Choice", "Pass")
        total += sum(_plain_states(inner) for inner in state.get("Branches", []))
    return total


# -- reading ----------------------------------------------------------------------------------------------------------------


def get(owner: str, run: str) -> closing.RunView:
    """A run with its node runs: one query."""
    view = closing.view(run)
    if view is None or view.item.owner != owner:
        raise NotFound("There is no such run.")
    return view


def node_cost(node: NodeRunItem) -> float | None:
    """Dollars of a node run; 0 for a cached one, None while it has not ended or its price is not known."""
    if node.status == "cached":
        return 0.0
    if node.billed_ms is None or node.memory_mb is None:
        return None
    memory = int(node.memory_mb)
    try:
        amount = cost.compute_cost(float(node.billed_ms), memory, cost.load_prices(settings.load().prices), task=memory in cost.VCPUS)
    except cost.PriceMissing:
        return None
    return cost.dollars(amount)


def cancel(owner: str, run: str) -> None:
    """Stop the execution; the nodes say so at once, the work ends with its next heartbeat."""
    view = get(owner, run)
    if view.item.status in FINAL:
        return
    if view.item.execution_arn:
        executions.stop(view.item.execution_arn)
    closing.finish(view, "stopped", closing.error("run-cancelled", "The run was cancelled."))


def of_model(runs: Iterable[str]) -> dict[str, float | None]:
    """What each of these runs cost: a model's price is that of the run that trained it."""
    wanted = sorted({run for run in runs if run})
    items = RunItem.batch_get([(f"run#{run}", "run") for run in wanted]) if wanted else []
    return {item.run: item.cost_usd for item in items}
