"""How far the rows of today are from those of before, column by column.

The verdict goes by effect size, the population stability index over bins of the reference: Σ (c − r) · ln(c ÷ r). Tests of significance are shown beside
it and decide nothing: with many rows they call every difference significant. With few rows, PSI is large by chance: it is about (1/n + 1/m) · χ²(bins − 1)
where nothing drifted (Yurdakul, Statistical Properties of the Population Stability Index, 2018), a verdict needs to be beyond the 99th percentile of that, too.
"""

import itertools
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from node_containers.columns import column_type
from node_containers.recipe import number_values

BINS = 10
MAX_CATEGORIES = 20
CHANCE = 0.99
# Added to every count: an empty bin would make the index infinite.
SMOOTHING = 0.5


class Limits(NamedTuple):
    some: float
    much: float
    min_rows: int


class Binned(NamedTuple):
    """Rows by bin: names of the bins, counts of the reference and of today."""

    bins: list[str]
    reference: np.ndarray
    current: np.ndarray


def drift_of(reference: pd.Series, current: pd.Series, limits: Limits) -> dict[str, Any]:
    """One column as the chart kind `drift` takes it."""
    numeric = column_type(reference) in ("integer", "number", "datetime") and column_type(current) == column_type(reference)
    binned = _ranges(reference, current) if numeric else _categories(reference, current)
    found: dict[str, Any] = {
        "name": str(reference.name),
        "type": column_type(reference),
        "missing": [float(one.isna().mean()) if len(one) else 0.0 for one in (reference, current)],
        "bins": binned.bins,
        "reference": _shares(binned.reference).tolist(),
        "current": _shares(binned.current).tolist(),
    }
    if min(len(reference), len(current)) < limits.min_rows:
        return {**found, "verdict": "unknown", "psi": None}
    psi = stability(binned.reference, binned.current)
    noise = _chance(len(binned.bins), len(reference), len(current))
    verdict = "none" if psi < max(limits.some, noise) else "some" if psi < limits.much else "much"
    return {**found, "verdict": verdict, "psi": psi, **_test(reference, current, binned, numeric=numeric)}


def stability(reference: np.ndarray, current: np.ndarray) -> float:
    """The population stability index of two counts over the same bins; 0 where they have the same shares."""
    before, after = (_shares(counts + SMOOTHING) for counts in (reference, current))
    return float(((after - before) * np.log(after / before)).sum())


def _chance(bins: int, rows: int, others: int) -> float:
    return float(stats.chi2.ppf(CHANCE, max(1, bins - 1)) * (1 / rows + 1 / others))


def _shares(counts: np.ndarray) -> np.ndarray:
    return counts / max(1e-12, counts.sum())


def _ranges(reference: pd.Series, current: pd.Series) -> Binned:
    """Tenths of the reference, and the empty cells."""
    before, after = number_values(reference), number_values(current)
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.zeros(0)
    texts = [_text(edge, column_type(reference)) for edge in edges]
    names = (
        [f"up to {texts[0]}", *(f"{low} to {high}" for low, high in itertools.pairwise(texts)), f"above {texts[-1]}"] if texts else ["all"]
    )

    def counts(values: np.ndarray) -> np.ndarray:
        places = np.searchsorted(edges, values[~np.isnan(values)], "left")
        return np.append(np.bincount(places, minlength=len(names)), np.isnan(values).sum()).astype(float)

    return _without_unused(Binned([*names, "empty"], counts(before), counts(after)))


def _text(edge: float, kind: str) -> str:
    return str(np.datetime64("1970-01-01") + np.timedelta64(int(edge), "D")) if kind == "datetime" else f"{edge:g}"


def _categories(reference: pd.Series, current: pd.Series) -> Binned:
    """The most frequent values of the reference, all others together, and the empty cells."""
    before, after = (one.astype("str").where(one.notna()) for one in (reference, current))
    kept = sorted(map(str, before.value_counts().index[:MAX_CATEGORIES]))

    def counts(values: pd.Series) -> np.ndarray:
        of = values.value_counts()
        listed = [int(of.get(name, 0)) for name in kept]
        return np.array([*listed, int(values.notna().sum()) - sum(listed), int(values.isna().sum())], dtype=float)

    return _without_unused(Binned([*kept, "other", "empty"], counts(before), counts(after)))


def _without_unused(binned: Binned) -> Binned:
    used = (binned.reference + binned.current) > 0
    return Binned([name for name, one in zip(binned.bins, used, strict=True) if one], binned.reference[used], binned.current[used])


def _test(reference: pd.Series, current: pd.Series, binned: Binned, *, numeric: bool) -> dict[str, Any]:
    """Kolmogorov and Smirnov for numbers, chi-squared for categories; shown, never decisive."""
    if numeric:
        before, after = (values[~np.isnan(values)] for values in (number_values(reference), number_values(current)))
        if not len(before) or not len(after):
            return {}
        found = stats.ks_2samp(before, after, method="asymp")
        return {"test": "ks", "statistic": float(found.statistic), "p_value": float(found.pvalue)}
    if len(binned.bins) < 2:
        return {}
    found = stats.chi2_contingency(np.stack([binned.reference, binned.current]), correction=False)
    return {"test": "chi2", "statistic": float(found.statistic), "p_value": float(found.pvalue)}
