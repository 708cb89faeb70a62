"""The model registry."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from chalicelib import artifacts, lineage, registry
from chalicelib.api.paging import ListQuery, next_cursor
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import Body, View
from chalicelib.errors import NotFound
from chalicelib.tables import DatasetItem, EndpointItem, ModelItem, VersionItem, WorkflowItem

# As the node Register model takes them.
TagKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,62}$")]
TagValue = Annotated[str, Field(min_length=1, max_length=100)]


class ModelSummary(View):
    name: str
    versions: int
    aliases: dict[str, int]
    tags: dict[str, str]
    updated_at: str


class ModelList(View):
    items: list[ModelSummary]
    next_cursor: str | None


class ModelQuery(ListQuery):
    search: str | None = Field(
        None, max_length=200, description="A part of the name, or of a tag as key=value; small and capital letters alike."
    )
    tag: str | None = Field(
        None, pattern=r"^[^:]+:.+$", max_length=200, description="key:value; models whose last version has exactly this tag."
    )

    @property
    def fits(self) -> Callable[[ModelItem], bool] | None:
        """Whether a model is looked for; None where all are."""
        words = (self.search or "").strip().casefold()
        name, _, value = (self.tag or "").partition(":")

        def fit(item: ModelItem) -> bool:
            tags = item.tags or {}
            texts = [item.sk, *(f"{key}={text}" for key, text in tags.items())]
            return (not name or tags.get(name) == value) and any(words in text.casefold() for text in texts)

        return fit if words or name else None


class ModelVersion(View):
    """`revision` counts the changes of notes and tags; nothing else of a version ever changes."""

    version: int
    revision: int
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


class NotesOrder(Body):
    """What is left out stays as it is."""

    description: str | None = Field(None, max_length=1_000)
    tags: dict[TagKey, TagValue] | None = Field(None, max_length=20)


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
def list_models(request: Request, query: ModelQuery) -> ModelList:
    """Your models by name; of all of them those that fit. A page may hold fewer than `limit` and another one follow."""
    start = query.start_key("sk", pk=f"{request.owner}#model")
    items, last = registry.found(request.owner, query.fits, query.limit, start)
    return ModelList(items=[_summary(item) for item in items], next_cursor=next_cursor(last))


@route("GET", "/models/{model}", access="user")
def get_model(request: Request, model: str) -> Model:
    """A model with all its versions, newest first: figures, signature, and where each came from."""
    head = registry.get_model(request.owner, model)
    return Model(
        name=head.sk, aliases=head.aliases, versions=[_version(model, item) for item in registry.list_versions(request.owner, model)]
    )


@route(
    "PATCH",
    "/models/{model}/versions/{version}",
    access="user",
    etag="revision",
    headers={"If-Match": 'The revision of the notes that you saw, such as "1"'},
)
def edit_version(request: Request, model: str, version: str, body: NotesOrder) -> ModelVersion:
    """Change what people say of a version, its notes and tags; 409 with what they are now where somebody changed them in between."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if re.fullmatch(r"\d{1,8}", version, re.ASCII) is None:
        raise NotFound("There is no such model version.")
    if "description" in changes:
        changes["description"] = changes["description"] or None
    if "tags" in changes:
        changes["tags"] = changes["tags"] or {}
    return _version(model, registry.edit(request.owner, model, int(version), request.seen, changes))


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
        revision=int(item.revision),
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
