"""All that a run would do, before it is one.

    check ─▶ keys ─▶ what is stored ─▶ scope ─▶ sizes ─▶ plan ─▶ estimate

Everything that checking and planning must know of the owner is gathered here and handed to the pure modules.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from chalicelib import (
    access,
    artifacts,
    cache,
    cost,
    datasets,
    endpoints,
    estimate,
    executions,
    export,
    history,
    nesting,
    registry,
    secrets,
    settings,
    spending,
    workflows,
)
from chalicelib.catalog import load as load_catalog
from chalicelib.check import Checked, check
from chalicelib.compiler import Machines, Plan, keys, plan, to_machines
from chalicelib.errors import NotFound, WorkflowInvalid
from chalicelib.facts import Facts
from chalicelib.order import Order
from chalicelib.references import endpoint_reference, model_reference, users_named
from chalicelib.scope import select
from chalicelib.tables import RunItem
from chalicelib.workflow import Workflow

# How far back a node's last plan is looked for: partial runs hold some of the nodes only.
LOOK_BACK_RUNS = 5


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
    people = {name for node_type, params in known for _, name in users_named(node_type, params)}
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
        access.known(people),
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
        start_seconds=estimate.start_seconds(seen),
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
    return export.template(planned, workflow, spending.usd_per_gb_second(cost.load_prices(settings.load().prices)))


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
