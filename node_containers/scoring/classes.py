"""The charts of a model that tells classes apart, as data (`docs/charts.md`)."""

from typing import Any

import numpy as np
from sklearn import metrics as scores

from node_containers.charts import CURVE_POINTS, chart
from node_containers.scoring.answers import Classified

BINS = 10
THRESHOLDS = np.linspace(0, 1, 101)

Charts = list[dict[str, Any]]


def class_charts(said: Classified, cost_false_positive: float, cost_false_negative: float) -> Charts:
    """Confusion always; curves where both classes are among the rows; a table by class where there are more than two."""
    rated = said.rated
    codes = np.arange(len(said.classes))
    counts = scores.confusion_matrix(rated.truth, rated.predicted, labels=codes) if len(rated.truth) else np.zeros((len(codes),) * 2, int)
    charts = [chart("confusion", labels=said.classes, counts=counts.tolist())]
    if not len(rated.truth):
        return charts
    if said.binary:
        if 0 < rated.truth.sum() < len(rated.truth):
            charts += [_roc(rated), _pr(rated), _lift(rated)]
        charts += [_calibration(rated), _threshold(rated, cost_false_positive, cost_false_negative)]
        return charts
    return [*charts, _by_class(rated, counts), _calibration(rated)]


def _roc(said: Classified) -> dict[str, Any]:
    fpr, tpr, thresholds = scores.roc_curve(said.truth, said.probabilities[:, 1])
    keep = _spread(len(fpr))
    # The curve starts above every probability; as a threshold that is one.
    curve = {"fpr": fpr[keep].tolist(), "tpr": tpr[keep].tolist(), "thresholds": np.clip(thresholds[keep], 0.0, 1.0).tolist()}
    return chart("roc", **curve, auc=min(1.0, float(scores.auc(fpr, tpr))), positive=said.classes[1])


def _pr(said: Classified) -> dict[str, Any]:
    precision, recall, thresholds = scores.precision_recall_curve(said.truth, said.probabilities[:, 1])
    keep = _spread(len(precision))
    # The last point, recall 0, has no threshold of its own: nothing is predicted there.
    at = np.clip(np.append(thresholds, 1.0), 0.0, 1.0)
    # A sum of many shares may come out a hair above one.
    average = min(1.0, float(scores.average_precision_score(said.truth, said.probabilities[:, 1])))
    curve = {"precision": precision[keep].tolist(), "recall": recall[keep].tolist(), "thresholds": at[keep].tolist()}
    return chart("pr", **curve, average_precision=average, rate=float(said.truth.mean()), positive=said.classes[1])


def _calibration(said: Classified) -> dict[str, Any]:
    """Two classes: the probability of the second. More: how sure the model is of the class it predicts, against how often it is right."""
    sure = said.probabilities[:, 1] if said.binary else said.probabilities.max(axis=1)
    right = said.truth == 1 if said.binary else said.truth == said.probabilities.argmax(axis=1)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    filled = np.unique(bins)
    predicted = np.array([sure[bins == one].mean() for one in filled])
    observed = np.array([right[bins == one].mean() for one in filled])
    rows = np.array([(bins == one).sum() for one in filled])
    error = float((np.abs(predicted - observed) * rows).sum() / rows.sum())
    names = {"positive": said.classes[1]} if said.binary else {"title": "Calibration of the predicted class"}
    lists = {"predicted": np.clip(predicted, 0, 1).tolist(), "observed": observed.tolist(), "rows": rows.tolist()}
    return chart("calibration", **lists, error=error, **names)


def _threshold(said: Classified, cost_false_positive: float, cost_false_negative: float) -> dict[str, Any]:
    positive = np.sort(said.probabilities[said.truth == 1, 1])
    negative = np.sort(said.probabilities[said.truth == 0, 1])
    # From its threshold on the second class is predicted: `left` counts the rows strictly below.
    fn, tn = np.searchsorted(positive, THRESHOLDS, "left"), np.searchsorted(negative, THRESHOLDS, "left")
    tp, fp = len(positive) - fn, len(negative) - tn
    cost = fp * cost_false_positive + fn * cost_false_negative
    # Of equally cheap thresholds the one nearest to one half.
    cheapest = np.flatnonzero(cost == cost.min())
    best = THRESHOLDS[cheapest[np.argmin(np.abs(THRESHOLDS[cheapest] - 0.5))]]
    counts = {"tn": tn.tolist(), "fp": fp.tolist(), "fn": fn.tolist(), "tp": tp.tolist(), "cost": cost.tolist()}
    costs = {"cost_false_positive": cost_false_positive, "cost_false_negative": cost_false_negative}
    names = {"positive": said.classes[1], "negative": said.classes[0]}
    return chart("threshold", thresholds=THRESHOLDS.round(2).tolist(), **counts, **costs, chosen=said.threshold, best=float(best), **names)


def _lift(said: Classified) -> dict[str, Any]:
    """The rows in order of their scores; equal scores are taken together, as far as they go, at the rate they have."""
    scored = said.probabilities[:, 1]
    order = np.argsort(-scored, kind="stable")
    hits = (said.truth[order] == 1).astype(float)
    _, groups = np.unique(-scored[order], return_inverse=True)
    hits = (np.bincount(groups, hits) / np.bincount(groups))[groups]
    gain = np.cumsum(hits) / hits.sum()
    places = np.unique(np.ceil(np.arange(1, 101) * len(order) / 100).astype(int)) - 1
    shares = (places + 1) / len(order)
    found = np.clip(gain[places], 0, 1)
    lists = {"shares": shares.tolist(), "gain": found.tolist(), "lift": (found / shares).tolist()}
    return chart("lift", **lists, rate=float((said.truth == 1).mean()), positive=said.classes[1])


def _by_class(said: Classified, counts: np.ndarray) -> dict[str, Any]:
    codes = np.arange(len(said.classes))
    precision, recall, f1, rows = scores.precision_recall_fscore_support(said.truth, said.predicted, labels=codes, zero_division=np.nan)
    lines = [
        [name, int(rows[code]), *(None if np.isnan(one[code]) else float(one[code]) for one in (precision, recall, f1))]
        for code, name in enumerate(said.classes)
    ]
    return chart("table", title="By class", columns=["class", "rows", "precision", "recall", "f1"], rows=lines[:1_000])


def _spread(points: int) -> np.ndarray:
    """So many points of a curve as a picture can show, both ends among them."""
    return np.unique(np.linspace(0, points - 1, CURVE_POINTS).round().astype(int))
