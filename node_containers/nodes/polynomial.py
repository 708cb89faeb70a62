"""Powers and products of columns."""

from pydantic import Field

from node_containers.appending import append
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, advanced, columns, node


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Columns of numbers; open: all of them.")
    degree: int = Field(2, ge=2, le=6, title="Degree", description="The highest power, or number of columns in a product.")
    interaction_only: bool = Field(False, title="Products only", description="Products of different columns, no powers of one.")
    include_bias: bool = advanced(
        False, title="Constant", description="A column of ones; models have a constant of their own, so it is off here."
    )


@node(title="Polynomial features", group="Features", family="feature", icon="superscript", columns="same", learns=True)
def polynomial(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Add powers and products of columns, so that a linear model can bend. The columns themselves stay.

    Only written into the recipe; the training node makes them from the columns as the steps before have left them.
    """
    words = {"degree": params.degree, "interaction_only": params.interaction_only, "include_bias": params.include_bias}
    return append(table, context, "polynomial", words, columns=params.columns)
