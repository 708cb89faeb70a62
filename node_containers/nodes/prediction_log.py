"""What an endpoint was asked, and what it answered."""

from datetime import UTC, datetime, timedelta

from pydantic import Field

from node_containers.loading import say
from node_containers.logged import places_of, rows_of
from node_containers.reading.formats import from_arrow
from node_containers.sdk import AllRows, Context, NodeError, NodeParams, Table, advanced, endpoint_name, node

# ISO 8601, UTC: a day, or a day and a time.
TIME = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$"


class Params(NodeParams):
    endpoint: str = endpoint_name("my-endpoint", min_length=1, title="Endpoint", description="Its name, or its id.")
    days: int = Field(
        7, ge=1, le=30, title="Days", description="How far back it looks from “until”, where “since” is open; the log is kept thirty days."
    )
    since: str | None = advanced(None, pattern=TIME, title="Since", description="The first day or moment, UTC, such as 2026-01-31T08:00.")
    until: str | None = advanced(None, pattern=TIME, title="Until", description="The moment before which it ends, UTC; open: now.")
    version: int | None = Field(
        None, ge=1, le=10**8, title="Version", description="Only answers of this version of the model; open: of all."
    )
    joined_with_truth: bool = Field(
        False,
        title="With truth",
        description="Add the column truth: what turned out to be true, as callers sent it since; empty where none did.",
    )
    only_with_truth: bool = advanced(False, title="Only rows with truth", description="Leave the rows out whose truth is not known.")
    row_limit: int = advanced(10_000, ge=1, le=200_000, title="Row limit", description="So many of the newest rows are read at most.")


@node(title="Prediction log", group="Sources", family="source", icon="history", cacheable=False)
def prediction_log(params: Params, context: Context) -> AllRows:
    """Read the rows that an endpoint predicted, with its answers, anew in every run; the oldest first.

    Columns: time, request_id, row (its place in the request), version and latency_ms (of the request); the rows as they were sent; predicted, the
    truth where it is wanted, and the probability of each class. Tried-out rows are among them. Connect it to a drift report, beside the rows the model
    learned from; or, with truth, compare truth and predicted in a formula and take the mean of each day: accuracy over time.
    """
    if context.endpoint is None:
        raise NodeError(
            "endpoint-unknown", f"There is no endpoint “{params.endpoint}”.", field="params.endpoint", hint="Deploy a model first."
        )
    since, until = window(params, datetime.now(UTC))
    context.progress(f"reading the log of {context.endpoint.name}")
    only = params.only_with_truth
    requests, rows = [], 0
    for request in context.asked(since, until, params.version, params.row_limit + 1, with_truth=only):
        requests.append(request)
        rows += len(places_of(request, only_with_truth=only))
        if rows > params.row_limit:
            break
    if not rows:
        raise _nothing(params, context.endpoint.name, f"from {since} to {until} (UTC)")
    found = rows_of(requests, context.endpoint.types, params.row_limit, truth=params.joined_with_truth, only_with_truth=only)
    reading = from_arrow(found)
    say(context, reading)
    context.summary = f"{reading.rows:,} rows that “{context.endpoint.name}” was asked"
    if rows > params.row_limit:
        context.warn("row-limit", f"The log has more than {params.row_limit:,} rows in that time; older ones were not read.")
    return Table(reading.frame)


def _nothing(params: Params, endpoint: str, when: str) -> NodeError:
    which = "" if params.version is None else f" by version {params.version}"
    if params.only_with_truth:
        message = f"There is nothing “{endpoint}” answered{which} {when} whose truth is known."
        hint = "Look further back, take rows without truth as well, or send the truth to the endpoint's address with /feedback behind it."
        return NodeError("data-no-truth", message, field="params.only_with_truth", hint=hint)
    message = f"“{endpoint}” answered nothing{which} {when}."
    return NodeError("data-no-rows", message, field="params.days", hint="Look further back, or ask the endpoint first.")


def window(params: Params, now: datetime) -> tuple[str, str]:
    """The two moments as the log writes them. Raises `NodeError` window-empty where the first is not before the second."""
    until = now if params.until is None else _moment(params.until, "until")
    since = until - timedelta(days=params.days) if params.since is None else _moment(params.since, "since")
    if since >= until:
        raise NodeError("window-empty", "“Since” is not before “until”.", field="params.since", hint="Choose an earlier moment.")
    kept = now - timedelta(days=30)
    first, last = (max(one, kept).replace(tzinfo=None).isoformat(timespec="milliseconds") for one in (since, until))
    return first, last


def _moment(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as wrong:
        raise NodeError("date-unknown", f"“{text}” is no moment.", field=f"params.{name}", hint="Write 2026-01-31T08:00.") from wrong
