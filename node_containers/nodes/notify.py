"""Tell somebody."""

from typing import Literal

from pydantic import Field

from node_containers.connect.web import post
from node_containers.numerals import numeral
from node_containers.sdk import AnyEvaluation, Context, NodeError, NodeParams, lines, node, secret


class Params(NodeParams):
    address_secret: str | None = secret(
        title="Address", description="A secret that holds the web address of a hook, such as an incoming webhook of a chat."
    )
    message: str = lines("A run is done.", max_length=2_000, title="Message", description="What is said before the figures.")
    form: Literal["text", "figures"] = Field(
        "text", title="Form", description="One text, as chats take it, or an object with every figure for a program."
    )
    metric: str | None = Field(
        None, max_length=80, title="Only if", description="A figure of the evaluation; left open, it is always said."
    )
    below: float | None = Field(None, ge=-1e12, le=1e12, title="Below", description="Say it only where the figure is below this.")
    above: float | None = Field(None, ge=-1e12, le=1e12, title="Above", description="Say it only where the figure is above this.")


@node(title="Notify", group="Deliver", family="effect", icon="bell", cacheable=False)
def notify(evaluation: AnyEvaluation, params: Params, context: Context) -> AnyEvaluation:
    """Send a message with the evaluation’s sentence to a web hook, always or only where a figure crosses a limit.

    The address is a secret and is never logged. A run that is retried sends the same `Idempotency-Key` again, so that the other side can tell. The
    evaluation is handed on.
    """
    if params.address_secret is None:
        raise NodeError(
            "secret-missing", "No hook is chosen.", field="params.address_secret", hint="Save its address as a secret and choose it."
        )
    why = _reason(evaluation, params)
    if why is None:
        context.summary = f"nothing said: {params.metric} is within its limits"
        return evaluation
    sentence = str(evaluation.details.get("sentence", ""))
    text = "\n".join(part for part in (params.message, why, sentence) if part)
    body = {"text": text} if params.form == "text" else {"text": text, "sentence": sentence, "figures": evaluation.metrics}
    host = post(context.secret(params.address_secret), body, identity=context.identity)
    context.summary = f"said to {host}" + (f": {why}" if why else "")
    return evaluation


def _reason(evaluation: AnyEvaluation, params: Params) -> str | None:
    """Why it is said: empty where it always is, None where the figure is within its limits. A figure that is not defined is said."""
    if params.metric is None:
        return ""
    if params.below is None and params.above is None:
        raise NodeError("limits-missing", "The figure has no limit.", field="params.below", hint="Give a lower or an upper limit.")
    if params.metric not in evaluation.metrics:
        known = ", ".join(sorted(evaluation.metrics)[:12])
        raise NodeError(
            "metric-unknown", f"The evaluation has no figure “{params.metric}”.", field="params.metric", hint=f"It has: {known}."
        )
    value = evaluation.metrics[params.metric]
    if value is None:
        return f"{params.metric} is not defined"
    if params.below is not None and value < params.below:
        return f"{params.metric} is {numeral(value)}, below {numeral(params.below, 6)}"
    if params.above is not None and value > params.above:
        return f"{params.metric} is {numeral(value)}, above {numeral(params.above, 6)}"
    return None
