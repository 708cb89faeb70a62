"""Dead letters, tried again: what was given up lies in one queue, and goes back to where it was meant for.

A letter that fails again stays for the next time; one that nobody understands, or that has failed too often, is put aside in the bucket, so that it neither
hides the others nor rings the alarm for ever.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from chalicelib import artifacts, closing, settings

LOG = logging.getLogger("flowza.redriving")
BATCH = 10
# So often a letter is tried again before it is put aside.
TRIES = 5
HIDDEN_SECONDS = 30


class Poisoned(Exception):
    """Nobody understands the letter: trying again would not help."""


def redrive(most: int = 100) -> dict[str, int]:
    """Go through the queue once: how many went well, how many were put aside, how many stay for the next time."""
    counts = {"delivered": 0, "put_aside": 0, "failed": 0}
    client, queue = settings.client("sqs"), settings.load().dead_letters
    while queue and sum(counts.values()) < most:
        found = client.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        ).get("Messages", [])
        if not found:
            break
        for letter in found:
            outcome = _try(letter)
            counts[outcome] += 1
            if outcome != "failed":
                client.delete_message(QueueUrl=queue, ReceiptHandle=letter["ReceiptHandle"])
    return counts


def _try(letter: Mapping[str, Any]) -> str:
    try:
        _deliver(letter)
        return "delivered"
    except Poisoned as reason:
        return _put_aside(letter, str(reason))
    except Exception as failed:
        LOG.exception("the letter %s fails again", letter["MessageId"])
        if int(letter.get("Attributes", {}).get("ApproximateReceiveCount", "1")) >= TRIES:
            return _put_aside(letter, f"{type(failed).__name__}: {failed}")
        return "failed"


def _deliver(letter: Mapping[str, Any]) -> None:
    try:
        event = json.loads(letter["Body"])
    except ValueError as broken:
        raise Poisoned("it is no JSON") from broken
    if not isinstance(event, dict):
        raise Poisoned("it is no event")
    if event.get("detail-type") == "Step Functions Execution Status Change" and isinstance(event.get("detail"), dict):
        if not {"status", "name", "executionArn"} <= event["detail"].keys():
            raise Poisoned("it tells of no execution")
        closing.record_event(event["detail"])
    elif "profile" in event:
        function = settings.load().node_functions["small"]
        settings.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=letter["Body"].encode())
    elif event.get("detail-type") != "Scheduled Event" and "sweep" not in event:
        raise Poisoned("nobody here takes such an event")
    # A tick or a sweep that was missed is not made up for: the next one does the same.


def _put_aside(letter: Mapping[str, Any], reason: str) -> str:
    """Keep it where a person can look at it; the bucket forgets nothing by itself."""
    attributes = {name: value.get("StringValue") for name, value in letter.get("MessageAttributes", {}).items()}
    words = {"reason": reason, "body": letter["Body"][:200_000], "attributes": attributes}
    artifacts.put_json(f"o/_platform/dead-letters/{letter['MessageId']}.json", words)
    LOG.warning("the letter %s was put aside: %s", letter["MessageId"], reason)
    return "put_aside"
