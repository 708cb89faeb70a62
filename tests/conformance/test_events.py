"""EventBridge, Scheduler and queues: rules with targets, groups that take their schedules along, letters."""

import json


def test_a_rule_keeps_its_pattern_and_target(client, name):
    events, sqs = client("events"), client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["flowza.test"], "detail": {"arn": [{"prefix": "a:"}]}}))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
    for value in ("b:2", "a:1"):
        events.put_events(Entries=[{"Source": "flowza.test", "DetailType": "t", "Detail": json.dumps({"arn": value})}])
    found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10).get("Messages", [])
    events.remove_targets(Rule=name, Ids=["q"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=queue)
    assert [json.loads(one["Body"])["detail"]["arn"] for one in found] == ["a:1"]


def test_a_group_takes_its_schedules_along(client, name):
    scheduler = client("scheduler")
    scheduler.create_schedule_group(Name=name)
    target = {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:x", "RoleArn": "arn:aws:iam::000000000000:role/x", "Input": "{}"}
    words = {
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
    }
    scheduler.create_schedule(Name="s", GroupName=name, Target=target, **words)
    assert scheduler.get_schedule(Name="s", GroupName=name)["ScheduleExpressionTimezone"] == "Europe/Berlin"
    scheduler.delete_schedule_group(Name=name)


def test_a_letter_is_hidden_while_it_is_read(client, name):
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    first = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=30)["Messages"]
    assert not sqs.receive_message(QueueUrl=queue).get("Messages")
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first[0]["ReceiptHandle"])
    sqs.delete_queue(QueueUrl=queue)
