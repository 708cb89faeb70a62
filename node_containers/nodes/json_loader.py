"""Load a JSON or JSON lines dataset."""

from node_containers.loading import load_dataset
from node_containers.reading.params import JsonParams, reader_options
from node_containers.sdk import AllRows, Context, dataset, node


class Params(JsonParams):
    dataset: str = dataset("sample:titanic", title="Dataset", description="One of your uploads in the JSON format, or a sample.")


@node(title="Load JSON", group="Sources", family="source", icon="braces", columns="source")
def json_loader(params: Params, context: Context) -> AllRows:
    """Load a JSON file, or one with a JSON object on each line.

    A key becomes a column. Values of one kind keep their type; a mixture is kept as text, and a warning names it, as are lists and objects inside
    a cell. Lines that are no object are put aside and counted with their numbers.
    """
    return load_dataset(context, "json", **reader_options(params, "json"))
