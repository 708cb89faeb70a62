"""Drop rows beyond given limits."""

from pydantic import Field

from node_containers.columns import column_type
from node_containers.recipe import number_values
from node_containers.rows import keep, need_columns, told
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, columns, node


class Params(NodeParams):
    columns: list[str] = columns([], title="Columns", description="Columns of numbers that the limits are for.")
    lower: float | None = Field(None, ge=-1e300, le=1e300, title="Least", description="Smaller values are dropped; open: no limit.")
    upper: float | None = Field(None, ge=-1e300, le=1e300, title="Most", description="Larger values are dropped; open: no limit.")


@node(title="Drop outliers", group="Rows", family="row", icon="chart-dots-2", columns="same", reads="named")
def drop_outliers(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Drop rows with a number beyond the limits you give; empty cells stay.

    The limits are yours, not learned: the same rows are dropped whatever other rows there are. Limits that come from the data belong into Outliers, which
    learns them from the training rows.
    """
    need_columns(table, params.columns, "params.columns")
    if not params.columns or (params.lower is None and params.upper is None):
        raise NodeError("limits-missing", "Columns or limits are missing.", field="params.columns", hint="Name columns and a limit.")
    left = table
    for name in params.columns:
        if column_type(left.view[name]) not in ("integer", "number"):
            raise NodeError("column-type", f"“{name}” holds no numbers.", field="params.columns", hint="Take it out.")
        values = number_values(left.view[name])
        beyond = (values < (params.lower if params.lower is not None else -float("inf"))) | (
            values > (params.upper if params.upper is not None else float("inf"))
        )
        left = keep(left, ~beyond, context, f"“{name}” is beyond the limits")
    return told(left, table.rows, context)
