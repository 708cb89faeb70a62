"""Train a neural network."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sklearn.neural_network import MLPClassifier, MLPRegressor

from node_containers.fitting import Learnable, TrainParams, either, fit
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, node, seed

Width = Annotated[int, Field(ge=1, le=10_000)]
Batch = Annotated[int, Field(ge=1, le=1_000_000)]


class Params(TrainParams):
    hidden_layer_sizes: list[Width] = Field([100], min_length=1, max_length=10, title="Layers", description="Neurons of each hidden layer.")
    activation: Literal["relu", "tanh", "logistic", "identity"] = Field(
        "relu", title="Activation", description="What a neuron does to its sum."
    )
    alpha: float = Field(1e-4, ge=0, le=1e9, title="Alpha", description="L2 regularisation of the weights.")
    max_iter: int = Field(200, ge=1, le=100_000, title="Epochs", description="How often all rows are seen at most.")
    learning_rate_init: float = advanced(1e-3, gt=0, le=10, title="Learning rate", description="How large the first steps are.")
    solver: Literal["adam", "sgd", "lbfgs"] = advanced("adam", title="Solver", description="lbfgs suits few rows, adam many.")
    batch_size: Literal["auto"] | Batch = advanced(
        "auto", title="Batch", description="Rows a step; “auto” is 200, or all if there are fewer."
    )
    early_stopping: bool = advanced(False, title="Early stopping", description="Hold rows out, and end when they gain nothing.")
    random_state: int = seed(description="The same seed starts from the same weights.")


@node(title="Neural network", group="Models", family="train", icon="brain")
def train_mlp(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn classes or quantities with a fully connected network, on training rows only.

    The target decides: text, booleans and few whole numbers are classes, anything else is a quantity. Scale the columns first.
    """

    def make(learnable: Learnable) -> Any:
        return either(learnable, MLPClassifier, MLPRegressor, params.settings)

    return fit(table, params.target or table.target, context, make)
