"""Boosted trees that stop by themselves: how many rounds are worth it is found on training rows that are held back, and all rows are then learned with so many.

The model that is kept is a plain one with a fixed number of rounds and remembers the rule it came from; wherever it is fitted anew, in the folds of a
cross-validation, the rule works again, on those rows alone (ADR 39).
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from node_containers.placing import placed
from node_containers.sdk import NodeError
from node_containers.steps.balancing import balanced, fit_estimator

if TYPE_CHECKING:
    import pandas as pd

# As scikit-learn holds back where a booster of its own stops early.
HELD_SHARE = 0.1
# In fewer rows a tenth says nothing.
MIN_ROWS = 50


class Stopped(NamedTuple):
    """The round that was best on the held-back rows, and the loss on them round by round."""

    best: int
    losses: list[float]


def stops(estimator: Any) -> bool:
    """Whether the estimator has a rule of stopping, or had one before it was fitted."""
    return bool(vars(estimator).get("early_stopping_rounds") or vars(estimator).get("stopping_"))


def anew(estimator: Any) -> Any:
    """An unfitted copy. Of a model that was given a threshold the threshold is kept, and the model below it is learned like any other.

    scikit-learn's `clone` would keep that one as it was fitted, on rows that it is then scored on.
    """
    below = getattr(estimator, "estimator", None)
    if isinstance(below, FrozenEstimator):
        return type(estimator)(clone(below.estimator), threshold=estimator.threshold)
    return clone(estimator)


def unsettled(estimator: Any) -> Any:
    """An unfitted copy, with the rule of stopping that the estimator had before it was fitted."""
    return anew(estimator).set_params(**vars(estimator).get("stopping_", {}))


def settle_rounds(preparation: Any, estimator: Any, features: "pd.DataFrame", y: np.ndarray) -> Stopped | None:
    """Set `n_estimators` to the rounds that were worth it, and take the rule of stopping away. None where the estimator has no such rule.

    The trial fits recipe and estimator on nine tenths of the rows: the tenth that judges has no part in either. Copies of a row stay on one side. With fewer
    than fifty rows, or where none can judge, the rule is taken away and all rounds are kept.
    """
    rule = {name: vars(estimator).get(name) for name in ("n_estimators", "early_stopping_rounds")}
    if not rule["early_stopping_rounds"]:
        return None
    stopped = _tried(preparation, estimator, features, y) if len(y) >= MIN_ROWS else None
    if stopped is not None:
        estimator.set_params(n_estimators=stopped.best)
    estimator.set_params(early_stopping_rounds=None)
    estimator.stopping_ = rule
    return stopped


def _tried(preparation: Any, estimator: Any, features: "pd.DataFrame", y: np.ndarray) -> Stopped | None:
    """A trial on rows apart from those that judge it. None where no row is left to judge."""
    learned, held = _parted(features, y, estimator.random_state)
    while len(held):
        recipe, trial = clone(preparation), clone(estimator)
        matrix, kept = recipe.fit_rows(features.iloc[learned], y[learned])
        try:
            judges = [(recipe.transform(features.iloc[held]), y[held])]
        except NodeError as refused:
            if not len(refused.rows):
                raise
            # Rows with a category that the others lack, where that is an error, cannot judge: they are learned from, as they are when it counts.
            places = list(refused.rows)
            learned, held = np.concatenate([learned, held[places]]), np.delete(held, places)
            continue
        with placed(trial, recipe):
            fit_estimator(trial, balanced(matrix, y[learned][kept], recipe.steps), eval_set=judges, verbose=False)
        losses = next(iter(trial.evals_result()["validation_0"].values()))
        return Stopped(int(trial.best_iteration) + 1, [float(loss) for loss in losses])
    return None


def _parted(features: "pd.DataFrame", y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of the rows to learn from and of those that judge; every class is among the first."""
    # A fitted pipeline is served without pandas, which these need.
    import pandas as pd

    from node_containers.repeats import find_repeats
    from node_containers.splitting import hold_out

    codes = find_repeats(features, y).codes
    strata = None
    if y.dtype.kind in "iu":
        counts = np.bincount(y[~pd.Series(codes).duplicated().to_numpy()], minlength=int(y.max()) + 1)
        # As many rows must judge as there are classes, or they cannot be shared out evenly.
        if counts.min() > 1 and HELD_SHARE * counts.sum() >= len(counts):
            strata = pd.Series(y)
    learned, held = hold_out(codes, HELD_SHARE, seed, True, strata, False)
    if y.dtype.kind in "iu":
        unknown = ~np.isin(y[held], y[learned])
        learned, held = np.concatenate([learned, held[unknown]]), held[~unknown]
    return learned, held
