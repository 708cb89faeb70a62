"""A vote by majority that says how many voted for each class. numpy and scikit-learn only: serving loads it."""

from typing import Any

import numpy as np
from sklearn.ensemble import VotingClassifier
from sklearn.utils.validation import check_is_fitted


class MajorityVotingClassifier(VotingClassifier):
    """scikit-learn's hard vote, which gives no probabilities; this one gives the share of the (weighted) votes for each class in their place.

    The most votes decide, and a tie goes to the first class: the likeliest class of `predict_proba` is the one that `predict` names.
    """

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803 scikit-learn's name
        """Shares of shape (rows, classes)."""
        check_is_fitted(self)
        weights = np.ones(len(self.estimators_)) if self.weights is None else np.asarray(self.weights, dtype=float)
        votes = [np.asarray(voter.predict(X), dtype=np.intp) for voter in self.estimators_]
        counted = np.zeros((len(votes[0]), len(self.classes_)))
        for codes, weight in zip(votes, weights, strict=True):
            counted[np.arange(len(codes)), codes] += weight
        shares: np.ndarray = counted / weights.sum()
        return shares
