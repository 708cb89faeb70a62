"""The clock that looks after open work runs only while there is any, so that a deployment nobody uses invokes nothing.

    run or profile is written down ─▶ begin: the rule is on ─▶ a tick every minute ─▶ nothing is open ─▶ rest: the rule is off

Locally there is no rule to switch (`FLOWZA_TICK_RULE` is unset): a minute of one's own machine costs nothing.
"""

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import settings

LOG = logging.getLogger("flowza.watching")
# What was written just before the rule went off is seen by then, in the table's index too.
SECOND_LOOK_SECONDS = 5.0


@cache
def _events() -> Any:
    """Asked once and briefly: work does not wait for its watch, and where many begin at once, one of them is enough."""
    return boto3.client("events", config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=2))


def begin() -> None:
    """Have the work looked after that was written down just now."""
    if rule := settings.load().tick_rule:
        try:
            _events().enable_rule(Name=rule)
        except (ClientError, BotoCoreError) as refused:
            # Events end runs without it; the daily sweep looks, too.
            LOG.warning("the rule %s was not switched on: %s", rule, refused)


def rest(busy: Callable[[], bool]) -> bool:
    """Stop looking where there is nothing to look after; whether it stopped. What came in between is seen by a second look, and the rule goes on again."""
    rule = settings.load().tick_rule
    if not rule or busy():
        return False
    _events().disable_rule(Name=rule)
    time.sleep(SECOND_LOOK_SECONDS)
    if busy():
        begin()
        return False
    return True
