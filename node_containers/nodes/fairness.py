"""Compare how a model treats groups of people."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from fairlearn.metrics import (
    MetricFrame,
    count,
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    false_negative_rate,
    false_positive_rate,
    mean_prediction,
    selection_rate,
)
from pydantic import Field
from sklearn.metrics import accuracy_score, mean_absolute_error, root_mean_squared_error

from node_containers.charts import chart
from node_containers.numerals import numeral
from node_containers.scoring.answers import Classified, classify, known_rows, measure
from node_containers.scoring.groups import FEW_ROWS, group_names
from node_containers.sdk import AnyEvaluation, AnyModel, Context, Evaluation, NodeError, NodeParams, TestTable, columns, node

CLASS_METRICS: dict[str, Callable[..., float]] = {
    "accuracy": accuracy_score,
    "selection_rate": selection_rate,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
}
QUANTITY_METRICS: dict[str, Callable[..., float]] = {
    "mae": mean_absolute_error,
    "rmse": root_mean_squared_error,
    "mean_prediction": mean_prediction,
}


class Params(NodeParams):
    sensitive_columns: list[str] = columns(
        [], title="Groups by", description="The columns whose groups are compared, such as sex; they need not be features of the model."
    )
    positive_class: str | None = Field(
        None,
        max_length=200,
        title="Favourable outcome",
        description="The class people hope for, such as approved, or no fraud. Open: the second in order, and it is not called favourable.",
    )
    limit: float = Field(
        0.8,
        ge=0,
        le=1,
        title="Rule",
        description="A group predicted the outcome less than this share as often as another is warned about (four fifths).",
    )


@node(title="Fairness", group="Explain", family="evaluate", icon="scale")
def fairness(model: AnyModel, table: TestTable, params: Params, context: Context) -> AnyEvaluation:
    """Compare a model's figures between groups of the test rows: who is predicted what how often, and who bears which errors.

    Classes: accuracy, how often the outcome (the favourable class where one is named, else the second) is predicted, false positive and false negative
    rate by group; the differences of demographic parity and equalised odds. Quantities: errors and mean prediction by group. Computed by fairlearn.
    Which difference is unjust no figure can tell.
    """
    chosen = params.sensitive_columns
    if not chosen:
        message = "No column of groups is named."
        raise NodeError("column-missing", message, field="params.sensitive_columns", hint="Name a column such as sex or age.")
    if model.info["target"] is None:
        raise NodeError(
            "task-mismatch", "A model without a target cannot be compared.", field="model", hint="Connect a model with a target."
        )
    frame = known_rows(model, table, context)
    said = classify(model, frame).rated if model.info["classes"] else measure(model, frame)
    if isinstance(said, Classified):
        kept = classify(model, frame).truth >= 0
        good = _good(said.classes, params.positive_class)
        truth, predicted = (said.truth == good).astype(int), (said.predicted == good).astype(int)
        right = said.truth == said.predicted
    else:
        kept, truth, predicted, right = np.ones(len(frame), bool), said.truth, said.predicted, None
    outcome = _outcome(said, params.positive_class)
    charts, metrics = [], dict[str, float | None]()
    for name in chosen:
        groups = pd.Series(group_names(frame[name])[kept], name=name)
        charts.append(_table(name, groups, truth, predicted, right))
        metrics |= _differences(name, groups, truth, predicted, classes=right is not None)
        _warn(name, metrics, groups, params, outcome, context)
    context.charts.extend(charts)
    for name, value in metrics.items():
        context.metric(name, value)
    context.summary = _sentence(chosen[0], charts[0], metrics, outcome, favourable=params.positive_class is not None)
    return Evaluation(metrics, charts, {}, {"rows": int(kept.sum()), "sentence": context.summary, "outcome": outcome})


def _good(classes: list[str], wanted: str | None) -> int:
    if wanted is not None and wanted not in classes:
        message = f"The model knows no class “{wanted}”."
        raise NodeError("class-unknown", message, field="params.positive_class", hint=f"It knows {', '.join(classes[:12])}.")
    return classes.index(wanted) if wanted is not None else min(1, len(classes) - 1)


def _table(name: str, groups: pd.Series, truth: np.ndarray, predicted: np.ndarray, right: np.ndarray | None) -> dict[str, Any]:
    """One line a group, the largest first, and one for all rows."""
    metrics = {"rows": count, **(CLASS_METRICS if right is not None else QUANTITY_METRICS)}
    with warnings.catch_warnings():
        # A rate of a group without such rows is not defined: it is shown as empty.
        warnings.simplefilter("ignore")
        found = MetricFrame(metrics=metrics, y_true=truth, y_pred=predicted, sensitive_features=groups)
    by_group = found.by_group.sort_values("rows", ascending=False, kind="stable")
    if right is not None:
        # With more than two classes, accuracy is that of all classes, not of the outcome alone.
        by_group["accuracy"] = pd.Series(right).groupby(groups.to_numpy()).mean().reindex(by_group.index)
        found.overall["accuracy"] = float(np.mean(right))
    lines = [[str(group), *(_cell(metric, row[metric]) for metric in metrics)] for group, row in by_group.iterrows()]
    lines.append(["all rows", *(_cell(metric, found.overall[metric]) for metric in metrics)])
    return chart("table", title=f"By {name[:120]}", columns=[name, *metrics], rows=lines)


def _cell(metric: str, value: Any) -> int | float | None:
    if pd.isna(value):
        return None
    return int(value) if metric == "rows" else float(value)


def _differences(name: str, groups: pd.Series, truth: np.ndarray, predicted: np.ndarray, *, classes: bool) -> dict[str, float | None]:
    if not classes:
        errors = pd.Series(np.abs(truth - predicted)).groupby(groups.to_numpy()).mean()
        return {f"{name}_mae_difference": float(errors.max() - errors.min())}
    given = {"y_true": truth, "y_pred": predicted, "sensitive_features": groups}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {
            "demographic_parity_difference": demographic_parity_difference(**given),
            "demographic_parity_ratio": demographic_parity_ratio(**given),
            "equalized_odds_difference": equalized_odds_difference(**given),
        }
    return {f"{name}_{metric}": None if pd.isna(value) else float(value) for metric, value in found.items()}


def _warn(name: str, metrics: dict[str, float | None], groups: pd.Series, params: Params, outcome: str, context: Context) -> None:
    ratio = metrics.get(f"{name}_demographic_parity_ratio")
    if ratio is not None and ratio < params.limit:
        compared = f"{100 * ratio:.0f} % as often as for another; the rule is {100 * params.limit:.0f} %."
        if params.positive_class is not None:
            message = f"By “{name}”, the favourable outcome {outcome} is predicted for one group {compared}"
        else:
            message = f"By “{name}”, {outcome} is predicted for one group {compared} Name the favourable outcome if that is another class."
        context.warn("disparate-impact", message)
    counts = groups.value_counts()
    if (small := counts[counts < FEW_ROWS]).any():
        context.warn(
            "groups-small", f"By “{name}”, {len(small)} of {len(counts)} groups have fewer than {FEW_ROWS} rows: their figures say little."
        )


def _outcome(said: Any, wanted: str | None) -> str:
    return f"“{said.classes[_good(said.classes, wanted)][:60]}”" if isinstance(said, Classified) else ""


def _sentence(name: str, table: dict[str, Any], metrics: dict[str, float | None], outcome: str, *, favourable: bool) -> str:
    """How often the outcome is predicted for the groups that are farthest apart; the last line of the table is all rows."""
    # The first column is the people's own, whatever it is called.
    if "selection_rate" in table["columns"][1:]:
        at = 1 + table["columns"][1:].index("selection_rate")
        often, seldom = (choose(table["rows"][:-1], key=lambda line: line[at]) for choose in (max, min))
        words = f"the favourable outcome {outcome}" if favourable else outcome
        parts = (f"{100 * line[at]:.0f} of 100 “{line[0][:60]}”" for line in (often, seldom))
        return f"by “{name}”, {words} is predicted for {' and for '.join(dict.fromkeys(parts))}"
    return f"by “{name}”, the mean error differs by {numeral(metrics.get(f'{name}_mae_difference') or 0, 3)}"
