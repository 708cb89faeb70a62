"""New numbers out of several columns: powers and products, components."""

import itertools
import sys
from typing import Any

import numpy as np

from node_containers.cells import Cells, Target, Working, is_number, is_numeric, origins, stacked
from node_containers.sdk import NodeError
from node_containers.steps.action import Action, Columns

MAX_POWERS = 5_000


class Powers(Action):
    """Powers and products of columns, beside the columns themselves: the terms of scikit-learn's PolynomialFeatures from degree 2 on.

    Learns nothing but which columns there are.
    """

    def __init__(self, columns: Columns = None, degree: int = 2, interaction_only: bool = False, include_bias: bool = False) -> None:
        self.columns = columns
        self.degree = degree
        self.interaction_only = interaction_only
        self.include_bias = include_bias

    def learn(self, working: Working, target: Target | None) -> None:
        self.names_ = working.choose(self.columns, lambda cells: is_number(cells) and cells.values.ndim == 1, "numbers")
        combine = itertools.combinations if self.interaction_only else itertools.combinations_with_replacement
        self.terms_: list[tuple[int, ...]] = [()] if self.include_bias else []
        for degree in range(2, self.degree + 1):
            for term in combine(range(len(self.names_)), degree):
                self.terms_.append(term)
                if len(self.terms_) > MAX_POWERS:
                    message = f"{len(self.names_)} columns of degree {self.degree} give more than {MAX_POWERS:,} terms."
                    raise NodeError("terms-too-many", message, field="params.columns", hint="Name fewer columns, or a lower degree.")
        self.into_ = working.free("polynomial")
        self.labels_ = tuple(sys.intern(self._label(term)) for term in self.terms_)

    def _label(self, term: tuple[int, ...]) -> str:
        counted = [(self.names_[place], len(list(same))) for place, same in itertools.groupby(term)]
        return " ".join(f"{name}^{power}" if power > 1 else name for name, power in counted) or "1"

    def apply(self, working: Working) -> None:
        if not self.terms_ or any(name not in working.cells for name in self.names_):
            return
        values = stacked(working, self.names_)
        matrix = np.stack([values[:, list(term)].prod(axis=1) for term in self.terms_], axis=1)
        made_from = origins(working.cells[name] for name in self.names_)
        working.cells[self.into_] = Cells("numbers", matrix, made_from, self.labels_)


class _Components(Action):
    """Base of the decompositions: components in the place of the columns."""

    prefix = ""

    def __init__(self, columns: Columns = None) -> None:
        self.columns = columns

    def _suits(self, cells: Cells) -> bool:
        return is_number(cells) if self.columns is None else is_numeric(cells)

    def _estimator(self, rows: int, width: int) -> Any:
        raise NotImplementedError

    def learn(self, working: Working, target: Target | None) -> None:
        self.names_ = working.choose(self.columns, self._suits, "numbers")
        matrix = stacked(working, self.names_)
        if not matrix.shape[1]:
            return
        need_filled(working, self.names_)
        self.estimator_ = self._estimator(*matrix.shape).fit(matrix)
        self.into_ = working.free(self.prefix)
        self.labels_ = tuple(sys.intern(f"{self.prefix}{place + 1}") for place in range(len(self.estimator_.components_)))

    def apply(self, working: Working) -> None:
        if not hasattr(self, "estimator_"):
            return
        matrix = self.estimator_.transform(stacked(working, self.names_))
        made_from = origins(working.cells[name] for name in self.names_)
        working.merge(self.names_, self.into_, Cells("numbers", matrix, made_from, self.labels_))


class Principal(_Components):
    """scikit-learn's PCA: the directions in which the training rows differ most. Scale the columns before."""

    prefix = "pca"

    def __init__(
        self,
        columns: Columns = None,
        n_components: float | None = None,
        whiten: bool = False,
        svd_solver: str = "auto",
        random_state: int = 42,
    ) -> None:
        super().__init__(columns)
        self.n_components = n_components
        self.whiten = whiten
        self.svd_solver = svd_solver
        self.random_state = random_state

    def _estimator(self, rows: int, width: int) -> Any:
        from sklearn.decomposition import PCA

        wanted = self.n_components
        if wanted is not None and wanted >= 1:
            if wanted > min(rows, width):
                message = f"{wanted:g} components are wanted; {rows:,} rows of {width:,} columns have {min(rows, width):,}."
                raise NodeError("components-too-many", message, field="params.n_components", hint="Take fewer.")
            wanted = int(wanted)
        return PCA(n_components=wanted, whiten=self.whiten, svd_solver=self.svd_solver, random_state=self.random_state)


class Singular(_Components):
    """scikit-learn's TruncatedSVD: the same without centring, for many columns that are mostly zero, such as words."""

    prefix = "svd"

    def __init__(self, columns: Columns = None, n_components: int = 2, n_iter: int = 5, random_state: int = 42) -> None:
        super().__init__(columns)
        self.n_components = n_components
        self.n_iter = n_iter
        self.random_state = random_state

    def _suits(self, cells: Cells) -> bool:
        return is_numeric(cells)

    def _estimator(self, rows: int, width: int) -> Any:
        from sklearn.decomposition import TruncatedSVD

        if self.n_components > width:
            message = f"{self.n_components} components are wanted; there are {width} columns."
            raise NodeError("components-too-many", message, field="params.n_components", hint="Take fewer.")
        return TruncatedSVD(n_components=self.n_components, n_iter=self.n_iter, random_state=self.random_state)


def need_filled(working: Working, names: list[str]) -> None:
    """Refuse empty cells in front of a step that cannot take them."""
    for name in names:
        count = int(np.isnan(working.cells[name].values).sum())
        if count:
            message = f"The column “{name}” has {count} empty cells, which this step cannot take."
            raise NodeError("features-missing-values", message, field=name, hint="Put an Impute node before it.")
