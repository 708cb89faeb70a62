"""A notice by mail on its way through all processes: node, platform function, topic."""

from typing import Any

from tests.conftest import Cloud
from tests.e2e.test_engine import aws, node, trained


def notified(cloud: Cloud, words: str) -> dict[str, Any]:
    workflow = trained(("train_logreg", {}), {"tell": ("notify", {"channel": "mail", "message": words})}, "score>tell")
    run = cloud.finish(cloud.client.start(workflow))
    assert run["status"] == "succeeded", run["error"]
    return {**run, "tell": node(run, "tell"), "log": cloud.client.call("GET", f"/runs/{run['id']}/nodes/tell")["log"]}


def test_a_notice_is_published_and_where_no_mail_is_sent_it_is_said_and_shown(cloud: Cloud) -> None:
    run = notified(cloud, "To nobody.")
    assert run["tell"]["summary"] == "published to flowza-local-notices, 0 subscribed"
    assert [(one["code"], "sends no mail" in one["message"]) for one in run["tell"]["warnings"]] == [("notice-unheard", True)]
    assert "To nobody." in run["log"]
    assert "right for" in run["log"]
    sqs, sns = aws(cloud, "sqs"), aws(cloud, "sns")
    (topic,) = (one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith(":flowza-local-notices"))
    queue = sqs.create_queue(QueueName="notices-heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    try:
        assert notified(cloud, "To a queue.")["tell"]["summary"] == "published to flowza-local-notices, 1 subscribed"
        heard = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10)["Messages"]
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=queue)
    assert [("To a queue." in one["Body"], "Flowza: engine" in one["Body"]) for one in heard] == [(True, True)]
