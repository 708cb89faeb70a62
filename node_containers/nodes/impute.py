"""Fill empty cells."""

from typing import Annotated, Literal

from pydantic import Field

from node_containers.appending import NUMBERS, append
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, advanced, columns, node, seed

Number = Annotated[float, Field(ge=-1e300, le=1e300)]


class Params(NodeParams):
    columns: list[str] | None = columns(
        title="Columns", description="What to fill; open: all columns (of numbers, for the methods that look at others)."
    )
    method: Literal["simple", "knn", "iterative"] = Field(
        "simple",
        title="Method",
        description="One value a column, the mean of the most similar rows, or a prediction from the other columns.",
    )
    strategy: Literal["mean", "median", "most_frequent", "constant"] = Field(
        "mean", title="Value", description="For “simple”: what to fill in; text takes its most frequent value, or the constant."
    )
    fill_value: str | Number | None = Field(
        None, title="Constant", description="For “constant”: the value; open: 0, and “missing” for text."
    )
    add_indicator: bool = advanced(
        False, title="Say what was empty", description="For “simple”: a further column that says which cells were."
    )
    n_neighbors: int = advanced(5, ge=1, le=1_000, title="Neighbours", description="For “knn”: how many similar rows.")
    weights: Literal["uniform", "distance"] = advanced("uniform", title="Weights", description="For “knn”: whether nearer rows count more.")
    max_iter: int = advanced(10, ge=1, le=1_000, title="Rounds", description="For “iterative”: how often the columns are gone through.")
    initial_strategy: Literal["mean", "median", "most_frequent", "constant"] = advanced(
        "mean", title="First fill", description="For “iterative”: what stands in before the first round."
    )
    random_state: int = seed(description="For “iterative”.")


@node(title="Impute", group="Features", family="feature", icon="droplet-half-2", columns="same", learns=True)
def impute(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Fill empty cells with what the training rows say.

    Only written into the recipe, before or behind the split alike: the training node learns the values from its rows, and serving fills in the very same.
    """
    if params.method == "knn":
        words = {"n_neighbors": params.n_neighbors, "weights": params.weights}
        return append(table, context, "impute_knn", words, columns=params.columns, takes=NUMBERS)
    if params.method == "iterative":
        rounds = {"max_iter": params.max_iter, "initial_strategy": params.initial_strategy, "random_state": params.random_state}
        return append(table, context, "impute_iterative", rounds, columns=params.columns, takes=NUMBERS)
    simple = {"strategy": params.strategy, "fill_value": params.fill_value, "add_indicator": params.add_indicator}
    return append(table, context, "impute", simple, columns=params.columns)
