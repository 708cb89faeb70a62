"""Score models on test rows."""

from typing import Any

from pydantic import Field

from node_containers.fitting import same_task
from node_containers.metrics import GroupMetric, TargetMetric, fitting, task_of_model
from node_containers.scoring.answers import known_rows
from node_containers.scoring.report import Manner, Scored, score
from node_containers.scoring.rows import attach_predictions
from node_containers.scoring.unsupervised import score_groups
from node_containers.sdk import AnyEvaluation, AnyModel, Context, Evaluation, Model, NodeParams, TestTable, advanced, columns, node, seed

PORTS = ("model", "second", "third", "fourth")


class Params(NodeParams):
    metrics: list[TargetMetric | GroupMetric] = Field(
        [],
        max_length=12,
        title="Metrics",
        description="The figures that head the result, the most important first; left open, the usual ones of the task. Gates see all of them.",
    )
    positive_class: str | None = Field(
        None,
        max_length=200,
        title="Positive class",
        description="With two classes: the one that precision, recall and the curves are about, such as yes or fraud. Open: the second in order.",
    )
    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        title="Threshold",
        description="With two classes: from this probability on, the positive one is predicted. Open: the model's own, one half unless it was tuned.",
    )
    slices: list[str] = columns([], title="By group", description="Figures are given for each value of these columns, too.")
    cost_false_positive: float = advanced(
        1.0, ge=0, le=1e9, title="Cost of a false alarm", description="What it costs to predict the positive class where it is the other."
    )
    cost_false_negative: float = advanced(
        1.0, ge=0, le=1e9, title="Cost of a miss", description="What it costs to predict the other class where it is the positive one."
    )
    noun: str = advanced(
        "test rows", min_length=1, max_length=40, title="A row is called", description="For the sentence: passengers, customers, flowers."
    )
    bootstrap: int = advanced(
        200, ge=0, le=10_000, title="Resamples", description="Rows are drawn so often for the 95 % intervals; 0 leaves them out."
    )
    random_state: int = seed(description="Decides which rows the resamples draw.")


@node(title="Evaluate", group="Evaluate", family="evaluate", icon="target")
def evaluate(
    model: AnyModel,
    table: TestTable,
    params: Params,
    context: Context,
    second: AnyModel | None = None,
    third: AnyModel | None = None,
    fourth: AnyModel | None = None,
) -> AnyEvaluation:
    """Score one to four models on rows they have never seen, beside what guessing would give.

    Classes: accuracy, balanced accuracy, precision, recall, F1, ROC AUC, log loss, each with a 95 % bootstrap interval and the figure of the dummy baseline;
    confusion matrix, ROC, precision and recall, calibration, lift, and what each threshold would cost. The positive class is the second in order
    unless another is named. Chosen figures head the result; beside the usual ones there are specificity, the Matthews correlation, Cohen's kappa and the
    Brier score, and for quantities the median and the percentage error.
    Quantities: R², mean absolute error, root mean squared error, residuals, and the rows missed the most. Clusters and anomalies: silhouette, sizes,
    and how they agree with the declared target. A figure that is not defined says why instead of being zero.
    """
    models = [(port, one) for port, one in zip(PORTS, (model, second, third, fourth), strict=True) if one is not None]
    same_task(models)
    chosen = fitting(params.metrics, task_of_model(model.info), "params.metrics")
    if model.info["target"] is None:
        return score_groups(model, table, context, chosen)
    frame = known_rows(model, table, context)
    manner = Manner(
        params.threshold,
        params.bootstrap,
        params.random_state,
        params.cost_false_positive,
        params.cost_false_negative,
        tuple(params.slices),
        params.noun,
        params.positive_class,
        chosen,
    )
    scored = {port: score(one, frame, manner, context) for port, one in models}
    for port, one in models:
        attach_predictions(context, "predictions" if port == "model" else f"predictions_{port}", frame, one.info, scored[port].said)
    return _evaluation(models, scored, context)


def _evaluation(models: list[tuple[str, Model]], scored: dict[str, Scored], context: Context) -> Evaluation:
    """Figures of the first model under their names, those of the others behind the name of their port."""
    metrics: dict[str, float | None] = {}
    undefined: dict[str, str] = {}
    charts: list[dict[str, Any]] = []
    for port, model in models:
        prefix = "" if port == "model" else f"{port}_"
        name = {"model": f"{model.info['estimator']} ({port})"[:200]} if len(models) > 1 else {}
        metrics |= {f"{prefix}{figure}": value for figure, value in scored[port].metrics.items() if not (prefix and "baseline" in figure)}
        undefined |= {f"{prefix}{figure}": reason for figure, reason in scored[port].undefined.items()}
        charts += [{**one, **name} for one in scored[port].charts]
    for figure, value in metrics.items():
        context.metric(figure, value)
    context.charts.extend(charts)
    sentences = [
        scored[port].sentence if len(models) == 1 else f"{model.info['estimator']}: {scored[port].sentence}" for port, model in models
    ]
    context.summary = "; ".join(sentences)[:300]
    details = {**scored["model"].details, "sentence": "; ".join(sentences), "models": {port: one.info["estimator"] for port, one in models}}
    return Evaluation(metrics, charts, undefined, details)
