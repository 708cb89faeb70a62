"""The prediction log of an endpoint: what was asked and answered, and how long answers took. Serving writes it; days are UTC."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.tables import PredictionItem

# Of a day, so many requests are looked at for the figures; a busier day says that it is a part.
MOST_A_DAY = 5_000


class Day(NamedTuple):
    """Requests of one day and how long they took, in milliseconds; `part` where only the newest were looked at."""

    day: str
    requests: int
    p50_ms: float | None
    p95_ms: float | None
    part: bool


def listed(endpoint: str, day: str, limit: int, start: dict[str, Any] | None) -> Any:
    """The requests of a day, newest first, as a page."""
    return PredictionItem.query(f"endpoint#{endpoint}#{day}", scan_index_forward=False, limit=limit, last_evaluated_key=start)


def traffic(endpoint: str, days: int, today: date | None = None) -> list[Day]:
    """The last days, oldest first, those without a request included."""
    last = today or datetime.now(UTC).date()
    return [_day(endpoint, (last - timedelta(days=back)).isoformat()) for back in reversed(range(days))]


def _day(endpoint: str, day: str) -> Day:
    found = PredictionItem.query(f"endpoint#{endpoint}#{day}", scan_index_forward=False, limit=MOST_A_DAY, attributes_to_get=["latency_ms"])
    latencies = sorted(float(item.latency_ms) for item in found)
    return Day(day, len(latencies), quantile(latencies, 0.5), quantile(latencies, 0.95), len(latencies) >= MOST_A_DAY)


def quantile(ordered: list[float], share: float) -> float | None:
    """The nearest rank of a sorted list; None where it is empty."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def moment(item: PredictionItem) -> tuple[str, str]:
    """When the request was answered, and its id."""
    at, _, request = item.sk.partition("#")
    return at, request
