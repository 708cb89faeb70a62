"""Trouble that passes: the cloud is asked too much, fails, or breaks off an answer. It is nobody's fault, least of all a node's.

The AWS clients try again by themselves. What gets through to here ends the invocation without a word about the node; Step Functions invokes the stage again,
and what was finished is not done twice.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from boto3.exceptions import RetriesExceededError
from botocore import exceptions as botocore
from botocore.exceptions import ClientError

THROTTLED = frozenset(
    (
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    )
)
BROKEN_OFF = (
    botocore.ConnectionError,
    botocore.HTTPClientError,
    botocore.IncompleteReadError,
    botocore.FlexibleChecksumError,
    RetriesExceededError,
)
TRIES = 6
PAUSE_SECONDS = 0.2
T = TypeVar("T")


class CloudUnavailable(Exception):
    """The cloud did not answer, again and again. The stage is to be invoked again."""


def passes(error: BaseException) -> bool:
    """Whether trying again may help: anything but a refusal that will be the same tomorrow."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response["Error"]["Code"]
        # A cloud that has just been started again knows its tables before its functions.
        starting = error.operation_name == "Invoke" and code == "ResourceNotFoundException"
        return status >= 500 or code in THROTTLED or starting
    return isinstance(error, (CloudUnavailable, *BROKEN_OFF))


def until_it_passes(action: Callable[[], T]) -> T:
    """The action's result. For what the AWS clients do not repeat themselves: reading a body to its end, asking for an effect."""
    for turn in range(TRIES):
        try:
            return action()
        except Exception as error:
            if not passes(error) or turn + 1 == TRIES:
                raise
            # Longer and longer, each its own while: many that failed together do not come back together.
            time.sleep(PAUSE_SECONDS * 2**turn * random.uniform(0.5, 1))  # noqa: S311 no secret
    raise AssertionError("unreachable")
