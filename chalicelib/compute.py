"""What a stage can run on: two sizes of the node function, and a Fargate task above them.

A node gets the smallest size that its tables are thought to fit in. Where that was too small, the machine itself goes one size up (`asl.py`), and the history
remembers it for the next plan.
"""

from collections.abc import Iterable
from typing import NamedTuple

# Lambda's own limit for one invocation; a task may take as long as a working day's half.
FUNCTION_SECONDS = 900
TASK_SECONDS = 6 * 3600
# Where a function is thought to need longer than this, it gets a task at once: the guess may be off by half.
FUNCTION_COMFORTABLE_SECONDS = 600
# Share of the memory that a plan may fill.
COMFORTABLE_SHARE = 0.8


class Size(NamedTuple):
    """`vcpus` is None for a function, whose share of a processor follows from its memory."""

    name: str
    memory_mb: int
    seconds: int
    vcpus: int | None = None


SIZES = (
    Size("small", 2_048, FUNCTION_SECONDS),
    Size("large", 10_240, FUNCTION_SECONDS),
    # The most memory that Fargate gives to four processors.
    Size("task", 30_720, TASK_SECONDS, 4),
)
BY_NAME = {size.name: size for size in SIZES}
ORDER = {size.name: rank for rank, size in enumerate(SIZES)}


def smallest(memory_mb: float | None, seconds: float | None, at_least: str = "small") -> str:
    """The smallest size that holds so much memory for so long, where that is known. What fits nowhere gets the largest."""
    for size in SIZES[ORDER[at_least] :]:
        fits = memory_mb is None or memory_mb <= size.memory_mb * COMFORTABLE_SHARE
        in_time = seconds is None or size.vcpus is not None or seconds <= FUNCTION_COMFORTABLE_SECONDS
        if fits and in_time:
            return size.name
    return SIZES[-1].name


def larger(name: str) -> tuple[str, ...]:
    """The sizes above this one, smallest first."""
    return tuple(size.name for size in SIZES[ORDER[name] + 1 :])


def largest(names: Iterable[str]) -> str:
    """The largest of some sizes."""
    return max(names, key=ORDER.__getitem__)
