"""Stack models: another one learns whom to believe."""

from typing import Any

from pydantic import Field
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier, StackingRegressor

from node_containers.fitting import Learnable, TrainParams, fit, folds_of, members_of
from node_containers.recipe import build_pipeline
from node_containers.sdk import AnyModel, Context, TrainTable, node, seed


class Params(TrainParams):
    cv: int = Field(5, ge=2, le=20, title="Folds", description="Each fold is predicted by models that have not seen its rows.")
    random_state: int = seed(description="Decides which rows go to which fold.")


@node(title="Stack", group="Models", family="train", icon="stack-2")
def train_stack(
    table: TrainTable, first: AnyModel, second: AnyModel, params: Params, context: Context, third: AnyModel | None = None
) -> AnyModel:
    """Learn the connected models anew, and a linear model on top that weighs what they say.

    Only the kind and the params of each model are taken over. The model on top learns from predictions for rows that the others have not seen; every fold
    fits recipe and models anew on its own rows.
    """
    members = members_of(first, second, third)
    seen: list[Learnable] = []

    def make(learnable: Learnable) -> Any:
        seen.append(learnable)
        return clone(first.pipeline.named_steps["model"])

    def stacked(_: Any) -> Any:
        stack = StackingClassifier if seen[0].task == "classification" else StackingRegressor
        pipelines = [(name, build_pipeline(seen[0].recipe, clone(model.pipeline.named_steps["model"]))) for name, model in members]
        return stack(pipelines, cv=folds_of(seen[0], params.cv, params.random_state))

    return fit(table, params.target or first.info["target"], context, make, around=stacked)
