"""Train a linear regression."""

from sklearn.linear_model import LinearRegression

from node_containers.fitting import Learnable, TrainParams, fit, need_quantities
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, node


class Params(TrainParams):
    fit_intercept: bool = advanced(True, title="Intercept", description="Learn a constant term.")
    positive: bool = advanced(False, title="Positive", description="Allow no negative coefficient.")


@node(title="Linear regression", group="Models", family="train", icon="chart-line")
def train_linear(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn a quantity as a weighted sum of the features, by least squares, on training rows only.

    The plain yardstick for every other regression. With many or correlated columns, ridge and lasso are steadier.
    """

    def make(learnable: Learnable) -> LinearRegression:
        need_quantities(learnable, params.target or table.target, "linear regression")
        return LinearRegression(**params.settings)

    return fit(table, params.target or table.target, context, make)
