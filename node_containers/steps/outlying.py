"""Whole rows unlike the others, as the training rows know them. Limits of single columns are learned in `scaling.py`."""

from typing import Literal

import numpy as np

from node_containers.cells import Cells, Target, Working, is_number, origins, stacked
from node_containers.steps.action import Action, Columns

# Isolation forests know numbers of single precision; what is beyond is as far out as can be.
FARTHEST = float(np.finfo(np.float32).max)


class Isolated(Action):
    """scikit-learn's IsolationForest over all these columns together: whole rows that are easily cut off from the others are flagged, or left out of the fit.

    An empty cell is a value like others.
    """

    def __init__(
        self,
        columns: Columns = None,
        action: Literal["flag", "drop"] = "flag",
        contamination: str | float = "auto",
        n_estimators: int = 100,
        max_samples: str | float = "auto",
        random_state: int = 42,
    ) -> None:
        self.columns = columns
        self.action = action
        self.contamination = contamination
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.random_state = random_state

    @property
    def drops(self) -> bool:
        return self.action == "drop"

    def learn(self, working: Working, target: Target | None) -> None:
        from sklearn.ensemble import IsolationForest

        self.names_ = working.choose(self.columns, is_number, "numbers")
        self.flag_ = working.free("outlier")
        if self.names_:
            self.forest_ = IsolationForest(
                n_estimators=self.n_estimators,
                max_samples=self.max_samples,
                contamination=self.contamination,
                random_state=self.random_state,
            ).fit(self._matrix(working))

    def _matrix(self, working: Working) -> np.ndarray:
        return np.clip(stacked(working, self.names_), -FARTHEST, FARTHEST)

    def apply(self, working: Working) -> None:
        if not self.drops and self.names_ and all(name in working.cells for name in self.names_):
            made_from = origins(working.cells[name] for name in self.names_)
            working.cells[self.flag_] = Cells("number", self.dropped(working).astype(float), made_from)

    def dropped(self, working: Working) -> np.ndarray:
        return np.asarray(self.forest_.predict(self._matrix(working)) == -1) if self.names_ else np.zeros(working.rows, dtype=bool)
