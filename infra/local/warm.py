"""What the fork server does before it forks: import the science stack and the nodes, make AWS clients that have not yet connected, and do a small piece of
work, as a function has that was invoked before. What libraries load and reckon at their first use is then there in every worker."""

import gc
import io
from collections.abc import Iterator
from typing import Any

import pandas as pd
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from node_containers.catalog import declarations
from node_containers.nodes.csv_loader import Params as LoadParams
from node_containers.nodes.csv_loader import csv_loader
from node_containers.nodes.evaluate import Params as ScoreParams
from node_containers.nodes.evaluate import evaluate
from node_containers.nodes.preprocess import Params as CleanParams
from node_containers.nodes.preprocess import preprocess
from node_containers.nodes.train_logreg import Params as LearnParams
from node_containers.nodes.train_logreg import train_logreg
from node_containers.nodes.train_test_split import Params as SplitParams
from node_containers.nodes.train_test_split import train_test_split
from node_containers.profiling import preview_table
from node_containers.runtime import handler, settings, storage
from node_containers.sdk import Context, Dataset
from node_containers.serving import handler as serving

__all__ = ["handler"]


def first_work() -> None:
    """Five nodes on a sample, in this process and on one thread: threads would not live on in the forks."""
    context = Context(dataset=Dataset("sample:titanic", sample="titanic"))
    table = preprocess(csv_loader(LoadParams(), context), CleanParams(), context)
    train, test, *_ = train_test_split(table, SplitParams(), context)
    model = train_logreg(train, LearnParams(target="survived"), context)
    for value in (train, model, evaluate(model, test, ScoreParams(bootstrap=0), context)):
        storage.pack(value)
    preview_table(table, fitted=True)
    pd.read_parquet(io.BytesIO(storage.pack(test)[2]))


def first_requests() -> None:
    """What a stage asks of S3 and DynamoDB, answered here and sent nowhere: the SDK reads its rules and models with the first request of each kind."""
    s3, dynamodb = settings.client("s3"), settings.client("dynamodb")
    for client in (s3, dynamodb):
        client.meta.events.register("before-send", _answer)
    s3.put_object(Bucket="none", Key="none", Body=b"none", ContentType="text/plain")
    s3.get_object(Bucket="none", Key="none")["Body"].read()
    key, values = {"pk": {"S": "none"}, "sk": {"S": "none"}}, {":one": {"N": "1"}}
    dynamodb.put_item(TableName="none", Item=key)
    dynamodb.update_item(TableName="none", Key=key, UpdateExpression="SET one = :one", ExpressionAttributeValues=values)
    query = {"TableName": "none", "KeyConditionExpression": "one = :one", "ExpressionAttributeValues": values}
    list(dynamodb.get_paginator("query").paginate(**query))
    for client in (s3, dynamodb):
        client.meta.events.unregister("before-send", _answer)


def _answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    return AWSResponse(request.url, 200, {}, _Body(b"{}" if "X-Amz-Target" in request.headers else b""))


class _Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


declarations()
for service in ("s3", "dynamodb", "lambda"):
    settings.client(service)
for service in ("s3", "dynamodb"):
    serving._client(service)
first_work()
first_requests()
# What is here now stays: a collection in a fork would touch every page of it, and so copy it.
gc.collect()
gc.freeze()
