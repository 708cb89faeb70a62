"""Train a nearest-neighbours model."""

from typing import Any, Literal

from pydantic import Field
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from node_containers.fitting import Learnable, TrainParams, either, fit
from node_containers.sdk import AnyModel, Context, NodeError, TrainTable, advanced, node


class Params(TrainParams):
    n_neighbors: int = Field(5, ge=1, le=10_000, title="Neighbours", description="How many of the nearest training rows decide.")
    weights: Literal["uniform", "distance"] = Field("uniform", title="Weights", description="“distance” lets nearer rows count more.")
    metric: Literal["minkowski", "euclidean", "manhattan", "chebyshev", "cosine"] = advanced(
        "minkowski", title="Distance", description="How far apart two rows are; minkowski uses the power below."
    )
    p: float = advanced(2, ge=1, le=100, title="Power", description="1 is the city-block distance, 2 the straight line.")


@node(title="Nearest neighbours", group="Models", family="train", icon="topology-star")
def train_knn(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Predict from the training rows that are most alike; classes or quantities, by the target.

    Scale the columns first: a column with large numbers would decide alone what is near. The model keeps all training rows.
    """

    def make(learnable: Learnable) -> Any:
        if params.n_neighbors > len(learnable.y):
            message = f"{params.n_neighbors} neighbours are asked for; there are {len(learnable.y)} training rows."
            raise NodeError("neighbors-too-many", message, field="params.n_neighbors", hint="Ask for fewer neighbours.")
        return either(learnable, KNeighborsClassifier, KNeighborsRegressor, params.settings)

    return fit(table, params.target or table.target, context, make, by_distance=True)
