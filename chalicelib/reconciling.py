"""Looking after open runs: what repairs the ones that an event missed.

every minute while anything is open: tick ─▶ reconcile ─▶ close what has ended, restart what has lost its execution ─▶ nothing open: rest
once a day: watch, should a tick have been lost
"""

import logging
import time

from chalicelib import approvals, closing, datasets, executions, watching
from chalicelib.run_view import FINAL, head
from chalicelib.tables import RunItem, seconds_ago

LOG = logging.getLogger("flowza.reconciling")
# A run so young may be between its record and its execution: it is looked at twice before it counts as lost.
STARTING_SECONDS = 10.0
SECOND_LOOK_SECONDS = 1.0


def reconcile() -> dict[str, int]:
    """Look after every open run: close what has ended, restart what has lost its execution. Counts for the log."""
    counts = {"open": 0, "closed_or_resumed": 0, "broken": 0, "profiles": datasets.restart_stuck(), "approvals": 0}
    young: list[RunItem] = []
    for item in RunItem.open_runs.query("1"):
        counts["open"] += 1
        counts["approvals"] += approvals.answer_overdue(item)
        if not _look_after(item, counts):
            young.append(item)
    if young:
        time.sleep(SECOND_LOOK_SECONDS)
    for item in young:
        _look_after(item, counts, again=True)
    return counts


def busy() -> bool:
    """Whether anything is open that may need looking after."""
    return next(iter(RunItem.open_runs.query("1", limit=1)), None) is not None or datasets.profiling()


def tick() -> dict[str, int]:
    """Look after what is open; where nothing is, there is no next tick until something begins."""
    counts = reconcile()
    watching.rest(busy)
    return counts


def watch() -> int:
    """Once a day: have open work looked after that lost its watch. How much there is."""
    if busy():
        watching.begin()
    return reconcile()["open"]


def _look_after(seen: RunItem, counts: dict[str, int], *, again: bool = False) -> bool:
    """Close or resume a run whose execution is over. False where it may be starting in this moment. One broken run does not hold up the others."""
    try:
        # The index may lag behind: what counts is the item.
        item = head(seen.run)
        if item is None or item.status in FINAL or (status := executions.status(item)) == "RUNNING":
            return True
        if status == "MISSING" and not again and item.created_at > seconds_ago(STARTING_SECONDS):
            return False
        counts["closed_or_resumed"] += 1
        closing.close(item.run, status)
    except Exception:
        LOG.exception("run %s cannot be looked after", seen.run)
        counts["broken"] += 1
    return True
