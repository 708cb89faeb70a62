"""Few components in the place of many columns."""

from typing import Annotated, Literal

from pydantic import Field

from node_containers.appending import append
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, advanced, columns, node, seed

Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1, le=10_000)]


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Columns of numbers; open: all of them (for “svd” encoded text, too).")
    method: Literal["pca", "svd"] = Field(
        "pca", title="Method", description="Centred (PCA), or as it is, for words and other columns full of zeros."
    )
    n_components: Count | Share | None = Field(
        None, title="Components", description="How many, or for PCA the share of the variance to keep; open: all of them (two for “svd”)."
    )
    whiten: bool = advanced(False, title="Whiten", description="For PCA: components of equal variance.")
    svd_solver: Literal["auto", "full", "covariance_eigh", "arpack", "randomized"] = advanced(
        "auto", title="Solver", description="For PCA: the algorithm."
    )
    n_iter: int = advanced(5, ge=1, le=1_000, title="Rounds", description="For “svd”: rounds of the randomised solver.")
    random_state: int = seed(description="For solvers that draw at random.")


@node(title="PCA", group="Features", family="feature", icon="vector", columns="same", learns=True)
def pca(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Put few components in the place of many columns: the directions in which the training rows differ most. Scale before.

    Only written into the recipe, before or behind the split alike; the training node learns it, and serving applies the very same.
    """
    if params.method == "svd":
        count = 2 if params.n_components is None else max(1, int(params.n_components))
        words = {"n_components": count, "n_iter": params.n_iter, "random_state": params.random_state}
        return append(table, context, "svd", words, columns=params.columns)
    more = {
        "n_components": params.n_components,
        "whiten": params.whiten,
        "svd_solver": params.svd_solver,
        "random_state": params.random_state,
    }
    return append(table, context, "pca", more, columns=params.columns)
