"""Caps on dollars, and what was spent: by run, month, workflow and endpoint.

A cap refuses a run whose estimate may pass it, and stops a run that passes it all the same (an unknown estimate, a table that grew): the plan
document carries what may still be spent, and the runtime looks at it with every heartbeat. The cap of an endpoint is kept where it serves (`metering.py`).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from chalicelib import cost, metering, settings
from chalicelib.errors import CapReached, Conflict, Invalid
from chalicelib.estimate import Range, RunEstimate
from chalicelib.tables import CapsItem, DoesNotExist, EndpointItem, SpendingItem, TransactWriteError, lost_race, now, transaction

MAX_CAPS = 200
# All caps of endpoints are written in one transaction, which takes a hundred items: these, those that go, and the owner's own.
MAX_ENDPOINT_CAPS = 49


Dollars = Annotated[float, Field(ge=0, le=1e6)]
Id = Annotated[str, Field(max_length=100)]


class Caps(BaseModel):
    """Dollars at which work stops; None sets no cap. `workflows` caps a month of one workflow, `endpoints` a month of one endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: float | None = Field(None, ge=0, le=1e6)
    month: float | None = Field(None, ge=0, le=1e6)
    workflows: dict[Id, Dollars] = Field(default_factory=dict, max_length=MAX_CAPS)
    endpoints: dict[Id, Dollars] = Field(default_factory=dict, max_length=MAX_ENDPOINT_CAPS)


class Allowance(NamedTuple):
    """What a run may spend, and the cap that says so in words; None where nothing caps it."""

    dollars: float
    words: str


def caps(owner: str) -> Caps:
    found = _caps_item(owner)
    return Caps.model_validate(found.caps) if found else Caps()


def set_caps(owner: str, wanted: Caps) -> Caps:
    """Replace the caps; those of endpoints are written where serving reads them, in the same transaction.

    Raises `Invalid` for an endpoint that is not the owner's or cannot be priced, `Conflict` where somebody else set caps meanwhile."""
    before = _caps_item(owner)
    had = Caps.model_validate(before.caps).endpoints if before else {}
    counted_with = _endpoint_rates(wanted.endpoints)
    for endpoint in sorted(wanted.endpoints.keys() - had.keys()):
        if not EndpointItem.count(f"{owner}#endpoint", EndpointItem.sk == endpoint, consistent_read=True):
            raise Invalid(
                f"There is no endpoint “{endpoint}”.", field=f"endpoints.{endpoint}", hint="Take the id from the list of endpoints."
            )
    unchanged = CapsItem.caps == before.caps if before else CapsItem.pk.does_not_exist()
    try:
        with transaction() as write:
            write.save(CapsItem(f"{owner}#spending", "caps", caps=wanted.model_dump()), condition=unchanged)
            for endpoint, usd in wanted.endpoints.items():
                write.save(metering.cap_item(endpoint, usd, counted_with))
            for endpoint in had.keys() - wanted.endpoints.keys():
                write.delete(metering.cap_item(endpoint, 0, {}))
    except TransactWriteError as lost:
        if not lost_race(lost):
            raise
        raise Conflict("The caps changed in between.", hint="Read them again and set them anew.") from lost
    return wanted


def _caps_item(owner: str) -> CapsItem | None:
    try:
        return CapsItem.get(f"{owner}#spending", "caps", consistent_read=True)
    except DoesNotExist:
        return None


def _endpoint_rates(endpoints: Mapping[str, float]) -> dict[str, float]:
    try:
        return metering.rates(cost.load_prices(settings.load().prices)) if endpoints else {}
    except cost.PriceMissing as missing:
        raise Invalid(
            f"A cap of an endpoint cannot be counted: {missing}", field="endpoints", hint="Add the entry to the price table."
        ) from missing


def month() -> str:
    return now()[:7]


def spent(owner: str, period: str, workflow: str | None = None) -> tuple[float, int]:
    """Dollars and number of the runs that ended in the month, of one workflow or of all."""
    try:
        item = SpendingItem.get(f"{owner}#spending", period if workflow is None else f"{period}#{workflow}", consistent_read=True)
    except DoesNotExist:
        return 0.0, 0
    return float(item.dollars), int(item.runs)


def by_workflow(owner: str, period: str) -> dict[str, float]:
    """Dollars of the month by workflow."""
    items = SpendingItem.query(f"{owner}#spending", SpendingItem.sk.startswith(f"{period}#"))
    return {item.sk.split("#", 1)[1]: float(item.dollars) for item in items}


def allow(owner: str, workflow: str, expected: RunEstimate, own_cap: float | None) -> Allowance | None:
    """What a run may spend. Raises `CapReached` where the month is used up or the estimate may pass a cap."""
    bounds = list(_bounds(owner, workflow, own_cap))
    if not bounds:
        return None
    tightest = min(bounds)
    high = expected.dollars.high if expected.dollars else None
    if tightest.dollars <= 0 or (high is not None and high > tightest.dollars):
        may = f"may cost {shown(high)}" if high is not None else "costs more than nothing"
        raise CapReached(f"The run {may}; {tightest.words} leaves {shown(max(tightest.dollars, 0))}.", field="max_cost_usd")
    return tightest


def _bounds(owner: str, workflow: str, own_cap: float | None) -> Iterator[Allowance]:
    limits = caps(owner)
    if own_cap is not None:
        yield Allowance(own_cap, f"the cap of this run, {shown(own_cap)},")
    if limits.run is not None:
        yield Allowance(limits.run, f"the cap of a run, {shown(limits.run)},")
    if limits.month is not None:
        yield Allowance(limits.month - spent(owner, month())[0], f"the cap of the month, {shown(limits.month)},")
    if (cap := limits.workflows.get(workflow)) is not None:
        yield Allowance(cap - spent(owner, month(), workflow)[0], f"the month's cap of this workflow, {shown(cap)},")


def budget(allowance: Allowance | None, stages: int, prices: cost.Prices) -> dict[str, Any] | None:
    """What the runtime keeps to: dollars of compute, as gigabyte-milliseconds, when the fixed part is taken off."""
    if allowance is None:
        return None
    try:
        fixed = cost.total(cost.ledger((), stages + 1, prices)) + stages * prices["lambda_request"]
        left = max(Decimal(0), Decimal(str(allowance.dollars)) - fixed)
        return {"gb_ms": float(1000 * left / prices["lambda_gb_second"]), "usd": allowance.dollars, "words": allowance.words}
    except cost.PriceMissing:
        return None


def usd_per_gb_second(prices: cost.Prices) -> float | None:
    """For nodes that stop at a price; None where the table has none."""
    try:
        return float(prices["lambda_gb_second"])
    except cost.PriceMissing:
        return None


def shown(amount: float | None) -> str:
    """Dollars as people read them: small amounts keep two digits that say something."""
    if amount is None:
        return "an unknown amount"
    if amount == 0:
        return "$0"
    return f"${amount:.2f}" if amount >= 0.1 else f"${amount:.4f}" if amount >= 0.0001 else f"${amount:.2g}"


def shown_range(found: Range) -> str:
    """A range in words; two ends that read alike are one figure."""
    low, high = shown(found.low), shown(found.high)
    return low if low == high else f"{low}–{high.removeprefix('$')}"


def lines(ledger: list[cost.Line]) -> list[Mapping[str, Any]]:
    """A ledger as it is stored and shown."""
    return [{"item": line.item, "quantity": line.quantity, "unit": line.unit, "usd": cost.dollars(line.dollars)} for line in ledger]
