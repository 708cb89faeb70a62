"""The prediction log of an endpoint: what was asked and answered, and how long answers took. Serving writes it; days are UTC."""

import json
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from chalicelib import endpoints
from chalicelib.errors import Invalid, NotFound
from chalicelib.tables import DoesNotExist, PredictionItem, RunItem

# Of a day, so many requests are looked at for the figures; a busier day says that it is a part.
MOST_A_DAY = 5_000

# A page for a node, as JSON: an answer of Lambda may have 6 MB.
PAGE_CHARACTERS = 3_000_000
# Serving keeps the log of so many days; no window is wider.
MOST_DAYS = 31


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


def for_run(order: dict[str, Any]) -> dict[str, Any]:
    """A page of the log for a node of a run: `{"items", "next"}`, the newest first, from `since` up to `until`; `next` is the `until` of the page behind.

    The endpoint must belong to the owner of the run. `order` is `{run, endpoint, since, until, version (None: all), limit}`; times
    are ISO in UTC, as the log has them.
    """
    try:
        owner = RunItem.get(f"run#{order['run']}", "run", consistent_read=True).owner
    except DoesNotExist:
        raise NotFound("There is no such run.") from None
    endpoint = endpoints.get(owner, str(order["endpoint"])).sk
    since, until, limit = str(order["since"]), str(order["until"]), int(order["limit"])
    items: list[dict[str, Any]] = []
    room = PAGE_CHARACTERS
    for day in _days(since, until):
        for item in _between(endpoint, day, (since, until), order["version"], limit - len(items)):
            items.append(_entry(item))
            room -= len(json.dumps(items[-1]))
            if room <= 0 or len(items) >= limit:
                return {"items": items, "next": item.sk}
    return {"items": items, "next": None}


def _days(since: str, until: str) -> list[str]:
    """The days of a window, the last one first."""
    try:
        first, last = date.fromisoformat(since[:10]), date.fromisoformat(until[:10])
    except ValueError:
        raise Invalid("A window of the prediction log is two times in UTC.", field="since") from None
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise Invalid(f"The prediction log is kept for thirty days; the window has {count}.", field="since")
    return [(last - timedelta(days=back)).isoformat() for back in range(count)]


def _between(endpoint: str, day: str, window: tuple[str, str], version: int | None, limit: int) -> Any:
    # One more: the end may be the last entry of the page before, and does not belong to this one.
    place, only = PredictionItem.sk.between(*window), None if version is None else PredictionItem.version == version
    found = PredictionItem.query(f"endpoint#{endpoint}#{day}", place, only, scan_index_forward=False, limit=limit + 1)
    return (item for item in found if item.sk < window[1])


def _entry(item: PredictionItem) -> dict[str, Any]:
    at, request = moment(item)
    words = {"inputs": item.inputs, "outputs": item.outputs, "version": int(item.version), "latency_ms": float(item.latency_ms)}
    return {"id": request, "at": at, **words}


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
