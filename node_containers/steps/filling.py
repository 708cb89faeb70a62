"""Impute: fill empty cells with what the training rows say."""

from collections.abc import Collection
from typing import Any

import numpy as np

from node_containers.cells import Cells, Target, Working, is_number, origins, stacked, text_array, unstacked
from node_containers.steps.action import Action, Columns


class Impute(Action):
    """Each column by itself: numbers by `strategy`, text by its most frequent value (or the constant).

    A column without any value is filled with 0, or left empty if it is text.
    """

    def __init__(
        self, columns: Columns = None, strategy: str = "median", fill_value: str | float | None = None, add_indicator: bool = False
    ) -> None:
        self.columns = columns
        self.strategy = strategy
        self.fill_value = fill_value
        self.add_indicator = add_indicator

    def learn(self, working: Working, target: Target | None) -> None:
        self.fills_: dict[str, str | float] = {}
        self.indicators_: dict[str, str] = {}
        for name in working.choose(self.columns, lambda cells: cells.values.ndim == 1, "columns"):
            cells = working.cells[name]
            if self.add_indicator and cells.missing.any():
                self.indicators_[name] = working.free(f"{name}_missing")
            fill = self._text(cells.values) if cells.is_text else self._number(cells.values)
            if fill is not None:
                self.fills_[name] = fill

    @property
    def fills(self) -> Collection[str]:
        return self.fills_

    def _number(self, values: np.ndarray) -> float:
        present = values[~np.isnan(values)]
        if self.strategy == "constant":
            try:
                return float(self.fill_value or 0)
            except ValueError:
                return 0.0
        if not len(present):
            return 0.0
        if self.strategy == "most_frequent":
            distinct, counts = np.unique(present, return_counts=True)
            return float(distinct[np.argmax(counts)])
        return float(np.mean(present) if self.strategy == "mean" else np.median(present))

    def _text(self, values: np.ndarray) -> str | None:
        if self.strategy == "constant":
            return "missing" if self.fill_value is None else str(self.fill_value)
        distinct, counts = np.unique(np.asarray([cell for cell in values if cell is not None], dtype=str), return_counts=True)
        return str(distinct[np.argmax(counts)]) if len(distinct) else None

    def apply(self, working: Working) -> None:
        for name, indicator in self.indicators_.items():
            if name in working.cells:
                cells = working.cells[name]
                working.cells[indicator] = Cells("number", cells.missing.astype(float), cells.origins)
        for name, fill in self.fills_.items():
            if name in working.cells:
                cells = working.cells[name]
                working.cells[name] = Cells(cells.kind, _filled(cells, fill), cells.origins)


def _filled(cells: Cells, fill: Any) -> np.ndarray:
    if cells.is_text:
        return text_array(fill if cell is None else cell for cell in cells.values)
    return np.where(np.isnan(cells.values), fill, cells.values)


class _Together(Action):
    """Numbers filled with the help of each other."""

    def __init__(self, columns: Columns = None) -> None:
        self.columns = columns

    @property
    def fills(self) -> Collection[str]:
        return self.names_

    def _estimator(self) -> Any:
        raise NotImplementedError

    def learn(self, working: Working, target: Target | None) -> None:
        self.names_ = working.choose(self.columns, is_number, "numbers")
        if self.names_:
            self.estimator_ = self._estimator().fit(stacked(working, self.names_))

    def apply(self, working: Working) -> None:
        if not self.names_:
            return
        filled = self.estimator_.transform(stacked(working, self.names_))
        # Each cell now depends on all of these columns.
        together = origins(working.cells[name] for name in self.names_)
        unstacked(working, self.names_, filled)
        for name in self.names_:
            cells = working.cells[name]
            working.cells[name] = Cells(cells.kind, cells.values, together, cells.names)


class ImputeNeighbours(_Together):
    """scikit-learn's KNNImputer: the mean of the training rows that are most alike."""

    def __init__(self, columns: Columns = None, n_neighbors: int = 5, weights: str = "uniform") -> None:
        super().__init__(columns)
        self.n_neighbors = n_neighbors
        self.weights = weights

    def _estimator(self) -> Any:
        from sklearn.impute import KNNImputer

        return KNNImputer(n_neighbors=self.n_neighbors, weights=self.weights, keep_empty_features=True)


class ImputeIterative(_Together):
    """scikit-learn's IterativeImputer: each column predicted from the others, in turns."""

    def __init__(self, columns: Columns = None, max_iter: int = 10, initial_strategy: str = "mean", random_state: int = 42) -> None:
        super().__init__(columns)
        self.max_iter = max_iter
        self.initial_strategy = initial_strategy
        self.random_state = random_state

    def _estimator(self) -> Any:
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401 it enables the next import
        from sklearn.impute import IterativeImputer

        return IterativeImputer(
            max_iter=self.max_iter,
            initial_strategy=self.initial_strategy,
            random_state=self.random_state,
            keep_empty_features=True,
        )
