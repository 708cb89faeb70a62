"""Keep or drop columns."""

from typing import Literal

from pydantic import Field

from node_containers.columns import column_type
from node_containers.recipe import step
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, columns, node

FLOW = [
    {"op": mode, by: param, "when": {"mode": mode, "by": word}}
    for mode in ("keep", "drop")
    for by, param, word in (("param", "columns", "name"), ("types", "types", "type"), ("containing", "containing", "part of the name"))
]


class Params(NodeParams):
    mode: Literal["keep", "drop"] = Field("keep", title="Do", description="Keep the chosen columns only, or drop them.")
    by: Literal["name", "type", "part of the name"] = Field("name", title="Choose by", description="How columns are chosen.")
    columns: list[str] = columns([], title="Columns", description="Chosen by name.")
    types: list[Literal["integer", "number", "text", "boolean", "datetime"]] = Field(
        [], max_length=5, title="Types", description="Chosen by what they hold."
    )
    containing: str = Field("", max_length=200, title="Part of the name", description="Chosen where the name contains it, in any case.")


@node(title="Select columns", group="Rows", family="feature", icon="columns-3", columns=FLOW)
def select_columns(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Keep some columns, or drop them.

    Without a recipe in front the columns are gone from the rows, and an endpoint will not ask for them. Behind other steps, which may need them, they are
    dropped in the recipe.
    """
    seen = table.view
    need_columns(table, params.columns if params.by == "name" else (), "params.columns")
    chosen = [name for name in seen.columns if _is_chosen(name, column_type(seen[name]), params)]
    dropped = [name for name in seen.columns if (name in chosen) == (params.mode == "drop")]
    if len(dropped) == len(seen.columns):
        message = "No column would be left." if chosen else "No column is chosen, so none would be left."
        raise NodeError("columns-missing", message, field=f"params.{_field(params)}", hint="Choose the columns to keep.")
    context.summary = f"{len(seen.columns) - len(dropped)} of {len(seen.columns)} columns"
    if table.recipe:
        return table.with_steps(step("drop", columns=dropped)) if dropped else table
    return table.with_frame(table.frame.drop(columns=dropped))


def _field(params: Params) -> str:
    return {"name": "columns", "type": "types"}.get(params.by, "containing")


def _is_chosen(name: str, kind: str, params: Params) -> bool:
    if params.by == "name":
        return name in params.columns
    if params.by == "type":
        return kind in params.types
    return bool(params.containing) and params.containing.casefold() in name.casefold()
