"""What an endpoint has served in a month (UTC), counted in its own item of the serving table, and the cap at which it stops.

A process adds what it has served to the shared count at most every two seconds, behind an answer, and reads the count and the cap with the deployment: no
request waits for a read of its own. So a capped endpoint may pass its cap by what all processes serve in about two seconds, and a process that ends
takes at most as much uncounted with it. Every request with a valid key counts, the refused ones too: they are billed alike.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from node_containers.serving.signature import Refusal

LOG = logging.getLogger("flowza.serving")
FLUSH_SECONDS = 2.0
# A month's count can be looked up for so long after it began.
KEPT_SECONDS = 400 * 86_400


class Counts(NamedTuple):
    """Requests, started milliseconds of the function, and write units of the prediction log."""

    requests: int = 0
    milliseconds: int = 0
    writes: int = 0

    def plus(self, more: "Counts") -> "Counts":
        return Counts(*(a + b for a, b in zip(self, more, strict=True)))

    def at_least(self, other: "Counts") -> "Counts":
        """Counts of a month only grow: of two readings the larger is the newer."""
        return Counts(*map(max, self, other))


class Meter:
    """One endpoint in this process. `cap` is `{"usd", "rates": {requests, milliseconds, writes}}` as the control plane wrote it, or None."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.cap: Mapping[str, Any] | None = None
        self.month = ""
        self.known = Counts()
        self.pending = Counts()
        self.flushed_at = -FLUSH_SECONDS

    def learn(self, items: Iterable[Mapping[str, Any]], month: str) -> None:
        """Take over what the endpoint's items say: the cap, and the count of the month."""
        found = {item["sk"]["S"]: item for item in items}
        self.cap = json.loads(found["cap"]["cap"]["S"]) if "cap" in found else None
        if month == self.month and (counted := found.get(f"served#{month}")):
            self.known = self.known.at_least(_counts(counted))
        elif not self.pending.requests:
            self.month, self.known = month, _counts(found.get(f"served#{month}", {}))

    def check(self, month: str) -> None:
        """Raises `Refusal` where the month's dollars have reached the cap."""
        if self.cap is None:
            return
        served = self.known.plus(self.pending) if month == self.month else Counts()
        dollars = sum(self.cap["rates"][name] * count for name, count in served._asdict().items())
        if dollars >= self.cap["usd"]:
            detail = f"The endpoint has cost {_shown(dollars)} in {month} (UTC); its cap of a month is {_shown(self.cap['usd'])}."
            raise Refusal(
                409, "cap-reached", detail, hint="Raise or lift the endpoint's cap (PUT /api/spending/caps), or wait for the next month."
            )

    def count(self, month: str, seconds: float, writes: int, client: Callable[[], Any]) -> None:
        if month != self.month:
            self._flush(client)
            self.month, self.known, self.pending = month, Counts(), Counts()
        self.pending = self.pending.plus(Counts(1, int(1000 * seconds) + 1, writes))
        if time.monotonic() - self.flushed_at >= FLUSH_SECONDS:
            self._flush(client)

    def _flush(self, client: Callable[[], Any]) -> None:
        """Add what is pending to the shared count. What cannot be added now is tried with the next; it never costs an answer."""
        self.flushed_at = time.monotonic()
        if not self.pending.requests:
            return
        values = {f":{name}": {"N": str(count)} for name, count in self.pending._asdict().items()}
        try:
            now = client().update_item(
                TableName=os.environ["FLOWZA_SERVING_TABLE"],
                Key={"pk": {"S": f"endpoint#{self.endpoint}"}, "sk": {"S": f"served#{self.month}"}},
                UpdateExpression="SET expires = :expires ADD requests :requests, milliseconds :milliseconds, writes :writes",
                ExpressionAttributeValues={**values, ":expires": {"N": str(int(time.time()) + KEPT_SECONDS)}},
                ReturnValues="UPDATED_NEW",
            )
        except (ClientError, BotoCoreError) as lost:
            LOG.warning("requests of %s not counted yet: %s", self.endpoint, lost)
            return
        self.known, self.pending = self.known.at_least(_counts(now["Attributes"])), Counts()


def month_of(instant: datetime | None = None) -> str:
    return f"{instant or datetime.now(UTC):%Y-%m}"


def _counts(item: Mapping[str, Any]) -> Counts:
    return Counts(*(int(item[name]["N"]) if name in item else 0 for name in Counts._fields))


def _shown(dollars: float) -> str:
    return f"${dollars:.2f}" if dollars >= 0.1 or not dollars else f"${dollars:.2g}" if dollars < 0.0001 else f"${dollars:.4f}"
