"""Words for the node card while a long fit works, taken from what the libraries say of themselves."""

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

from xgboost.callback import TrainingCallback

from node_containers.sdk import Context

# What scikit-learn prints when it is asked to be verbose: forests, boosting rounds, epochs.
_SAYINGS = (
    (re.compile(r"building tree (\d+) of (\d+)"), "tree {} of {}"),
    (re.compile(r"\[(\d+)/(\d+)\]"), "boosting round {} of {}"),
    (re.compile(r"Iteration (\d+), loss = ([\d.]+)"), "epoch {}, loss {}"),
)
_VERBOSE = {
    "RandomForestClassifier": 2,
    "RandomForestRegressor": 2,
    "ExtraTreesClassifier": 2,
    "ExtraTreesRegressor": 2,
    "HistGradientBoostingClassifier": 2,
    "HistGradientBoostingRegressor": 2,
    "MLPClassifier": True,
    "MLPRegressor": True,
}


class _Listener(io.TextIOBase):
    """Takes a library's chatter and passes on the one line that says how far it is."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def write(self, text: str) -> int:
        for pattern, words in _SAYINGS:
            if found := pattern.search(text):
                self.context.progress(words.format(*found.groups()))
        return len(text)


class _Rounds(TrainingCallback):
    def __init__(self, context: Context, total: int) -> None:
        self.context = context
        self.total = total

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        self.context.progress(f"boosting round {epoch + 1} of {self.total}")
        return False


@contextlib.contextmanager
def watched(estimator: Any, context: Context) -> Iterator[None]:
    """While inside, the estimator's fit reports its progress; behind it, the estimator's params are as they were."""
    name = type(estimator).__name__
    if name.startswith("XGB"):
        changes: dict[str, Any] = {"callbacks": [_Rounds(context, estimator.get_num_boosting_rounds())]}
    elif name in _VERBOSE:
        changes = {"verbose": _VERBOSE[name]}
    else:
        yield
        return
    before = {param: estimator.get_params(deep=False)[param] for param in changes}
    estimator.set_params(**changes)
    try:
        with contextlib.redirect_stdout(_Listener(context)), contextlib.redirect_stderr(_Listener(context)):
            yield
    finally:
        estimator.set_params(**before)
