"""What a step of a recipe is: learn from the training rows, then apply to any rows.

A step that does not learn (`learns` is False) means the same on every row alone; the rows of a table can be looked at behind it without fitting anything.
Fitted values end in an underscore, as in scikit-learn. Everything a fitted step holds must pickle, and give the same bytes when it is fitted again.

scikit-learn's parts are imported where they are fitted: a model that is served loads those that it holds, and no others.
"""

import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from node_containers.cells import Target, Working

Columns = Sequence[str] | None


class Action:
    """Base of all steps."""

    learns = True

    @property
    def drops(self) -> bool:
        """Whether it leaves rows out of the fit (`dropped`)."""
        return False

    @property
    def fills(self) -> Collection[str]:
        """Columns whose empty cells come out as values, once it is fitted."""
        return ()

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """A step that was fitted and stored before it had a param has the default of it."""
        for kind in reversed(type(self).__mro__):
            params = inspect.signature(kind).parameters.values()
            self.__dict__.update({param.name: param.default for param in params if param.default is not param.empty})
        self.__dict__.update(state)

    def learn(self, working: Working, target: Target | None) -> None:
        """Look at the training rows as the steps before have left them. `target` is None where nothing is learned."""

    def apply(self, working: Working) -> None:
        """Change rows in place. A column that is not there is passed by: serving sends only what the model uses."""
        raise NotImplementedError

    def learn_apply(self, working: Working, target: Target | None) -> None:
        """Learn, and give the training rows themselves. A step that looks at the target cross-fits here."""
        self.learn(working, target)
        self.apply(working)

    def dropped(self, working: Working) -> np.ndarray:
        """Which training rows are left out of the fit: of the steps behind this one, and of the estimator. No other row ever is."""
        return np.zeros(working.rows, dtype=bool)
