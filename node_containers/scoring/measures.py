"""Figures of a model, each with its bootstrap interval and what the dummy baseline reaches.

A figure is defined once, as a function of row weights: all ones give the figure itself, counts of a resample (rows drawn with replacement) give one
bootstrap value. Weights come as a matrix of shape (resamples, rows), so that no resample copies a row. Up to 5,000 rows the interval is the percentile
interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993); of more rows 5,000 are resampled, and their standard error is scaled to all rows, with
which it falls as one over their square root (Bickel, Götze and van Zwet, Resampling fewer than n observations, 1997).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from node_containers.metrics import LOWER_IS_BETTER
from node_containers.scoring.answers import Classified, Measured

Weights = np.ndarray
Said = TypeVar("Said", Classified, Measured)
# Figure by name: weights of shape (resamples, rows) → values of shape (resamples,), NaN where it is not defined.
Measures = Mapping[str, Callable[[Weights], np.ndarray]]

LEVEL = 0.95
# More rows are not resampled whole: an interval costs a moment, also for a million rows.
MOST_ROWS = 5_000
# 1.96 standard errors on both sides: 95 % of a normal distribution.
STANDARD_ERRORS = 1.96
RANKED = ("roc_auc", "average_precision")


@dataclass(frozen=True)
class Figure:
    """A figure, its interval, and the same of the baseline. NaN is not among them: None, with the reason."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    reason: str | None = None

    @property
    def higher_is_better(self) -> bool:
        return self.name not in LOWER_IS_BETTER

    def as_tile(self) -> dict[str, object]:
        """As the chart kind `metrics` takes it."""
        found = {"name": self.name, "value": self.value, "low": self.low, "high": self.high, "baseline": self.baseline}
        return {**found, "higher_is_better": self.higher_is_better, "reason": self.reason}


def class_figures(said: Classified, resamples: int, seed: int, also: tuple[str, ...] = ()) -> list[Figure]:
    """Accuracy over all rows; everything else over the rows whose class the model knows. `also` names figures beside the usual ones."""
    rated = said.rated
    counts = np.bincount(rated.truth, minlength=len(said.classes))
    reasons = dict.fromkeys(("precision", "recall", "f1"), "no row of that class was predicted or present")
    reasons |= dict.fromkeys(RANKED, "a class has no test row") | {"specificity": "no row of the other class is present"}
    reasons |= dict.fromkeys(("mcc", "kappa"), "all rows, or all predictions, are of one class")
    baselines = _class_baselines(said, counts)
    found = _figures(said, lambda part: {"accuracy": _mean(part.truth == part.predicted)}, resamples, seed, baselines, reasons)
    whole = not (counts == 0).any()

    def others(part: Classified) -> Measures:
        return {name: one for name, one in class_measures(part, also).items() if name != "accuracy" and (whole or name not in RANKED)}

    undefined = [] if whole else [Figure("roc_auc", None, reason=reasons["roc_auc"])]
    return [*found, *_figures(rated, others, resamples, seed, baselines, reasons), *undefined]


def quantity_figures(said: Measured, resamples: int, seed: int, also: tuple[str, ...] = ()) -> list[Figure]:
    """Figures over all rows; `also` names figures beside the usual ones."""
    dummy = Measured(said.truth, np.full_like(said.truth, said.guess), said.guess)
    values = {name: float(one(np.ones((1, len(said.truth))))[0]) for name, one in quantity_measures(dummy, also).items()}
    baselines = {name: None if np.isnan(value) else value for name, value in values.items()}
    reasons = {"r2": "all test rows have the same value", "mape": "a test row has the value 0"}
    return _figures(said, lambda part: quantity_measures(part, also), resamples, seed, baselines, reasons)


def class_measures(said: Classified, also: tuple[str, ...] = ()) -> Measures:
    """Two classes: precision, recall and F1 of the second. More: their mean over the classes, and AUC of each class against the rest.

    `also` names figures beside the usual ones; those that are not defined for so many classes are left out.
    """
    truth, predicted, probabilities = said.truth, said.predicted, said.probabilities
    codes = [1] if said.binary else list(range(len(said.classes)))
    # As scikit-learn's log_loss: kept off zero and one by one eps.
    eps = np.finfo(float).eps
    chosen = np.clip(probabilities[np.arange(len(truth)), truth], eps, 1 - eps)
    found: dict[str, Callable[[Weights], np.ndarray]] = {
        "accuracy": _mean(truth == predicted),
        "balanced_accuracy": _balanced(truth, predicted, len(said.classes)),
        "precision": _class_mean(lambda w, code: _ratio(w @ ((predicted == code) & (truth == code)), w @ (predicted == code)), codes),
        "recall": _class_mean(lambda w, code: _ratio(w @ ((predicted == code) & (truth == code)), w @ (truth == code)), codes),
        "f1": _class_mean(
            lambda w, code: _ratio(2 * (w @ ((predicted == code) & (truth == code))), w @ (predicted == code) + w @ (truth == code)), codes
        ),
        "log_loss": _mean(-np.log(chosen)),
        "roc_auc": _mean_auc(probabilities, truth, codes),
    }
    if said.binary:
        found["average_precision"] = _average_precision(probabilities[:, 1], truth == 1)
    return found | {name: one(said) for name, one in MORE_OF_CLASSES.items() if name in also and (said.binary or name != "specificity")}


def quantity_measures(said: Measured, also: tuple[str, ...] = ()) -> Measures:
    """R² with the weighted mean as its reference, mean absolute error, root mean squared error; `also` names figures beside these."""
    miss = said.truth - said.predicted

    def r2(w: Weights) -> np.ndarray:
        total = w.sum(axis=1)
        mean = (w @ said.truth) / total
        spread = w @ said.truth**2 - total * mean**2
        # A spread of rounding errors is none.
        spread = np.where(spread > 1e-12 * (w @ said.truth**2), spread, 0.0)
        return 1 - _ratio(w @ miss**2, spread)

    usual: Measures = {"r2": r2, "mae": _mean(np.abs(miss)), "rmse": lambda w: np.sqrt(_mean(miss**2)(w))}
    return {**usual, **{name: one(said) for name, one in MORE_OF_QUANTITIES.items() if name in also}}


def intervals(said: Said, measures_of: Callable[[Said], Measures], resamples: int, seed: int) -> dict[str, tuple[float, float] | None]:
    """Interval of each figure over resamples of the rows; None where too few resamples define it."""
    draw = np.random.default_rng(seed)
    rows = len(said.truth)
    whole = measures_of(said)
    if not resamples:
        return dict.fromkeys(whole)
    if rows <= MOST_ROWS:
        weights = _resamples(rows, resamples, draw)
        return {name: _percentiles(one(weights)) for name, one in whole.items()}
    part = measures_of(said.take(np.sort(draw.choice(rows, MOST_ROWS, replace=False))))
    weights, once = _resamples(MOST_ROWS, resamples, draw), np.ones((1, rows))
    return {name: _normal(float(one(once)[0]), part[name](weights), np.sqrt(MOST_ROWS / rows)) for name, one in whole.items()}


def paired(both: tuple[Classified | Measured, Classified | Measured], name: str, resamples: int, seed: int) -> tuple[float, float] | None:
    """Interval of the difference of a figure of two models over the same resamples of the same rows; None where it is not known."""
    one, other = (said.rated if isinstance(said, Classified) else said for said in both)
    rows, draw = len(one.truth), np.random.default_rng(seed)
    if not resamples or rows == 0:
        return None
    kept = np.sort(draw.choice(rows, MOST_ROWS, replace=False)) if rows > MOST_ROWS else np.arange(rows)
    weights = _resamples(len(kept), resamples, draw)
    apart = _measure(one.take(kept), name)(weights) - _measure(other.take(kept), name)(weights)
    if rows <= MOST_ROWS:
        return _percentiles(apart)
    once = np.ones((1, rows))
    return _normal(float(_measure(one, name)(once)[0] - _measure(other, name)(once)[0]), apart, np.sqrt(MOST_ROWS / rows))


def _measure(said: Classified | Measured, name: str) -> Callable[[Weights], np.ndarray]:
    return (class_measures(said, (name,)) if isinstance(said, Classified) else quantity_measures(said, (name,)))[name]


# -- parts ------------------------------------------------------------------------------------------------------------------


def _figures(
    said: Said,
    measures_of: Callable[[Said], Measures],
    resamples: int,
    seed: int,
    baselines: Mapping[str, float | None],
    reasons: Mapping[str, str],
) -> list[Figure]:
    if not len(said.truth):
        return [Figure(name, None, reason="no test row has a class that training had") for name in measures_of(said)]
    once = np.ones((1, len(said.truth)))
    ranges = intervals(said, measures_of, resamples, seed)
    found = []
    for name, one in measures_of(said).items():
        value = float(one(once)[0])
        low, high = (
            _one_sided(value, len(said.truth)) if name == "accuracy" and value in (0.0, 1.0) and resamples else ranges[name] or (None, None)
        )
        if np.isnan(value):
            found.append(Figure(name, None, baseline=baselines.get(name), reason=reasons.get(name, "not defined on these rows")))
        else:
            found.append(Figure(name, value, low, high, baselines.get(name)))
    return found


def _one_sided(value: float, rows: int) -> tuple[float, float]:
    """Interval of a share where all rows agree and no resample differs (Wilson, 1927): all right of few rows is not certainty."""
    reach = STANDARD_ERRORS**2 / (rows + STANDARD_ERRORS**2)
    return (1 - reach, 1.0) if value == 1.0 else (0.0, reach)


def _resamples(rows: int, count: int, draw: np.random.Generator) -> Weights:
    """How often each row was drawn, one line a resample."""
    return np.stack([np.bincount(draw.integers(0, rows, rows), minlength=rows) for _ in range(count)]).astype(float)


def _normal(value: float, values: np.ndarray, scale: float) -> tuple[float, float] | None:
    known = values[~np.isnan(values)]
    if np.isnan(value) or len(known) < len(values) / 2 or len(known) < 2:
        return None
    reach = STANDARD_ERRORS * float(np.std(known, ddof=1)) * scale
    return value - reach, value + reach


def _percentiles(values: np.ndarray) -> tuple[float, float] | None:
    known = values[~np.isnan(values)]
    if len(known) < len(values) / 2 or not len(known):
        return None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _class_baselines(said: Classified, counts: np.ndarray) -> dict[str, float | None]:
    """What is reached by always saying the most frequent training class, with the training shares as probabilities."""
    guess = int(np.argmax(said.shares))
    rows = max(1, int(counts.sum()))
    shares = np.clip(said.shares, np.finfo(float).eps, 1)
    found: dict[str, float | None] = {
        "accuracy": float(counts[guess] / len(said.truth)),
        "balanced_accuracy": float(1 / max(1, int((counts > 0).sum()))) if counts[guess] else 0.0,
        "log_loss": float(-(counts * np.log(shares)).sum() / rows),
        "roc_auc": 0.5,
        "brier": float(_brier_of(np.broadcast_to(said.shares, (len(counts), len(counts))), np.arange(len(counts))) @ counts / rows),
        "kappa": 0.0,
        "mcc": 0.0,
    }
    if said.binary:
        found["average_precision"] = float(counts[1] / rows)
        found |= {"precision": float(counts[1] / rows), "recall": 1.0} if guess == 1 else {"precision": None, "recall": 0.0}
        found["specificity"] = 0.0 if guess == 1 else 1.0
        found["f1"] = float(2 * counts[1] / (rows + counts[1])) if guess == 1 else 0.0
    return found


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _mean(values: np.ndarray) -> Callable[[Weights], np.ndarray]:
    numbers = values.astype(float)
    return lambda w: (w @ numbers) / w.sum(axis=1)


def _class_mean(one: Callable[[Weights, int], np.ndarray], codes: list[int]) -> Callable[[Weights], np.ndarray]:
    return lambda w: _mean_of_known(np.stack([one(w, code) for code in codes]))


def _balanced(truth: np.ndarray, predicted: np.ndarray, classes: int) -> Callable[[Weights], np.ndarray]:
    def balanced(w: Weights) -> np.ndarray:
        return _mean_of_known(
            np.stack([_ratio(w @ ((truth == code) & (predicted == code)), w @ (truth == code)) for code in range(classes)])
        )

    return balanced


def _mean_of_known(values: np.ndarray) -> np.ndarray:
    """Mean over the first axis without NaN; NaN where all are."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0))


def _mean_auc(probabilities: np.ndarray, truth: np.ndarray, codes: list[int]) -> Callable[[Weights], np.ndarray]:
    parts = [_auc(probabilities[:, code], truth == code) for code in codes]
    # A class that a resample misses makes the mean of all classes undefined, as for scikit-learn.
    return lambda w: np.mean([part(w) for part in parts], axis=0)


def _auc(scores: np.ndarray, positive: np.ndarray) -> Callable[[Weights], np.ndarray]:
    """The chance that a positive row scores above a negative one, ties counting half (Mann and Whitney)."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf) > 0)

    def auc(w: Weights) -> np.ndarray:
        sorted_weights = w[:, order]
        ups = np.add.reduceat(sorted_weights * positive[order], starts, axis=1)
        downs = np.add.reduceat(sorted_weights * ~positive[order], starts, axis=1)
        below = np.cumsum(downs, axis=1) - downs
        return _ratio((ups * (below + downs / 2)).sum(axis=1), ups.sum(axis=1) * downs.sum(axis=1))

    return auc


def _average_precision(scores: np.ndarray, positive: np.ndarray) -> Callable[[Weights], np.ndarray]:
    """Mean of the precision at each threshold, weighted by the recall it adds."""
    order = np.argsort(-scores, kind="stable")
    starts = np.flatnonzero(np.diff(-scores[order], prepend=-np.inf) > 0)

    def average(w: Weights) -> np.ndarray:
        sorted_weights = w[:, order]
        hits = np.add.reduceat(sorted_weights * positive[order], starts, axis=1)
        taken = np.cumsum(np.add.reduceat(sorted_weights, starts, axis=1), axis=1)
        precision = np.nan_to_num(_ratio(np.cumsum(hits, axis=1), taken))
        return _ratio((precision * hits).sum(axis=1), hits.sum(axis=1))

    return average


def _specificity(said: Classified) -> Callable[[Weights], np.ndarray]:
    """Of the rows that are not of the positive class, how many are not taken for it."""
    return lambda w: _ratio(w @ ((said.truth == 0) & (said.predicted == 0)), w @ (said.truth == 0))


def _margins(said: Classified, w: Weights) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of the confusion matrix, in shares of all rows: the diagonal, Σ t·p and Σ t² and Σ p² over the classes."""
    total = w.sum(axis=1)
    truth, predicted = (
        np.stack([w @ (codes == code) for code in range(len(said.classes))]) / total for codes in (said.truth, said.predicted)
    )
    right = (w @ (said.truth == said.predicted)) / total
    return right, (truth * predicted).sum(axis=0), (truth**2).sum(axis=0), (predicted**2).sum(axis=0)


def _mcc(said: Classified) -> Callable[[Weights], np.ndarray]:
    """Correlation of truth and prediction, of any number of classes (Gorodkin, Comparing two K-category assignments, 2004)."""

    def mcc(w: Weights) -> np.ndarray:
        right, chance, truth, predicted = _margins(said, w)
        spread = (1 - truth) * (1 - predicted)
        # A spread of rounding errors is none.
        return _ratio(right - chance, np.sqrt(np.where(spread > 1e-12, spread, 0.0)))

    return mcc


def _kappa(said: Classified) -> Callable[[Weights], np.ndarray]:
    """Agreement beyond that of the same shares by chance (Cohen, 1960)."""

    def kappa(w: Weights) -> np.ndarray:
        right, chance, _, _ = _margins(said, w)
        return _ratio(right - chance, np.where(1 - chance > 1e-12, 1 - chance, 0.0))

    return kappa


def _brier_of(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Squared distance of each row's probabilities from what happened; half of it for two classes, as is usual."""
    happened = np.arange(probabilities.shape[1])[None, :] == truth[:, None]
    return ((probabilities - happened) ** 2).sum(axis=1) / (2 if probabilities.shape[1] == 2 else 1)


def _median_error(said: Measured) -> Callable[[Weights], np.ndarray]:
    miss = np.abs(said.truth - said.predicted)
    order = np.argsort(miss, kind="stable")

    def median(w: Weights) -> np.ndarray:
        # Weights are counts: the middle row of so many, or the mean of the two in the middle.
        sums = np.cumsum(w[:, order], axis=1)
        half = sums[:, -1:] / 2
        low, high = (sums >= half).argmax(axis=1), (sums > half).argmax(axis=1)
        return (miss[order][low] + miss[order][high]) / 2

    return median


def _percentage_error(said: Measured) -> Callable[[Weights], np.ndarray]:
    """Mean of error ÷ truth; not defined where a row is 0, which would be infinitely wrong."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.abs(said.truth - said.predicted) / np.abs(said.truth)
    return _mean(np.where(said.truth == 0, np.nan, share))


# Figures that are given where they are asked for.
MORE_OF_CLASSES: dict[str, Callable[[Classified], Callable[[Weights], np.ndarray]]] = {
    "specificity": _specificity,
    "mcc": _mcc,
    "kappa": _kappa,
    "brier": lambda said: _mean(_brier_of(said.probabilities, said.truth)),
}
MORE_OF_QUANTITIES: dict[str, Callable[[Measured], Callable[[Weights], np.ndarray]]] = {
    "median_absolute_error": _median_error,
    "mape": _percentage_error,
}
