"""Numbers brought to a common scale or shape, each column by itself; empty cells stay empty."""

import itertools
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from node_containers.cells import Cells, Target, Working, is_number
from node_containers.sdk import NodeError
from node_containers.steps.action import Action, Columns

TINY = 10 * np.finfo(float).eps


class _EachColumn(Action):
    """Base of steps that learn something of each column and give a column for it. `fitted_` holds it by name."""

    def __init__(self, columns: Columns = None) -> None:
        self.columns = columns

    def learn(self, working: Working, target: Target | None) -> None:
        self.fitted_: dict[str, Any] = {}
        for name in working.choose(self.columns, is_number, "numbers"):
            matrix = working.cells[name].matrix
            if not np.isnan(matrix).all():
                self.fitted_[name] = self._fit(matrix)

    def _fit(self, matrix: np.ndarray) -> Any:
        raise NotImplementedError

    def _give(self, matrix: np.ndarray, fitted: Any) -> np.ndarray:
        return fitted.transform(matrix)

    def apply(self, working: Working) -> None:
        for name, fitted in self.fitted_.items():
            if name in working.cells:
                old = working.cells[name]
                given = self._give(old.matrix, fitted)
                working.cells[name] = Cells(old.kind, given if old.values.ndim == 2 else given[:, 0], old.origins, old.names)


class Standard(_EachColumn):
    """scikit-learn's StandardScaler: mean 0 and (population) deviation 1; a constant column is only centred."""

    def __init__(self, columns: Columns = None, with_mean: bool = True, with_std: bool = True) -> None:
        super().__init__(columns)
        self.with_mean = with_mean
        self.with_std = with_std

    def _fit(self, matrix: np.ndarray) -> Any:
        # Column by column, and only the cells that are there: the same sums as on the bare column.
        present = [column[~np.isnan(column)] for column in matrix.T]
        means = np.asarray([np.mean(column) if len(column) else 0.0 for column in present])
        deviations = np.asarray([np.std(column) if len(column) else 0.0 for column in present])
        usable = deviations > TINY * np.abs(means)
        return (
            means if self.with_mean else np.zeros_like(means),
            np.where(usable, deviations, 1.0) if self.with_std else np.ones_like(means),
        )

    def _give(self, matrix: np.ndarray, fitted: Any) -> np.ndarray:
        return (matrix - fitted[0]) / fitted[1]


class MinMax(_EachColumn):
    """scikit-learn's MinMaxScaler: the smallest and the largest training value become the ends of `feature_range`."""

    def __init__(self, columns: Columns = None, feature_range: Sequence[float] = (0, 1), clip: bool = False) -> None:
        super().__init__(columns)
        self.feature_range = feature_range
        self.clip = clip

    def _fit(self, matrix: np.ndarray) -> Any:
        least, most = np.nanmin(matrix, axis=0), np.nanmax(matrix, axis=0)
        width = np.where(most - least < TINY, 1.0, most - least)
        scale = (self.feature_range[1] - self.feature_range[0]) / width
        return (scale, self.feature_range[0] - least * scale)

    def _give(self, matrix: np.ndarray, fitted: Any) -> np.ndarray:
        given = matrix * fitted[0] + fitted[1]
        return np.clip(given, self.feature_range[0], self.feature_range[1]) if self.clip else given


class Robust(_EachColumn):
    """scikit-learn's RobustScaler: the median becomes 0 and the range between two quantiles (in percent) 1."""

    def __init__(
        self,
        columns: Columns = None,
        quantile_range: Sequence[float] = (25.0, 75.0),
        with_centering: bool = True,
        with_scaling: bool = True,
    ) -> None:
        super().__init__(columns)
        self.quantile_range = quantile_range
        self.with_centering = with_centering
        self.with_scaling = with_scaling

    def _fit(self, matrix: np.ndarray) -> Any:
        centre = np.nanmedian(matrix, axis=0) if self.with_centering else np.zeros(matrix.shape[1])
        low, high = np.nanpercentile(matrix, self.quantile_range, axis=0)
        scale = np.where(high - low < TINY, 1.0, high - low) if self.with_scaling else np.ones(matrix.shape[1])
        return (centre, scale)

    def _give(self, matrix: np.ndarray, fitted: Any) -> np.ndarray:
        return (matrix - fitted[0]) / fitted[1]


class Power(_EachColumn):
    """scikit-learn's PowerTransformer: skewed numbers made more like a normal distribution."""

    def __init__(self, columns: Columns = None, method: str = "yeo-johnson", standardize: bool = True) -> None:
        super().__init__(columns)
        self.method = method
        self.standardize = standardize

    def _fit(self, matrix: np.ndarray) -> Any:
        if self.method == "box-cox" and np.nanmin(matrix) <= 0:
            message = f"Box-Cox takes numbers above zero; the smallest is {np.nanmin(matrix):g}."
            raise NodeError("column-range", message, field="params.method", hint="Take yeo-johnson.")
        from sklearn.preprocessing import PowerTransformer

        return PowerTransformer(method=self.method, standardize=self.standardize).fit(matrix)


class Quantile(_EachColumn):
    """scikit-learn's QuantileTransformer: each value's place in the order of the training values."""

    def __init__(
        self, columns: Columns = None, n_quantiles: int = 1_000, output_distribution: str = "uniform", random_state: int = 42
    ) -> None:
        super().__init__(columns)
        self.n_quantiles = n_quantiles
        self.output_distribution = output_distribution
        self.random_state = random_state

    def _fit(self, matrix: np.ndarray) -> Any:
        from sklearn.preprocessing import QuantileTransformer

        return QuantileTransformer(
            n_quantiles=min(self.n_quantiles, len(matrix)),
            output_distribution=self.output_distribution,
            random_state=self.random_state,
        ).fit(matrix)


class Bins(_EachColumn):
    """scikit-learn's KBinsDiscretizer: intervals in the place of numbers, as one column each or as a rank. An empty cell is in no interval.

    With `bins` the borders between the intervals are given, and nothing is learned: pandas' cut, with all numbers below the first and above the last in
    intervals of their own. `right` says that a border belongs to the interval below it; `labels` are the names of the intervals.
    """

    def __init__(
        self,
        columns: Columns = None,
        n_bins: int = 5,
        encode: str = "onehot",
        strategy: str = "quantile",
        random_state: int = 42,
        bins: Sequence[float] | None = None,
        right: bool = True,
        labels: Sequence[str] | None = None,
    ) -> None:
        super().__init__(columns)
        self.bins = bins
        self.right = right
        self.labels = labels
        self.n_bins = n_bins
        self.encode = encode
        self.strategy = strategy
        self.random_state = random_state

    def learn(self, working: Working, target: Target | None) -> None:
        self.fitted_ = {}
        for name in working.choose(self.columns, lambda cells: cells.kind not in ("text", "indicators", "numbers"), "numbers"):
            values = working.cells[name].values
            if self.bins is not None:
                self.fitted_[name] = np.asarray([-np.inf, *self.bins, np.inf], dtype=float)
            elif not np.isnan(values).all():
                self.fitted_[name] = self._edges(values[~np.isnan(values)])

    def _edges(self, present: np.ndarray) -> np.ndarray:
        """The borders of the intervals: those at both ends are open."""
        from sklearn.preprocessing import KBinsDiscretizer

        binner = KBinsDiscretizer(
            n_bins=self.n_bins,
            encode="ordinal",
            strategy=self.strategy,
            random_state=self.random_state,
            quantile_method="averaged_inverted_cdf",
        )
        with warnings.catch_warnings():
            # Fewer different values than intervals: neighbours are joined, as scikit-learn says.
            warnings.simplefilter("ignore", UserWarning)
            return binner.fit(present[:, None]).bin_edges_[0]

    @property
    def _side(self) -> Any:
        """On which side of an equal border a number goes: scikit-learn's borders belong to the interval above them."""
        return "left" if self.bins is not None and self.right else "right"

    def apply(self, working: Working) -> None:
        for name, edges in self.fitted_.items():
            if name in working.cells:
                old = working.cells[name]
                rank = np.searchsorted(edges[1:-1], old.values, side=self._side).astype(float)
                rank[np.isnan(old.values)] = np.nan
                if self.encode == "ordinal":
                    working.cells[name] = Cells("number", rank, old.origins)
                else:
                    matrix = (rank[:, None] == np.arange(len(edges) - 1)).astype(float)
                    working.cells[name] = Cells("indicators", matrix, old.origins, self._names(name, edges))

    def _names(self, name: str, edges: np.ndarray) -> tuple[str, ...]:
        """What the columns are called: by the names of the intervals as categories are, or by their borders."""
        if self.labels is not None:
            return tuple(sys.intern(f"{name}={label}") for label in self.labels)
        return tuple(sys.intern(_interval(name, *pair)) for pair in itertools.pairwise(edges))


def _interval(name: str, low: float, high: float) -> str:
    ends = [f"{end:g}" if np.isfinite(end) else "" for end in (low, high)]
    return f"{name}∈{ends[0]}…{ends[1]}"


class Outliers(_EachColumn):
    """Values beyond limits learned from the training rows: clipped to them, flagged in a column of their own, or their rows left out of the fit.

    `iqr`: so many times the distance of the quartiles beyond them. `zscore`: so many deviations from the mean.
    """

    def __init__(self, columns: Columns = None, method: str = "iqr", threshold: float = 1.5, action: str = "clip") -> None:
        super().__init__(columns)
        self.method = method
        self.threshold = threshold
        self.action = action

    @property
    def drops(self) -> bool:
        return self.action == "drop"

    def _fit(self, matrix: np.ndarray) -> Any:
        if self.method == "zscore":
            centre, deviation = np.nanmean(matrix, axis=0), np.nanstd(matrix, axis=0)
            return (centre - self.threshold * deviation, centre + self.threshold * deviation)
        low, high = np.nanpercentile(matrix, (25, 75), axis=0)
        return (low - self.threshold * (high - low), high + self.threshold * (high - low))

    def _give(self, matrix: np.ndarray, fitted: Any) -> np.ndarray:
        return np.clip(matrix, *fitted)

    def learn(self, working: Working, target: Target | None) -> None:
        super().learn(working, target)
        self.flags_ = {name: working.free(f"{name}_outlier") for name in self.fitted_} if self.action == "flag" else {}

    def apply(self, working: Working) -> None:
        if self.action == "clip":
            super().apply(working)
        for name, flag in self.flags_.items():
            if name in working.cells:
                working.cells[flag] = Cells("number", self._beyond(working, name).astype(float), working.cells[name].origins)

    def _beyond(self, working: Working, name: str) -> np.ndarray:
        low, high = self.fitted_[name]
        matrix = working.cells[name].matrix
        with np.errstate(invalid="ignore"):
            return np.asarray(((matrix < low) | (matrix > high)).any(axis=1))

    def dropped(self, working: Working) -> np.ndarray:
        beyond = [self._beyond(working, name) for name in self.fitted_]
        return np.any(beyond, axis=0) if beyond else np.zeros(working.rows, dtype=bool)
