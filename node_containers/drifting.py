"""How far the rows of today are from those of before, column by column.

The verdict usually goes by effect size, the population stability index over bins of the reference: Σ (c − r) · ln(c ÷ r), or the Jensen-Shannon distance
(0 to 1). With few rows both are large by chance: PSI is about (1/n + 1/m) · χ²(bins − 1) where nothing drifted (Yurdakul, Statistical Properties of the
Population Stability Index, 2018), so a verdict needs that chance to be small, too. A test of significance may decide instead: Kolmogorov-Smirnov or
chi-squared; with many rows it calls every difference significant. One rule (`judged`) makes every verdict, and corrects the chances for the number of
columns that are compared.
"""

import itertools
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import spatial, stats

from node_containers.columns import column_type
from node_containers.numerals import numeral
from node_containers.recipe import number_values

BINS = 10
MAX_CATEGORIES = 20
# Added to every count: an empty bin would make the index infinite.
SMOOTHING = 0.5


Correction = Literal["none", "bonferroni", "benjamini_hochberg"]


class Limits(NamedTuple):
    """From which PSI (`some`, `much`) or distance on a column has drifted, how unlikely by chance, and what decides for numbers and for categories."""

    some: float
    much: float
    min_rows: int
    numbers: Literal["psi", "ks", "js"] = "psi"
    categories: Literal["psi", "chi2", "js"] = "psi"
    significance: float = 0.01
    correction: Correction = "none"
    some_distance: float = 0.1
    much_distance: float = 0.2


class Binned(NamedTuple):
    """Rows by bin: names of the bins, counts of the reference and of today."""

    bins: list[str]
    reference: np.ndarray
    current: np.ndarray


def drift_of(reference: pd.Series, current: pd.Series, limits: Limits) -> dict[str, Any]:
    """One column, compared alone, as the chart kind `drift` takes it."""
    return judged([compared(reference, current, limits)], limits)[0]


def judged(columns: Sequence[dict[str, Any]], limits: Limits) -> list[dict[str, Any]]:
    """The columns with their verdicts and the chances they rest on, corrected over all columns that have rows enough."""
    known = [one["chance"] for one in columns if one["chance"] is not None]
    chances = iter(corrected(known, limits.correction))
    return [{**one, **({} if one["chance"] is None else _verdict(one, next(chances), limits))} for one in columns]


def corrected(chances: Sequence[float], correction: Correction) -> list[float]:
    """Bonferroni bounds the risk of one false alarm at all; Benjamini and Hochberg (1995) the share of false ones among the alarms."""
    if correction == "benjamini_hochberg" and chances:
        return [float(one) for one in stats.false_discovery_control(chances)]
    return [min(1.0, one * len(chances)) if correction == "bonferroni" else one for one in chances]


def _verdict(one: dict[str, Any], chance: float, limits: Limits) -> dict[str, Any]:
    by_distance = one["decided_by"] == "js"
    size = one["js"] if by_distance else one["psi"]
    some, much = (limits.some_distance, limits.much_distance) if by_distance else (limits.some, limits.much)
    # A test of significance knows no size: it says whether, the index how much.
    enough = one["decided_by"] in ("ks", "chi2") or size >= some
    return {"chance": chance, "verdict": "none" if chance > limits.significance or not enough else "some" if size < much else "much"}


def compared(reference: pd.Series, current: pd.Series, limits: Limits) -> dict[str, Any]:
    """One column without its verdict; `chance` is how often rows of one source would look so different, None where it cannot be known."""
    numeric = column_type(reference) in ("integer", "number", "datetime") and column_type(current) == column_type(reference)
    binned = _ranges(reference, current) if numeric else _categories(reference, current)
    found: dict[str, Any] = {
        "name": str(reference.name),
        "type": column_type(reference),
        "missing": [float(one.isna().mean()) if len(one) else 0.0 for one in (reference, current)],
        "bins": binned.bins,
        "reference": _shares(binned.reference).tolist(),
        "current": _shares(binned.current).tolist(),
        "decided_by": limits.numbers if numeric else limits.categories,
    }
    if min(len(reference), len(current)) < limits.min_rows:
        return {**found, "verdict": "unknown", "psi": None, "chance": None}
    psi = stability(binned.reference, binned.current)
    test = _test(reference, current, binned, numeric=numeric)
    by_test = found["decided_by"] in ("ks", "chi2")
    chance = _significance(test, binned) if by_test else _chance(psi, len(binned.bins), len(reference), len(current))
    distance = float(spatial.distance.jensenshannon(binned.reference, binned.current, base=2))
    return {**found, "verdict": "unknown", "psi": psi, "js": distance, "chance": chance, **test}


def stability(reference: np.ndarray, current: np.ndarray) -> float:
    """The population stability index of two counts over the same bins; 0 where they have the same shares."""
    before, after = (_shares(counts + SMOOTHING) for counts in (reference, current))
    return float(((after - before) * np.log(after / before)).sum())


def _chance(psi: float, bins: int, rows: int, others: int) -> float:
    """How often the index of rows of one source is so large."""
    return float(stats.chi2.sf(psi / (1 / rows + 1 / others), max(1, bins - 1)))


def _significance(test: dict[str, Any], binned: Binned) -> float | None:
    """The p-value of the test of the column, and of its empty cells, which Kolmogorov and Smirnov do not see: twice the smaller of the two."""
    if len(binned.bins) < 2:
        return 1.0
    if test.get("test") == "chi2" or "empty" not in binned.bins:
        return test.get("p_value")
    at = binned.bins.index("empty")
    empty = np.array([[one[at], one.sum() - one[at]] for one in (binned.reference, binned.current)])
    gaps = 1.0 if (empty.sum(axis=0) == 0).any() else float(stats.chi2_contingency(empty, correction=False).pvalue)
    return min(1.0, 2 * min(gaps, test.get("p_value", 1.0)))


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
    return str(np.datetime64("1970-01-01") + np.timedelta64(int(edge), "D")) if kind == "datetime" else numeral(edge, 6)


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
    """Kolmogorov and Smirnov for numbers, chi-squared for categories; none where there is nothing to compare."""
    if numeric:
        before, after = (values[~np.isnan(values)] for values in (number_values(reference), number_values(current)))
        if not len(before) or not len(after):
            return {}
        found = stats.ks_2samp(before, after, method="asymp")
        return {"test": "ks", "statistic": float(found.statistic), "p_value": float(found.pvalue)}
    counts = _pooled(np.stack([binned.reference, binned.current]))
    if counts.shape[1] < 2:
        return {}
    found = stats.chi2_contingency(counts, correction=False)
    return {"test": "chi2", "statistic": float(found.statistic), "p_value": float(found.pvalue)}


def _pooled(counts: np.ndarray) -> np.ndarray:
    """Bins of which fewer than 5 rows are expected in one of the tables, put together: for less the chi-squared distribution is no likeness (Cochran, 1954)."""
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    rare = (expected < 5).any(axis=0)
    return np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)]) if rare.any() else counts
