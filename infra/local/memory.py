"""How much memory a worker holds, with all that its node has started."""

import psutil

# Looking for children reads the whole process table: not every look does.
LOOKS_A_SEARCH = 10


class Meter:
    """Asked again and again while a worker works."""

    def __init__(self, pid: int | None) -> None:
        self._worker = psutil.Process(pid)
        self._looks = 0
        self._children: list[psutil.Process] = []

    def held_bytes(self) -> int:
        """Resident bytes of the worker, and what its descendants hold alone: pages they share with it are not counted twice. 0 where it is gone."""
        if self._looks % LOOKS_A_SEARCH == LOOKS_A_SEARCH - 1:
            self._children = _descendants(self._worker)
        self._looks += 1
        return _resident(self._worker) + sum(_alone(child) for child in self._children)


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _alone(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0
