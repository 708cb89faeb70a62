"""Load a CSV dataset."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from node_containers.loading import load_dataset
from node_containers.sdk import AllRows, Context, NodeParams, advanced, dataset, node, shaping

Missing = Annotated[str, StringConstraints(max_length=40)]
Name = Annotated[str, StringConstraints(max_length=256)]
Type = Literal["integer", "number", "text", "boolean", "datetime"]


class Params(NodeParams):
    dataset: str = dataset("sample:titanic", title="Dataset", description="One of your uploads, or a sample such as sample:titanic.")
    sep: str | None = shaping(
        None, title="Delimiter", description="What stands between cells; found out by itself when left open.", min_length=1, max_length=1
    )
    header: int | None = shaping(
        0,
        ge=0,
        le=1_000,
        title="Header line",
        description="Which line that is not empty names the columns, counted from 0; none gives column_1 and so on.",
    )
    skiprows: int = shaping(0, ge=0, le=100_000, title="Lines to skip", description="So many lines at the top of the file are left out.")
    usecols: list[Name] | None = shaping(
        None, min_length=1, max_length=1_000, title="Columns", description="Names of the columns to load; all of them when left open."
    )
    dtype: dict[Name, Type] = shaping(
        {}, max_length=1_000, title="Types", description="The type of a column, where you know it better than its cells show."
    )
    na_values: list[Missing] = shaping(
        [""],
        title="Missing values",
        description="Cells that count as empty. “NA” in a text column is kept unless it is listed here.",
        max_length=50,
    )
    parse_dates: list[Name] = shaping(
        [], max_length=1_000, title="Date columns", description="Columns that hold dates; a cell that is none is put aside."
    )
    date_format: str | None = shaping(
        None,
        min_length=2,
        max_length=60,
        title="Date format",
        description="How dates are written, such as %d/%m/%Y; as 2020-12-31 when left open.",
    )
    decimal: Literal[".", ","] = shaping(".", title="Decimal mark", description="What stands before the fraction of a number.")
    thousands: Literal[",", ".", " ", "'", "_"] | None = shaping(
        None, title="Thousands mark", description="What stands between groups of three digits, if anything."
    )
    nrows: int | None = advanced(None, ge=1, le=10**10, title="Row limit", description="Read this many rows at most.")
    encoding: str = shaping(
        "utf-8", title="Encoding", description="How the bytes spell text: utf-8, latin-1, cp1252 or utf-16.", min_length=1, max_length=40
    )


@node(title="Load CSV", group="Sources", family="source", icon="file-type-csv", columns="source")
def csv_loader(params: Params, context: Context) -> AllRows:
    """Load a CSV file that was uploaded, or a sample that ships with Flowza.

    Every cell is read as text first and a column becomes a number only when all its cells are numbers written as numbers: 00501 and NA
    stay what they are. Rows with too many or too few cells, and single cells that break the type of their column, are put aside and counted with
    their lines, or the file is refused with the line numbers. The log says the type of each column and why.
    """
    return load_dataset(context, "csv", **params.model_dump(exclude={"dataset"}))
