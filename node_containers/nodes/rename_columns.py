"""Give columns other names."""

from typing import Annotated

from pydantic import StringConstraints

from node_containers.appending import apply_now
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, column_map, node

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]


class Params(NodeParams):
    names: dict[str, Name] = column_map({}, title="Names", description="The new name of each column.")


@node(title="Rename columns", group="Features", family="feature", icon="pencil", columns=[{"op": "rename", "param": "names"}])
def rename_columns(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Give columns other names; endpoints go on asking for the names that the data came with.

    A step of the recipe: nothing is learned, and it is applied again at serving. Names may be swapped.
    """
    need_columns(table, params.names, "params.names")
    if not params.names:
        context.summary = "no column is renamed yet"
        return table
    after = [params.names.get(name, name) for name in table.view.columns]
    twice = next((name for name in after if after.count(name) > 1), None)
    if twice is not None:
        raise NodeError("column-exists", f"Two columns would be called “{twice}”.", field="params.names", hint="Choose another name.")
    named = apply_now(table, context, "rename", names=dict(params.names))
    return named.with_target(params.names.get(table.target, table.target) if table.target else None)
