"""Keep the features that tell most."""

from typing import Literal

from pydantic import Field

from node_containers.appending import append
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, advanced, columns, node


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Choose among these; open: among all features. Encode text before.")
    method: Literal["k_best", "variance", "rfe"] = Field(
        "k_best", title="Method", description="The best by a score of their own, those that vary, or round by round without the weakest."
    )
    k: int = Field(10, ge=1, le=100_000, title="Features", description="For “k_best”: how many stay.")
    score_func: Literal["f_test", "mutual_info", "chi2"] = Field(
        "f_test", title="Score", description="For “k_best”: F test, mutual information (also sees bends), or chi² (counts and classes)."
    )
    threshold: float = advanced(0.0, ge=0, le=1e300, title="Least variance", description="For “variance”: features at or below it go.")
    n_features_to_select: int | None = advanced(
        None, ge=1, le=100_000, title="Stay", description="For “rfe”: how many; open: half of them."
    )
    step: int = advanced(1, ge=1, le=10_000, title="Round", description="For “rfe”: how many go in each round.")


@node(title="Select features", group="Features", family="feature", icon="filter-star", columns="same", learns=True)
def select_features(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Keep the features that tell most about the target, as the training rows say.

    Choosing on all rows is the classic way to find patterns in noise. Here it is only written into the recipe: the training node chooses on its rows, and every
    fold anew.
    """
    if params.method == "variance":
        return append(table, context, "select_variance", {"threshold": params.threshold}, columns=params.columns)
    if params.method == "rfe":
        words = {"n_features_to_select": params.n_features_to_select, "step": params.step}
        return append(table, context, "select_rfe", words, columns=params.columns)
    return append(table, context, "select_best", {"k": params.k, "score_func": params.score_func}, columns=params.columns)
