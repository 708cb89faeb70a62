"""Notices: what a run has to say to people goes to the one topic of the deployment, and by mail to the addresses that are subscribed to it.

    context.effect("send_notice") ─▶ effects.py ─▶ publish ─▶ SNS ─▶ everybody who has confirmed

No workflow names an address: people subscribe themselves to the topic (`docs/adr/0073-notices-by-a-topic.md`).
"""

import unicodedata
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import limits, settings
from chalicelib.errors import Conflict
from chalicelib.tables import RunItem

# What SNS answers where trying again does not help: the topic is gone, or closed to the function or to the key.
REFUSALS = ("NotFound", "AuthorizationError", "InvalidParameter", "KMSAccessDenied")
# Room for the attributes, which count as a part of the message.
ATTRIBUTES_BYTES = 1_024
CUT = "\n[The rest is too long for a mail: it stands in the log of the node.]"
NO_MAIL = "This machine sends no mail: the notice stands in the log of the node."
NOBODY = 'Nobody is subscribed, so it reached nobody: make deploy STAGE=… ARGS="--notice-email ADDRESS" subscribes an address.'
UNCONFIRMED = "Nobody who is subscribed has confirmed it, so it reached nobody: the way to confirm is in the first mail from AWS."


def publish(run: RunItem, node: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Publish `{subject, message}` of a node: `{topic, subscribed, note}`; the note says why it reached nobody. Raises `Conflict`."""
    topic = settings.load().notices_topic
    if not topic:
        raise _refused("notices-missing", "This deployment has no topic for notices.")
    client = settings.client("sns")
    origin = f"Workflow: {run.workflow_name}\nNode: {node}\nRun: {settings.load().public_url}/#/runs/{run.run}"
    try:
        known = client.get_topic_attributes(TopicArn=topic)["Attributes"]
        client.publish(
            TopicArn=topic,
            Subject=subject_of(payload["subject"] or f"Flowza: {run.workflow_name}"),
            Message=message_of(payload["message"], origin),
            # By these a subscription may be narrowed to some of the notices.
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in (("owner", run.owner), ("workflow", run.workflow))
            },
        )
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in REFUSALS:
            raise
        raise _refused("notices-refused", f"The topic for notices took none: {refused.response['Error'].get('Message', '')}") from refused
    subscribed = int(known.get("SubscriptionsConfirmed", 0))
    return {
        "topic": topic.rsplit(":", 1)[-1],
        "subscribed": subscribed,
        "note": note(subscribed, int(known.get("SubscriptionsPending", 0))),
    }


def subject_of(words: str) -> str:
    """Words as SNS takes them for a subject: ASCII on one short line. Accents are taken off, what is left beyond ASCII is left out."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split())
    return line[: limits.NOTICE_SUBJECT_MAX_CHARACTERS].rstrip() or "Flowza: a notice"


def message_of(words: str, origin: str) -> str:
    """The text, and below it where it comes from; cut where SNS would refuse it."""
    below = f"\n\n{origin}\n"
    room = limits.NOTICE_MAX_BYTES - ATTRIBUTES_BYTES - len(below.encode())
    whole = words.encode("utf-8", "replace")
    if len(whole) > room:
        whole = whole[: room - len(CUT.encode())].decode("utf-8", "ignore").encode() + CUT.encode()
    return whole.decode() + below


def note(subscribed: int, unconfirmed: int) -> str:
    """Why a notice reached nobody, with the way out; empty where it reached somebody."""
    if settings.load().local:
        return NO_MAIL
    return "" if subscribed else UNCONFIRMED if unconfirmed else NOBODY


def _refused(code: str, words: str) -> Conflict:
    return Conflict(words, code=code, field="params.channel", hint="Bring the deployment up to date with make deploy, or use a hook.")
