"""Drop rows with empty cells."""

from typing import Literal

from pydantic import Field

from node_containers.rows import keep, need_columns, told
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, advanced, columns, node


class Params(NodeParams):
    subset: list[str] | None = columns(title="Columns", description="Where to look for empty cells; open: in all columns.")
    how: Literal["any", "all"] = Field("any", title="When", description="Drop a row with any empty cell, or only one with nothing else.")
    thresh: int | None = advanced(None, ge=1, le=100_000, title="Least filled", description="Keep rows with so many filled cells instead.")


@node(title="Drop incomplete rows", group="Rows", family="row", icon="square-off", columns="same")
def drop_missing(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Drop the rows with empty cells, at once and counted.

    To fill them instead, take Impute: it learns from the training rows what to fill in. An endpoint gets rows with empty cells all the same.
    """
    need_columns(table, params.subset or (), "params.subset")
    filled = (table.view if params.subset is None else table.view[params.subset]).notna()
    kept = filled.all(axis=1) if params.how == "any" else filled.any(axis=1)
    if params.thresh is not None:
        kept = filled.sum(axis=1) >= params.thresh
    return told(keep(table, kept, context, "an empty cell" if params.how == "any" else "nothing but empty cells"), table.rows, context)
