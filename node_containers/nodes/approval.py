"""Wait for a person."""

from typing import Annotated, Literal

from pydantic import Field

from node_containers.sdk import AnyEvaluation, AnyModel, NodeError, NodeParams, node, users

# A name as `/api/me` says it, or the id it stands for.
User = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$")]


class Params(NodeParams):
    question: str = Field("Shall this model go on?", max_length=300, title="Question", description="What the person is asked.")
    approvers: list[User] = users(
        max_length=20,
        title="Who may answer",
        description="Names of people who use this deployment; one of them answers, and nobody else. Left open, whoever may start the run.",
    )
    timeout_hours: float = Field(72, gt=0, le=720, title="Hours", description="How long an answer is waited for; then the default holds.")
    default: Literal["reject", "approve"] = Field("reject", title="Default", description="What holds when nobody has answered in time.")


@node(title="Approval", group="Deliver", family="effect", icon="user-check", cacheable=False, flow="approval")
def approval(model: AnyModel, params: Params, evaluation: AnyEvaluation | None = None) -> AnyModel:
    """Wait until a person approves the model, or rejects it.

    Waiting costs nothing: no function runs. An approved model is handed on as it came; a rejected one ends the run. Those who are named find the question on
    their first page, with what the model and the evaluation say of themselves; they see nothing else of the run.
    """
    raise NodeError("approval-platform", "An approval is asked for by the platform, not by a function.", hint="Run the node in a workflow.")
