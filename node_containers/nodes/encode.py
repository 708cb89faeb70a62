"""Turn categories into numbers."""

from typing import Annotated, Literal

from pydantic import Field

from node_containers.appending import TEXT, append
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, columns, node, seed

# What scikit-learn's encoders can do with a category that no training row had; the target encoder always takes the mean of all.
HANDLES = {"onehot": ("ignore", "infrequent_if_exist", "error"), "ordinal": ("use_encoded_value", "error"), "target": ()}
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
    handle_unknown: Literal["ignore", "infrequent_if_exist", "use_encoded_value", "error"] | None = advanced(
        None,
        title="Unseen categories",
        description="“onehot”: all zeros (ignore, if open), the column of rare ones, or an error; “ordinal”: the value below (if open), or an error.",
    )
    unknown_value: float = advanced(
        -1.0,
        ge=-1e9,
        le=1e9,
        title="Unseen value",
        description="For “ordinal”: what a category gets that no training row had. scikit-learn would fail.",
    )
    encoded_missing_value: float | None = advanced(
        None, ge=-1e9, le=1e9, title="Empty value", description="For “ordinal”: what an empty cell gets, such as -2; open: it stays empty."
    )
    target_type: Literal["auto", "continuous", "binary", "multiclass"] = advanced(
        "auto",
        title="Target as",
        description="For “target”: as the model learns it, or continuous: classes by their place in the order, in one column for all.",
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

    A category that no training row had is all zeros (one-hot), the unseen value (ordinal) or the mean of all (target). With “error” such rows are refused
    where they are scored, in folds too, and an endpoint answers 422 with the column and the category. Encoding by the target is cross-fitted: no training row
    sees its own answer. Only written into the recipe; the training node learns it.
    """
    unseen = {"handle_unknown": params.handle_unknown} if params.handle_unknown in HANDLES[params.method] else {}
    if params.handle_unknown and not unseen:
        message = f"“{params.method}” does not know “{params.handle_unknown}” for unseen categories."
        takes = " or ".join(f"“{one}”" for one in HANDLES[params.method])
        hint = f"Take {takes}, or leave it open." if takes else "Leave it open: an unseen category gets the mean of all."
        raise NodeError("param-range", message, field="params.handle_unknown", hint=hint)
    if params.method == "ordinal":
        missing = {} if params.encoded_missing_value is None else {"encoded_missing_value": params.encoded_missing_value}
        ranks = {"unknown_value": params.unknown_value, **unseen, **missing}
        return append(table, context, "encode_ordinal", ranks, columns=params.columns, takes=TEXT)
    if params.method == "target":
        kind = {} if params.target_type == "auto" else {"target_type": params.target_type}
        words = {"smooth": params.smooth, "cv": params.cv, "random_state": params.random_state, **kind}
        return append(table, context, "encode_target", words, columns=params.columns, takes=TEXT)
    onehot = {"drop": params.drop, "min_frequency": params.min_frequency, "max_categories": params.max_categories, **unseen}
    return append(table, context, "encode", onehot, columns=params.columns, takes=TEXT)
