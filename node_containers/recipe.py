"""The recipe: preprocessing that is written down by feature nodes and fitted by a train node.

A recipe is a list of steps as plain data (`{"step": "impute", "params": {}}`), appended wherever a feature node stands, before or behind the split. Nothing is
computed then. `Preparation` is the scikit-learn transformer that a train node puts in front of its estimator: it fits the steps on the training rows and turns
raw columns into one dense matrix, in training, in evaluation and in serving alike. `steps/` holds what each step does.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline

from node_containers.cells import Cells, Target, Working, origins
from node_containers.columns import column_type
from node_containers.placing import names_columns, placed
from node_containers.sdk import NodeError, Step
from node_containers.steps import BALANCE, STEPS, action, changes_rows
from node_containers.steps.action import Action
from node_containers.steps.balancing import balanced, fit_estimator
from node_containers.steps.encoding import identifies
from node_containers.stopping import settle_rounds, stops, unsettled

if TYPE_CHECKING:
    # A fitted pipeline is served without pandas: this module must import without it, too.
    import pandas as pd

# Trees gain nothing from these, unless a later step needs them.
SCALES = ("scale", "scale_minmax", "scale_robust")
NEED_SCALE = ("pca", "svd", "polynomial", "impute_knn", "impute_iterative", "select_rfe", BALANCE)


def step(name: str, /, **params: Any) -> Step:
    """One step as it is stored. Wrong params are refused here."""
    if name == BALANCE:
        return {"step": name, "params": params}
    if name not in STEPS:
        raise ValueError(f"unknown recipe step {name!r}")
    STEPS[name](**params)
    return {"step": name, "params": params}


class Learned(NamedTuple):
    """What an estimator learns from; `kept` is False for the training rows that are left out, which are not in the matrix."""

    matrix: np.ndarray
    kept: np.ndarray


class Preparation(TransformerMixin, BaseEstimator):
    """Fits a recipe on training rows; transforms raw columns into a float64 matrix of shape (rows, features).

    `takes_missing` and `takes_scale` say what the estimator behind it needs: trees take missing values as they are and gain nothing from scaling. Fitted, it
    knows the raw columns it needs with their kinds (`inputs_`), those that its steps fill when they are empty (`imputed_`), why others are left out, and what
    became of each (`places`).
    """

    def __init__(self, steps: Sequence[Step] = (), takes_missing: bool = False, takes_scale: bool = True) -> None:
        self.steps = steps
        self.takes_missing = takes_missing
        self.takes_scale = takes_scale

    def fit(self, frame: "pd.DataFrame", y: Any = None) -> "Preparation":
        self.fit_rows(frame, y)
        return self

    def fit_transform(self, frame: "pd.DataFrame", y: Any = None) -> np.ndarray:
        """The training rows as the estimator learns from them: what looks at the target is cross-fitted, so this is not `fit` and then `transform`.

        Rows that are left out of the fit are given as `transform` gives them.
        """
        matrix, kept = self.fit_rows(frame, y)
        if kept.all():
            return matrix
        whole = self.transform(frame)
        whole[kept] = matrix
        return whole

    def fit_rows(self, frame: "pd.DataFrame", y: Any = None) -> "Learned":
        """Fit, and give what the estimator is to learn from: the training rows without those that a step leaves out.

        Raises `NodeError` rows-all-dropped where none is left, or none of a class.
        """
        raw = {sys.intern(str(name)): column_type(frame[name]) for name in frame.columns}
        columns = {name: values_of(frame[name], kind) for name, kind in raw.items()}
        working = _working(raw, columns, len(frame))
        target = None if y is None else Target(np.asarray(y), "classification" if np.asarray(y).dtype.kind in "iu" else "regression")
        kept = np.ones(len(frame), dtype=bool)
        self.actions_: list[Action] = []
        filled: set[str] = set()
        for one in self._active():
            doing = action(one)
            doing.learn_apply(working, target)
            self.actions_.append(doing)
            if doing.drops:
                stay = ~doing.dropped(working)
                kept[kept] = stay
                working, target = working.only(stay), _kept(target, stay)
            filled |= origins(working.cells[name] for name in doing.fills if name in working.cells)
        self._finish(working)
        used = origins(working.cells.values())
        self.inputs_ = {name: kind for name, kind in raw.items() if name in used}
        self.unused_ = sorted(set(raw) - used)
        self.imputed_ = [name for name in self.inputs_ if name in filled and self._fills(name, columns)]
        return Learned(self._collected(working), kept)

    def _active(self) -> list[Step]:
        """The steps that work on columns; scales are left out where nobody needs them."""
        needed = [place for place, one in enumerate(self.steps) if one["step"] in NEED_SCALE]
        last = len(self.steps) if self.takes_scale else needed[-1] if needed else -1
        return [one for place, one in enumerate(self.steps) if one["step"] != BALANCE and (one["step"] not in SCALES or place < last)]

    def _finish(self, working: Working) -> None:
        """Take out text that names rows, refuse other text and empty cells, and remember the layout."""
        self.left_out_: dict[str, str] = {}
        for name, cells in list(working.cells.items()):
            if not cells.is_text:
                continue
            reason = identifies(cells.values)
            if reason is None:
                message = f"The column “{name}” holds text, which a model cannot take as it is."
                hint = "Put an Encode node, or Preprocess with “Encode categories”, before the training."
                raise NodeError("features-need-encoding", message, field=name, hint=hint)
            self.left_out_[name] = reason
            del working.cells[name]
        self.layout_ = [(name, cells.matrix.shape[1]) for name, cells in working.cells.items()]
        self.made_from_ = {name: tuple(sorted(cells.origins)) for name, cells in working.cells.items()}
        self.merged_ = dict(working.alias)
        self.feature_names_out_ = [label for name, cells in working.cells.items() for label in cells.names or (name,)]
        if not self.feature_names_out_:
            raise NodeError("no-features", "No column is left to learn from.", hint="Keep at least one column besides the target.")
        for name, cells in working.cells.items():
            count = 0 if self.takes_missing else int(np.isnan(cells.values).sum())
            if count:
                message = f"The column “{name}” has {count} empty cells, which this model cannot take."
                raise NodeError(
                    "features-missing-values", message, field=name, hint="Put an Impute or Preprocess node before the training."
                )

    def _fills(self, name: str, columns: Mapping[str, np.ndarray]) -> bool:
        """Whether an empty cell in this raw column comes out as a number, tried on the first row."""
        row = {other: columns[other][:1].copy() for other in self.inputs_}
        row[name][0] = None if self.inputs_[name] == "text" else np.nan
        others = [np.isnan(self.matrix({**row, name: columns[name][:1]}, 1)), np.isnan(self.matrix(row, 1))]
        return not (others[1] & ~others[0]).any()

    def transform(self, frame: "pd.DataFrame") -> np.ndarray:
        """Raises `NodeError` features-missing where a raw column is not there, features-type where it holds text in the place of numbers."""
        if missing := [f"“{name}”" for name in self.inputs_ if name not in frame.columns]:
            message = f"The rows lack {len(missing)} of the columns that the model takes: {', '.join(missing[:12])}."
            raise NodeError(
                "features-missing", message, field="table", hint="Take rows with the columns of the training table, named alike."
            )
        return self.matrix({name: _taken(frame[name], name, kind) for name, kind in self.inputs_.items()}, len(frame))

    def matrix(self, columns: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
        """The same from bare arrays (numbers as float64 with NaN, text as objects with None): what serving uses, without a data frame."""
        working = _working(self.inputs_, columns, rows)
        for doing in self.actions_:
            doing.apply(working)
        return self._collected(working)

    def _collected(self, working: Working) -> np.ndarray:
        out = np.empty((working.rows, len(self.feature_names_out_)))
        place = 0
        for name, width in self.layout_:
            out[:, place : place + width] = working.cells[name].matrix
            place += width
        return out

    def places(self, name: str) -> list[int]:
        """The columns of the matrix that a column of the table became, alone or together with others; none where it is left out."""
        while name not in self.made_from_ and name in self.merged_:
            name = self.merged_[name]
        first = 0
        for other, width in self.layout_:
            if other == name:
                return list(range(first, first + width))
            first += width
        return []

    def sharing(self, name: str) -> list[str]:
        """Other columns that the recipe made from what the column was made from."""
        own = set(self.made_from_.get(name, ()))
        return [other for other, origins_of in self.made_from_.items() if other != name and own & set(origins_of)]

    def sources(self) -> list[str]:
        """For each column of the matrix the raw column it was made from; one made from several (a component, a sum), or from none, stands for itself.

        A column that others helped to fill is still that column.
        """
        blocks = [name for name, width in self.layout_ for _ in range(width)]
        return [self._source(block, label) for block, label in zip(blocks, self.feature_names_out_, strict=True)]

    def _source(self, block: str, label: str) -> str:
        made_from = self.made_from_[block]
        return made_from[0] if len(made_from) == 1 else block if block in made_from else label

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        return np.asarray(self.feature_names_out_, dtype=object)


def _kept(target: Target | None, stay: np.ndarray) -> Target | None:
    """The target of the rows that stay."""
    if not stay.any():
        message = "Every training row counts as an outlier: none is left to learn from."
        raise NodeError("rows-all-dropped", message, field="params.action", hint="Raise the threshold, or flag the rows.")
    if target is None:
        return None
    found = Target(target.y[stay], target.task)
    if target.task == "classification" and len(np.unique(found.y)) < len(np.unique(target.y)):
        message = "Every training row of a class counts as an outlier: none is left to learn it from."
        raise NodeError(
            "rows-all-dropped", message, field="params.action", hint="Raise the threshold, name fewer columns, or flag the rows."
        )
    return found


def _working(kinds: Mapping[str, str], columns: Mapping[str, np.ndarray], rows: int) -> Working:
    return Working({name: Cells(kind, columns[name], frozenset((name,))) for name, kind in kinds.items()}, rows)


def _taken(series: "pd.Series", name: str, kind: str) -> np.ndarray:
    """The values of a raw column as the kind that was learned."""
    try:
        return values_of(series, kind)
    except (TypeError, ValueError) as wrong:
        message = f"The column “{name}” held {kind} values in training; here it holds others: {str(wrong)[:100]}."
        raise NodeError("features-type", message, field="table", hint="Give the column the type it had, with Change types.") from wrong


def values_of(series: "pd.Series", kind: str) -> np.ndarray:
    return text_values(series) if kind == "text" else number_values(series)


def number_values(series: "pd.Series") -> np.ndarray:
    """Numbers, booleans and instants as float64; missing is NaN; instants are days since 1970."""
    if series.dtype.kind == "M":
        micros = series.astype("datetime64[us]")
        return np.where(micros.isna(), np.nan, micros.astype("int64").to_numpy() / 86_400e6)
    return series.to_numpy(dtype="float64", na_value=np.nan)


def text_values(series: "pd.Series") -> np.ndarray:
    """Text as objects; missing is None."""
    values = series.astype(object).to_numpy(dtype=object, copy=True)
    values[series.isna().to_numpy()] = None
    return values


class FittingPipeline(Pipeline):
    """A pipeline whose `fit` does on its own rows what else needs rows: settle the rounds of boosting, leave rows out, balance the classes, find the columns
    that are named.

    Nothing else differs: predictions touch no row.
    """

    def fit(self, X: Any, y: Any = None, **params: Any) -> "FittingPipeline":  # noqa: N803 scikit-learn's name
        preparation, estimator = self.named_steps["recipe"], unsettled(self.named_steps["model"])
        settle_rounds(preparation, estimator, X, y)
        matrix, kept = preparation.fit_rows(X, y)
        with placed(estimator, preparation):
            fit_estimator(estimator, balanced(matrix, y if y is None or kept.all() else np.asarray(y)[kept], preparation.steps))
        self.steps[-1] = ("model", estimator)
        return self


def build_pipeline(recipe: Sequence[Step], estimator: Any, *, takes_missing: bool = False, takes_scale: bool = True) -> Pipeline:
    """Recipe and estimator as one object: the only thing that is ever scored, registered or deployed."""
    # One object for one word: a recipe that came out of a file pickles to the same bytes as one that was just written down.
    return assembled(Preparation([_interned(one) for one in recipe], takes_missing, takes_scale), estimator)


def assembled(preparation: Preparation, estimator: Any) -> Pipeline:
    """An unfitted pipeline that fits as its recipe says: also from the parts of one that was fitted before."""
    special = any(changes_rows(one) for one in preparation.steps) or names_columns(estimator) or stops(estimator)
    return (FittingPipeline if special else Pipeline)([("recipe", preparation), ("model", estimator)])


def _interned(value: Any) -> Any:
    if isinstance(value, str):
        return sys.intern(value)
    if isinstance(value, Mapping):
        return {_interned(key): _interned(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_interned(one) for one in value]
    return value


def _makes(one: Step, name: str | None) -> bool:
    """Whether the step computes a column of that name."""
    params = one["params"]
    if one["step"] == "date_parts":
        return name in [f"{params['column']}_{part}" for part in params["parts"]]
    return one["step"] == "formula" and params["name"] == name


def without_target(recipe: Sequence[Step], target: str | None) -> tuple[list[Step], str | None]:
    """The recipe for the features, and the raw column that the target comes from (None where it is computed from others).

    The target may have been renamed, retyped or computed by the recipe. What computes it is undone at once, before any step can look at it.
    """
    steps, name = list(recipe), target
    for place in reversed(range(len(steps))):
        params = steps[place]["params"]
        if steps[place]["step"] == "rename":
            name = next((old for old, new in params["names"].items() if new == name), name)
        elif _makes(steps[place], name):
            steps.insert(place + 1, step("drop", columns=[name]))
    return steps, name
