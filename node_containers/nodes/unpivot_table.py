"""Turn columns into rows."""

from pydantic import Field

from node_containers.columns import column_type
from node_containers.rows import as_kind, common_kind, need_columns, plain, rebuilt
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, columns, node

FLOW = [{"op": "unpivot", "keep": "id_vars", "value": "value_vars", "names": "var_name", "cells": "value_name"}]


class Params(NodeParams):
    id_vars: list[str] = columns([], title="Keep", description="Columns that are repeated beside every value.")
    value_vars: list[str] | None = columns(title="Turn", description="Columns that become rows; open: all others.")
    var_name: str = Field(
        "variable", min_length=1, max_length=200, title="Name column", description="It says which column a value is from."
    )
    value_name: str = Field("value", min_length=1, max_length=200, title="Value column", description="It holds the values.")


@node(title="Unpivot", group="Rows", family="row", icon="table-row", columns=FLOW, reads="all")
def unpivot_table(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Turn columns into rows: one row for each row and turned column, with its name and its value.

    Where the turned columns differ in type, whole numbers become numbers and anything else becomes text.
    """
    frame = plain(table, "Unpivot")
    turned = params.value_vars if params.value_vars is not None else [name for name in frame.columns if name not in params.id_vars]
    need_columns(table, params.id_vars, "params.id_vars")
    need_columns(table, turned, "params.value_vars")
    if not turned or len({*params.id_vars, params.var_name, params.value_name}) < len(params.id_vars) + 2:
        raise NodeError(
            "columns-missing", "Nothing is turned, or two columns have one name.", field="params.var_name", hint="Choose others."
        )
    kind = common_kind(column_type(frame[name]) for name in turned)
    same = frame[params.id_vars].assign(**{name: as_kind(frame[name], kind) for name in turned})
    found = same.melt(params.id_vars, turned, params.var_name, params.value_name)
    found = found.assign(
        **{params.var_name: found[params.var_name].astype("str"), params.value_name: as_kind(found[params.value_name], kind)}
    )
    context.add("one more row for each further column", len(found) - len(frame))
    context.summary = f"{len(found):,} rows from {len(turned)} columns"
    return rebuilt(table, found)
