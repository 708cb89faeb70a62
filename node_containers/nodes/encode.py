"""Turn categories into numbers."""

from typing import Annotated, Literal

from pydantic import Field

from node_containers.appending import TEXT, append
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, advanced, columns, node, seed

Weight = Annotated[float, Field(ge=0, le=1e9)]


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Columns of text; open: all that do not name rows.")
    method: Literal["onehot", "ordinal", "target"] = Field(
        "onehot", title="Method", description="One column a category, its rank in the alphabet, or the mean of the target for it."
    )
    drop: Literal["first", "if_binary"] | None = Field(
        None, title="Drop", description="For “onehot”: leave out the first category, or one of two."
    )
    min_frequency: float | None = Field(
        None,
        gt=0,
        le=1e9,
        title="Least frequency",
        description="For “onehot”: rarer categories share a column; a count, or a share below 1.",
    )
    max_categories: int | None = Field(None, ge=1, le=10_000, title="Most categories", description="For “onehot”: so many columns at most.")
    unknown_value: float = advanced(
        -1.0,
        ge=-1e9,
        le=1e9,
        title="Unseen",
        description="For “ordinal”: what a category gets that no training row had. scikit-learn would fail.",
    )
    smooth: Weight | Literal["auto"] = advanced(
        "auto", title="Smoothing", description="For “target”: how much rare categories lean on the mean of all."
    )
    cv: int = advanced(
        5, ge=2, le=50, title="Folds", description="For “target”: training rows are encoded by folds that have not seen them."
    )
    random_state: int = seed(description="For “target”: decides the folds.")


@node(title="Encode", group="Features", family="feature", icon="binary", columns="same", learns=True)
def encode(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Turn categories into numbers, as the training rows know them.

    A category that no training row had is all zeros (one-hot), the unseen value (ordinal) or the mean of all (target). Encoding by the target is cross-fitted:
    no training row sees its own answer. Only written into the recipe; the training node learns it.
    """
    if params.method == "ordinal":
        return append(table, context, "encode_ordinal", {"unknown_value": params.unknown_value}, columns=params.columns, takes=TEXT)
    if params.method == "target":
        words = {"smooth": params.smooth, "cv": params.cv, "random_state": params.random_state}
        return append(table, context, "encode_target", words, columns=params.columns, takes=TEXT)
    onehot = {"drop": params.drop, "min_frequency": params.min_frequency, "max_categories": params.max_categories}
    return append(table, context, "encode", onehot, columns=params.columns, takes=TEXT)
