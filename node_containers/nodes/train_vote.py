"""Let several models vote."""

from typing import Annotated, Any

from pydantic import Field
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier, VotingRegressor

from node_containers.fitting import Learnable, TrainParams, fit, members_of
from node_containers.sdk import AnyModel, Context, NodeError, TrainTable, node

Weight = Annotated[float, Field(ge=0, le=1e6)]


class Params(TrainParams):
    weights: list[Weight] | None = Field(None, max_length=3, title="Weights", description="How much each model counts; open: all the same.")


@node(title="Vote", group="Models", family="train", icon="users")
def train_vote(
    table: TrainTable, first: AnyModel, second: AnyModel, params: Params, context: Context, third: AnyModel | None = None
) -> AnyModel:
    """Learn the connected models anew, side by side behind one recipe, and average what they say.

    Only the kind and the params of each model are taken over: all are fitted on the training rows of the table, with the table's recipe. Classes are voted
    for with probabilities (scikit-learn calls it soft, its own default is hard), because a served model must give them.
    """
    members = members_of(first, second, third)
    if params.weights is not None and len(params.weights) != len(members):
        message = f"{len(members)} models are connected; {len(params.weights)} weights are given."
        raise NodeError("weights-mismatch", message, field="params.weights", hint="Give one weight for each model.")

    def make(learnable: Learnable) -> Any:
        voters = [(name, clone(model.pipeline.named_steps["model"])) for name, model in members if model.info["task"] == learnable.task]
        if learnable.task == "classification":
            return VotingClassifier(voters, voting="soft", weights=params.weights)
        return VotingRegressor(voters, weights=params.weights)

    return fit(table, params.target or first.info["target"], context, make)
