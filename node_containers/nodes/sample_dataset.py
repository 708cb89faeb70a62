"""Load a dataset that ships with Flowza."""

from typing import Literal

from node_containers import samples
from node_containers.sdk import AllRows, Context, NodeParams, Table, node, sample

Name = Literal["titanic", "iris", "digits", "penguins", "diabetes", "wine", "breast_cancer", "churn", "tickets", "housing"]


class Params(NodeParams):
    name: Name = sample("titanic", title="Sample", description="Which of the shipped datasets to load.")


@node(title="Sample dataset", group="Sources", family="source", icon="database", columns="source")
def sample_dataset(params: Params, context: Context) -> AllRows:
    """Load a dataset to learn with, its target column declared.

    Two classes: Titanic, Breast cancer, Churn (unbalanced). More: Iris, Penguins, Wine, Digits (pictures), Tickets (text). Quantities: Diabetes,
    Housing (with dates and gaps).
    Where they come from and their licences: `DATA-LICENCES.md`.
    """
    frame = samples.load(params.name)
    context.summary = f"{samples.SAMPLES[params.name].title}: {len(frame):,} rows, {len(frame.columns)} columns"
    return Table(frame, target=samples.SAMPLES[params.name].target)
