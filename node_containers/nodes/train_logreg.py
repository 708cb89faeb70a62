"""Train a logistic regression."""

from typing import Literal

from pydantic import Field
from sklearn.linear_model import LogisticRegression

from node_containers.fitting import Learnable, TrainParams, fit, need_classes
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, node, seed


class Params(TrainParams):
    C: float = Field(1.0, gt=0, le=1e9, title="C", description="Inverse strength of the regularisation: smaller is stronger.")
    max_iter: int = Field(100, ge=1, le=100_000, title="Iterations", description="How long the optimiser may search at most.")
    class_weight: Literal["balanced"] | None = Field(None, title="Class weight", description="“balanced” weighs rare classes up.")
    l1_ratio: float = advanced(0.0, ge=0, le=1, title="L1 share", description="0 is ridge, 1 is lasso; above 0 needs the solver saga.")
    solver: Literal["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"] = advanced(
        "lbfgs", title="Solver", description="The algorithm that finds the coefficients."
    )
    tol: float = advanced(1e-4, gt=0, le=1, title="Tolerance", description="The search ends when gains fall below it.")
    fit_intercept: bool = advanced(True, title="Intercept", description="Learn a constant term.")
    random_state: int = seed(description="Only the solvers sag and saga use it.")


@node(title="Logistic regression", group="Models", family="train", icon="chart-line")
def train_logreg(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn classes with a logistic regression, together with the recipe, on training rows only.

    Recipe and regression are fitted as one pipeline: the object that is scored, registered and deployed.
    """

    def make(learnable: Learnable) -> LogisticRegression:
        need_classes(learnable, params.target or table.target, "logistic regression")
        return LogisticRegression(**params.settings)

    return fit(table, params.target or table.target, context, make)
