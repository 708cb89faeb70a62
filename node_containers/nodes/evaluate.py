"""Score a model on test rows."""

from typing import Any

import numpy as np
from pydantic import Field
from sklearn import metrics as scores

from node_containers.charts import chart
from node_containers.deciding import decide, threshold_of
from node_containers.fitting import class_codes
from node_containers.recipe import number_values
from node_containers.sdk import AnyEvaluation, AnyModel, Context, Evaluation, Model, NodeError, NodeParams, TestTable, node

CURVE_POINTS = 200


class Params(NodeParams):
    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        title="Threshold",
        description="With two classes: from this probability on, the second is predicted. Open: the model's own, one half unless it was tuned.",
    )


@node(title="Evaluate", group="Evaluate", family="evaluate", icon="target")
def evaluate(model: AnyModel, table: TestTable, params: Params, context: Context) -> AnyEvaluation:
    """Score a model on rows it has never seen, beside what guessing would give.

    Classes: accuracy, balanced accuracy, precision, recall, F1, ROC AUC, log loss, the confusion matrix and the ROC curve; the positive class is the
    second in order. Quantities: R², mean absolute error, root mean squared error. A figure that is not defined says why instead of being zero.
    """
    target = model.info["target"]
    if target not in table.frame.columns:
        raise NodeError(
            "target-unknown", f"The test rows have no column “{target}”.", field="table", hint="Score on a table of the same source."
        )
    known = table.frame[target].notna()
    context.drop(f"no value in the target “{target}”", table.frame[~known])
    frame = table.frame[known]
    if frame.empty:
        raise NodeError("data-no-rows", "There is no test row with a known target.", field="table", hint="Take a larger test share.")
    report = _classes(model, frame, params, context) if model.info["task"] == "classification" else _quantities(model, frame)
    for name, value in report.metrics.items():
        context.metric(name, value)
    context.charts.extend(report.charts)
    context.summary = _sentence(report, model)
    return report


def _classes(model: Model, frame: Any, params: Params, context: Context) -> Evaluation:
    classes: list[str] = model.info["classes"]
    truth = class_codes(frame[model.info["target"]], classes)
    if (unseen := int((truth < 0).sum())) > 0:
        context.warn("class-unseen", f"{unseen} test rows have a class that no training row had; they count as wrong.")
    probabilities = model.pipeline.predict_proba(frame)
    threshold = threshold_of(model.pipeline.named_steps["model"]) if params.threshold is None else params.threshold
    predicted = decide(probabilities, threshold)
    counts = np.bincount(truth[truth >= 0], minlength=len(classes))
    average = "binary" if len(classes) == 2 else "macro"
    rated = truth >= 0
    found: dict[str, float | None] = {
        "accuracy": float((truth == predicted).mean()),
        "baseline_accuracy": float(counts.max() / len(truth)),
        "balanced_accuracy": float(np.mean([(predicted[truth == code] == code).mean() for code in np.flatnonzero(counts)])),
        "precision": float(scores.precision_score(truth[rated], predicted[rated], average=average, zero_division=np.nan)),
        "recall": float(scores.recall_score(truth[rated], predicted[rated], average=average, zero_division=np.nan)),
        "f1": float(scores.f1_score(truth[rated], predicted[rated], average=average, zero_division=np.nan)),
        "log_loss": float(scores.log_loss(truth[rated], probabilities[rated], labels=np.arange(len(classes)))),
    }
    undefined = {
        name: "no row of that class was predicted or present" for name, value in found.items() if value is not None and np.isnan(value)
    }
    found.update(dict.fromkeys(undefined))
    charts: list[dict[str, Any]] = [
        {
            "kind": "confusion",
            "labels": classes,
            "counts": scores.confusion_matrix(truth[rated], predicted[rated], labels=np.arange(len(classes))).tolist(),
        }
    ]
    _rank(found, undefined, charts, truth[rated], probabilities[rated], counts)
    details = {"rows": len(truth), "positive": classes[1] if len(classes) == 2 else None, "threshold": threshold}
    return Evaluation(found, charts, undefined, details)


def _rank(
    found: dict[str, float | None],
    undefined: dict[str, str],
    charts: list[dict[str, Any]],
    truth: np.ndarray,
    probabilities: np.ndarray,
    counts: np.ndarray,
) -> None:
    """ROC AUC and, with two classes, the curve; not defined where a class is missing from the test rows."""
    found["roc_auc"] = None
    if (counts == 0).any():
        undefined["roc_auc"] = "a class has no test row"
    elif len(counts) == 2:
        fpr, tpr, thresholds = scores.roc_curve(truth, probabilities[:, 1])
        found["roc_auc"] = float(scores.auc(fpr, tpr))
        keep = np.unique(np.linspace(0, len(fpr) - 1, CURVE_POINTS).round().astype(int))
        # The curve starts above every probability; as a threshold that is one.
        curve = {"fpr": fpr[keep].tolist(), "tpr": tpr[keep].tolist(), "thresholds": np.minimum(thresholds[keep], 1.0).tolist()}
        charts.append({"kind": "roc", **curve, "auc": found["roc_auc"]})
    else:
        found["roc_auc"] = float(scores.roc_auc_score(truth, probabilities, multi_class="ovr", labels=np.arange(len(counts))))


def _quantities(model: Model, frame: Any) -> Evaluation:
    truth = number_values(frame[model.info["target"]])
    predicted = np.asarray(model.pipeline.predict(frame), dtype=float)
    constant = float(np.var(truth)) == 0.0
    found: dict[str, float | None] = {
        "r2": None if constant else float(scores.r2_score(truth, predicted)),
        "mae": float(scores.mean_absolute_error(truth, predicted)),
        "rmse": float(scores.root_mean_squared_error(truth, predicted)),
        "baseline_mae": float(np.mean(np.abs(truth - np.median(truth)))),
    }
    shown = np.unique(np.linspace(0, len(truth) - 1, 500).round().astype(int))
    charts = [chart("predicted_actual", predicted=predicted[shown].tolist(), actual=truth[shown].tolist(), total=len(truth))]
    return Evaluation(found, charts, {"r2": "all test rows have the same value"} if constant else {}, {"rows": len(truth)})


def _sentence(report: Evaluation, model: Model) -> str:
    rows = report.details["rows"]
    if model.info["task"] == "classification":
        right, guess = (round(100 * (report.metrics[name] or 0)) for name in ("accuracy", "baseline_accuracy"))
        return f"right for {right} of 100 on {rows:,} test rows; guessing would be {guess}"
    return f"off by {report.metrics['mae']:.4g} on average over {rows:,} test rows"
