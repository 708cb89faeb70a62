"""Train naive Bayes."""

from typing import Any, Literal

from pydantic import Field
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB

from node_containers.fitting import Learnable, TrainParams, fit, need_classes
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, node

COUNTED = {"multinomial": MultinomialNB, "complement": ComplementNB, "bernoulli": BernoulliNB}


class Params(TrainParams):
    kind: Literal["gaussian", "multinomial", "complement", "bernoulli"] = Field(
        "gaussian",
        title="Kind",
        description="gaussian for measurements, multinomial or complement for word counts, bernoulli for yes or no.",
    )
    alpha: float = Field(1.0, ge=0, le=1e9, title="Alpha", description="Smoothing of counts; not used by the gaussian kind.")
    var_smoothing: float = advanced(1e-9, ge=0, le=1, title="Variance smoothing", description="Used by the gaussian kind only.")


@node(title="Naive Bayes", group="Models", family="train", icon="math-function")
def train_naive_bayes(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn classes from each column by itself, on training rows only: very quick, and a good start for text.

    Columns are taken as independent of each other, which makes its probabilities bolder than they should be.
    """

    def make(learnable: Learnable) -> Any:
        need_classes(learnable, params.target or table.target, "naive Bayes")
        return GaussianNB(var_smoothing=params.var_smoothing) if params.kind == "gaussian" else COUNTED[params.kind](alpha=params.alpha)

    # Counts must not be negative: standard scores would be.
    return fit(table, params.target or table.target, context, make, takes_scale=params.kind == "gaussian")
