"""Money: what the month has cost, what could still bill, and the caps that stop it."""

from chalicelib import cost, settings, spending
from chalicelib.api.routing import Request, route
from chalicelib.api.shapes import Body, View


class WorkflowSpending(View):
    workflow: str
    usd: float


class CapsView(View):
    run: float | None
    month: float | None
    workflows: dict[str, float]
    endpoints: dict[str, float]


class Spending(View):
    month: str
    usd: float
    runs: int
    workflows: list[WorkflowSpending]
    idle_usd_per_hour: float
    bills: list[str]
    caps: CapsView
    prices_as_of: str
    prices_region: str


class CapsOrder(spending.Caps, Body):
    """What `PUT /spending/caps` takes: every cap anew; what is left out is no cap."""


# What costs money only while it is used, and what is kept: said on the home page, resource by resource.
BILLS = [
    "Runs: functions by the millisecond, tasks by the second, a state machine by its transitions.",
    "Predictions: a function by the millisecond and a request each.",
    "Storage: datasets, results and models in the bucket, by the month and gigabyte.",
]


@route("GET", "/spending", access="user")
def get_spending(request: Request) -> Spending:
    """Dollars of this month's runs, by workflow, with the caps and the prices they are computed with."""
    period = spending.month()
    usd, count = spending.spent(request.owner, period)
    by_workflow = sorted(spending.by_workflow(request.owner, period).items(), key=lambda pair: -pair[1])
    prices = cost.load_prices(settings.load().prices)
    return Spending(
        month=period,
        usd=usd,
        runs=count,
        workflows=[WorkflowSpending(workflow=workflow, usd=amount) for workflow, amount in by_workflow],
        idle_usd_per_hour=0.0,
        bills=BILLS,
        caps=_caps(spending.caps(request.owner)),
        prices_as_of=prices.as_of,
        prices_region=prices.region,
    )


@route("PUT", "/spending/caps", access="user")
def set_caps(request: Request, body: CapsOrder) -> CapsView:
    """Replace the caps. A run that may pass one is refused; one that passes it all the same is stopped."""
    return _caps(spending.set_caps(request.owner, spending.Caps(**body.model_dump())))


def _caps(found: spending.Caps) -> CapsView:
    return CapsView(**found.model_dump())
