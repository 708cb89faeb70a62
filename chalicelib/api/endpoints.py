"""Endpoints: deploy a version, give out keys, try it."""

from typing import Any

from pydantic import Field

from chalicelib import endpoints, metering, predictions, registry, spending
from chalicelib.api.paging import ListQuery, next_cursor
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import Body, View
from chalicelib.tables import EndpointItem, PredictionItem, now


class KeyView(View):
    prefix: str
    created_at: str


class EndpointSummary(View):
    id: str
    name: str
    model: str
    version: int
    revision: int
    url: str
    updated_at: str
    keys: list[KeyView]


class MonthView(View):
    """Dollars of the month at list price, as far as serving has counted; it stops at `cap_usd`."""

    month: str
    requests: int
    usd: float | None
    cap_usd: float | None
    stopped: bool


class Endpoint(EndpointSummary):
    signature: dict[str, Any]
    classes: list[str]
    spending: MonthView


class EndpointList(View):
    items: list[EndpointSummary]
    next_cursor: str | None


class DeployOrder(Body):
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    model: str = Field(max_length=80)
    version: int = Field(ge=1)


class NewKey(View):
    """`key` is shown once."""

    key: str
    prefix: str


class Prediction(View):
    id: str
    at: str
    version: int
    latency_ms: float
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    truth: dict[str, str | float] | None = Field(description="What has turned out since, by the place of the row; null where nothing has.")


class PredictionList(View):
    items: list[Prediction]
    next_cursor: str | None


class PredictionQuery(ListQuery):
    day: str | None = Field(None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="UTC; today where left out.")


class TrafficQuery(Body):
    days: int = Field(7, ge=1, le=30)


class TrafficDay(View):
    day: str
    requests: int
    p50_ms: float | None
    p95_ms: float | None
    part: bool = Field(description="Whether only the newest requests of the day were looked at.")
    rows: int = Field(description="Rows that were predicted.")
    truths: int = Field(description="Of these, rows whose truth came with feedback.")
    replaced: int = Field(description="Truths that replaced another one.")
    accuracy: float | None = Field(description="Share of the truths that were predicted; null where there are no classes.")
    mean_error: float | None = Field(description="Mean absolute difference from the truth; null where there are no quantities.")


class Traffic(View):
    days: list[TrafficDay]


class TryOrder(Body):
    rows: list[dict[str, Any]] = Field(min_length=1, max_length=100)


@route("GET", "/endpoints", access="user")
def list_endpoints(request: Request, query: ListQuery) -> EndpointList:
    """Your endpoints by name."""
    page = EndpointItem.query(
        f"{request.owner}#endpoint", limit=query.limit, last_evaluated_key=query.start_key("sk", pk=f"{request.owner}#endpoint")
    )
    return EndpointList(items=[EndpointSummary(**_summary(item)) for item in page], next_cursor=next_cursor(page.last_evaluated_key))


@route("POST", "/endpoints", access="user", status=201)
def deploy_endpoint(request: Request, body: DeployOrder) -> Endpoint:
    """Serve a version. An endpoint of that name keeps its address and gets the new version."""
    return _endpoint(request.owner, endpoints.deploy(request.owner, body.name, body.model, body.version))


@route("GET", "/endpoints/{endpoint}", access="user")
def get_endpoint(request: Request, endpoint: str) -> Endpoint:
    """An endpoint with the signature of what it serves."""
    return _endpoint(request.owner, endpoints.get(request.owner, endpoint))


@route("DELETE", "/endpoints/{endpoint}", access="user", status=204)
def delete_endpoint(request: Request, endpoint: str) -> None:
    """Stop serving; the address answers 410."""
    endpoints.delete(request.owner, endpoint)


@route("POST", "/endpoints/{endpoint}/keys", access="user", status=201)
def create_endpoint_key(request: Request, endpoint: str) -> NewKey:
    """A key that may predict with this endpoint and send the truth of its predictions, and do nothing else."""
    key, prefix = endpoints.create_key(request.owner, endpoint)
    return NewKey(key=key, prefix=prefix)


@route("DELETE", "/endpoints/{endpoint}/keys/{prefix}", access="user", status=204)
def revoke_endpoint_key(request: Request, endpoint: str, prefix: str) -> None:
    """The key stops working within two seconds."""
    endpoints.revoke_key(request.owner, endpoint, prefix)


@route("POST", "/endpoints/{endpoint}/try", access="user")
def try_endpoint(request: Request, endpoint: str, body: TryOrder) -> dict[str, Any]:
    """Predictions for the owner, without a key."""
    return endpoints.try_out(request.owner, endpoint, body.rows)


@route("GET", "/endpoints/{endpoint}/predictions", access="user")
def list_predictions(request: Request, endpoint: str, query: PredictionQuery) -> PredictionList:
    """The prediction log of one day, newest first; trying out is logged, too. Kept thirty days."""
    item = endpoints.get(request.owner, endpoint)
    day = query.day or now()[:10]
    pk = f"endpoint#{item.sk}#{day}"
    page = predictions.listed(item.sk, day, query.limit, query.start_key("sk", pk=pk))
    return PredictionList(items=[_prediction(one) for one in page], next_cursor=next_cursor(page.last_evaluated_key))


@route("GET", "/endpoints/{endpoint}/traffic", access="user")
def get_traffic(request: Request, endpoint: str, query: TrafficQuery) -> Traffic:
    """Requests, latency, and how right the answers turned out to be, by day of the prediction."""
    item = endpoints.get(request.owner, endpoint)
    return Traffic(days=[TrafficDay(**day._asdict()) for day in predictions.traffic(item.sk, query.days)])


def _prediction(item: PredictionItem) -> Prediction:
    at, request = predictions.moment(item)
    said = {"inputs": item.inputs, "outputs": item.outputs, "truth": item.truth}
    return Prediction(id=request, at=at, version=int(item.version), latency_ms=item.latency_ms, **said)


def _summary(item: EndpointItem) -> dict[str, Any]:
    return {
        "id": item.sk,
        "name": item.name,
        "model": item.model,
        "version": int(item.version),
        "revision": int(item.revision),
        "url": endpoints.url(item.sk),
        "updated_at": item.updated_at,
        "keys": [KeyView(prefix=key["prefix"], created_at=key["created_at"]) for key in item.keys],
    }


def _endpoint(owner: str, item: EndpointItem) -> Endpoint:
    served = registry.get_version(owner, item.model, int(item.version))
    return Endpoint(**_summary(item), signature=served.signature, classes=served.classes, spending=_month(item.sk))


def _month(endpoint: str) -> MonthView:
    month, cap = spending.month(), metering.cap(endpoint)
    requests, usd = metering.served(endpoint, month)
    stopped = cap is not None and usd is not None and usd >= cap
    return MonthView(month=month, requests=requests, usd=usd, cap_usd=cap, stopped=stopped)
