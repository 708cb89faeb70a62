"""What an endpoint costs in a month, and the cap at which serving stops.

Serving counts requests, milliseconds and write units; dollars are made here. The cap lies beside the deployment with the rates to count with, because the
serving function sees neither the owner's caps nor the price table. `docs/adr/0013-endpoints-are-metered-where-they-serve.md` says how exact it is.
"""

from typing import Any, NamedTuple

from chalicelib import cost, settings
from chalicelib.tables import DoesNotExist, EndpointCapItem, ServedItem

# The memory of the serving function (infra/resources.yaml).
SERVING_GB = 2


class Served(NamedTuple):
    """Requests of a month and their dollars at list price, without the start-up of functions; None where the price table lacks an entry."""

    requests: int
    usd: float | None


def rates(prices: cost.Prices) -> dict[str, float]:
    """Dollars of a request, a millisecond of the function and a write unit of the log. Raises `PriceMissing`."""
    return {
        "requests": float(prices["api_request"] + prices["lambda_request"]),
        "milliseconds": float(SERVING_GB * prices["lambda_gb_second"] / 1000),
        "writes": float(prices["dynamodb_write_unit"]),
    }


def served(endpoint: str, month: str) -> Served:
    """What the serving function has counted; it adds what it served about every two seconds."""
    try:
        item = ServedItem.get(f"endpoint#{endpoint}", f"served#{month}")
    except DoesNotExist:
        return Served(0, 0.0)
    try:
        found = rates(cost.load_prices(settings.load().prices))
    except cost.PriceMissing:
        return Served(int(item.requests), None)
    return Served(int(item.requests), sum(rate * float(getattr(item, name)) for name, rate in found.items()))


def cap_item(endpoint: str, usd: float, counted_with: dict[str, float]) -> EndpointCapItem:
    return EndpointCapItem(f"endpoint#{endpoint}", cap={"usd": usd, "rates": counted_with})


def cap(endpoint: str) -> float | None:
    """The cap that serving keeps to."""
    try:
        found: dict[str, Any] = EndpointCapItem.get(f"endpoint#{endpoint}", "cap").cap
    except DoesNotExist:
        return None
    return float(found["usd"])
