"""Load a Parquet dataset."""

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from node_containers.loading import load_dataset
from node_containers.sdk import AllRows, Context, NodeParams, dataset, node, shaping

Name = Annotated[str, StringConstraints(max_length=256)]


class Filter(BaseModel):
    """Rows to load: those whose cell in the column compares so with the value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: Name = Field(title="Column", description="The column that is compared.")
    op: Literal["==", "!=", "<", "<=", ">", ">="] = Field("==", title="Comparison", description="How its cells compare with the value.")
    value: bool | int | float | str = Field(title="Value", description="What they are compared with.", union_mode="left_to_right")


class _Rule(NamedTuple):
    column: str
    op: str
    value: bool | int | float | str


class Params(NodeParams):
    dataset: str = dataset("sample:titanic", title="Dataset", description="One of your uploads in the Parquet format, or a sample.")
    columns: list[Name] | None = shaping(
        None, min_length=1, max_length=1_000, title="Columns", description="Names of the columns to load; all of them when left open."
    )
    filters: list[Filter] = shaping([], max_length=50, title="Filters", description="Only rows that pass all of these are read.")


@node(title="Load Parquet", group="Sources", family="source", icon="file-database", columns="source")
def parquet_loader(params: Params, context: Context) -> AllRows:
    """Load a Parquet file that was uploaded.

    The file says itself which type each column has. What none of the five types can hold exactly (lists, decimals, very large numbers) is kept
    as text, and a warning names it. Columns and rows that are not wanted are left out while reading.
    """
    rules = [_Rule(one.column, one.op, one.value) for one in params.filters]
    return load_dataset(context, "parquet", columns=params.columns, filters=rules or None)
