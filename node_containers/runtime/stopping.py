"""Being told to stop: SIGTERM from the service that takes a machine away, or from a person."""

import signal
from types import FrameType

# How a process ends whose run was stopped. Any other code says that a node ended it.
STOPPED_EXIT = 75


class ToldToStop(BaseException):
    """The process was told to stop. No node is to blame: what is finished is kept, and another invocation goes on behind it."""


def listen() -> None:
    """From here on SIGTERM ends the work at the next line of Python, with everything that is finished written down."""

    def stop(number: int, frame: FrameType | None) -> None:
        # Said twice, it would break off the writing down.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise ToldToStop("told to stop by SIGTERM")

    signal.signal(signal.SIGTERM, stop)
