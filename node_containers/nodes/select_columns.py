"""Keep or drop columns."""

from collections.abc import Mapping
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from node_containers.columns import column_type
from node_containers.recipe import step
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, columns, node, pattern

FLOW = [
    {"op": mode, by: param, "when": {"mode": mode, "by": word}}
    for mode in ("keep", "drop")
    for by, param, word in (
        ("param", "columns", "name"),
        ("types", "types", "type"),
        ("containing", "containing", "part of the name"),
        ("matching", "regex", "regex"),
    )
]


class Params(NodeParams):
    mode: Literal["keep", "drop"] = Field("keep", title="Do", description="Keep the chosen columns only, or drop them.")
    by: Literal["name", "type", "part of the name", "regex"] = Field("name", title="Choose by", description="How columns are chosen.")
    columns: list[str] = columns([], title="Columns", description="Chosen by name.")
    types: list[Literal["integer", "number", "text", "boolean", "datetime"]] = Field(
        [], max_length=5, title="Types", description="Chosen by what they hold."
    )
    containing: str = Field("", max_length=200, title="Part of the name", description="Chosen where the name contains it, in any case.")
    regex: str = pattern(
        "", title="Pattern", description="Chosen where this regular expression matches in the name, such as ^(age|fare)_[0-9]+$."
    )


@node(title="Select columns", group="Rows", family="feature", icon="columns-3", columns=FLOW)
def select_columns(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Keep some columns, or drop them.

    Without a recipe in front the columns are gone from the rows, and an endpoint will not ask for them. Behind other steps, which may need them, they are
    dropped in the recipe.
    """
    seen = table.view
    need_columns(table, params.columns if params.by == "name" else (), "params.columns")
    chosen = _chosen({name: column_type(seen[name]) for name in seen.columns}, params)
    dropped = [name for name in seen.columns if (name in chosen) == (params.mode == "drop")]
    if len(dropped) == len(seen.columns):
        message = "No column would be left." if chosen else "No column is chosen, so none would be left."
        raise NodeError("columns-missing", message, field=f"params.{_field(params)}", hint="Choose the columns to keep.")
    context.summary = f"{len(seen.columns) - len(dropped)} of {len(seen.columns)} columns"
    if table.recipe:
        return table.with_steps(step("drop", columns=dropped)) if dropped else table
    return table.with_frame(table.frame.drop(columns=dropped))


def _field(params: Params) -> str:
    return {"name": "columns", "type": "types", "regex": "regex"}.get(params.by, "containing")


def _chosen(types: Mapping[str, str], params: Params) -> set[str]:
    """Names of the columns that are meant, of all with their types."""
    if params.by == "name":
        return set(params.columns)
    if params.by == "type":
        return {name for name, kind in types.items() if kind in params.types}
    if params.by == "regex":
        return _matching(list(types), params.regex)
    return {name for name in types if params.containing and params.containing.casefold() in name.casefold()}


def _matching(names: list[str], regex: str) -> set[str]:
    try:
        found = pc.match_substring_regex(pa.array(names, pa.string()), regex).to_pylist()
    except pa.ArrowInvalid as wrong:
        why = str(wrong).partition(": ")[2][:120]
        raise NodeError(
            "pattern-invalid", f"It is no regular expression: {why}.", field="params.regex", hint="Mend the pattern."
        ) from wrong
    return {name for name, matches in zip(names, found, strict=True) if regex and matches}
