"""Let several models vote."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sklearn.ensemble import VotingClassifier, VotingRegressor

from node_containers.fitting import Learnable, TrainParams, fit, members_of
from node_containers.sdk import AnyModel, Context, NodeError, TrainTable, node
from node_containers.stopping import anew
from node_containers.voting import MajorityVotingClassifier

Weight = Annotated[float, Field(ge=0, le=1e6)]


class Params(TrainParams):
    voting: Literal["soft", "hard"] = Field(
        "soft",
        title="Voting",
        description="soft: the mean of the probabilities decides; hard: each model has one vote, and most votes decide.",
    )
    weights: list[Weight] | None = Field(None, max_length=3, title="Weights", description="How much each model counts; open: all the same.")


@node(title="Vote", group="Models", family="train", icon="users")
def train_vote(
    table: TrainTable, first: AnyModel, second: AnyModel, params: Params, context: Context, third: AnyModel | None = None
) -> AnyModel:
    """Learn the connected models anew, side by side behind one recipe, and average what they say.

    Only the kind and the params of each model are taken over: all are fitted on the training rows of the table, with the table's recipe. Classes are voted
    for with probabilities (scikit-learn calls it soft, its own default is hard). By hard voting each model names one class and most votes decide, a tie goes
    to the first class; its probabilities are shares of the votes, which say how many agree and not how sure they are.
    """
    members = members_of(first, second, third)
    if params.voting == "hard" and first.info["task"] != "classification":
        message = f"“{first.info['target']}” is a quantity: models of it have no class to vote for."
        raise NodeError("voting-quantities", message, field="params.voting", hint="Take soft: the mean of what they say.")
    if params.weights is not None and len(params.weights) != len(members):
        message = f"{len(members)} models are connected; {len(params.weights)} weights are given."
        raise NodeError("weights-mismatch", message, field="params.weights", hint="Give one weight for each model.")
    if params.weights is not None and not any(params.weights):
        raise NodeError("weights-zero", "No model counts: all weights are 0.", field="params.weights", hint="Give one of them more.")

    def make(learnable: Learnable) -> Any:
        voters = [(name, anew(model.pipeline.named_steps["model"])) for name, model in members if model.info["task"] == learnable.task]
        if learnable.task == "regression":
            return VotingRegressor(voters, weights=params.weights)
        voting = MajorityVotingClassifier if params.voting == "hard" else VotingClassifier
        return voting(voters, voting=params.voting, weights=params.weights)

    model = fit(table, params.target or first.info["target"], context, make)
    if params.voting == "hard":
        context.summary += f"; probabilities are shares of {len(members)} votes"
        if len(members) == 2:
            context.warn(
                "vote-of-two", f"Two models vote: where they disagree, {_decides(params.weights)}. Connect a third, or vote softly."
            )
    return model


def _decides(weights: list[float] | None) -> str:
    if weights is None or weights[0] == weights[1]:
        return "the first class in order wins"
    return f"the {'first' if weights[0] > weights[1] else 'second'} model alone decides"
