"""A new column from an expression."""

from typing import Literal

from pydantic import Field

from node_containers.appending import apply_now
from node_containers.formula import Formula
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, expression, node

FLOW = [{"op": "add", "names": ["{name}"], "type": "{dtype}"}]


class Params(NodeParams):
    name: str = Field("new_column", min_length=1, max_length=256, title="Name", description="The new column; one of that name is replaced.")
    expr: str = expression(
        "0",
        min_length=1,
        title="Expression",
        description='Such as age / 12, log1p(fare), "minor" if age < 18 else "adult", lower(`first name`), is_missing(age).',
    )
    dtype: Literal["number", "integer", "boolean", "text", "datetime"] = Field(
        "number", title="Type", description="What the new column holds."
    )


@node(title="Formula", group="Features", family="feature", icon="math-function", columns=FLOW)
def formula(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Compute a new column from others, row by row.

    Arithmetic, comparisons, and/or/not/in, `x if condition else y`, and the functions abs, round, floor, ceil, sqrt, exp, log, log10, log1p, sin, cos, min,
    max, clip, is_missing, coalesce, length, lower, upper, strip, contains, starts_with, ends_with, replace and first_word. An empty cell makes the
    result empty.

    A step of the recipe: nothing is learned, and it is applied again at serving. What is computed from the target never becomes a feature.
    """
    need_columns(table, Formula(params.expr).columns, "params.expr")
    return apply_now(table, context, "formula", name=params.name, expr=params.expr, dtype=params.dtype)
