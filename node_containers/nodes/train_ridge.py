"""Train a ridge regression."""

from typing import Literal

from pydantic import Field
from sklearn.linear_model import Ridge

from node_containers.fitting import Learnable, TrainParams, fit, need_quantities
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, node, seed


class Params(TrainParams):
    alpha: float = Field(1.0, ge=0, le=1e9, title="Alpha", description="Strength of the regularisation: larger is stronger.")
    fit_intercept: bool = advanced(True, title="Intercept", description="Learn a constant term.")
    positive: bool = advanced(False, title="Positive", description="Allow no negative coefficient.")
    solver: Literal["auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga", "lbfgs"] = advanced(
        "auto", title="Solver", description="The algorithm that finds the coefficients; lbfgs is the one for positive coefficients."
    )
    tol: float = advanced(1e-4, gt=0, le=1, title="Tolerance", description="The search ends when gains fall below it.")
    random_state: int = seed(description="Only the solvers sag and saga use it.")


@node(title="Ridge regression", group="Models", family="train", icon="chart-line")
def train_ridge(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn a quantity as a weighted sum that is kept small, on training rows only.

    The penalty on large weights keeps the model steady where columns are many or tell the same. Scale the columns: the penalty is the same for all.
    """

    def make(learnable: Learnable) -> Ridge:
        need_quantities(learnable, params.target or table.target, "ridge regression")
        return Ridge(**params.settings)

    return fit(table, params.target or table.target, context, make)
