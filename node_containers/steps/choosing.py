"""Select features: keep the columns that tell most about the target, as the training rows say."""

import warnings
from typing import Any

import numpy as np

from node_containers.cells import Cells, Target, Working, is_numeric, stacked
from node_containers.sdk import NodeError
from node_containers.steps.action import Action, Columns
from node_containers.steps.combining import need_filled


class _Selection(Action):
    """Base of the selections. They look at single columns of blocks, too: a category or a word may be dropped by itself."""

    needs_target = True

    def __init__(self, columns: Columns = None) -> None:
        self.columns = columns

    def _keeps(self, matrix: np.ndarray, target: Target | None) -> np.ndarray:
        raise NotImplementedError

    def learn(self, working: Working, target: Target | None) -> None:
        if self.needs_target and target is None:
            message = "Choosing features by the target needs a target; this model learns none."
            raise NodeError("target-needed", message, field="params.method", hint="Choose by variance.")
        names = working.choose(self.columns, is_numeric, "numbers")
        if any(cells.is_text for cells in working.cells.values()) and self.columns is None:
            first = next(name for name, cells in working.cells.items() if cells.is_text)
            message = f"The column “{first}” still holds text."
            raise NodeError("features-need-encoding", message, field=first, hint="Encode categories before choosing features.")
        self.kept_: dict[str, list[int]] = {}
        matrix = stacked(working, names)
        if not matrix.shape[1]:
            return
        need_filled(working, names)
        keeps, place = self._keeps(matrix, target), 0
        for name in names:
            width = working.cells[name].matrix.shape[1]
            self.kept_[name] = [int(i) for i in np.flatnonzero(keeps[place : place + width])]
            place += width

    def apply(self, working: Working) -> None:
        for name, kept in self.kept_.items():
            if name not in working.cells:
                continue
            cells = working.cells[name]
            if not kept:
                del working.cells[name]
            elif cells.values.ndim == 2:
                working.cells[name] = Cells(cells.kind, cells.values[:, kept], cells.origins, tuple(cells.names[i] for i in kept))


class Best(_Selection):
    """scikit-learn's SelectKBest: the `k` columns with the highest score."""

    def __init__(self, columns: Columns = None, score_func: str = "f_test", k: int = 10) -> None:
        super().__init__(columns)
        self.score_func = score_func
        self.k = k

    def _keeps(self, matrix: np.ndarray, target: Target | None) -> np.ndarray:
        from sklearn.feature_selection import SelectKBest

        assert target is not None  # noqa: S101 seen by `learn`
        classes = target.task == "classification"
        if self.score_func == "chi2" and (not classes or matrix.min() < 0):
            what = "classes, not quantities" if not classes else "numbers from zero on"
            raise NodeError("score-unfit", f"chi² takes {what}.", field="params.score_func", hint="Take the F test or mutual information.")
        with np.errstate(all="ignore"), warnings.catch_warnings():
            # A constant column has no score and is not chosen.
            warnings.simplefilter("ignore", UserWarning)
            return SelectKBest(self._score(classes), k=min(self.k, matrix.shape[1])).fit(matrix, target.y).get_support()

    def _score(self, classes: bool) -> Any:
        from sklearn import feature_selection as scores

        if self.score_func == "chi2":
            return scores.chi2
        if self.score_func == "f_test":
            return scores.f_classif if classes else scores.f_regression
        score = scores.mutual_info_classif if classes else scores.mutual_info_regression
        # Its estimate adds noise to break ties: seeded, so that a run can be repeated.
        return lambda matrix, y: score(matrix, y, random_state=0)


class Varied(_Selection):
    """scikit-learn's VarianceThreshold: the columns whose variance is above the threshold."""

    needs_target = False

    def __init__(self, columns: Columns = None, threshold: float = 0.0) -> None:
        super().__init__(columns)
        self.threshold = threshold

    def _keeps(self, matrix: np.ndarray, target: Target | None) -> np.ndarray:
        from sklearn.feature_selection import VarianceThreshold

        try:
            return VarianceThreshold(self.threshold).fit(matrix).get_support()
        except ValueError as wrong:
            message = f"No column has a variance above {self.threshold:g}."
            raise NodeError("no-features", message, field="params.threshold", hint="Lower it.") from wrong


class Eliminated(_Selection):
    """scikit-learn's RFE around a linear model: the weakest columns go, round by round. Scale the columns before."""

    def __init__(self, columns: Columns = None, n_features_to_select: int | None = None, step: float = 1) -> None:
        super().__init__(columns)
        self.n_features_to_select = n_features_to_select
        self.step = step

    def _keeps(self, matrix: np.ndarray, target: Target | None) -> np.ndarray:
        from sklearn.feature_selection import RFE
        from sklearn.linear_model import LinearRegression, LogisticRegression

        assert target is not None  # noqa: S101 seen by `learn`
        estimator = LogisticRegression(max_iter=1_000) if target.task == "classification" else LinearRegression()
        wanted = self.n_features_to_select if self.n_features_to_select is None else min(self.n_features_to_select, matrix.shape[1])
        step = int(self.step) if self.step >= 1 else self.step
        return RFE(estimator, n_features_to_select=wanted, step=step).fit(matrix, target.y).get_support()
