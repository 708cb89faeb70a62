"""Load a dataset that ships with Flowza."""

from typing import Literal

from node_containers import samples
from node_containers.sdk import AllRows, Context, NodeParams, Table, node, sample


class Params(NodeParams):
    name: Literal["titanic", "iris", "digits"] = sample("titanic", title="Sample", description="Which of the shipped datasets to load.")


@node(title="Sample dataset", group="Sources", family="source", icon="database", columns="source")
def sample_dataset(params: Params, context: Context) -> AllRows:
    """Load Titanic, Iris or Digits: real data to learn with, each with its target column declared."""
    frame = samples.load(params.name)
    context.summary = f"{samples.SAMPLES[params.name].title}: {len(frame):,} rows, {len(frame.columns)} columns"
    return Table(frame, target=samples.SAMPLES[params.name].target)
