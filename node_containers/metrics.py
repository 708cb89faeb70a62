"""The figures that models are scored by, in one vocabulary: what they are called, which end is better, and what they fit.

Evaluate, Compare models, Metric gate and the canvas (through the catalogue) read this table; Tune, AutoML and Feature importance name scikit-learn's
scorers, which are larger the better.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from node_containers.sdk import NodeError

Task = Literal["two classes", "more classes", "quantities", "clusters", "anomalies"]
# Figures of models that learn a target.
TargetMetric = Literal[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "specificity",
    "f1",
    "mcc",
    "kappa",
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "r2",
    "mae",
    "median_absolute_error",
    "rmse",
    "mape",
]
GroupMetric = Literal["silhouette", "adjusted_rand", "mutual_information", "odd_share"]
Scoring = Literal[
    "roc_auc", "accuracy", "balanced_accuracy", "f1_macro", "neg_log_loss", "r2", "neg_mean_absolute_error", "neg_root_mean_squared_error"
]
Value = TypeVar("Value")


class Metric(NamedTuple):
    title: str
    tasks: tuple[Task, ...]
    # None where neither end is better.
    higher_is_better: bool | None = True


CLASSES: tuple[Task, ...] = ("two classes", "more classes")
METRICS: dict[str, Metric] = {
    "accuracy": Metric("accuracy", CLASSES),
    "balanced_accuracy": Metric("balanced accuracy", CLASSES),
    "precision": Metric("precision", CLASSES),
    "recall": Metric("recall", CLASSES),
    "specificity": Metric("specificity", ("two classes",)),
    "f1": Metric("F1", CLASSES),
    "mcc": Metric("Matthews correlation", CLASSES),
    "kappa": Metric("Cohen’s kappa", CLASSES),
    "roc_auc": Metric("ROC AUC", (*CLASSES, "anomalies")),
    "average_precision": Metric("average precision", ("two classes",)),
    "log_loss": Metric("log loss", CLASSES, higher_is_better=False),
    "brier": Metric("Brier score", CLASSES, higher_is_better=False),
    "r2": Metric("R²", ("quantities",)),
    "mae": Metric("mean absolute error", ("quantities",), higher_is_better=False),
    "median_absolute_error": Metric("median absolute error", ("quantities",), higher_is_better=False),
    "rmse": Metric("root mean squared error", ("quantities",), higher_is_better=False),
    "mape": Metric("mean absolute percentage error", ("quantities",), higher_is_better=False),
    "silhouette": Metric("silhouette", ("clusters",)),
    "adjusted_rand": Metric("adjusted Rand index", ("clusters",)),
    "mutual_information": Metric("normalised mutual information", ("clusters",)),
    "odd_share": Metric("share of odd rows", ("anomalies",), higher_is_better=None),
}
LOWER_IS_BETTER = frozenset(name for name, one in METRICS.items() if one.higher_is_better is False)


def entries() -> dict[str, dict[str, Any]]:
    """The vocabulary as the catalogue carries it."""
    return {name: {"title": one.title, "higher_is_better": one.higher_is_better} for name, one in METRICS.items()}


def in_words(name: str) -> str:
    """A figure, or a score of scikit-learn whichever way its sign is turned, as people say it: ROC AUC, root mean squared error."""
    plain = name.removeprefix("neg_")
    return METRICS[plain].title if plain in METRICS else plain.replace("_", " ")


def task_of_model(info: Mapping[str, Any]) -> Task:
    """What a model learned, by its words (`Model.info`)."""
    if info["target"] is None:
        return "clusters" if info["task"] == "clustering" else "anomalies"
    if not info["classes"]:
        return "quantities"
    return "two classes" if len(info["classes"]) == 2 else "more classes"


def fitting(names: Sequence[str], task: Task, field: str) -> tuple[str, ...]:
    """The names, each once. Raises `NodeError` metric-unknown, about the param `field`, for the first that is not defined for the task."""
    for name in names:
        if task not in METRICS[name].tasks:
            known = ", ".join(one for one, metric in METRICS.items() if task in metric.tasks)
            message = f"{METRICS[name].title} is no figure of {task}."
            raise NodeError("metric-unknown", message, field=field, hint=f"There is {known}.")
    return tuple(dict.fromkeys(names))


def headed(values: Mapping[str, Value], first: Sequence[str]) -> dict[str, Value]:
    """The same values, with those of the chosen names in front."""
    return {name: values[name] for name in first if name in values} | {name: value for name, value in values.items() if name not in first}


def usual_metric(info: Mapping[str, Any]) -> str:
    """What models are compared by where nothing is chosen."""
    return {"quantities": "rmse", "two classes": "roc_auc"}.get(task_of_model(info), "accuracy")


def usual_scoring(task: str, classes: int) -> str:
    """The scorer of a search, a learning curve and a loop where nothing is chosen: R² of quantities, ROC AUC of two classes, accuracy of more."""
    return "r2" if task == "regression" else "roc_auc" if classes == 2 else "accuracy"
