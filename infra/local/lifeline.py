"""No orphans: a child ends when its supervisor does, however that ends.

The supervisor holds the writing end of a pipe and never writes; children block reading the other end. A kill -9 closes it too, on Linux and macOS alike.
Tests hold a supervisor by the same means.
"""

import os
import threading
from collections.abc import Callable

VARIABLE = "FLOWZA_LIFELINE"


def hold(last: Callable[[], object] | None = None) -> int:
    """Called in a child: end this process as soon as the supervisor is gone, after a `last` deed. Returns the descriptor that was given."""
    descriptor = int(os.environ[VARIABLE])

    def wait() -> None:
        os.read(descriptor, 1)
        try:
            if last:
                last()
        finally:
            os._exit(0)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
    return descriptor
