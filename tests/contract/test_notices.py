"""Notices by mail: published once, to the one topic of the deployment, within what SNS takes, and it is said when they reach nobody."""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import limits, notices
from infra.local.resources import load
from tests.contract.conftest import ALICE, Api
from tests.contract.test_api import start


class Topic:
    """A topic with a queue that hears all of it."""

    def __init__(self) -> None:
        self.sns, self.sqs = boto3.client("sns"), boto3.client("sqs")
        self.arn = self.sns.create_topic(Name="notices")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="inbox")["QueueUrl"]

    def subscribe(self) -> None:
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=arn)

    def heard(self) -> list[dict[str, Any]]:
        letters = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(one["Body"]) for one in letters]


@pytest.fixture
def topic(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Topic]:
    from chalicelib import settings

    made = Topic()
    monkeypatch.setenv("FLOWZA_NOTICES_TOPIC", made.arn)
    monkeypatch.setenv("FLOWZA_PUBLIC_URL", "https://flowza.example")
    settings.load.cache_clear()
    yield made
    made.sns.delete_topic(TopicArn=made.arn)
    made.sqs.delete_queue(QueueUrl=made.queue)
    monkeypatch.undo()
    settings.load.cache_clear()


def send(run: str, node: str = "tell", **payload: str) -> dict[str, Any]:
    from chalicelib import effects

    return effects.apply({"kind": "send_notice", "run": run, "node": node, "payload": {"subject": "", "message": "Done.", **payload}})


def test_a_notice_is_published_once_whatever_is_retried(api: Api, topic: Topic) -> None:
    topic.subscribe()
    run = start(api)
    first = send(run["id"])
    assert first["result"]["topic"] == "notices"
    assert [send(run["id"]) for _ in range(2)] == [first] * 2
    send(run["id"], node="other", subject="Ünusual")
    heard = sorted(topic.heard(), key=lambda one: str(one["Subject"]))
    assert [one["Subject"] for one in heard] == [f"Flowza: {run['workflow_name']}", "Unusual"]
    assert heard[0]["Message"].startswith("Done.\n\n")
    assert f"https://flowza.example/#/runs/{run['id']}" in heard[0]["Message"]
    assert heard[0]["MessageAttributes"]["owner"]["Value"] == ALICE


def on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib import settings

    # The tables are those of the local stage; only what is said of mails differs.
    for name in ("RECORDS", "RUNS", "SERVING"):
        monkeypatch.setenv(f"FLOWZA_{name}_TABLE", f"flowza-local-{name.lower()}")
    monkeypatch.setenv("FLOWZA_BUCKET", "flowza-local")
    monkeypatch.setenv("FLOWZA_STAGE", "dev")
    settings.load.cache_clear()


def test_it_is_said_when_nobody_hears(api: Api, topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(api)["id"]
    assert send(run, node="here")["result"] == {"topic": "notices", "subscribed": 0, "note": notices.NO_MAIL}
    on_aws(monkeypatch)
    assert send(run, node="alone")["result"]["note"] == notices.NOBODY
    # This SNS in memory does not count who is subscribed: tests/e2e/test_notices.py does with one that counts.
    assert [notices.note(subscribed, unconfirmed) for subscribed, unconfirmed in ((0, 0), (0, 1), (1, 0), (1, 1))] == [
        notices.NOBODY,
        notices.UNCONFIRMED,
        "",
        "",
    ]


def test_without_a_topic_it_is_refused_with_the_way_out_and_nothing_is_remembered(
    api: Api, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib import settings

    run = start(api)["id"]
    monkeypatch.setenv("FLOWZA_NOTICES_TOPIC", topic.arn.replace(":notices", ":gone"))
    settings.load.cache_clear()
    assert send(run)["error"]["code"] == "notices-refused"
    monkeypatch.delenv("FLOWZA_NOTICES_TOPIC")
    settings.load.cache_clear()
    refused = send(run)["error"]
    assert (refused["code"], refused["field"]) == ("notices-missing", "params.channel")
    assert "make deploy" in refused["hint"]
    monkeypatch.setenv("FLOWZA_NOTICES_TOPIC", topic.arn)
    settings.load.cache_clear()
    assert "result" in send(run)


@given(st.text(max_size=300))
@example("\r\nBcc: everybody@example.org")
@example("  \u4f60\u597d ")
@example("a\x00b\x7f\x1b[2J" + "é" * 300)
def test_any_words_at_all_make_a_subject(words: str) -> None:
    line = notices.subject_of(words)
    assert limits.over("notice-subject", len(line)) is None
    assert line.isascii()
    assert line.isprintable()
    assert line == line.strip()


@given(st.text(min_size=1, max_size=40), st.integers(0, 9_000), st.text(max_size=200))
@example("💥", 100_000, "x")
def test_any_words_at_all_make_a_message(words: str, often: int, origin: str) -> None:
    words = words.encode("utf-8", "replace").decode() * often
    origin = origin.encode("utf-8", "replace").decode()
    text = notices.message_of(words, origin)
    assert limits.over("notice", len(text.encode()) + notices.ATTRIBUTES_BYTES) is None
    assert text.endswith(f"\n\n{origin}\n")
    cut = notices.CUT in text
    assert text.startswith(words) or (cut and words.startswith(text.split(notices.CUT)[0]))


def test_a_subject_keeps_the_letters_below_their_accents() -> None:
    assert notices.subject_of("  Überlebt:\n½ Señor 💥 ") == unicodedata.normalize("NFKC", "Uberlebt: 12 Senor")


def test_only_the_platform_publishes_and_only_to_the_topic() -> None:
    resources = load()["Resources"]
    holders = [name for name, one in resources.items() if one.get("Type", "").startswith("AWS::IAM") and "sns:" in json.dumps(one)]
    assert holders == ["PlatformPolicy"]
    assert resources["PlatformPolicy"]["Properties"]["Roles"] == ["PlatformRole"]
    rights = [
        one for one in resources["PlatformPolicy"]["Properties"]["PolicyDocument"]["Statement"] if "sns:" in json.dumps(one["Action"])
    ]
    assert [(one["Action"], one["Resource"]) for one in rights] == [(["sns:Publish", "sns:GetTopicAttributes"], "Notices")]
    assert resources["Notices"]["Properties"]["KmsMasterKeyId"] == "alias/aws/sns", "it carries the words of people"
    # Without an address nobody is subscribed.
    assert resources["NoticesByEmail"]["Condition"] == "HasNoticeEmail"
