"""Load a sheet of an Excel workbook."""

from typing import Annotated

from pydantic import StringConstraints

from node_containers.loading import load_dataset
from node_containers.sdk import AllRows, Context, NodeParams, dataset, node, shaping

Name = Annotated[str, StringConstraints(max_length=256)]
Missing = Annotated[str, StringConstraints(max_length=40)]


class Params(NodeParams):
    dataset: str = dataset("sample:titanic", title="Dataset", description="One of your uploaded workbooks: xlsx, xls, xlsb or ods.")
    sheet_name: Name = shaping("", title="Sheet", description="The name of the sheet; the first one when left empty.")
    header: int | None = shaping(
        0, ge=0, le=1_000, title="Header line", description="Which row names the columns, counted from 0; none gives column_1 and so on."
    )
    skiprows: int = shaping(0, ge=0, le=100_000, title="Rows to skip", description="So many rows at the top of the sheet are left out.")
    usecols: list[Name] | None = shaping(
        None, min_length=1, max_length=1_000, title="Columns", description="Names of the columns to load; all of them when left open."
    )
    na_values: list[Missing] = shaping([""], max_length=50, title="Missing values", description="Cells that count as empty.")


@node(title="Load Excel", group="Sources", family="source", icon="file-type-xls", columns="source")
def excel_loader(params: Params, context: Context) -> AllRows:
    """Load one sheet of a workbook that was uploaded.

    Numbers, dates and truth values come as the sheet holds them; a column that mixes them with text is kept as text, and a warning names it.
    Empty rows are left out and counted.
    """
    return load_dataset(context, "excel", **params.model_dump(exclude={"dataset", "sheet_name"}), sheet_name=params.sheet_name or 0)
