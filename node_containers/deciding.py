"""From probabilities to a class: one rule, for evaluation, prediction tables and serving alike. numpy only: serving imports it."""

from typing import Any

import numpy as np


def decide(probabilities: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """Codes of the decided classes. At one half the likelier class wins and a tie goes to the first, as in scikit-learn's `predict`."""
    if probabilities.shape[1] == 2 and threshold != 0.5:
        return (probabilities[:, 1] >= threshold).astype(np.intp)
    return probabilities.argmax(axis=1)


def threshold_of(estimator: Any) -> float:
    """The probability from which the second class is decided: one half, unless the model was given another."""
    return float(getattr(estimator, "threshold", 0.5))
