"""Let a model through only if it is good enough."""

from typing import NamedTuple

from pydantic import Field

from node_containers.metrics import LOWER_IS_BETTER
from node_containers.numerals import numeral
from node_containers.sdk import AnyEvaluation, AnyModel, Context, NodeError, NodeParams, node


class Params(NodeParams):
    metric: str = Field(
        "accuracy", min_length=1, max_length=60, title="Metric", description="A figure of the evaluation, such as accuracy, roc_auc or mae."
    )
    at_least: float | None = Field(
        0.8, ge=-1e12, le=1e12, title="At least", description="The figure must reach this; left open, there is no lower bound."
    )
    at_most: float | None = Field(
        None,
        ge=-1e12,
        le=1e12,
        title="At most",
        description="The figure must not exceed this: for errors; left open, there is no upper bound.",
    )


class Outputs(NamedTuple):
    passed: AnyModel | None
    otherwise: AnyModel | None


@node(title="Metric gate", group="Deliver", family="evaluate", icon="barrier-block", flow="gate")
def metric_gate(model: AnyModel, evaluation: AnyEvaluation, params: Params, context: Context) -> Outputs:
    """Hand a model on at “passed” if a figure is good enough, and at “otherwise” if it is not.

    What is connected to the other output is skipped, and says so. A figure that is not defined never passes.
    """
    if params.metric not in evaluation.metrics:
        known = ", ".join(sorted(evaluation.metrics)[:12])
        raise NodeError(
            "metric-unknown", f"The evaluation has no figure “{params.metric}”.", field="params.metric", hint=f"It has: {known}."
        )
    if params.at_most is None and params.metric.removeprefix(_port(params.metric)) in LOWER_IS_BETTER:
        message = f"Of {params.metric}, less is better; a lower bound alone lets the worse models pass."
        context.warn("limit-upside-down", f"{message} Set “at most” instead.")
    figure = evaluation.metrics[params.metric]
    good = figure is not None and _within(figure, params)
    shown = "not defined" if figure is None else numeral(figure)
    context.summary = f"{params.metric} is {shown}: {'passes' if good else 'does not pass'} ({_bounds(params)})"
    if figure is not None:
        context.metric(params.metric, figure)
    return Outputs(model if good else None, None if good else model)


def _port(metric: str) -> str:
    """What stands in front of the figure of another model than the first."""
    return next((f"{port}_" for port in ("second", "third", "fourth") if metric.startswith(f"{port}_")), "")


def _within(figure: float, params: Params) -> bool:
    return (params.at_least is None or figure >= params.at_least) and (params.at_most is None or figure <= params.at_most)


def _bounds(params: Params) -> str:
    words = [f"at least {numeral(params.at_least, 6)}"] if params.at_least is not None else []
    words += [f"at most {numeral(params.at_most, 6)}"] if params.at_most is not None else []
    return " and ".join(words) or "no bound"
