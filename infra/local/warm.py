"""What the fork server does before it forks: import the science stack and the nodes, make AWS clients that have not yet connected, and do a small piece of
work, as a function has that was invoked before. What libraries load and reckon at their first use is then there in every worker."""

import gc

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
from node_containers.profiling import preview
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
    preview(test.frame)


declarations()
for service in ("s3", "dynamodb", "lambda"):
    settings.client(service)
for service in ("s3", "dynamodb"):
    serving._client(service)
first_work()
# What is here now stays: a collection in a fork would touch every page of it, and so copy it.
gc.collect()
gc.freeze()
