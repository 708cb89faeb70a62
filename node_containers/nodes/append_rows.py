"""Put tables below each other."""

from typing import Literal

import pandas as pd
from pydantic import Field

from node_containers.columns import column_type
from node_containers.rows import as_kind, common_kind, plain, rebuilt
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, node


class Params(NodeParams):
    join: Literal["outer", "inner"] = Field(
        "outer",
        title="Columns",
        description="“outer” keeps every column, with empty cells where a table lacks it; “inner” those of all tables.",
    )


@node(
    title="Append rows",
    group="Rows",
    family="row",
    icon="row-insert-bottom",
    columns=[{"op": "union", "join": "join"}],
    reads="all",
    titles={"below": "Rows below", "further": "Further rows"},
)
def append_rows(table: AnyTable, below: AnyTable, params: Params, context: Context, further: AnyTable | None = None) -> SameRows:
    """Put the rows of two or three tables below each other; columns go together by name.

    Where types differ, whole numbers become numbers and anything else becomes text.
    """
    frames = [plain(one, "Append rows") for one in (table, below, further) if one is not None]
    names = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    if params.join == "inner":
        names = [name for name in names if all(name in frame.columns for frame in frames)]
    if not names:
        raise NodeError("columns-missing", "The tables share no column.", field="params.join", hint="Keep all columns, or rename some.")
    kinds = {name: common_kind(column_type(frame[name]) for frame in frames if name in frame.columns) for name in names}
    parts = [pd.DataFrame({name: _part(frame, name, kinds[name]) for name in names}, index=frame.index) for frame in frames]
    appended = pd.concat(parts, ignore_index=True)
    context.add("rows of the other tables", len(appended) - table.rows)
    context.summary = f"{len(appended):,} rows of {len(frames)} tables"
    return rebuilt(table, pd.DataFrame({name: as_kind(appended[name], kinds[name]) for name in names}))


def _part(frame: pd.DataFrame, name: str, kind: str) -> pd.Series:
    if name in frame.columns:
        return as_kind(frame[name], kind)
    types = {"integer": "Int64", "boolean": "boolean", "text": "str", "datetime": "datetime64[us]"}
    return pd.Series([None] * len(frame), index=frame.index, dtype=types.get(kind, "float64"))
