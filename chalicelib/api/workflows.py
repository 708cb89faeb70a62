"""Workflows: save with optimistic locking, check, plan."""

import re
from typing import Any

from pydantic import Field

from chalicelib import export, preparing, runs, spending, workflows
from chalicelib.api.orders import Answers, RunOrder
from chalicelib.api.paging import ListQuery, next_cursor
from chalicelib.api.problems import Finding, findings
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import Body, View
from chalicelib.compute import BY_NAME
from chalicelib.errors import NotFound
from chalicelib.estimate import RunEstimate
from chalicelib.order import Order
from chalicelib.plan import PlannedNode
from chalicelib.tables import RevisionItem, WorkflowItem
from chalicelib.workflow import Connection, Workflow


class WorkflowRecord(View):
    id: str
    revision: int
    created_at: str
    updated_at: str
    document: Workflow


class WorkflowSummary(View):
    id: str
    name: str
    nodes: int
    revision: int
    updated_at: str


class WorkflowList(View):
    items: list[WorkflowSummary]
    next_cursor: str | None


class RevisionSummary(View):
    revision: int
    created_at: str
    name: str | None
    nodes: int | None = Field(description="Null where the document is so large that it lies apart.")


class RevisionList(View):
    items: list[RevisionSummary]
    next_cursor: str | None


class RevisionRecord(View):
    revision: int
    created_at: str
    document: Workflow


class RevisionName(Body):
    name: str = Field("", max_length=200, description="Empty takes the name away.")


class CheckOrder(Body):
    workflow: Workflow
    answers: Answers = Answers()


class ColumnView(View):
    name: str
    type: str


class CheckResult(View):
    problems: list[Finding]
    connections: list[Connection]
    columns: dict[str, dict[str, list[ColumnView]]]
    target: str | None


class PlanOrder(RunOrder):
    workflow: Workflow
    workflow_id: str | None = Field(None, max_length=80, description="The saved workflow this is an edit of: its runs tell what changed.")
    resume: str | None = Field(None, max_length=80, description="A run to resume: its answers and scope hold, other options are left out.")


class StageView(View):
    id: str
    nodes: list[str]
    size: str
    kind: str
    memory_mb: int


class Import(Body):
    document: dict[str, Any] = Field(description="What GET /workflows/{workflow}/export gave, or its state machine alone.")


class RangeView(View):
    low: float
    high: float


class PlannedNodeView(View):
    id: str
    stage: str | None
    cached: bool
    reason: str | None
    seconds: RangeView | None
    cost_usd: RangeView | None
    note: str | None


class PlanTotals(View):
    seconds: RangeView | None
    cost_usd: RangeView | None
    saves_seconds: float
    note: str | None
    words: str


class PlanResult(View):
    problems: list[Finding]
    stages: list[StageView]
    nodes: list[PlannedNodeView]
    totals: PlanTotals | None
    definition: dict[str, Any] | None


@route("GET", "/workflows", access="user")
def list_workflows(request: Request, query: ListQuery) -> WorkflowList:
    """Your workflows, newest first."""
    page = WorkflowItem.query(
        f"{request.owner}#workflow",
        limit=query.limit,
        last_evaluated_key=query.start_key("sk", pk=f"{request.owner}#workflow"),
        scan_index_forward=False,
    )
    items = [
        WorkflowSummary(id=item.sk, name=item.name, nodes=int(item.nodes), revision=int(item.revision), updated_at=item.updated_at)
        for item in page
    ]
    return WorkflowList(items=items, next_cursor=next_cursor(page.last_evaluated_key))


@route("POST", "/workflows", access="user", status=201, etag="revision")
def create_workflow(request: Request, body: Workflow) -> WorkflowRecord:
    """Save a new workflow."""
    return _view(workflows.create(request.owner, body))


@route("GET", "/workflows/{workflow}", access="user", etag="revision")
def get_workflow(request: Request, workflow: str) -> WorkflowRecord:
    """A workflow; its ETag is its revision."""
    return _view(workflows.get(request.owner, workflow))


@route("PUT", "/workflows/{workflow}", access="user", etag="revision", headers={"If-Match": 'The revision you saw, such as "3"'})
def save_workflow(request: Request, workflow: str, body: Workflow) -> WorkflowRecord:
    """Replace the revision named in If-Match; 409 with the current one where somebody saved in between."""
    return _view(workflows.save(request.owner, workflow, body, request.seen))


@route("GET", "/workflows/{workflow}/revisions", access="user")
def list_revisions(request: Request, workflow: str, query: ListQuery) -> RevisionList:
    """Every save of a workflow, newest first."""
    pk = f"{request.owner}#workflow#{workflow}"
    page = workflows.revisions(request.owner, workflow, query.limit, query.start_key("sk", pk=pk))
    return RevisionList(items=[_revision(item) for item in page], next_cursor=next_cursor(page.last_evaluated_key))


@route("GET", "/workflows/{workflow}/revisions/{revision}", access="user")
def get_revision(request: Request, workflow: str, revision: str) -> RevisionRecord:
    """The document as it was saved then. To restore it, save it as the next revision."""
    item, document = workflows.revision(request.owner, workflow, _number(revision))
    return RevisionRecord(revision=int(item.sk), created_at=item.created_at, document=document)


@route("PUT", "/workflows/{workflow}/revisions/{revision}/name", access="user")
def name_revision(request: Request, workflow: str, revision: str, body: RevisionName) -> RevisionSummary:
    """Name a revision, so that it is found again among many saves."""
    return _revision(workflows.name_revision(request.owner, workflow, _number(revision), body.name.strip()))


@route("DELETE", "/workflows/{workflow}", access="user", status=204)
def delete_workflow(request: Request, workflow: str) -> None:
    """Remove a workflow; its finished runs stay."""
    workflows.delete(request.owner, workflow)


@route("POST", "/workflows/check", access="user")
def check_workflow(request: Request, body: CheckOrder) -> CheckResult:
    """Every problem of a drawing, the connections with their ports, and the columns that are known before a run."""
    checked, _ = preparing.examine(request.owner, body.workflow, body.answers.given())
    columns = {
        node: {port: [ColumnView(name=column.name, type=column.type) for column in known] for port, known in ports.items()}
        for node, ports in checked.columns.items()
    }
    return CheckResult(problems=findings(checked.problems), connections=checked.connections, columns=columns, target=checked.target)


@route("POST", "/workflows/plan", access="user")
def plan_workflow(request: Request, body: PlanOrder) -> PlanResult:
    """What a run would do: stages, what is cached and why, what it will take and cost, and the state machine."""
    order = body.order()
    workflow_id = body.workflow_id
    if body.resume is not None:
        resumed = runs.get(request.owner, body.resume).item
        order, workflow_id = Order.read(resumed.order).resumed(), resumed.workflow
    checked, _ = preparing.examine(request.owner, body.workflow, order.answers)
    if not checked.ok:
        return PlanResult(problems=findings(checked.problems), stages=[], nodes=[], totals=None, definition=None)
    prepared = preparing.look_ahead(request.owner, body.workflow, order, run="plan", workflow_id=workflow_id)
    stages = [
        StageView(id=stage.id, nodes=list(stage.nodes), size=stage.size, kind=stage.kind, memory_mb=BY_NAME[stage.size].memory_mb)
        for stage in prepared.plan.stages
    ]
    return PlanResult(
        problems=findings(checked.problems),
        stages=stages,
        nodes=[_planned(name, node, prepared.estimate) for name, node in prepared.plan.nodes.items()],
        totals=_totals(prepared, resumed=body.resume is not None),
        definition=prepared.machines.main if prepared.machines else None,
    )


@route("GET", "/workflows/{workflow}/export", access="user")
def export_workflow(request: Request, workflow: str) -> dict[str, Any]:
    """A CloudFormation template that runs the workflow without Flowza: state machine with all params, node functions, roles."""
    return preparing.exported(request.owner, workflows.get(request.owner, workflow).document)


@route("POST", "/workflows/import", access="user", status=201, etag="revision")
def import_workflow(request: Request, body: Import) -> WorkflowRecord:
    """Save the drawing of an exported template or machine as a new workflow."""
    return _view(workflows.create(request.owner, export.read(body.document)))


def _planned(name: str, node: PlannedNode, expected: RunEstimate) -> PlannedNodeView:
    guess = expected.nodes[name]
    return PlannedNodeView(
        id=name,
        stage=node.stage,
        cached=node.stage is None,
        reason=node.reason,
        seconds=_range(guess.seconds),
        cost_usd=_range(guess.dollars),
        note=guess.note,
    )


def _totals(prepared: preparing.Prepared, *, resumed: bool) -> PlanTotals:
    """The sums, and one sentence: "resume from *Train*: $0.0002–0.0004, saves 41 s"."""
    expected = prepared.estimate
    first = next((name for stage in prepared.plan.stages for name in stage.nodes), None)
    if first is None:
        words = "everything is stored already: nothing runs, nothing is billed"
    else:
        node = prepared.checked.graph[first]
        start = f"{'resume' if resumed else 'run'} from {node.label or node.type.title}"
        price = spending.shown_range(expected.dollars) if expected.dollars else f"price unknown: {expected.note}"
        saves = f", saves {expected.saved_seconds:.3g} s" if expected.saved_seconds else ""
        words = f"{start}: {price}{saves}"
    return PlanTotals(
        seconds=_range(expected.seconds),
        cost_usd=_range(expected.dollars),
        saves_seconds=expected.saved_seconds,
        note=expected.note,
        words=words,
    )


def _range(found: Any) -> RangeView | None:
    return None if found is None else RangeView(low=found.low, high=found.high)


def _number(revision: str) -> int:
    if re.fullmatch(r"\d{1,8}", revision, re.ASCII) is None:
        raise NotFound("There is no such revision.")
    return int(revision)


def _revision(item: RevisionItem) -> RevisionSummary:
    nodes = len(item.document["nodes"]) if item.document else None
    return RevisionSummary(revision=int(item.sk), created_at=item.created_at, name=item.name, nodes=nodes)


def _view(record: workflows.Record) -> WorkflowRecord:
    return WorkflowRecord(**record._asdict())
