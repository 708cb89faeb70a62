"""Compare models on test rows and choose the best."""

import time
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from node_containers.charts import chart
from node_containers.fitting import same_task
from node_containers.metrics import LOWER_IS_BETTER, TargetMetric, in_words, usual_metric
from node_containers.numerals import numeral
from node_containers.scoring.answers import known_rows, predict
from node_containers.scoring.measures import paired
from node_containers.scoring.report import Manner, Scored, score
from node_containers.sdk import AnyEvaluation, AnyModel, Context, Evaluation, Model, NodeError, NodeParams, TestTable, advanced, node, seed

PORTS = ("model", "second", "third", "fourth")
LATENCY_REPEATS = 9


class Params(NodeParams):
    metric: TargetMetric | None = Field(
        None,
        title="Compare by",
        description="Left open: ROC AUC for two classes, accuracy for more, root mean squared error for quantities.",
    )
    positive_class: str | None = Field(
        None,
        max_length=200,
        title="Positive class",
        description="With two classes: the one that F1 and average precision are about, such as yes or fraud. Open: the second in order.",
    )
    tie_break: Literal["size", "latency"] = Field(
        "size",
        title="Of equals",
        description="Which of equally good models is taken: the smaller one, or the quicker one as measured in this run.",
    )
    tolerance: float = advanced(
        0.0, ge=0, le=1e9, title="Equally good", description="Models whose figures are no farther apart than this count as equally good."
    )
    bootstrap: int = advanced(200, ge=0, le=10_000, title="Resamples", description="Rows are drawn so often for the 95 % intervals.")
    random_state: int = seed(description="Decides which rows the resamples draw.")


class Outputs(NamedTuple):
    best: AnyModel
    evaluation: AnyEvaluation


@node(title="Compare models", group="Evaluate", family="evaluate", icon="trophy", titles={"best": "Best model"})
def compare_models(
    model: AnyModel,
    table: TestTable,
    params: Params,
    context: Context,
    second: AnyModel | None = None,
    third: AnyModel | None = None,
    fourth: AnyModel | None = None,
) -> Outputs:
    """Rank models on the same rows they have never seen, and hand on the best.

    The evaluation holds the best model's figures; `lead`, how much better it is than the next; and `lead_of_first`, how much better the first model is than the
    best of the others (below zero where it is worse): a gate on it lets a new model pass only if it beats the old one. Differences have paired intervals:
    both models are scored on the same resamples.
    """
    models = {port: one for port, one in zip(PORTS, (model, second, third, fourth), strict=True) if one is not None}
    same_task(list(models.items()))
    if model.info["target"] is None:
        raise NodeError(
            "task-mismatch", "Models without a target cannot be ranked.", field="model", hint="Connect models that learn a target."
        )
    frame = known_rows(model, table, context)
    asked = (params.metric,) if params.metric else ()
    manner = Manner(resamples=params.bootstrap, seed=params.random_state, positive=params.positive_class, also=asked)
    scored = {port: score(one, frame, manner, context) for port, one in models.items()}
    metric = _metric(params, model, scored["model"])
    latencies = {port: _latency(one, frame) for port, one in models.items()}
    order = _ranked(models, scored, metric, params, latencies)
    evaluation = _evaluation(models, scored, metric, order, params)
    leaders = _leaders(models, scored, metric, order)
    reason = (
        f"best {in_words(metric)}"
        if params.tolerance == 0
        else f"{in_words(metric)} within {numeral(params.tolerance, 6)} of the best, {params.tie_break} decides"
    )
    board = {"metric": metric, "higher_is_better": metric not in LOWER_IS_BETTER, "reason": reason}
    # The latency is of this run alone: it is shown on the run's page, and not part of what is stored and compared.
    context.chart(
        "leaderboard", **board, leaders=[{**one, "latency_ms": latencies[port]} for port, one in zip(order, leaders, strict=True)]
    )
    evaluation.charts.insert(0, chart("leaderboard", **board, leaders=leaders))
    context.charts.extend(evaluation.charts[1:])
    for name, value in evaluation.metrics.items():
        context.metric(name, value)
    context.summary = str(evaluation.details["sentence"])
    return Outputs(models[order[0]], evaluation)


def _metric(params: Params, model: Model, scored: Scored) -> str:
    found = params.metric or usual_metric(model.info)
    if scored.value(found) is None:
        known = ", ".join(one.name for one in scored.figures if one.value is not None)
        why = scored.undefined.get(found, "these models have no such figure")
        raise NodeError(
            "metric-unknown", f"{in_words(found)} is not defined here: {why}.", field="params.metric", hint=f"There is {known}."
        )
    return found


def _ranked(models: dict[str, Model], scored: dict[str, Scored], metric: str, params: Params, latencies: dict[str, float]) -> list[str]:
    """Ports, the best first. Equals (within the tolerance of the best) go by the tie-break, then by the order of the ports."""
    sign = 1 if metric in LOWER_IS_BETTER else -1
    figures = {port: sign * _known(one, metric) for port, one in scored.items()}
    best = min(figures.values())
    sizes = {port: float((one.stored or {}).get("bytes", 0)) for port, one in models.items()}
    costs = sizes if params.tie_break == "size" else latencies

    def place(port: str) -> tuple[float, float, int]:
        behind = figures[port] - best
        return 0.0 if behind <= params.tolerance else behind, costs[port], PORTS.index(port)

    return sorted(models, key=place)


def _known(scored: Scored, metric: str) -> float:
    value = scored.value(metric)
    return float("-inf") if value is None else value


def _evaluation(models: dict[str, Model], scored: dict[str, Scored], metric: str, order: list[str], params: Params) -> Evaluation:
    best = scored[order[0]]
    metrics, undefined = dict(best.metrics), dict(best.undefined)
    sign = -1 if metric in LOWER_IS_BETTER else 1
    words = f"{models[order[0]].info['estimator']} ({order[0]}) is best: {in_words(metric)} {numeral(_known(best, metric))}"
    if len(order) > 1:
        others = [port for port in order if port != "model"]
        metrics["lead"] = sign * (_known(best, metric) - _known(scored[order[1]], metric))
        metrics["lead_of_first"] = sign * (_known(scored["model"], metric) - _known(scored[others[0]], metric))
        between = paired((best.said, scored[order[1]].said), metric, params.bootstrap, params.random_state)
        if between is not None:
            low, high = sorted(sign * end for end in between)
            metrics |= {"lead_low": low, "lead_high": high}
            sure = "surely" if low > 0 else "perhaps by chance"
            words += f", {numeral(metrics['lead'])} better than the next ({sure}: {numeral(low, 3)} to {numeral(high, 3)})"
    charts = [{**one, "model": f"{models[port].info['estimator']} ({port})"[:200]} for port in order for one in scored[port].charts]
    details = {**best.details, "sentence": words, "metric": metric, "best": order[0]}
    return Evaluation(metrics, charts, undefined, details)


def _leaders(models: dict[str, Model], scored: dict[str, Scored], metric: str, order: list[str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for port in order:
        figure = next(one for one in scored[port].figures if one.name == metric)
        ends = {"score": figure.value, "low": figure.low, "high": figure.high}
        size = (models[port].stored or {}).get("bytes")
        values = {one.name: one.value for one in scored[port].figures}
        found.append(
            {"model": port, "estimator": models[port].info["estimator"], **ends, "bytes": size, "best": port == order[0], "metrics": values}
        )
    return found


def _latency(model: Model, frame: pd.DataFrame) -> float:
    """Milliseconds to predict one row, median of a few."""
    one = frame.iloc[:1]
    times = []
    for _ in range(LATENCY_REPEATS):
        began = time.perf_counter()
        predict(model, one)
        times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times))
