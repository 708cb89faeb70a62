"""Let rare classes count."""

from typing import Literal

from pydantic import Field

from node_containers.recipe import step
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, advanced, node, seed


class Params(NodeParams):
    method: Literal["class_weight", "oversample", "undersample", "smote"] = Field(
        "class_weight",
        title="Method",
        description="Weigh rare classes up, repeat their rows, leave out others, or make up rows between theirs.",
    )
    ratio: float = Field(
        1.0, gt=0, le=1, title="Ratio", description="Rows of a rare class for each of the most frequent (undersample: the other way)."
    )
    k_neighbors: int = advanced(5, ge=1, le=100, title="Neighbours", description="For “smote”: between how many of the nearest rows.")
    random_state: int = seed(description="Decides which rows are repeated, left out or made up.")


@node(title="Balance classes", group="Features", family="feature", icon="scale", columns="same", learns=True)
def balance_classes(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Let rare classes count as much as frequent ones while a model learns, and at no other time.

    Only written into the recipe: no row of the table changes, no test row is ever repeated or made up, and every fold balances its own training rows.
    """
    words = {"ratio": params.ratio, "k_neighbors": params.k_neighbors, "random_state": params.random_state}
    context.summary = f"balance classes by {params.method.replace('_', ' ')}; only while a model trains"
    return table.with_steps(step("balance", method=params.method, **words))
