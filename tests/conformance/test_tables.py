"""DynamoDB: conditions, transactions, and what the tables lean on."""

import pytest
from botocore.exceptions import ClientError


def item(sk="s", **more):
    return {"pk": {"S": "p"}, "sk": {"S": sk}, **more}


def refused(action):
    with pytest.raises(ClientError) as answer:
        action()
    return answer.value.response["Error"]["Code"]


def test_only_the_first_of_two_creates(client, table):
    put = lambda: client("dynamodb").put_item(TableName=table, Item=item(), ConditionExpression="attribute_not_exists(pk)")  # noqa: E731
    put()
    assert refused(put) == "ConditionalCheckFailedException"


def test_a_stale_revision_is_refused(client, table):
    dynamodb = client("dynamodb")
    dynamodb.put_item(TableName=table, Item=item(revision={"N": "1"}))
    update = lambda: dynamodb.update_item(  # noqa: E731
        TableName=table,
        Key=item(),
        UpdateExpression="SET revision = :next",
        ConditionExpression="revision = :seen",
        ExpressionAttributeValues={":next": {"N": "2"}, ":seen": {"N": "1"}},
    )
    update()
    assert refused(update) == "ConditionalCheckFailedException"


def test_a_transaction_is_all_or_nothing(client, table):
    dynamodb = client("dynamodb")
    dynamodb.put_item(TableName=table, Item=item("there"))
    writes = [
        {"Put": {"TableName": table, "Item": item("new")}},
        {"Put": {"TableName": table, "Item": item("there"), "ConditionExpression": "attribute_not_exists(pk)"}},
    ]
    assert refused(lambda: dynamodb.transact_write_items(TransactItems=writes)) == "TransactionCanceledException"
    assert "Item" not in dynamodb.get_item(TableName=table, Key=item("new"))


def test_counters_add_up(client, table):
    for _ in range(3):
        client("dynamodb").update_item(
            TableName=table, Key=item(), UpdateExpression="ADD runs :one", ExpressionAttributeValues={":one": {"N": "1"}}
        )
    assert client("dynamodb").get_item(TableName=table, Key=item(), ConsistentRead=True)["Item"]["runs"] == {"N": "3"}


def test_an_item_over_400_kb_is_refused(client, table):
    assert refused(lambda: client("dynamodb").put_item(TableName=table, Item=item(x={"S": "x" * 410_000}))) == "ValidationException"


def test_a_query_reads_a_prefix_in_order(client, table):
    for name in ("node#b", "run", "node#a"):
        client("dynamodb").put_item(TableName=table, Item=item(name))
    found = client("dynamodb").query(
        TableName=table,
        KeyConditionExpression="pk = :p AND begins_with(sk, :n)",
        ExpressionAttributeValues={":p": {"S": "p"}, ":n": {"S": "node#"}},
    )
    assert [one["sk"]["S"] for one in found["Items"]] == ["node#a", "node#b"]
