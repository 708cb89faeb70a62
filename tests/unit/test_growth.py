"""What compiling asks of larger drawings, in steps rather than seconds: no pass may look at the graph anew for every node."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from chalicelib.workflow import Workflow
from infra.bench.compiling import KINDS, compiled

FEW, MANY = 60, 240


def steps(drawing: Workflow) -> int:
    """Lines of Python that compiling the drawing goes through."""
    count = 0

    def step(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return step

    compiled(drawing)
    before = sys.gettrace()
    sys.settrace(step)
    try:
        compiled(drawing)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("kind", KINDS)
def test_four_times_the_nodes_take_little_more_than_four_times_the_steps(kind: str) -> None:
    few, many = (steps(KINDS[kind](count)) for count in (FEW, MANY))
    assert many / few < 1.3 * MANY / FEW, f"{few:,} steps became {many:,}"
