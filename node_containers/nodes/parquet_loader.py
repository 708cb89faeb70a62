"""Load a Parquet dataset."""

from node_containers.loading import load_dataset
from node_containers.reading.params import ParquetParams, reader_options
from node_containers.sdk import AllRows, Context, dataset, node


class Params(ParquetParams):
    dataset: str = dataset("sample:titanic", title="Dataset", description="One of your uploads in the Parquet format, or a sample.")


@node(title="Load Parquet", group="Sources", family="source", icon="file-database", columns="source")
def parquet_loader(params: Params, context: Context) -> AllRows:
    """Load a Parquet file that was uploaded.

    The file says itself which type each column has. What none of the five types can hold exactly (lists, decimals, very large numbers) is kept
    as text, and a warning names it. Columns and rows that are not wanted are left out while reading.
    """
    return load_dataset(context, "parquet", **reader_options(params, "parquet"))
