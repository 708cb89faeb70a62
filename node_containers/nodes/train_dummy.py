"""Train a baseline that ignores the features."""

from typing import Any, Literal

from pydantic import Field
from sklearn.dummy import DummyClassifier, DummyRegressor

from node_containers.fitting import Learnable, TrainParams, fit
from node_containers.sdk import AnyModel, Context, TrainTable, node, seed


class Params(TrainParams):
    strategy: Literal["prior", "most_frequent", "stratified", "uniform"] = Field(
        "prior", title="Guess of classes", description="prior: the shares of the training rows; stratified: classes drawn by these shares."
    )
    quantity: Literal["mean", "median"] = Field(
        "mean", title="Guess of quantities", description="Which middle of the training rows is guessed."
    )
    random_state: int = seed(description="Only guesses that are drawn use it.")


@node(title="Baseline", group="Models", family="train", icon="dice")
def train_dummy(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Guess without looking at the features: what any honest model must beat.

    Classes are guessed by their shares, quantities by their middle. Drawn beside a real model, it shows what the columns are worth.
    """

    def make(learnable: Learnable) -> Any:
        if learnable.task == "regression":
            return DummyRegressor(strategy=params.quantity)
        return DummyClassifier(strategy=params.strategy, random_state=params.random_state)

    return fit(table, params.target or table.target, context, make, takes_missing=True, takes_scale=False)
