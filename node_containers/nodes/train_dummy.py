"""Train a baseline that ignores the features."""

import math
from typing import Any, Literal

from pydantic import Field
from sklearn.dummy import DummyClassifier, DummyRegressor

from node_containers.fitting import Learnable, TrainParams, fit
from node_containers.sdk import AnyModel, Context, NodeError, TrainTable, node, seed


class Params(TrainParams):
    strategy: Literal["prior", "most_frequent", "stratified", "uniform"] = Field(
        "prior", title="Guess of classes", description="prior: the shares of the training rows; stratified: classes drawn by these shares."
    )
    quantity: Literal["mean", "median"] = Field(
        "mean", title="Guess of quantities", description="Which middle of the training rows is guessed."
    )
    constant: str | None = Field(
        None,
        max_length=200,
        title="Always guess",
        description="A class or a number that is guessed whatever the rows say; open: by the choices above.",
    )
    random_state: int = seed(description="Only guesses that are drawn use it.")


@node(title="Baseline", group="Models", family="train", icon="dice")
def train_dummy(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Guess without looking at the features: what any honest model must beat.

    Classes are guessed by their shares, quantities by their middle. Drawn beside a real model, it shows what the columns are worth.
    """

    def make(learnable: Learnable) -> Any:
        if params.constant is not None:
            return _constant(params.constant, learnable)
        if learnable.task == "regression":
            return DummyRegressor(strategy=params.quantity)
        return DummyClassifier(strategy=params.strategy, random_state=params.random_state)

    return fit(table, params.target or table.target, context, make, takes_missing=True, takes_scale=False)


def _constant(wanted: str, learnable: Learnable) -> Any:
    if learnable.task == "regression":
        try:
            number = float(wanted)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise NodeError(
                "value-type", f"“{wanted}” is no number to guess.", field="params.constant", hint="Give a number, such as 12.5."
            )
        return DummyRegressor(strategy="constant", constant=number)
    if wanted not in learnable.classes:
        known = ", ".join(learnable.classes[:12])
        raise NodeError("class-unknown", f"No row has the class “{wanted}”.", field="params.constant", hint=f"The classes are: {known}.")
    return DummyClassifier(strategy="constant", constant=learnable.classes.index(wanted))
