"""Put other values in the place of some."""

from typing import Annotated

from pydantic import Field, StringConstraints

from node_containers.appending import apply_now
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, columns, node
from node_containers.steps.stateless import compiled

Text = Annotated[str, StringConstraints(max_length=500)]


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Where to replace; open: in all columns.")
    to_replace: dict[Text, Text | None] = Field(
        {}, max_length=1_000, title="Values", description="What to put in the place of each value; nothing makes the cell empty."
    )
    regex: bool = Field(False, title="Regular expressions", description="Replace every part of a text that matches, not whole cells.")


@node(title="Replace values", group="Features", family="feature", icon="replace", columns="same")
def replace_values(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Put other values in the place of some, in whole cells or by regular expressions; the types of columns stay.

    A step of the recipe: nothing is learned, and it is applied again at serving.
    """
    need_columns(table, params.columns or (), "params.columns")
    if not params.to_replace:
        raise NodeError("values-missing", "No value is named.", field="params.to_replace", hint="Say what to replace by what.")
    for pattern in params.to_replace if params.regex else ():
        compiled(pattern)
    return apply_now(table, context, "replace", to_replace=dict(params.to_replace), columns=params.columns, regex=params.regex)
