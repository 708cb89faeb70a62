"""Caps on dollars, and what was spent: by run, month, workflow and endpoint.

A cap refuses a run whose estimate may pass it, and stops a run that passes it all the same (an unknown estimate, a table that grew): the plan
document carries what may still be spent, and the runtime looks at it with every heartbeat.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from chalicelib import cost
from chalicelib.errors import CapReached
from chalicelib.estimate import Range, RunEstimate
from chalicelib.tables import CapsItem, DoesNotExist, SpendingItem, now

MAX_CAPS = 200


class Caps(BaseModel):
    """Dollars at which work stops; None sets no cap. `workflows` caps a month of one workflow, `endpoints` a month of one endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: float | None = Field(None, ge=0, le=1e6)
    month: float | None = Field(None, ge=0, le=1e6)
    workflows: dict[str, float] = Field(default_factory=dict, max_length=MAX_CAPS)
    endpoints: dict[str, float] = Field(default_factory=dict, max_length=MAX_CAPS)


class Allowance(NamedTuple):
    """What a run may spend, and the cap that says so in words; None where nothing caps it."""

    dollars: float
    words: str


def caps(owner: str) -> Caps:
    try:
        return Caps.model_validate(CapsItem.get(f"{owner}#spending", "caps").caps)
    except DoesNotExist:
        return Caps()


def set_caps(owner: str, wanted: Caps) -> Caps:
    CapsItem(f"{owner}#spending", "caps", caps=wanted.model_dump()).save()
    return wanted


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
