"""How the benchmarks look at a run: not before it can have ended, then often, and calmer the longer it takes."""

from typing import Any

import pytest

from infra.bench.cloud import LEAST_SECONDS, until_next_look


@pytest.mark.parametrize(
    ("estimate", "waited", "seconds"),
    [
        ({"seconds": [0.25, 1.5]}, 0.0, 0.25),
        ({"seconds": [0.25, 1.5]}, 0.1, 0.15),
        ({"seconds": [0.25, 1.5]}, 0.3, LEAST_SECONDS),
        ({"seconds": [0.25, 1.5]}, 10.0, 0.5),
        ({"seconds": [0.25, 1.5]}, 900.0, 1.0),
        ({"seconds": None}, 0.0, LEAST_SECONDS),
        (None, 0.0, LEAST_SECONDS),
    ],
)
def test_a_run_is_looked_at_when_it_can_have_ended_and_then_often(estimate: Any, waited: float, seconds: float) -> None:
    assert until_next_look({"estimate": estimate}, waited) == pytest.approx(seconds)
