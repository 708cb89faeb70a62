"""Runs: start, watch, cancel, look at what each node left behind."""

from typing import Any

from pydantic import Field

from chalicelib import approvals, artifacts, billing, executions, notebook, runs
from chalicelib.api.orders import RunOrder
from chalicelib.api.paging import ListQuery, next_cursor
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import Body, View
from chalicelib.catalog import load as load_catalog
from chalicelib.errors import BadRequest, NotFound
from chalicelib.run_view import RunView
from chalicelib.tables import NodeRunItem, RunItem


class NodeRun(View):
    node: str
    type: str | None
    status: str
    stage: str | None
    reason: str | None
    started_at: str | None
    finished_at: str | None
    seconds: float | None
    billed_ms: float | None
    cost_usd: float | None
    progress: str | None
    rows_in: int | None
    rows_out: int | None
    rows_by_port: dict[str, int]
    dropped: int | None
    summary: str | None
    attempt: int | None
    size: str | None
    outgrew: str | None
    memory_mb: int | None
    peak_mb: float | None
    metrics: dict[str, Any]
    warnings: list[dict[str, Any]]
    error: dict[str, Any] | None
    log_tail: str | None
    approvers: list[str]
    question: str | None


class RunSummary(View):
    id: str
    workflow: str
    workflow_name: str
    revision: int
    status: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    seconds: float | None
    cost_usd: float | None
    attempt: int
    error: dict[str, Any] | None
    scope: str | None
    resumed_from: str | None
    estimate: dict[str, Any] | None


class LedgerLine(View):
    item: str
    quantity: float
    unit: str
    usd: float | None


class Run(RunSummary):
    nodes: list[NodeRun]
    ledger: list[LedgerLine]


class RunList(View):
    items: list[RunSummary]
    next_cursor: str | None


class Decision(Body):
    approve: bool
    note: str = Field("", max_length=200)


class RunQuery(ListQuery):
    workflow: str | None = None


class NodeDetail(View):
    node_run: NodeRun
    manifest: dict[str, Any] | None
    previews: dict[str, Any]
    downloads: dict[str, str]
    log: str


class RunCode(View):
    """`definition` is None where everything was stored already; `parts` are state machines that the main one starts."""

    definition: dict[str, Any] | None
    parts: dict[str, Any]
    python: str
    notebook: dict[str, Any]


@route("POST", "/workflows/{workflow}/runs", access="user", status=202, headers={"Idempotency-Key": "Names this order for a day"})
def start_run(request: Request, workflow: str, body: RunOrder) -> Run:
    """Run the saved workflow. The same Idempotency-Key gives the same run."""
    key = _idempotency_key(request)
    run = runs.start(request.owner, workflow, body.order(), idempotency_key=key)
    return _run(runs.get(request.owner, run))


@route("POST", "/runs/{run}/resume", access="user", status=202, headers={"Idempotency-Key": "Names this order for a day"})
def resume_run(request: Request, run: str) -> Run:
    """Run the workflow as it is now, with the answers and in the scope of this run, taking all that still holds."""
    return _run(runs.get(request.owner, runs.resume(request.owner, run, idempotency_key=_idempotency_key(request))))


@route("GET", "/runs", access="user")
def list_runs(request: Request, query: RunQuery) -> RunList:
    """Your runs, newest first; `workflow` narrows them."""
    page: Any
    options: dict[str, Any] = {"limit": query.limit, "scan_index_forward": False}
    if query.workflow is None:
        options["last_evaluated_key"] = query.start_key("pk", "run", sk="run", owner=request.owner)
        page = RunItem.by_owner.query(request.owner, **options)
    else:
        options["last_evaluated_key"] = query.start_key("pk", "run", sk="run", workflow=query.workflow)
        page = RunItem.by_workflow.query(query.workflow, filter_condition=RunItem.owner == request.owner, **options)
    return RunList(items=[RunSummary(**_summary(item)) for item in page], next_cursor=next_cursor(page.last_evaluated_key))


@route("GET", "/runs/{run}", access="user", etag="content")
def get_run(request: Request, run: str) -> Run:
    """A run with all its node runs. Poll it with If-None-Match."""
    return _run(runs.get(request.owner, run))


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        raise BadRequest(
            "An Idempotency-Key has 1 to 200 printable ASCII characters.", field="Idempotency-Key", code="idempotency-key-invalid"
        )
    return key


@route("POST", "/runs/{run}/nodes/{node}/decision", access="user")
def decide(request: Request, run: str, node: str, body: Decision) -> Run:
    """Approve or reject what a run of yours waits for, where nobody else is named."""
    approvals.decide(request.owner, run, node, approve=body.approve, note=body.note)
    return _run(runs.get(request.owner, run))


@route("POST", "/runs/{run}/cancel", access="user")
def cancel_run(request: Request, run: str) -> Run:
    """Stop a run. Saying it twice, or too late, is no error."""
    runs.cancel(request.owner, run)
    return _run(runs.get(request.owner, run))


@route("GET", "/runs/{run}/nodes/{node}", access="user")
def get_node_run(request: Request, run: str, node: str) -> NodeDetail:
    """What a node left behind: figures, charts, previews of its tables, its log, and addresses to download from."""
    view = runs.get(request.owner, run)
    found = next((item for item in view.nodes if item.node == node), None)
    if found is None:
        raise NotFound("The run has no such node.")
    if found.status in ("succeeded", "cached"):
        return _detail(request.owner, found)
    return NodeDetail(node_run=_node(found), manifest=None, previews={}, downloads={}, log=_failed_log(request.owner, run, found))


@route("GET", "/runs/{run}/code", access="user")
def get_run_code(request: Request, run: str) -> RunCode:
    """The run as code: its state machines, and the same nodes as a Python script and as a notebook."""
    item = runs.get(request.owner, run).item
    document = artifacts.read_json(item.plan)
    machines = executions.stored(item) if document["stages"] else None
    return RunCode(
        definition=machines.main if machines else None,
        parts=machines.parts if machines else {},
        python=notebook.script(document, item.workflow_name, load_catalog()),
        notebook=notebook.notebook(document, item.workflow_name, load_catalog()),
    )


def _detail(owner: str, node: NodeRunItem) -> NodeDetail:
    folder = f"o/{owner}/artifacts/{node.key}"
    manifest = artifacts.read_json(f"{folder}/manifest.json")
    attached = manifest.get("attachments", {})
    tables = [port for port, entry in manifest["outputs"].items() if entry["kind"] == "table"]
    inline = manifest.pop("previews", {})
    previews = {
        name: inline[name] if name in inline else artifacts.read_json(f"{folder}/{name}.preview.json") for name in (*tables, *attached)
    }
    files = {**attached, **manifest["outputs"]}
    downloads = {
        name: artifacts.download_url(f"{folder}/{entry['file']}", f"{node.node}-{entry['file']}")
        for name, entry in files.items()
        if entry["file"]
    }
    log = manifest.pop("log", None)
    downloads |= {one["name"]: artifacts.download_url(one["object"], one["name"]) for one in manifest.get("files", ())}
    if log is None:
        log = artifacts.read(f"{folder}/log.txt").decode(errors="replace")
    return NodeDetail(node_run=_node(node, manifest), manifest=manifest, previews=previews, downloads=downloads, log=log)


def _failed_log(owner: str, run: str, node: NodeRunItem) -> str:
    if node.status != "failed":
        return node.log_tail or ""
    try:
        return artifacts.read(artifacts.run_object(owner, run, f"log/{node.node}.txt")).decode(errors="replace")
    except NotFound:
        return node.log_tail or ""


def _run(view: RunView) -> Run:
    lines = view.item.ledger if view.item.ledger is not None else billing.bill(view)[1]
    return Run(**_summary(view.item), nodes=[_node(node) for node in view.nodes], ledger=[LedgerLine(**line) for line in lines])


def _summary(item: RunItem) -> dict[str, Any]:
    return {
        "id": item.run,
        "workflow": item.workflow,
        "workflow_name": item.workflow_name,
        "revision": int(item.revision),
        "status": item.status,
        "created_at": item.created_at,
        "started_at": item.started_at,
        "finished_at": item.finished_at,
        "seconds": item.seconds,
        "cost_usd": item.cost_usd,
        "attempt": int(item.attempt),
        "error": item.error,
        "scope": item.scope,
        "resumed_from": item.resumed_from,
        "estimate": item.estimate,
    }


def _node(node: NodeRunItem, manifest: dict[str, Any] | None = None) -> NodeRun:
    """A node run; a cached one borrows figures and words from the result it stands for."""
    known = manifest if manifest is not None and node.status == "cached" else {}
    return NodeRun(
        node=node.node,
        type=node.type,
        status=node.status,
        stage=node.stage,
        reason=node.reason,
        started_at=node.started_at,
        finished_at=node.finished_at,
        seconds=node.seconds,
        billed_ms=node.billed_ms,
        cost_usd=billing.node_cost(node),
        progress=_progress(node),
        rows_in=_whole(node.rows_in),
        rows_out=_whole(node.rows_out),
        rows_by_port=node.rows_by_port or {},
        dropped=_whole(node.dropped),
        summary=node.summary or known.get("summary"),
        attempt=_whole(node.attempt),
        size=node.size,
        outgrew=node.outgrew,
        memory_mb=_whole(node.memory_mb),
        peak_mb=node.peak_mb,
        metrics=node.metrics or known.get("metrics") or {},
        warnings=node.warnings or known.get("warnings") or [],
        error=node.error,
        log_tail=node.log_tail,
        approvers=node.approvers or [],
        question=node.question,
    )


def _progress(node: NodeRunItem) -> str | None:
    """What the node says, with the number of items that are done where it works on many."""
    if node.progress is None or node.items_done is None:
        return node.progress
    return f"{node.progress}, {int(node.items_done):,} done"


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
