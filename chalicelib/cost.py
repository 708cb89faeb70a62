"""What a run cost, in dollars at list price, line by line.

The prices lie in `prices.json` as text and are computed with as decimals: a run costs fractions of a cent, and sums must come out the same wherever they are
added up. Amounts are dollars. `FLOWZA_PRICES` names another table (another region, a discount); an entry that is missing there makes the amount unknown, with
the entry's name, and never zero.
"""

import json
from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from chalicelib.compute import SIZES

_MB_PER_GB = 1024
_MICRO_CENT = Decimal("0.00000001")
_GB = Decimal(2**30)
VCPUS = {size.memory_mb: size.vcpus for size in SIZES if size.vcpus}
# Fargate bills at least a minute.
TASK_MIN_SECONDS = 60


class PriceMissing(LookupError):
    """The price table has no usable entry of this name."""

    def __init__(self, entry: str) -> None:
        super().__init__(f"The price table has no amount for “{entry}”.")
        self.entry = entry


class Prices:
    """Dollars per unit by name, with the day and the region they hold for."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.as_of = str(table.get("as_of", "unknown"))
        self.region = str(table.get("region", "unknown"))
        self._table = table

    def __getitem__(self, entry: str) -> Decimal:
        try:
            amount = Decimal(str(self._table[entry]))
        except (KeyError, InvalidOperation):
            raise PriceMissing(entry) from None
        if not amount.is_finite() or amount < 0:
            raise PriceMissing(entry)
        return amount


@cache
def load_prices(place: str | None = None) -> Prices:
    """The price table at `place`, or the one that ships with Flowza; read once."""
    return Prices(json.loads((Path(place) if place else Path(__file__).with_name("prices.json")).read_text("utf-8")))


class Invocation(NamedTuple):
    """One invocation of a function or one task: what it is billed for. `billed_ms` counts from its start, the start-up included."""

    billed_ms: float
    memory_mb: int
    puts: int = 0
    gets: int = 0
    writes: int = 0
    stored_bytes: int = 0
    task: bool = False


class Line(NamedTuple):
    """One line of the ledger: so many units of something, and what they cost."""

    item: str
    quantity: float
    unit: str
    dollars: Decimal


def compute_cost(billed_ms: float, memory_mb: int, prices: Prices, *, task: bool = False) -> Decimal:
    """Lambda bills every started millisecond by the memory the function has; Fargate every started second, a minute at least, by memory and processors."""
    milliseconds = Decimal(str(billed_ms)).to_integral_value(ROUND_CEILING)
    gigabytes = Decimal(memory_mb) / _MB_PER_GB
    if not task:
        return milliseconds / 1000 * gigabytes * prices["lambda_gb_second"]
    hours = max((milliseconds / 1000).to_integral_value(ROUND_CEILING), Decimal(TASK_MIN_SECONDS)) / 3600
    return hours * (gigabytes * prices["fargate_gb_hour"] + (VCPUS.get(memory_mb) or 4) * prices["fargate_vcpu_hour"])


def ledger(invocations: Iterable[Invocation], transitions: int, prices: Prices) -> list[Line]:
    """Every line of a run's bill. Storage is what its results cost in their first month.

    Source of what counts: the pricing pages of Lambda, Fargate, Step Functions, S3 and DynamoDB.
    """
    works = list(invocations)
    functions = [work for work in works if not work.task]
    tasks = [work for work in works if work.task]
    counted = {name: sum(getattr(work, name) for work in works) for name in ("puts", "gets", "writes", "stored_bytes")}
    lines = [
        _line("functions", sum(_gb_seconds(work) for work in functions), "GB-s", _compute(functions, prices)),
        _line("tasks", sum(_gb_seconds(work) for work in tasks), "GB-s", _compute(tasks, prices)),
        _units("invocations", len(functions), "request", prices, "lambda_request"),
        _units("transitions", transitions, "transition", prices, "state_transition"),
        _units("writes to storage", counted["puts"], "request", prices, "s3_put_request"),
        _units("reads from storage", counted["gets"], "request", prices, "s3_get_request"),
        _units("status writes", counted["writes"], "write unit", prices, "dynamodb_write_unit"),
        _units("storage, first month", float(Decimal(counted["stored_bytes"]) / _GB), "GB-month", prices, "s3_gb_month"),
    ]
    return [line for line in lines if line.quantity or line.dollars]


def transitions(events: Iterable[str]) -> int:
    """State transitions of one execution from the types of its events: the start, every state that is entered, and for a task every try.

    Tasks are counted by their tries, because a retry is a transition, too.
    """
    counted = 1
    for kind in events:
        counted += kind == "TaskScheduled" or (kind.endswith("StateEntered") and kind != "TaskStateEntered")
    return counted


def total(lines: Iterable[Line]) -> Decimal:
    return sum((line.dollars for line in lines), Decimal(0))


def dollars(amount: Decimal) -> float:
    """The amount as a JSON number, rounded to a millionth of a cent."""
    return float(amount.quantize(_MICRO_CENT, ROUND_HALF_EVEN))


def _compute(works: Iterable[Invocation], prices: Prices) -> Decimal:
    return sum((compute_cost(work.billed_ms, work.memory_mb, prices, task=work.task) for work in works), Decimal(0))


def _gb_seconds(work: Invocation) -> float:
    return float(Decimal(str(work.billed_ms)).to_integral_value(ROUND_CEILING)) / 1000 * work.memory_mb / _MB_PER_GB


def _units(item: str, quantity: float, unit: str, prices: Prices, entry: str) -> Line:
    return _line(item, quantity, unit, Decimal(str(quantity)) * prices[entry] if quantity else Decimal(0))


def _line(item: str, quantity: float, unit: str, amount: Decimal) -> Line:
    return Line(item, quantity, unit, amount)
