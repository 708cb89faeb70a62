"""Balance classes: act on the training rows inside fit, and nowhere else.

Rows are weighed, repeated, left out or made up after the other steps have turned them into numbers, just before the estimator sees them. No test row, no
preview and no stored table is ever touched.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import has_fit_parameter

from node_containers.sdk import NodeError, Step

# The name of the step in a recipe.
BALANCE = "balance"

METHODS = ("class_weight", "oversample", "undersample", "smote")


class Balanced(NamedTuple):
    """What the estimator is fitted on; `weights` are None where every row counts the same."""

    matrix: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None


def balanced(matrix: np.ndarray, y: np.ndarray, recipe: Sequence[Step]) -> Balanced:
    """The training rows as the balancing steps of a recipe want the estimator to see them."""
    given = Balanced(matrix, y, None)
    for one in recipe:
        if one["step"] == BALANCE:
            given = balance(given.matrix, given.y, **one["params"])
    return given


def fit_estimator(estimator: Any, given: Balanced, **words: Any) -> None:
    if given.weights is not None:
        if not has_fit_parameter(estimator, "sample_weight"):
            message = f"{type(estimator).__name__} cannot weigh rows."
            raise NodeError("weights-unsupported", message, hint="Balance by oversampling, undersampling or SMOTE instead.")
        words["sample_weight"] = given.weights
    estimator.fit(given.matrix, given.y, **words)


def balance(matrix: np.ndarray, y: np.ndarray, method: str, ratio: float = 1.0, k_neighbors: int = 5, random_state: int = 42) -> Balanced:
    """Bring every class to at least `ratio` times the rows of the largest one (`undersample`: at most 1/`ratio` times those of the smallest).

    `smote` makes up rows between a row and one of its nearest of the same class (Chawla et al. 2002). `class_weight` weighs as scikit-learn's "balanced" does.
    """
    if y.dtype.kind not in "iu":
        raise NodeError("task-mismatch", "Quantities have no classes to balance.", field="params.method", hint="Take the node out.")
    counts = np.bincount(y)
    present = np.flatnonzero(counts)
    if method == "class_weight":
        return Balanced(matrix, y, (len(y) / (len(present) * np.maximum(counts, 1)))[y])
    draw = np.random.default_rng(random_state)
    if method == "undersample":
        most = int(counts[present].min() / ratio)
        kept = [
            rows if len(rows) <= most else np.sort(draw.choice(rows, most, replace=False))
            for rows in (np.flatnonzero(y == code) for code in present)
        ]
        order = np.sort(np.concatenate(kept))
        return Balanced(matrix[order], y[order], None)
    wanted = round(ratio * float(counts.max()))
    extra, codes = [], []
    for code in present:
        rows, missing = np.flatnonzero(y == code), wanted - int(counts[code])
        if missing > 0:
            extra.append(
                matrix[draw.choice(rows, missing)] if method == "oversample" else _made_up(matrix[rows], missing, k_neighbors, draw)
            )
            codes.append(np.full(missing, code, dtype=y.dtype))
    return Balanced(np.concatenate([matrix, *extra]), np.concatenate([y, *codes]), None)


def _made_up(rows: np.ndarray, count: int, k_neighbors: int, draw: np.random.Generator) -> np.ndarray:
    if np.isnan(rows).any():
        message = "Rows with empty cells have no neighbours to make up rows between."
        raise NodeError("features-missing-values", message, field="params.method", hint="Put an Impute node before, or take “oversample”.")
    if len(rows) == 1:
        return np.repeat(rows, count, axis=0)
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=min(k_neighbors, len(rows) - 1) + 1).fit(rows).kneighbors(rows, return_distance=False)[:, 1:]
    first = draw.integers(len(rows), size=count)
    second = near[first, draw.integers(near.shape[1], size=count)]
    return rows[first] + draw.random(count)[:, None] * (rows[second] - rows[first])
