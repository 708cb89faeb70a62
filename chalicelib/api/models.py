"""The model registry."""

from typing import Any

from pydantic import Field

from chalicelib import artifacts, lineage, registry
from chalicelib.api.paging import ListQuery, next_cursor
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import Body, View
from chalicelib.tables import DatasetItem, EndpointItem, ModelItem, VersionItem, WorkflowItem


class ModelSummary(View):
    name: str
    versions: int
    aliases: dict[str, int]
    tags: dict[str, str]
    updated_at: str


class ModelList(View):
    items: list[ModelSummary]
    next_cursor: str | None


class ModelVersion(View):
    version: int
    description: str | None
    tags: dict[str, str]
    created_at: str
    estimator: str
    task: str
    classes: list[str]
    metrics: dict[str, Any]
    signature: dict[str, Any]
    lineage: dict[str, Any]
    sha256: str
    bytes: int
    download: str


class Model(View):
    name: str
    aliases: dict[str, int]
    versions: list[ModelVersion]


class LineageQuery(Body):
    of: str = Field(description="dataset:ds_…, run:run_…, model:name, version:name/2 or endpoint:id", min_length=3, max_length=200)


class Thing(View):
    id: str
    kind: str
    name: str


class Link(View):
    source: str
    target: str


class Lineage(View):
    things: list[Thing]
    links: list[Link]


class AliasOrder(Body):
    version: int = Field(ge=1)


@route("GET", "/models", access="user")
def list_models(request: Request, query: ListQuery) -> ModelList:
    """Your models by name."""
    page = ModelItem.query(
        f"{request.owner}#model", limit=query.limit, last_evaluated_key=query.start_key("sk", pk=f"{request.owner}#model")
    )
    items = [_summary(item) for item in page]
    return ModelList(items=items, next_cursor=next_cursor(page.last_evaluated_key))


@route("GET", "/models/{model}", access="user")
def get_model(request: Request, model: str) -> Model:
    """A model with all its versions, newest first: figures, signature, and where each came from."""
    head = registry.get_model(request.owner, model)
    return Model(
        name=head.sk, aliases=head.aliases, versions=[_version(model, item) for item in registry.list_versions(request.owner, model)]
    )


@route("PUT", "/models/{model}/aliases/{alias}", access="user")
def set_alias(request: Request, model: str, alias: str, body: AliasOrder) -> ModelSummary:
    """Let an alias such as champion point at another version."""
    item = registry.set_alias(request.owner, model, alias, body.version)
    return _summary(item)


@route("GET", "/lineage", access="user")
def get_lineage(request: Request, query: LineageQuery) -> Lineage:
    """What a thing comes from, and what came from it: datasets, runs, model versions, endpoints."""
    whole = lineage.graph(_known_versions(request.owner), _served(request.owner), _names(request.owner))
    model = query.of.removeprefix("model:") if query.of.startswith("model:") else None
    start = [thing.id for thing in whole.things if thing.id == query.of or (model is not None and thing.id.startswith(f"version:{model}/"))]
    found = lineage.around(whole, start)
    return Lineage(things=[Thing(**one._asdict()) for one in found.things], links=[Link(**one._asdict()) for one in found.links])


def _known_versions(owner: str) -> list[lineage.Version]:
    items = [item for model in ModelItem.query(f"{owner}#model") for item in registry.list_versions(owner, model.sk)]
    return [
        lineage.Version(
            item.pk.removeprefix(f"{owner}#model#"),
            int(item.version),
            item.lineage.get("run"),
            item.lineage.get("workflow"),
            tuple(filter(None, str(item.lineage.get("dataset") or "").split(","))),
        )
        for item in items
    ]


def _served(owner: str) -> list[lineage.Served]:
    return [lineage.Served(item.sk, item.name, item.model, int(item.version)) for item in EndpointItem.query(f"{owner}#endpoint")]


def _names(owner: str) -> dict[str, str]:
    datasets = {item.sk: item.name for item in DatasetItem.query(f"{owner}#dataset")}
    return {item.sk: item.name for item in WorkflowItem.query(f"{owner}#workflow")} | datasets


def _summary(item: ModelItem) -> ModelSummary:
    return ModelSummary(name=item.sk, versions=int(item.versions), aliases=item.aliases, tags=item.tags or {}, updated_at=item.updated_at)


def _version(name: str, item: VersionItem) -> ModelVersion:
    return ModelVersion(
        version=int(item.version),
        description=item.description,
        tags=item.tags or {},
        created_at=item.created_at,
        estimator=item.estimator,
        task=item.task,
        classes=item.classes,
        metrics=item.metrics,
        signature=item.signature,
        lineage=item.lineage,
        sha256=item.sha256,
        bytes=int(item.bytes),
        download=artifacts.download_url(item.object, f"{name}-v{int(item.version)}.joblib"),
    )
