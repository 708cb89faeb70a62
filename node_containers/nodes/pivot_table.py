"""Turn values into columns."""

from typing import Literal

import pandas as pd
from pydantic import Field

from node_containers.rows import need_columns, plain, rebuilt
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, column, columns, node

MAX_COLUMNS = 1_000


class Params(NodeParams):
    index: list[str] = columns([], title="Rows", description="Columns whose values name a row.")
    columns: str = column("", title="Columns from", description="The column whose values become columns.")
    values: str = column("", title="Cells from", description="The column whose values fill the cells.")
    aggfunc: Literal["mean", "sum", "min", "max", "count", "first", "last"] = Field(
        "mean", title="Together", description="What is said of several values for one cell."
    )
    fill_value: float | None = advanced(
        None, ge=-1e300, le=1e300, title="Fill", description="A number for cells without any value; open: empty."
    )


@node(title="Pivot", group="Rows", family="row", icon="table-column", columns=[{"op": "unknown"}], reads="all")
def pivot_table(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Turn the values of a column into columns, one row for each value of the index. Which columns come out is known after a run."""
    frame = plain(table, "Pivot")
    for field, chosen, what in (
        ("index", params.index, "rows"),
        ("columns", params.columns, "columns"),
        ("values", params.values, "cells"),
    ):
        if not chosen:
            raise NodeError("columns-missing", f"No column for the {what} is chosen.", field=f"params.{field}", hint="Choose one.")
        need_columns(table, [chosen] if isinstance(chosen, str) else chosen, f"params.{field}")
    wide = frame[params.columns].nunique()
    if wide > MAX_COLUMNS:
        message = f"“{params.columns}” has {wide:,} values; {MAX_COLUMNS:,} can become columns."
        raise NodeError("pivot-too-wide", message, field="params.columns", hint="Take a column with fewer values.")
    known = frame[[*params.index, params.columns]].notna().all(axis=1)
    context.drop("an empty cell in an index or column", frame[~known])
    try:
        found = frame[known].pivot_table(
            index=params.index,
            columns=params.columns,
            values=params.values,
            aggfunc=params.aggfunc,
            fill_value=params.fill_value,
            sort=True,
        )
    except (TypeError, ValueError, pd.errors.DataError) as wrong:
        message = f"“{params.values}” cannot be gathered by {params.aggfunc}."
        raise NodeError("column-type", message, field="params.aggfunc", hint="Count, or take first or last.") from wrong
    result = rebuilt(table, found.rename(columns=str).rename_axis(columns=None).reset_index())
    context.drop_count("gathered into the row of its index", int(known.sum()) - result.rows)
    context.summary = f"{result.rows:,} rows, {result.frame.shape[1]} columns"
    return result
