"""Boosted trees that stop by themselves: how many rounds are worth it is found on training rows that are held back, and all rows are then learned with so many.

The model that is kept is a plain one with a fixed number of rounds, so that fitting it anew (in folds, in a notebook) needs no held-back rows.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from node_containers.recipe import balanced, fit_estimator
from node_containers.sdk import Step

# As scikit-learn holds back where a booster of its own stops early.
HELD_SHARE = 0.1
# In fewer rows a tenth says nothing.
MIN_ROWS = 50


class Stopped(NamedTuple):
    """The round that was best on the held-back rows, and the loss on them round by round."""

    best: int
    losses: list[float]


def settle_rounds(estimator: Any, matrix: np.ndarray, y: np.ndarray, recipe: Sequence[Step], task: str) -> Stopped | None:
    """Set `n_estimators` to the rounds that were worth it, and take the rule of stopping away. None where the estimator has no such rule.

    With fewer than fifty rows the rule is taken away and all rounds are kept.
    """
    if not vars(estimator).get("early_stopping_rounds"):
        return None
    stopped = None
    if len(y) >= MIN_ROWS:
        strata = y if task == "classification" and np.bincount(y).min() > 1 else None
        learned, held = train_test_split(np.arange(len(y)), test_size=HELD_SHARE, random_state=estimator.random_state, stratify=strata)
        trial = clone(estimator)
        fit_estimator(trial, balanced(matrix[learned], y[learned], recipe), eval_set=[(matrix[held], y[held])], verbose=False)
        losses = next(iter(trial.evals_result()["validation_0"].values()))
        stopped = Stopped(int(trial.best_iteration) + 1, [float(loss) for loss in losses])
        estimator.set_params(n_estimators=stopped.best)
    estimator.set_params(early_stopping_rounds=None)
    return stopped
