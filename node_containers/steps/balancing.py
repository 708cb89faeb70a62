"""Balance classes: act on the training rows inside fit, and nowhere else.

Rows are weighed, repeated, left out or made up after the other steps have turned them into numbers, just before the estimator sees them. No test row, no
preview and no stored table is ever touched.
"""

from typing import NamedTuple

import numpy as np

from node_containers.sdk import NodeError

METHODS = ("class_weight", "oversample", "undersample", "smote")


class Balanced(NamedTuple):
    """What the estimator is fitted on; `weights` are None where every row counts the same."""

    matrix: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None


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
