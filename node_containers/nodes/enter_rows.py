"""Rows written by hand."""

import tempfile
from pathlib import Path

from node_containers.loading import load_file
from node_containers.sdk import AllRows, Context, NodeParams, lines, node


class Params(NodeParams):
    rows: str = lines(
        "name,age\nAda,36\nAlan,41\n",
        min_length=1,
        max_length=100_000,
        title="Rows",
        description="The first line names the columns; commas, semicolons or tabs between cells.",
    )


@node(title="Enter rows", group="Sources", family="source", icon="table-plus")
def enter_rows(params: Params, context: Context) -> AllRows:
    """A small table that you type or paste, for trying things out.

    It is read by the same rules as a CSV file: a column is a number only when all its cells are.
    """
    with tempfile.TemporaryDirectory(prefix="flowza-") as place:
        path = Path(place) / "rows.csv"
        path.write_text(params.rows, "utf-8")
        return load_file(context, path, "csv")
