"""Put numbers into intervals."""

from typing import Literal

from pydantic import Field

from node_containers.appending import NUMBERS, append
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, columns, node, seed


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Columns of numbers; open: all of them.")
    n_bins: int = Field(5, ge=2, le=1_000, title="Intervals", description="How many; neighbours are joined where values are few.")
    encode: Literal["onehot", "ordinal"] = Field("onehot", title="Give", description="One column an interval, or its rank.")
    strategy: Literal["quantile", "uniform", "kmeans"] = Field(
        "quantile", title="Borders", description="So that intervals hold as many rows each, are as wide each, or follow clusters."
    )
    random_state: int = seed(description="For very many rows, and for clusters.")


@node(title="Bin", group="Features", family="feature", icon="chart-histogram", columns="same", learns=True)
def bin_numbers(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Put numbers into intervals whose borders the training rows give; those at both ends are open.

    Only written into the recipe, before or behind the split alike; the training node learns it, and serving applies the very same.
    """
    words = {"n_bins": params.n_bins, "encode": params.encode, "strategy": params.strategy, "random_state": params.random_state}
    return append(table, context, "bin", words, columns=params.columns, takes=NUMBERS)
