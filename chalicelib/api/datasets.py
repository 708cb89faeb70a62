"""Datasets: upload, profile, target."""

from typing import Any

from pydantic import Field

from chalicelib import artifacts, datasets
from chalicelib.api.paging import ListQuery, next_cursor
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import Body, View
from chalicelib.catalog import load, sample_profiles
from chalicelib.tables import DatasetItem


class Dataset(View):
    id: str
    name: str
    filename: str
    bytes: int
    status: str
    rows: int | None
    columns: list[dict[str, str]]
    target: str | None
    sha256: str | None
    error: dict[str, Any] | None
    warnings: list[dict[str, str]]
    format: str | None
    created_at: str


class DatasetDetail(Dataset):
    profile: dict[str, Any] | None
    # The file as it was uploaded; an address for five minutes. A sample ships with the platform and has none.
    download: str | None
    # All rows as a Parquet file; an address for five minutes. A sample, and a table too large to look at whole, have none.
    table: str | None


class DatasetList(View):
    items: list[Dataset]
    samples: list[dict[str, Any]]
    next_cursor: str | None


class DatasetOrder(Body):
    name: str = Field(min_length=1, max_length=200)
    filename: str = Field(min_length=1, max_length=255)
    bytes: int = Field(ge=1)


class Upload(View):
    method: str
    url: str
    headers: dict[str, str]


class DatasetCreated(View):
    dataset: Dataset
    upload: Upload


class TargetOrder(Body):
    target: str | None = Field(max_length=256)


@route("GET", "/datasets", access="user")
def list_datasets(request: Request, query: ListQuery) -> DatasetList:
    """Your datasets, newest first, and the samples that are always there."""
    page = DatasetItem.query(
        f"{request.owner}#dataset",
        limit=query.limit,
        last_evaluated_key=query.start_key("sk", pk=f"{request.owner}#dataset"),
        scan_index_forward=False,
    )
    samples = [{"id": f"sample:{name}", **entry} for name, entry in load().document["samples"].items()]
    return DatasetList(items=[_dataset(item) for item in page], samples=samples, next_cursor=next_cursor(page.last_evaluated_key))


@route("POST", "/datasets", access="user", status=201)
def create_dataset(request: Request, body: DatasetOrder) -> DatasetCreated:
    """Announce an upload; the answer says where to send exactly that many bytes."""
    item, upload = datasets.create(request.owner, body.name, body.filename, body.bytes)
    return DatasetCreated(dataset=_dataset(item), upload=Upload(**upload))


@route("POST", "/datasets/{dataset}/complete", access="user", status=202)
def complete_dataset(request: Request, dataset: str) -> Dataset:
    """The upload is done: read and profile it."""
    return _dataset(datasets.complete(request.owner, dataset))


@route("GET", "/datasets/{dataset}", access="user")
def get_dataset(request: Request, dataset: str) -> DatasetDetail:
    """A dataset with its profile; samples have one too."""
    if dataset in load().samples:
        return _sample(dataset)
    item = datasets.get(request.owner, dataset)
    ready = item.status == "ready"
    profile = artifacts.read_json(artifacts.profile_object(request.owner, dataset)) if ready else None
    download = artifacts.download_url(artifacts.dataset_object(request.owner, dataset), item.filename) if ready else None
    table = (
        artifacts.download_url(artifacts.rows_object(request.owner, dataset), f"{item.name}.parquet")
        if (profile or {}).get("file")
        else None
    )
    return DatasetDetail(**_dataset(item).model_dump(), profile=profile, download=download, table=table)


@route("PUT", "/datasets/{dataset}/target", access="user")
def set_dataset_target(request: Request, dataset: str, body: TargetOrder) -> Dataset:
    """Declare which column models learn from this dataset."""
    return _dataset(datasets.set_target(request.owner, dataset, body.target))


@route("DELETE", "/datasets/{dataset}", access="user", status=204)
def delete_dataset(request: Request, dataset: str) -> None:
    """Remove a dataset and its file."""
    datasets.delete(request.owner, dataset)


def _sample(reference: str) -> DatasetDetail:
    """A dataset that ships with the platform, in the same form as an uploaded one."""
    entry = load().document["samples"][reference.removeprefix("sample:")]
    known = {name: entry[name] for name in ("rows", "columns", "target", "sha256")}
    empty = {"bytes": 0, "status": "ready", "error": None, "warnings": [], "format": None, "created_at": ""}
    profile = sample_profiles()[reference.removeprefix("sample:")]
    return DatasetDetail(id=reference, name=entry["title"], filename="", profile=profile, download=None, table=None, **known, **empty)


def _dataset(item: DatasetItem) -> Dataset:
    return Dataset(
        id=item.sk,
        name=item.name,
        filename=item.filename,
        bytes=int(item.bytes),
        status=item.status,
        rows=None if item.rows is None else int(item.rows),
        columns=item.columns or [],
        target=item.target,
        sha256=item.sha256,
        error=item.error,
        warnings=item.warnings or [],
        format=item.format,
        created_at=item.created_at,
    )
