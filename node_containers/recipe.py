"""The recipe: preprocessing that is written down by feature nodes and fitted by a train node.

A recipe is a list of steps as plain data (`{"step": "impute"}`), appended wherever a feature node stands, before or behind the split. Nothing is
computed then. `Preparation` is the scikit-learn transformer that a train node puts in front of its estimator: it fits the steps on the training rows and turns
raw columns into one dense matrix, in training, in evaluation and in serving alike.

    impute   numbers: the median of the training rows; text: the most frequent value
    scale    numbers: standard score (mean and standard deviation of the training rows)
    encode   text: one column per category seen in training (dense); unseen and missing categories are all zeros
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline

from node_containers.columns import column_type
from node_containers.sdk import NodeError, Step

if TYPE_CHECKING:
    # A fitted pipeline is served without pandas: this module must import without it, too.
    import pandas as pd

STEPS = ("impute", "scale", "encode")
# Text with more different values than this, most of them seen once, names rows rather than describing them.
IDENTIFIER_MIN_DISTINCT = 50
IDENTIFIER_MIN_SHARE = 0.5
MAX_CATEGORIES = 1_000


def step(name: str, **params: Any) -> Step:
    """One step as it is stored."""
    if name not in STEPS:
        raise ValueError(f"unknown recipe step {name!r}")
    return {"step": name, "params": params}


class Preparation(TransformerMixin, BaseEstimator):
    """Fits a recipe on training rows; transforms raw columns into a float64 matrix of shape (rows, features).

    `takes_missing` and `takes_scale` say what the estimator behind it needs: trees take missing values as they are and gain nothing from scaling.
    """

    def __init__(self, steps: Sequence[Step] = (), takes_missing: bool = False, takes_scale: bool = True) -> None:
        self.steps = steps
        self.takes_missing = takes_missing
        self.takes_scale = takes_scale

    def fit(self, frame: "pd.DataFrame", y: Any = None) -> "Preparation":
        self.columns_: list[tuple[str, str, list[tuple[str, Any]]]] = []
        self.left_out_: dict[str, str] = {}
        self.feature_names_out_: list[str] = []
        for name in frame.columns:
            kind = column_type(frame[name])
            if kind == "text":
                self._fit_text(str(name), text_values(frame[name]))
            else:
                self._fit_number(str(name), kind, number_values(frame[name]))
        if not self.columns_:
            raise NodeError("no-features", "No column is left to learn from.", hint="Keep at least one column besides the target.")
        return self

    def _fit_number(self, name: str, kind: str, values: np.ndarray) -> None:
        operations: list[tuple[str, Any]] = []
        for one in self.steps:
            present = values[~np.isnan(values)]
            if one["step"] == "impute":
                fill = float(np.median(present)) if len(present) else 0.0
                operations.append(("fill", fill))
                values = np.where(np.isnan(values), fill, values)
            elif one["step"] == "scale" and self.takes_scale and len(present):
                # As scikit-learn's StandardScaler: population deviation, and a constant column is only centred.
                mean, deviation = float(np.mean(present)), float(np.std(present))
                operations.append(("scale", (mean, deviation if deviation > 10 * np.finfo(float).eps * abs(mean) else 1.0)))
                values = (values - operations[-1][1][0]) / operations[-1][1][1]
        if np.isnan(values).any() and not self.takes_missing:
            count = int(np.isnan(values).sum())
            message = f"The column “{name}” has {count} empty cells, which this model cannot take."
            raise NodeError("features-missing-values", message, field=name, hint="Put a Preprocess node before the training.")
        self.columns_.append((name, kind, operations))
        self.feature_names_out_.append(name)

    def _fit_text(self, name: str, values: np.ndarray) -> None:
        present = values[values != None]  # noqa: E711 element by element
        distinct, counts = np.unique(present.astype(str), return_counts=True)
        if len(distinct) > IDENTIFIER_MIN_DISTINCT and len(distinct) > IDENTIFIER_MIN_SHARE * len(present):
            self.left_out_[name] = f"{len(distinct):,} different values in {len(present):,} rows: it names rows rather than describing them"
            return
        if len(distinct) > MAX_CATEGORIES:
            message = f"The column “{name}” has {len(distinct):,} categories; {MAX_CATEGORIES:,} can become columns."
            raise NodeError("category-too-many", message, field=name, hint="Drop the column or group its values.")
        operations: list[tuple[str, Any]] = []
        for one in self.steps:
            if one["step"] == "impute" and len(distinct):
                operations.append(("fill", str(distinct[np.argmax(counts)])))
            elif one["step"] == "encode":
                operations.append(("encode", [str(value) for value in distinct]))
                break
        else:
            message = f"The column “{name}” holds text, which a model cannot take as it is."
            raise NodeError(
                "features-need-encoding", message, field=name, hint="Put a Preprocess node with “Encode categories” before the training."
            )
        self.columns_.append((name, "text", operations))
        self.feature_names_out_.extend(f"{name}={value}" for value in operations[-1][1])

    def transform(self, frame: "pd.DataFrame") -> np.ndarray:
        return self.matrix(
            {name: text_values(frame[name]) if kind == "text" else number_values(frame[name]) for name, kind, _ in self.columns_},
            len(frame),
        )

    def matrix(self, columns: dict[str, np.ndarray], rows: int) -> np.ndarray:
        """The same from bare arrays (numbers as float64 with NaN, text as objects with None): what serving uses, without a data frame."""
        out = np.zeros((rows, len(self.feature_names_out_)))
        place = 0
        for name, kind, operations in self.columns_:
            values = columns[name]
            for what, detail in operations:
                if what == "fill":
                    values = np.where(values == None if kind == "text" else np.isnan(values), detail, values)  # noqa: E711
                elif what == "scale":
                    values = (values - detail[0]) / detail[1]
                else:
                    index = {value: i for i, value in enumerate(detail)}
                    for row, value in enumerate(values):
                        if value in index:
                            out[row, place + index[value]] = 1.0
            if kind == "text":
                place += len(operations[-1][1])
            else:
                out[:, place] = values
                place += 1
        return out

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        return np.asarray(self.feature_names_out_, dtype=object)


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


def build_pipeline(recipe: Sequence[Step], estimator: Any, *, takes_missing: bool = False, takes_scale: bool = True) -> Pipeline:
    """Recipe and estimator as one object: the only thing that is ever scored, registered or deployed."""
    # One object for one word: a recipe that came out of a file pickles to the same bytes as one that was just written down.
    steps = [{"step": sys.intern(str(one["step"])), "params": dict(one["params"])} for one in recipe]
    return Pipeline([("recipe", Preparation(steps, takes_missing, takes_scale)), ("model", estimator)])
