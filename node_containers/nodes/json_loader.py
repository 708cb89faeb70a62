"""Load a JSON or JSON lines dataset."""

from typing import Literal

from node_containers.loading import load_dataset
from node_containers.sdk import AllRows, Context, NodeParams, dataset, node, shaping


class Params(NodeParams):
    dataset: str = dataset("sample:titanic", title="Dataset", description="One of your uploads in the JSON format, or a sample.")
    orient: Literal["records", "columns", "split"] | None = shaping(
        None,
        title="Form",
        description="A list of objects, an object of columns, or columns and data apart; found out by itself when left open.",
    )
    lines: bool | None = shaping(
        None, title="One object a line", description="Whether each line is an object of its own; found out by itself when left open."
    )
    encoding: str = shaping(
        "utf-8", min_length=1, max_length=40, title="Encoding", description="How the bytes spell text; JSON is utf-8 by its standard."
    )


@node(title="Load JSON", group="Sources", family="source", icon="braces", columns="source")
def json_loader(params: Params, context: Context) -> AllRows:
    """Load a JSON file, or one with a JSON object on each line.

    A key becomes a column. Values of one kind keep their type; a mixture is kept as text, and a warning names it, as are lists and objects inside
    a cell. Lines that are no object are put aside and counted with their numbers.
    """
    return load_dataset(context, "json", **params.model_dump(exclude={"dataset"}))
