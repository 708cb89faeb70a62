"""Tell somebody."""

from typing import Literal

from pydantic import Field

from node_containers.connect.web import post
from node_containers.numerals import numeral
from node_containers.sdk import AnyEvaluation, Context, NodeError, NodeParams, advanced, lines, node, secret


class Params(NodeParams):
    channel: Literal["hook", "mail"] = Field(
        "hook",
        title="Channel",
        description="A web hook of your own, or a mail to the addresses that are subscribed to this deployment’s notices.",
    )
    address_secret: str | None = secret(
        title="Address", description="For a hook: a secret that holds its web address, such as an incoming webhook of a chat."
    )
    message: str = lines("A run is done.", max_length=2_000, title="Message", description="What is said before the figures.")
    form: Literal["text", "figures"] = Field(
        "text",
        title="Form",
        description="One text, as chats take it, or every figure, too: as an object for a program, in a mail line by line.",
    )
    subject: str = advanced("", max_length=200, title="Subject", description="Of a mail; left open, it names the workflow.")
    metric: str | None = Field(
        None, max_length=80, title="Only if", description="A figure of the evaluation; left open, it is always said."
    )
    below: float | None = Field(None, ge=-1e12, le=1e12, title="Below", description="Say it only where the figure is below this.")
    above: float | None = Field(None, ge=-1e12, le=1e12, title="Above", description="Say it only where the figure is above this.")


@node(title="Notify", group="Deliver", family="effect", icon="bell", cacheable=False)
def notify(evaluation: AnyEvaluation, params: Params, context: Context) -> AnyEvaluation:
    """Send a message with the evaluation’s sentence to a web hook or by mail, always or only where a figure crosses a limit.

    The address of a hook is a secret and is never logged; a run that is retried sends the same `Idempotency-Key` again, so that the other side can tell. A
    mail goes once to everybody who is subscribed to the notices of this deployment, and stands in the log as it was sent. The evaluation is handed on.
    """
    hook = params.address_secret if params.channel == "hook" else None
    if params.channel == "hook" and hook is None:
        raise NodeError(
            "secret-missing",
            "No hook is chosen.",
            field="params.address_secret",
            hint="Save its address as a secret and choose it, or take the channel mail.",
        )
    why = _reason(evaluation, params)
    if why is None:
        context.summary = f"nothing said: {params.metric} is within its limits"
        return evaluation
    sentence = str(evaluation.details.get("sentence", ""))
    text = "\n".join(part for part in (params.message, why, sentence) if part)
    if hook is None:
        said = _by_mail(text, evaluation, params, context)
    else:
        body = {"text": text} if params.form == "text" else {"text": text, "sentence": sentence, "figures": evaluation.metrics}
        said = f"said to {post(context.secret(hook), body, identity=context.identity)}"
    context.summary = said + (f": {why}" if why else "")
    return evaluation


def _by_mail(text: str, evaluation: AnyEvaluation, params: Params, context: Context) -> str:
    if params.form == "figures":
        figures = (f"{name}: {'not defined' if value is None else numeral(value)}" for name, value in evaluation.metrics.items())
        text = "\n".join([text, "", *figures])
    made = context.effect("send_notice", {"subject": params.subject, "message": text})
    context.log(f"published to {made['topic']}:")
    for line in text.splitlines():
        context.log(f"  {line}")
    if made["note"]:
        context.warn("notice-unheard", made["note"])
    return f"published to {made['topic']}, {made['subscribed']} subscribed"


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
