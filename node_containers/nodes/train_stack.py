"""Stack models: another one learns whom to believe."""

from functools import partial
from typing import Any

import numpy as np
from pydantic import Field
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV

from node_containers.families import FAMILIES, FamilyName
from node_containers.fitting import Learnable, TrainParams, fit, members_of
from node_containers.folding import folds_of
from node_containers.recipe import build_pipeline
from node_containers.sdk import AnyModel, Context, TrainTable, node, seed
from node_containers.stopping import anew, unsettled


class Remembering:
    """In front of an estimator's class: one on top of a stack that keeps what the members said of rows they had not seen."""

    def fit(self, X: Any, y: Any, **params: Any) -> Any:  # noqa: N803 scikit-learn's name
        self.seen = X
        return super().fit(X, y, **params)  # type: ignore[misc]


class Params(TrainParams):
    final_estimator: FamilyName = Field(
        "linear",
        title="On top",
        description="The model that weighs what the others say, with its library's defaults; linear: logistic regression, or ridge for quantities.",
    )
    cv: int = Field(5, ge=2, le=20, title="Folds", description="Each fold is predicted by models that have not seen its rows.")
    passthrough: bool = Field(
        False, title="Columns, too", description="The model on top sees the prepared columns beside what the others say."
    )
    random_state: int = seed(description="Decides which rows go to which fold, and seeds the model on top.")


@node(title="Stack", group="Models", family="train", icon="stack-2")
def train_stack(
    table: TrainTable, first: AnyModel, second: AnyModel, params: Params, context: Context, third: AnyModel | None = None
) -> AnyModel:
    """Learn the connected models anew, and a model on top that weighs what they say: a linear one, or another kind.

    Only the kind and the params of each model are taken over. The model on top learns from predictions for rows that the others have not seen; every fold
    fits recipe and models anew on its own rows. The columns it may see beside them are as the recipe makes them of all training rows.
    """
    members = members_of(first, second, third)
    seen: list[Learnable] = []

    def make(learnable: Learnable) -> Any:
        seen.append(learnable)
        return anew(first.pipeline.named_steps["model"])

    def stacked(_: Any) -> Any:
        stack = StackingClassifier if seen[0].task == "classification" else StackingRegressor
        pipelines = [(name, build_pipeline(seen[0].recipe, unsettled(model.pipeline.named_steps["model"]))) for name, model in members]
        top = _on_top(params, seen[0].task)
        return stack(
            pipelines,
            cv=folds_of(seen[0], params.cv, params.random_state),
            final_estimator=_remembering(top) if params.passthrough else top,
        )

    lifted = partial(_see_columns, params) if params.passthrough else None
    model = fit(table, params.target or first.info["target"], context, make, around=stacked, lifted=lifted)
    if params.final_estimator != "linear":
        context.summary += f"; on top: {FAMILIES[params.final_estimator].title}"
    return model


def _on_top(params: Params, task: str) -> Any:
    """The unfitted model on top. It is always named: a stack without one does not say that it gives probabilities, and could not be calibrated."""
    if params.final_estimator == "linear":
        # The library's own choice.
        return LogisticRegression() if task == "classification" else RidgeCV()
    return FAMILIES[params.final_estimator].make(task, params.random_state, {})


def _remembering(top: Any) -> Any:
    return type(f"Remembering{type(top).__name__}", (Remembering, type(top)), {})(**top.get_params())


def _see_columns(params: Params, stack: Any, recipe: Any, learnable: Learnable) -> None:
    """Learn the model on top anew, from what it was given and the prepared columns. What stands is scikit-learn's own stack with `passthrough`.

    scikit-learn would hand the raw columns on, because the recipe is inside of each member while the folds are made.
    """
    prepared = clone(recipe).fit_transform(learnable.features, learnable.y)
    top = _on_top(params, learnable.task)
    stack.final_estimator_ = top.fit(np.hstack([stack.final_estimator_.seen, prepared]), learnable.y)
    stack.set_params(final_estimator=clone(top), passthrough=True)
