"""The model families that a search chooses from: an estimator for the task, and the values worth trying of its params.

Names and meanings of the params are those of scikit-learn and xgboost. The values are the usual first places to look: spread over orders of magnitude for
regularisation and rates, and over the sizes of trees that a tabular model rarely leaves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from xgboost import XGBClassifier, XGBRegressor

FamilyName = Literal["linear", "random_forest", "extra_trees", "hist_gradient_boosting", "xgboost", "k_neighbors"]


@dataclass(frozen=True)
class Family:
    """`make(task, seed, params)` gives an unfitted estimator; `space` lists values by param; the flags say what its pipeline leaves to it."""

    title: str
    make: Callable[[str, int, Mapping[str, Any]], Any]
    space: Mapping[str, tuple[Any, ...]]
    classification_only: tuple[str, ...] = ()
    takes_missing: bool = False
    takes_scale: bool = True


def _linear(task: str, seed: int, params: Mapping[str, Any]) -> Any:
    if task == "classification":
        return LogisticRegression(**{"max_iter": 1_000, "random_state": seed, **params})
    # The same knob: Ridge's alpha is the strength that C divides by.
    strength = {"alpha": 1 / (2 * params["C"])} if "C" in params else {}
    return Ridge(random_state=seed, **strength)


def _seeded(classifier: Any, regressor: Any, **fixed: Any) -> Callable[[str, int, Mapping[str, Any]], Any]:
    def make(task: str, seed: int, params: Mapping[str, Any]) -> Any:
        # One thread: sums of floats in another order would give another model on another machine.
        return (classifier if task == "classification" else regressor)(**{**fixed, "random_state": seed, **params})

    return make


def _neighbours(task: str, seed: int, params: Mapping[str, Any]) -> Any:
    return (KNeighborsClassifier if task == "classification" else KNeighborsRegressor)(**params)


TREES: Mapping[str, tuple[Any, ...]] = {
    "n_estimators": (100, 200, 400),
    "max_depth": (None, 4, 8, 16),
    "min_samples_leaf": (1, 2, 5, 10),
    "max_features": ("sqrt", 0.5, 1.0),
}

FAMILIES: dict[str, Family] = {
    "linear": Family("Linear", _linear, {"C": (0.01, 0.1, 1.0, 10.0, 100.0), "class_weight": (None, "balanced")}, ("class_weight",)),
    "random_forest": Family("Random forest", _seeded(RandomForestClassifier, RandomForestRegressor, n_jobs=1), TREES, takes_scale=False),
    "extra_trees": Family("Extra trees", _seeded(ExtraTreesClassifier, ExtraTreesRegressor, n_jobs=1), TREES, takes_scale=False),
    "hist_gradient_boosting": Family(
        "Histogram gradient boosting",
        _seeded(HistGradientBoostingClassifier, HistGradientBoostingRegressor),
        {
            "learning_rate": (0.03, 0.1, 0.3),
            "max_iter": (100, 200, 400),
            "max_leaf_nodes": (15, 31, 63),
            "min_samples_leaf": (5, 20, 50),
            "l2_regularization": (0.0, 1.0),
        },
        takes_missing=True,
        takes_scale=False,
    ),
    "xgboost": Family(
        "XGBoost",
        _seeded(XGBClassifier, XGBRegressor, n_jobs=1, tree_method="hist"),
        {
            "n_estimators": (50, 100, 200, 400),
            "max_depth": (3, 4, 6, 8),
            "learning_rate": (0.03, 0.1, 0.3),
            "subsample": (0.7, 1.0),
            "min_child_weight": (1.0, 5.0),
        },
        takes_missing=True,
        takes_scale=False,
    ),
    "k_neighbors": Family("Nearest neighbours", _neighbours, {"n_neighbors": (3, 5, 9, 15, 31), "weights": ("uniform", "distance")}),
}


def space_of(family: str, task: str) -> dict[str, tuple[Any, ...]]:
    """The values to try of a family for a task."""
    found = FAMILIES[family]
    return {name: values for name, values in found.space.items() if task == "classification" or name not in found.classification_only}
