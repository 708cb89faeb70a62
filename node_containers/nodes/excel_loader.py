"""Load a sheet of an Excel workbook."""

from node_containers.loading import load_dataset
from node_containers.reading.params import ExcelParams, reader_options
from node_containers.sdk import AllRows, Context, dataset, node


class Params(ExcelParams):
    dataset: str = dataset("sample:titanic", title="Dataset", description="One of your uploaded workbooks: xlsx, xls, xlsb or ods.")


@node(title="Load Excel", group="Sources", family="source", icon="file-type-xls", columns="source")
def excel_loader(params: Params, context: Context) -> AllRows:
    """Load one sheet of a workbook that was uploaded.

    Numbers, dates and truth values come as the sheet holds them; a column that mixes them with text is kept as text, and a warning names it.
    Empty rows are left out and counted.
    """
    return load_dataset(context, "excel", **reader_options(params, "excel"))
