"""Load a CSV dataset."""

from node_containers.loading import load_dataset
from node_containers.reading.params import CsvParams, reader_options
from node_containers.sdk import AllRows, Context, dataset, node


class Params(CsvParams):
    dataset: str = dataset("sample:titanic", title="Dataset", description="One of your uploads, or a sample such as sample:titanic.")


@node(title="Load CSV", group="Sources", family="source", icon="file-type-csv", columns="source")
def csv_loader(params: Params, context: Context) -> AllRows:
    """Load a CSV file that was uploaded, or a sample that ships with Flowza.

    Every cell is read as text first and a column becomes a number only when all its cells are numbers written as numbers: 00501 and NA
    stay what they are. Rows with too many or too few cells, and single cells that break the type of their column, are put aside and counted with
    their lines, or the file is refused with the line numbers. The log says the type of each column and why.
    """
    return load_dataset(context, "csv", **reader_options(params, "csv"))
