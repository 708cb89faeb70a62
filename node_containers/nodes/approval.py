"""Wait for a person."""

from typing import Literal

from pydantic import Field

from node_containers.sdk import AnyEvaluation, AnyModel, NodeError, NodeParams, node


class Params(NodeParams):
    question: str = Field("Shall this model go on?", max_length=300, title="Question", description="What the person is asked.")
    timeout_hours: float = Field(72, gt=0, le=720, title="Hours", description="How long an answer is waited for; then the default holds.")
    default: Literal["reject", "approve"] = Field("reject", title="Default", description="What holds when nobody has answered in time.")


@node(title="Approval", group="Deliver", family="effect", icon="user-check", cacheable=False, flow="approval")
def approval(model: AnyModel, params: Params, evaluation: AnyEvaluation | None = None) -> AnyModel:
    """Wait until a person approves the model, or rejects it.

    Waiting costs nothing: no function runs. An approved model is handed on as it came; a rejected one ends the run.
    """
    raise NodeError("approval-platform", "An approval is asked for by the platform, not by a function.", hint="Run the node in a workflow.")
