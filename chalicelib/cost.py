"""What a run cost, in dollars at list price.

The prices lie in `prices.json` as text and are computed with as decimals: a run costs fractions of a cent, and sums must come out the same
wherever they are added up. Amounts are dollars; storage is billed by the month and is not part of a run.
"""

import json
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

_MB_PER_GB = 1024
_MICRO_CENT = Decimal("0.00000001")


class Prices(NamedTuple):
    """Dollars per unit, with the day and the region they hold for."""

    as_of: str
    region: str
    lambda_gb_second: Decimal
    lambda_request: Decimal
    state_transition: Decimal
    dynamodb_write_unit: Decimal
    s3_put_request: Decimal


@cache
def load_prices() -> Prices:
    """The price table that ships with Flowza, read once."""
    table = json.loads(Path(__file__).with_name("prices.json").read_text("utf-8"))
    amounts = {name: Decimal(table[name]) for name in Prices._fields[2:]}
    return Prices(as_of=table["as_of"], region=table["region"], **amounts)


class Work(NamedTuple):
    """Billed work of one node: milliseconds in a function of so much memory."""

    billed_ms: float
    memory_mb: int


def work_cost(work: Work, prices: Prices) -> Decimal:
    """Lambda bills every started millisecond by the memory the function has."""
    seconds = Decimal(str(work.billed_ms)).to_integral_value(ROUND_CEILING) / 1000
    return seconds * work.memory_mb / _MB_PER_GB * prices.lambda_gb_second


def run_cost(works: Iterable[Work], stages: int, prices: Prices) -> Decimal:
    """A whole run: its work, one request and one transition a stage, and the transition that starts the execution."""
    work = sum((work_cost(one, prices) for one in works), Decimal(0))
    if stages == 0:
        return work
    return work + stages * prices.lambda_request + (stages + 1) * prices.state_transition


def dollars(amount: Decimal) -> float:
    """The amount as a JSON number, rounded to a millionth of a cent."""
    return float(amount.quantize(_MICRO_CENT, ROUND_HALF_EVEN))
