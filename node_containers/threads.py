"""One thread for numeric libraries: sums of floats in another order would give another result on another machine."""

from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def _controller() -> ThreadpoolController:
    """Looking for the libraries of a process takes longer than many a fit: done once, when the libraries of a fit are loaded."""
    return ThreadpoolController()


def one_thread() -> Any:
    """A context in which BLAS and OpenMP work on one thread."""
    return _controller().limit(limits=1)
