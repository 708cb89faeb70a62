"""The model registry."""

from typing import Any

from pydantic import Field

from chalicelib import artifacts, registry
from chalicelib.api.routing import Body, ListQuery, Request, View, next_cursor, route
from chalicelib.tables import ModelItem, VersionItem


class ModelSummary(View):
    name: str
    versions: int
    aliases: dict[str, int]
    updated_at: str


class ModelList(View):
    items: list[ModelSummary]
    next_cursor: str | None


class ModelVersion(View):
    version: int
    description: str | None
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


class AliasOrder(Body):
    version: int = Field(ge=1)


@route("GET", "/models", access="user")
def list_models(request: Request, query: ListQuery) -> ModelList:
    """Your models by name."""
    page = ModelItem.query(
        f"{request.owner}#model", limit=query.limit, last_evaluated_key=query.start_key("sk", pk=f"{request.owner}#model")
    )
    items = [ModelSummary(name=item.sk, versions=int(item.versions), aliases=item.aliases, updated_at=item.updated_at) for item in page]
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
    return ModelSummary(name=item.sk, versions=int(item.versions), aliases=item.aliases, updated_at=item.updated_at)


def _version(name: str, item: VersionItem) -> ModelVersion:
    return ModelVersion(
        version=int(item.version),
        description=item.description,
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
