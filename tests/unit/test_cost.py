"""Money: against figures worked out by hand from the price list, and against an independent sum."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cost import Work, dollars, load_prices, run_cost, work_cost

PRICES = load_prices()


def test_one_second_of_two_gigabytes() -> None:
    assert work_cost(Work(1_000, 2_048), PRICES) == Decimal("0.0000333334")


def test_a_started_millisecond_is_billed_whole() -> None:
    assert work_cost(Work(0.01, 1_024), PRICES) == work_cost(Work(1, 1_024), PRICES) > 0


def test_a_run_of_one_stage_by_hand() -> None:
    # 100 ms of 2,048 MB + one request + two transitions
    assert run_cost([Work(100, 2_048)], 1, PRICES) == Decimal("0.00000333334") + Decimal("0.0000002") + Decimal("0.00005")


def test_a_run_that_was_cached_whole_costs_nothing() -> None:
    assert run_cost([], 0, PRICES) == 0


@given(st.lists(st.builds(Work, st.integers(0, 900_000), st.sampled_from([2_048, 10_240])), max_size=30), st.integers(1, 30))
def test_the_sum_equals_an_independent_recomputation(works: list[Work], stages: int) -> None:
    gb_milliseconds = sum((Fraction(work.billed_ms) * Fraction(work.memory_mb, 1024) for work in works), Fraction(0))
    expected = gb_milliseconds / 1000 * Fraction("0.0000166667") + stages * Fraction("0.0000002") + (stages + 1) * Fraction("0.000025")
    assert abs(Fraction(run_cost(works, stages, PRICES)) - expected) < Fraction(1, 10**18)
    assert dollars(run_cost(works, stages, PRICES)) == float(round(Decimal(expected.numerator) / Decimal(expected.denominator), 8))


def test_the_prices_say_when_and_where_they_hold() -> None:
    assert PRICES.as_of
    assert PRICES.region
