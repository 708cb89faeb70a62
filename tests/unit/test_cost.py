"""Money: against figures worked out by hand from the price list, and against an independent sum."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cost import Invocation, PriceMissing, Prices, compute_cost, dollars, ledger, load_prices, total

PRICES = load_prices()
INVOCATIONS = st.builds(
    Invocation,
    st.integers(0, 900_000) | st.floats(0, 900_000),
    st.sampled_from([2_048, 10_240]),
    *[st.integers(0, 1_000)] * 3,
    st.integers(0, 10**10),
)
TASKS = st.builds(Invocation, st.integers(0, 20_000_000), st.just(30_720), *[st.just(0)] * 4, st.just(True))


def test_one_second_of_two_gigabytes() -> None:
    assert compute_cost(1_000, 2_048, PRICES) == Decimal("0.0000333334")


def test_a_started_millisecond_is_billed_whole() -> None:
    assert compute_cost(0.01, 1_024, PRICES) == compute_cost(1, 1_024, PRICES) > 0


def test_a_task_is_billed_for_a_minute_at_least_by_memory_and_processors() -> None:
    minute = compute_cost(60_000, 30_720, PRICES, task=True)
    assert compute_cost(1_000, 30_720, PRICES, task=True) == minute
    assert float(minute) == pytest.approx((30 * 0.004445 + 4 * 0.04048) / 60)
    assert compute_cost(60_001, 30_720, PRICES, task=True) > minute


def test_a_run_of_one_stage_by_hand() -> None:
    # 100 ms of 2,048 MB, one request, two transitions, three puts, ten gets, four status writes, a megabyte kept for a month
    lines = ledger([Invocation(100, 2_048, puts=3, gets=10, writes=4, stored_bytes=2**20)], 2, PRICES)
    by_hand = 0.1 * 2 * 0.0000166667 + 0.0000002 + 2 * 0.000025 + 3 * 0.000005 + 10 * 0.0000004 + 4 * 0.000000625 + 0.023 / 1024
    assert float(total(lines)) == pytest.approx(by_hand, rel=1e-12)
    assert {line.item for line in lines} >= {"functions", "invocations", "transitions", "status writes"}


def test_a_run_that_was_cached_whole_costs_nothing_and_has_no_lines() -> None:
    assert ledger([], 0, PRICES) == []


@given(st.lists(INVOCATIONS | TASKS, max_size=30), st.integers(0, 100))
def test_the_sum_equals_an_independent_recomputation(works: list[Invocation], transitions: int) -> None:
    expected = transitions * Fraction("0.000025")
    for work in works:
        gigabytes, milliseconds = Fraction(work.memory_mb, 1024), ceil(Fraction(str(work.billed_ms)))
        if work.task:
            seconds = max(60, ceil(Fraction(milliseconds, 1000)))
            expected += Fraction(seconds, 3600) * (gigabytes * Fraction("0.004445") + 4 * Fraction("0.04048"))
        else:
            expected += Fraction(milliseconds, 1000) * gigabytes * Fraction("0.0000166667") + Fraction("0.0000002")
        expected += work.puts * Fraction("0.000005") + work.gets * Fraction("0.0000004") + work.writes * Fraction("0.000000625")
        expected += Fraction(work.stored_bytes, 2**30) * Fraction("0.023")
    found = total(ledger(works, transitions, PRICES))
    assert abs(Fraction(found) - expected) < Fraction(1, 10**9)
    assert dollars(found) == pytest.approx(float(expected), abs=2e-8)


@pytest.mark.parametrize("amount", [None, "free", "-1", "NaN", ""])
def test_a_missing_entry_is_named_and_never_zero(amount: str | None) -> None:
    table = {"lambda_gb_second": "0.1", "state_transition": "0.1", "lambda_request": amount}
    with pytest.raises(PriceMissing, match="lambda_request"):
        ledger([Invocation(1, 2_048)], 2, Prices({name: value for name, value in table.items() if value is not None}))


def test_only_what_was_used_needs_a_price() -> None:
    assert total(ledger([], 2, Prices({"state_transition": "0.5"}))) == 1


def test_the_prices_say_when_and_where_they_hold() -> None:
    assert (PRICES.as_of, PRICES.region) == ("2026-01-01", "us-east-1")
