"""Change the shape of a distribution."""

from typing import Literal

from pydantic import Field

from node_containers.appending import append
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, advanced, columns, node, seed


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Columns of numbers; open: all of them.")
    method: Literal["yeo-johnson", "box-cox", "quantile"] = Field(
        "yeo-johnson",
        title="Method",
        description="A power that makes numbers more normal (box-cox: above zero only), or their place in the order.",
    )
    standardize: bool = advanced(True, title="Standardise", description="For the powers: mean 0 and deviation 1 afterwards.")
    n_quantiles: int = advanced(1_000, ge=2, le=100_000, title="Quantiles", description="For “quantile”: how finely the order is learned.")
    output_distribution: Literal["uniform", "normal"] = advanced("uniform", title="Shape", description="For “quantile”: what comes out.")
    random_state: int = seed(description="For “quantile”: which rows are taken of very many.")


@node(title="Transform numbers", group="Features", family="feature", icon="wave-sine", columns="same", learns=True)
def transform_numbers(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Make skewed numbers even: by a power, or by their place among the training values.

    Only written into the recipe, before or behind the split alike; the training node learns it, and serving applies the very same.
    """
    if params.method == "quantile":
        words = {"n_quantiles": params.n_quantiles, "output_distribution": params.output_distribution, "random_state": params.random_state}
        return append(table, context, "quantile", words, columns=params.columns)
    return append(table, context, "power", {"method": params.method, "standardize": params.standardize}, columns=params.columns)
