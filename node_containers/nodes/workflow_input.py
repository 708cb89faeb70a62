"""Where the rows of a sub-workflow come in."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from node_containers.loading import load_dataset
from node_containers.reading import format_of
from node_containers.sdk import AllRows, Context, NodeParams, dataset, node


class Params(NodeParams):
    port: Literal["first", "second"] = Field("first", title="Input", description="Which input of the card stands here.")
    dataset: str = dataset("sample:titanic", title="Dataset", description="What comes in where this workflow is run by itself: to try it.")


@node(title="Workflow input", group="Sources", family="source", icon="login-2", columns="source")
def workflow_input(params: Params, context: Context) -> AllRows:
    """Stand for the table that a Sub-workflow card gets at one of its inputs.

    Run by itself, the workflow reads the dataset named here instead, so that it can be drawn and tried like any other.
    """
    path = context.dataset.path if context.dataset else None
    return load_dataset(context, format_of(Path(path)) if path else "csv")
