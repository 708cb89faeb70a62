"""Profiles of columns too long to be held: a batch of rows at a time, in memory that does not grow with the file.

Counts, ranges, means and histograms are exact. So is the number of different values up to `KEPT` of them; beyond, it is estimated to a fifth of a percent.
Quantiles come from a random part of the rows, and the most frequent values of a column of many are counted at least as often as is said.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from pandas.util import hash_pandas_object

from node_containers.recipe import number_values

Batches = Callable[[], Iterator[pd.Series]]

KEPT = 2**18
SAMPLED = 500_000
# Of different texts, so many are counted at a time.
COUNTED = 50_000
HASHES = 2.0**64


class Distinct:
    """How many different values there are, by their 64-bit hashes.

    While all of them fit, the number is exact; then it follows from how close together the smallest ones lie: (k − 1) · 2⁶⁴ ÷ the k-th smallest, with a
    standard error of 1 ÷ √k (Beyer et al., On Synopses for Distinct-Value Estimation, 2007).
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._most = kept
        self._smallest = np.empty(0, dtype="uint64")
        self.exact = True

    def add(self, hashes: np.ndarray) -> None:
        news = hashes if self.exact else hashes[hashes < self._smallest[-1]]
        merged = np.union1d(self._smallest, news)
        self.exact = self.exact and len(merged) <= self._most
        self._smallest = merged[: self._most].copy()

    def count(self) -> int:
        return len(self._smallest) if self.exact else round((self._most - 1) * HASHES / float(self._smallest[-1]))


class Moments:
    """Count, range, mean and spread of numbers that come in parts (Chan, Golub, LeVeque 1979), and a random part of them."""

    def __init__(self, rows: int) -> None:
        self.count, self.mean, self._squares = 0, 0.0, 0.0
        self.low, self.high = np.inf, -np.inf
        self._share = min(1.0, SAMPLED / max(rows, 1))
        self._draw = np.random.default_rng(0)
        self._sample: list[np.ndarray] = []

    def add(self, values: np.ndarray) -> None:
        if not len(values):
            return
        mean, total = float(values.mean()), self.count + len(values)
        away = mean - self.mean
        self._squares += float(((values - mean) ** 2).sum()) + away**2 * self.count * len(values) / total
        self.mean += away * len(values) / total
        self.count, self.low, self.high = total, min(self.low, float(values.min())), max(self.high, float(values.max()))
        self._sample.append(values if self._share == 1 else values[self._draw.random(len(values)) < self._share])

    @property
    def std(self) -> float:
        return float(np.sqrt(self._squares / self.count))

    def quantiles(self, at: list[float]) -> np.ndarray:
        return np.asarray(np.quantile(np.concatenate(self._sample), at))


def survey(batches: Batches, kind: str, rows: int, bins: int, at: list[float]) -> dict[str, Any]:
    """What `profiling` asks of a column: `missing`, `distinct`, `exact`, and by kind `moments` with `counts` and `edges`, `range`, or `top`."""
    missing, distinct, moments, frequent = 0, Distinct(), Moments(rows), Counter[Any]()
    low: Any = None
    high: Any = None
    for series in batches():
        present = series.dropna()
        missing += len(series) - len(present)
        if not len(present):
            continue
        distinct.add(hash_pandas_object(present, index=False).to_numpy())
        if kind in ("integer", "number"):
            moments.add(number_values(present))
        elif kind == "datetime":
            low, high = (
                (present.min() if low is None else min(low, present.min())),
                (present.max() if high is None else max(high, present.max())),
            )
        else:
            frequent.update(present.value_counts().head(COUNTED).to_dict())
            if len(frequent) > 2 * COUNTED:
                frequent = Counter(dict(frequent.most_common(COUNTED)))
    found: dict[str, Any] = {"missing": missing, "distinct": distinct.count(), "exact": distinct.exact}
    if kind in ("integer", "number") and moments.count:
        found |= {"moments": moments, "quantiles": moments.quantiles(at), **_histogram(batches, moments, bins)}
    return found | {"range": (low, high), "top": frequent}


def _histogram(batches: Batches, moments: Moments, bins: int) -> dict[str, np.ndarray]:
    counts, edges = np.zeros(bins, dtype="int64"), np.empty(0)
    for series in batches():
        part, edges = np.histogram(number_values(series.dropna()), bins=bins, range=(moments.low, moments.high))
        counts += part
    return {"counts": counts, "edges": edges}
