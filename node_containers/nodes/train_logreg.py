"""Train a logistic regression."""

from typing import Literal

from pydantic import Field
from sklearn.linear_model import LogisticRegression

from node_containers.fitting import Learnable, fit
from node_containers.sdk import AnyModel, Context, NodeError, NodeParams, TrainTable, advanced, node, target


class Params(NodeParams):
    target: str | None = target(title="Target", description="The column to learn; left open, the one the dataset declares.")
    C: float = Field(1.0, gt=0, le=1e9, title="C", description="Inverse strength of the regularisation: smaller is stronger.")
    max_iter: int = Field(100, ge=1, le=100_000, title="Iterations", description="How long the optimiser may search at most.")
    class_weight: Literal["balanced"] | None = Field(None, title="Class weight", description="“balanced” weighs rare classes up.")
    l1_ratio: float = advanced(0.0, ge=0, le=1, title="L1 share", description="0 is ridge, 1 is lasso; above 0 needs the solver saga.")
    solver: Literal["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"] = advanced(
        "lbfgs", title="Solver", description="The algorithm that finds the coefficients."
    )
    tol: float = advanced(1e-4, gt=0, le=1, title="Tolerance", description="The search ends when gains fall below it.")
    fit_intercept: bool = advanced(True, title="Intercept", description="Learn a constant term.")
    random_state: int = advanced(42, ge=0, le=2**32 - 1, title="Seed", description="Only the solvers sag and saga use it.")


@node(title="Logistic regression", group="Models", family="train", icon="chart-line")
def train_logreg(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn classes with a logistic regression, together with the recipe, on training rows only.

    Recipe and regression are fitted as one pipeline: the object that is scored, registered and deployed.
    """

    def make(learnable: Learnable) -> LogisticRegression:
        if learnable.task != "classification":
            message = f"“{_target_of(params, table)}” is a quantity; logistic regression learns classes."
            raise NodeError("task-mismatch", message, field="params.target", hint="Use XGBoost, which learns quantities too.")
        return LogisticRegression(**params.model_dump(exclude={"target"}))

    return fit(table, _target_of(params, table), context, make)


def _target_of(params: Params, table: TrainTable) -> str | None:
    return params.target or table.target
