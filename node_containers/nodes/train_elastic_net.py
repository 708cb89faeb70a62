"""Train an elastic net."""

from typing import Literal

from pydantic import Field
from sklearn.linear_model import ElasticNet

from node_containers.fitting import Learnable, TrainParams, fit, need_quantities
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, node, seed


class Params(TrainParams):
    alpha: float = Field(1.0, ge=0, le=1e9, title="Alpha", description="Strength of the regularisation: larger is stronger.")
    l1_ratio: float = Field(0.5, ge=0, le=1, title="L1 share", description="0 is ridge, 1 is lasso.")
    fit_intercept: bool = advanced(True, title="Intercept", description="Learn a constant term.")
    positive: bool = advanced(False, title="Positive", description="Allow no negative coefficient.")
    max_iter: int = advanced(1000, ge=1, le=1_000_000, title="Iterations", description="How long the optimiser may search at most.")
    tol: float = advanced(1e-4, gt=0, le=1, title="Tolerance", description="The search ends when gains fall below it.")
    selection: Literal["cyclic", "random"] = advanced(
        "cyclic", title="Order", description="Whether coefficients are improved in turn or at random, which can be faster."
    )
    random_state: int = seed(description="Only the random order uses it.")


@node(title="Elastic net", group="Models", family="train", icon="chart-line")
def train_elastic_net(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn a quantity with a mixture of ridge and lasso, on training rows only.

    Like the lasso it drops columns that help little; like ridge it shares the weight between columns that tell the same. Scale the columns first.
    """

    def make(learnable: Learnable) -> ElasticNet:
        need_quantities(learnable, params.target or table.target, "elastic net")
        return ElasticNet(**params.settings)

    return fit(table, params.target or table.target, context, make)
