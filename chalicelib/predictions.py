"""The prediction log of an endpoint: what was asked and answered, how long answers took, and how right they were. Serving writes it; days are UTC."""

import functools
import json
import math
import operator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from chalicelib import endpoints
from chalicelib.errors import Invalid, NotFound
from chalicelib.tables import Condition, DoesNotExist, PredictionItem, RunItem

# Of a day, so many requests are looked at for the figures; a busier day says that it is a part.
MOST_A_DAY = 5_000

# A page for a node, as JSON: an answer of Lambda may have 6 MB.
PAGE_CHARACTERS = 3_000_000
# Serving keeps the log of so many days; no window is wider.
MOST_DAYS = 31


class Day(NamedTuple):
    """Requests of one day and how long they took, in milliseconds; `part` where only the newest were looked at.

    Of `rows` predicted, `truths` have turned out since: `accuracy` is the share that was right where there are classes, `mean_error` by how much answers
    were wrong on average where there are quantities. `replaced` counts truths that were another one before."""

    day: str
    requests: int
    p50_ms: float | None
    p95_ms: float | None
    part: bool
    rows: int
    truths: int
    replaced: int
    accuracy: float | None
    mean_error: float | None


def listed(endpoint: str, day: str, limit: int, start: dict[str, Any] | None) -> Any:
    """The requests of a day, newest first, as a page."""
    return PredictionItem.query(f"endpoint#{endpoint}#{day}", scan_index_forward=False, limit=limit, last_evaluated_key=start)


def for_run(order: dict[str, Any]) -> dict[str, Any]:
    """A page of the log for a node of a run: `{"items", "next"}`, the newest first, from `since` up to `until`; `next` is the `until` of the page behind.

    The endpoint must belong to the owner of the run. `order` is `{run, endpoint, since, until, version (None: all), with_truth (only
    requests of which some truth is known), limit}`; times are ISO in UTC, as the log has them.
    """
    try:
        owner = RunItem.get(f"run#{order['run']}", "run", consistent_read=True).owner
    except DoesNotExist:
        raise NotFound("There is no such run.") from None
    endpoint = endpoints.get(owner, str(order["endpoint"])).sk
    since, until, limit = str(order["since"]), str(order["until"]), int(order["limit"])
    only = _only(order["version"], with_truth=order["with_truth"])
    items: list[dict[str, Any]] = []
    room = PAGE_CHARACTERS
    for day in _days(since, until):
        for item in _between(endpoint, day, (since, until), only, limit - len(items)):
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


def _only(version: int | None, *, with_truth: bool) -> Condition | None:
    """What is wanted of the log; None where all of it is."""
    wanted: list[Condition] = [] if version is None else [PredictionItem.version == version]
    if with_truth:
        wanted.append(PredictionItem.truth.exists())
    return functools.reduce(operator.and_, wanted) if wanted else None


def _between(endpoint: str, day: str, window: tuple[str, str], only: Condition | None, limit: int) -> Any:
    # One more: the end may be the last entry of the page before, and does not belong to this one.
    found = PredictionItem.query(
        f"endpoint#{endpoint}#{day}", PredictionItem.sk.between(*window), only, scan_index_forward=False, limit=limit + 1
    )
    return (item for item in found if item.sk < window[1])


def _entry(item: PredictionItem) -> dict[str, Any]:
    at, request = moment(item)
    words = {"inputs": item.inputs, "outputs": item.outputs, "version": int(item.version), "latency_ms": float(item.latency_ms)}
    return {"id": request, "at": at, **words, "truth": item.truth}


def traffic(endpoint: str, days: int, today: date | None = None) -> list[Day]:
    """The last days, oldest first, those without a request included."""
    last = today or datetime.now(UTC).date()
    return [_day(endpoint, (last - timedelta(days=back)).isoformat()) for back in reversed(range(days))]


def _day(endpoint: str, day: str) -> Day:
    wanted = ["latency_ms", "rows", "score"]
    found = list(PredictionItem.query(f"endpoint#{endpoint}#{day}", scan_index_forward=False, limit=MOST_A_DAY, attributes_to_get=wanted))
    latencies = sorted(float(item.latency_ms) for item in found)
    requests = (len(found), quantile(latencies, 0.5), quantile(latencies, 0.95), len(found) >= MOST_A_DAY)
    return Day(day, *requests, sum(int(item.rows) for item in found), *_score([item.score for item in found if item.score]))


def _score(scores: list[dict[str, Any]]) -> tuple[int, int, float | None, float | None]:
    """Truths of a day, those that were replaced, accuracy and mean error. A day may have seen models of both kinds."""
    classes, quantities = ([one for one in scores if name in one] for name in ("right", "error"))
    truths, replaced = (sum(int(one[name]) for one in scores) for name in ("truths", "replaced"))
    return truths, replaced, _share(classes, "right"), _share(quantities, "error")


def _share(scores: list[dict[str, Any]], name: str) -> float | None:
    return sum(one[name] for one in scores) / sum(one["truths"] for one in scores) if scores else None


def quantile(ordered: list[float], share: float) -> float | None:
    """The nearest rank of a sorted list; None where it is empty."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def moment(item: PredictionItem) -> tuple[str, str]:
    """When the request was answered, and its id."""
    at, _, request = item.sk.partition("#")
    return at, request
