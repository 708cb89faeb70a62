"""Drop rows that repeat another row."""

from typing import Literal

from pydantic import Field

from node_containers.rows import keep, need_columns, told
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, columns, node


class Params(NodeParams):
    subset: list[str] | None = columns(title="Columns", description="Rows are the same when these are; open: when all columns are.")
    keep: Literal["first", "last", "none"] = Field(
        "first", title="Keep", description="Which of the same rows stays; “none” drops them all."
    )


@node(title="Drop duplicates", group="Rows", family="row", icon="copy-off", columns="same")
def drop_duplicates(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Drop rows that repeat another row, at once and counted.

    The split keeps copies of a row on one side in any case; dropping them also keeps a model from learning some rows twice.
    """
    need_columns(table, params.subset or (), "params.subset")
    twins = table.view.duplicated(params.subset, keep=False if params.keep == "none" else params.keep)
    return told(keep(table, ~twins, context, "the same as another row"), table.rows, context)
