"""Workflows: save with optimistic locking, check, plan."""

import re
from typing import Any

from pydantic import Field

from chalicelib import runs, workflows
from chalicelib.api.routing import Body, Finding, ListQuery, Request, View, next_cursor, route
from chalicelib.compiler import Targets, keys, plan, to_asl
from chalicelib.errors import BadRequest
from chalicelib.settings import load as load_settings
from chalicelib.tables import WorkflowItem
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


class Answers(Body):
    """What a run is asked for when the drawing leaves it open."""

    target: str | None = Field(None, min_length=1, max_length=256)

    def given(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True)


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


class PlanOrder(CheckOrder):
    cache: bool = True
    fusion: bool = True


class StageView(View):
    id: str
    nodes: list[str]
    size: str


class PlannedNodeView(View):
    id: str
    stage: str | None
    cached: bool
    reason: str | None


class PlanResult(View):
    problems: list[Finding]
    stages: list[StageView]
    nodes: list[PlannedNodeView]
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
    seen = re.fullmatch(r'\s*(?:W/)?"?(\d{1,9})"?\s*', request.headers.get("if-match", ""))
    if seen is None:
        raise BadRequest("Say which revision you saw.", field="If-Match", code="if-match-missing", hint='Send the header If-Match: "3".')
    return _view(workflows.save(request.owner, workflow, body, int(seen[1])))


@route("DELETE", "/workflows/{workflow}", access="user", status=204)
def delete_workflow(request: Request, workflow: str) -> None:
    """Remove a workflow; its finished runs stay."""
    workflows.delete(request.owner, workflow)


@route("POST", "/workflows/check", access="user")
def check_workflow(request: Request, body: CheckOrder) -> CheckResult:
    """Every problem of a drawing, the connections with their ports, and the columns that are known before a run."""
    checked, _ = runs.examine(request.owner, body.workflow, body.answers.given())
    columns = {
        node: {port: [ColumnView(name=column.name, type=column.type) for column in known] for port, known in ports.items()}
        for node, ports in checked.columns.items()
    }
    return CheckResult(problems=_findings(checked.problems), connections=checked.connections, columns=columns, target=checked.target)


@route("POST", "/workflows/plan", access="user")
def plan_workflow(request: Request, body: PlanOrder) -> PlanResult:
    """What a run would do: stages, what is cached and why, and the state machine."""
    checked, facts = runs.examine(request.owner, body.workflow, body.answers.given())
    if not checked.ok:
        return PlanResult(problems=_findings(checked.problems), stages=[], nodes=[], definition=None)
    node_keys = keys(checked, facts, run="plan")
    cached = runs.find_cached(request.owner, checked, node_keys) if body.cache else {}
    planned = plan(checked, facts, node_keys, cached, fusion=body.fusion)
    nodes = [
        PlannedNodeView(id=name, stage=node.stage, cached=node.stage is None, reason=node.reason) for name, node in planned.nodes.items()
    ]
    stages = [StageView(id=stage.id, nodes=list(stage.nodes), size=stage.size) for stage in planned.stages]
    definition = to_asl(planned, Targets(load_settings().node_functions)) if planned.stages else None
    return PlanResult(problems=_findings(checked.problems), stages=stages, nodes=nodes, definition=definition)


def _view(record: workflows.Record) -> WorkflowRecord:
    return WorkflowRecord(**record._asdict())


def _findings(problems: Any) -> list[Finding]:
    return [Finding(**problem._asdict()) for problem in problems]
