"""Put numbers into intervals."""

from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, StringConstraints

from node_containers.appending import NUMBERS, append
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, columns, node, seed

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Columns of numbers; open: all of them.")
    bins: list[FiniteFloat] | None = Field(
        None, min_length=1, max_length=999, title="Given borders", description="Borders between the intervals, rising; open: learned."
    )
    labels: list[Label] | None = Field(
        None,
        min_length=2,
        max_length=1_000,
        title="Names",
        description="For given borders: what the intervals are called, one more than there are borders, the lowest first.",
    )
    right: bool = Field(True, title="Border belongs below", description="For given borders: 18 is in the interval that ends at 18.")
    n_bins: int = Field(
        5, ge=2, le=1_000, title="Intervals", description="How many, where they are learned; neighbours are joined where values are few."
    )
    encode: Literal["onehot", "ordinal"] = Field("onehot", title="Give", description="One column an interval, or its rank.")
    strategy: Literal["quantile", "uniform", "kmeans"] = Field(
        "quantile", title="Borders", description="So that intervals hold as many rows each, are as wide each, or follow clusters."
    )
    random_state: int = seed(description="For very many rows, and for clusters.")


@node(title="Bin", group="Features", family="feature", icon="chart-histogram", columns="same", learns=True)
def bin_numbers(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Put numbers into intervals whose borders you give, or the training rows; those at both ends are open.

    With given borders all numbers up to the first and above the last are in intervals of their own, so that no number is lost at serving. Such intervals may
    have names: the columns are then called like age=child, and ranks count the names from 0.
    Only written into the recipe, before or behind the split alike; the training node learns it, and serving applies the very same.
    """
    if params.bins is not None:
        if sorted(set(params.bins)) != params.bins:
            message = "The borders do not rise from each to the next."
            raise NodeError("borders-unordered", message, field="params.bins", hint="Sort them, each once.")
        given: dict[str, Any] = {"encode": params.encode, "bins": params.bins, "right": params.right}
        if params.labels is not None:
            _need_names(params.labels, params.bins)
            given["labels"] = params.labels
            context.log("; ".join(f"{rank} is “{label}”" for rank, label in enumerate(params.labels)))
        return append(table, context, "bin", given, columns=params.columns, takes=NUMBERS)
    if params.labels is not None:
        message = "The intervals have names, but their borders are learned: nobody knows yet what they are."
        raise NodeError("borders-missing", message, field="params.labels", hint="Give the borders, or take the names out.")
    words = {"n_bins": params.n_bins, "encode": params.encode, "strategy": params.strategy, "random_state": params.random_state}
    return append(table, context, "bin", words, columns=params.columns, takes=NUMBERS)


def _need_names(labels: list[str], bins: list[float]) -> None:
    if len(labels) != len(bins) + 1:
        message = f"{len(labels)} names are given; {len(bins)} borders make {len(bins) + 1} intervals, as those at both ends are open."
        raise NodeError("labels-count", message, field="params.labels", hint=f"Give {len(bins) + 1} names, the lowest interval first.")
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise NodeError("labels-twice", f"Two intervals are called “{twice}”.", field="params.labels", hint="Give each a name of its own.")
