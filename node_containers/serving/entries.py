"""Where a request lies in the prediction log: its id says so, and no index is kept.

An id is a UUID of version 7. Its first 48 bits are the millisecond in which the request came, and the entry lies at that time among those of its endpoint.
So the id alone finds it again, and only among the entries of the endpoint whose key was shown.
"""

import re
import time
import uuid
from datetime import UTC, datetime, timedelta

LOG_DAYS = 30
# DynamoDB bills a write by the started kilobyte; keys and figures beside the rows take less than a quarter of one.
WRITE_UNIT_CHARACTERS = 768
ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    return f"{time.time_ns() // 1_000_000:012x}7{uuid.uuid4().hex[13:]}"


def asked_at(request: str) -> datetime:
    """When the request of this id came, to the millisecond. Raises `ValueError` where it is no id, or of a year that is none."""
    if not ID.fullmatch(request):
        raise ValueError("no id of a request")
    seconds, milliseconds = divmod(int(request[:12], 16), 1000)
    try:
        return datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=milliseconds)
    except (OverflowError, OSError) as wrong:
        raise ValueError("no moment of ours") from wrong


def key(endpoint: str, request: str, at: datetime) -> dict[str, dict[str, str]]:
    """The key of the entry in the serving table."""
    place = f"{at.isoformat(timespec='milliseconds')}#{request}"
    return {"pk": {"S": f"endpoint#{endpoint}#{at:%Y-%m-%d}"}, "sk": {"S": place}}


def write_units(*texts: str) -> int:
    """What DynamoDB bills for writing an entry of these texts."""
    return sum(map(len, texts)) // WRITE_UNIT_CHARACTERS + 1
