"""What a fitted model tells of itself: the rounds it took, and what it weighs most."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import log_loss, mean_squared_error

from node_containers.charts import CURVE_POINTS, chart
from node_containers.explaining.features import summed
from node_containers.explaining.questions import questions_of
from node_containers.stopping import Stopped

FEATURES = 30
# Rows on which the stages of a model are scored that keeps no record of its own.
STAGED_ROWS = 2_000


class Fitted(NamedTuple):
    """An estimator and the matrix it was fitted on: the record of its rounds, where the library keeps one, is in `history`."""

    estimator: Any
    matrix: np.ndarray
    y: np.ndarray
    classes: Sequence[str]
    history: dict[str, Any]
    stopped: Stopped | None = None


def charts_of(fitted: Fitted, features: Sequence[str], sources: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rounds, questions and importances of the estimator, each where it has them. `sources` gives the column of the table behind each feature."""
    if (rounds := rounds_of(fitted)) is not None:
        yield rounds
    if (questions := questions_of(fitted.estimator, fitted.matrix, fitted.classes, features, sources)) is not None:
        yield questions
    if (importance := importance_of(fitted.estimator, fitted.matrix, features, sources)) is not None:
        yield importance


def rounds_of(fitted: Fitted) -> dict[str, Any] | None:
    """Loss on the training rows after each round or epoch; None for a model that is not made in rounds."""
    estimator, kind = fitted.estimator, type(fitted.estimator).__name__
    if fitted.history:
        (measure, losses), *_ = fitted.history["validation_0"].items()
        return _rounds(losses, str(measure), "boosting round", fitted.stopped)
    if kind.startswith("MLP") and getattr(estimator, "loss_curve_", None):
        held = getattr(estimator, "validation_scores_", None)
        words = "loss with regularisation" + ("" if held is None else f"; stopped at a validation score of {max(held):.3f}")
        return _rounds(estimator.loss_curve_, words, "epoch")
    if kind.startswith("HistGradientBoosting"):
        return _staged(fitted)
    return None


def _staged(fitted: Fitted) -> dict[str, Any]:
    rows = np.unique(np.linspace(0, len(fitted.y) - 1, STAGED_ROWS).round().astype(int))
    matrix, y = fitted.matrix[rows], fitted.y[rows]
    if fitted.classes:
        labels = np.arange(len(fitted.classes))
        losses = [float(log_loss(y, said, labels=labels)) for said in fitted.estimator.staged_predict_proba(matrix)]
        return _rounds(losses, "log loss", "boosting round")
    losses = [float(mean_squared_error(y, said)) for said in fitted.estimator.staged_predict(matrix)]
    return _rounds(losses, "mean squared error", "boosting round")


def _rounds(losses: Sequence[float], measure: str, unit: str, stopped: Stopped | None = None) -> dict[str, Any]:
    shown = np.unique(np.linspace(0, len(losses) - 1, CURVE_POINTS).round().astype(int))
    held = {} if stopped is None else {"validation": [stopped.losses[at] for at in shown], "best": stopped.best}
    return chart("rounds", rounds=(shown + 1).tolist(), train=[float(losses[at]) for at in shown], measure=measure, unit=unit, **held)


def importance_of(estimator: Any, matrix: np.ndarray, features: Sequence[str], sources: Sequence[str]) -> dict[str, Any] | None:
    """Coefficients of linear models, split gains of trees; None for models that weigh no feature by itself."""
    coefficients = getattr(estimator, "coef_", None)
    if isinstance(coefficients, np.ndarray) and coefficients.shape[-1] == len(features):
        # By the spread of the feature: a coefficient alone says as much about the unit as about the feature.
        weighed = np.atleast_2d(coefficients) * matrix.std(axis=0)
        values = weighed[0] if len(weighed) == 1 else np.abs(weighed).mean(axis=0)
        return _importance(list(features), values, "coefficient", "coefficient × standard deviation of the feature")
    gains = getattr(estimator, "feature_importances_", None)
    if gains is not None and len(gains) == len(features):
        names, totals = summed(np.nan_to_num(np.asarray(gains, dtype=float)), sources)
        boosted = type(estimator).__name__.startswith("XGB")
        measure = "share of the mean gain of its splits" if boosted else "share of the impurity its splits took away"
        return _importance(names, totals, "gain" if boosted else "impurity", measure)
    return None


def _importance(names: list[str], values: np.ndarray, method: str, measure: str) -> dict[str, Any]:
    order = np.argsort(-np.abs(values), kind="stable")[:FEATURES]
    shown = {"features": [names[at] for at in order], "values": [float(values[at]) for at in order]}
    return chart("importance", **shown, method=method, measure=measure)
