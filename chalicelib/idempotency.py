"""A repeated POST is one run: what a client's Idempotency-Key stands for, for a day.

claim ─▶ ours: start the run under the id in the claim ─▶ (the run is written down)
      ─▶ somebody's: wait until their run is written down; take over where they have died before that
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from chalicelib.errors import IdempotencyMismatch
from chalicelib.tables import DoesNotExist, IdempotencyItem, PutError, UpdateError, lost_race, now, seconds_ago

KEPT_HOURS = 24
# Writing a run down takes far less; whoever has not done it by then has died.
CLAIM_SECONDS = 10.0
POLL_SECONDS = 0.05


class Claim(NamedTuple):
    """The run that belongs to the key; `ours` is whether the caller is the one to start it."""

    run: str
    ours: bool


def claim(owner: str, key: str, request: str, run: str, exists: Callable[[str], bool]) -> Claim:
    """Who starts the run of this key. `request` is a hash of what is asked for; `exists` tells whether a run is written down."""
    while True:
        if _take(owner, key, request, run):
            return Claim(run, True)
        try:
            known = IdempotencyItem.get(f"{owner}#idempotency", key, consistent_read=True)
        except DoesNotExist:
            continue  # released in this moment
        if known.request != request:
            raise IdempotencyMismatch("This Idempotency-Key was used for another request.", hint="Use a new key for a new request.")
        if known.run == run:
            return Claim(run, True)  # this very claim arrived, and only its answer did not
        if exists(known.run):
            return Claim(known.run, False)
        if known.claimed_at < seconds_ago(CLAIM_SECONDS) and _take_over(known):
            return Claim(known.run, True)
        time.sleep(POLL_SECONDS)


def release(owner: str, key: str) -> None:
    """The request was refused before anything was written down: the key is free for the next try."""
    IdempotencyItem(f"{owner}#idempotency", key).delete()


def _take(owner: str, key: str, request: str, run: str) -> bool:
    instant = datetime.now(UTC)
    expires = instant + timedelta(hours=KEPT_HOURS)
    item = IdempotencyItem(f"{owner}#idempotency", key, run=run, request=request, claimed_at=now(), expires=expires)
    try:
        # DynamoDB removes expired items within days, not at once.
        item.save(condition=IdempotencyItem.pk.does_not_exist() | (IdempotencyItem.expires < instant))
    except PutError as lost:
        if not lost_race(lost):
            raise
        return False
    return True


def _take_over(known: IdempotencyItem) -> bool:
    try:
        known.update([IdempotencyItem.claimed_at.set(now())], condition=IdempotencyItem.claimed_at == known.claimed_at)
    except UpdateError as lost:
        if not lost_race(lost):
            raise
        return False
    return True
