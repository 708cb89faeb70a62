"""Fill empty cells from the rows beside them."""

from typing import Literal

from pydantic import Field

from node_containers.rows import need_columns, plain, rebuilt
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, node
from node_containers.sdk import columns as several


class Params(NodeParams):
    columns: list[str] = several([], title="Columns", description="Whose empty cells are filled.")
    method: Literal["ffill", "bfill"] = Field(
        "ffill",
        title="From",
        description="ffill takes the last value above; bfill the next one below, which in order of time is the future.",
    )
    by: list[str] = several([], title="Within", description="Values are only taken from rows that are equal here, such as one machine.")
    limit: int | None = advanced(
        None, ge=1, le=1_000_000, title="At most", description="So many empty cells in a row are filled; open: all of them."
    )


@node(title="Fill down", group="Rows", family="row", icon="row-insert-top", columns="same", reads="all")
def fill_rows(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Fill an empty cell with the last value above it, or the next one below, in the order of the rows: for readings that only say what changed.

    Sort by time first. An endpoint sees one row alone and cannot look above: to fill cells of a model’s features, take Impute. A target is never filled.
    """
    frame = plain(table, "Fill down")
    for field, names in (("columns", params.columns), ("by", params.by)):
        need_columns(table, names, f"params.{field}")
    if not params.columns:
        raise NodeError("columns-missing", "No column to fill is named.", field="params.columns", hint="Name one.")
    if table.target in params.columns:
        message = f"“{table.target}” is the target: a made-up answer would be learned and scored."
        raise NodeError(
            "target-filled", message, field="params.columns", hint="Leave it out; rows without an answer are dropped in training."
        )
    if both := sorted(set(params.columns) & set(params.by)):
        raise NodeError("columns-twice", f"“{both[0]}” cannot be filled within itself.", field="params.by", hint="Take it out of one.")
    asked = frame.groupby(params.by, dropna=False, sort=False)[params.columns] if params.by else frame[params.columns]
    filled = asked.ffill(limit=params.limit) if params.method == "ffill" else asked.bfill(limit=params.limit)
    count = int((frame[params.columns].isna() & filled.notna()).to_numpy().sum())
    left = int(filled.isna().to_numpy().sum())
    context.metric("filled", float(count))
    context.summary = f"{count:,} empty cells filled" + (f", {left:,} have no value to take" if left else "")
    return rebuilt(table, frame.assign(**{name: filled[name] for name in params.columns}))
