"""What a model says about rows, in one way for evaluation, prediction tables and explanations; serving follows the same rule (`deciding`)."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from node_containers.deciding import decide, threshold_of
from node_containers.fitting import class_codes, truth_of
from node_containers.recipe import number_values
from node_containers.sdk import Context, Model, NodeError, Table


@dataclass(frozen=True)
class Classified:
    """Rows of known class: `truth` and `predicted` as codes (-1: a class the model never saw), probabilities of shape (rows, classes)."""

    classes: list[str]
    truth: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray
    threshold: float
    # Share of each class among the training rows: what the dummy baseline knows.
    shares: np.ndarray

    @property
    def binary(self) -> bool:
        return len(self.classes) == 2

    @property
    def rated(self) -> "Classified":
        """The rows whose class the model knows: most figures are defined on these only."""
        return self if (self.truth >= 0).all() else self.take(self.truth >= 0)

    def turned(self) -> "Classified":
        """The same answers about two classes with the first as the positive one."""
        truth = np.where(self.truth >= 0, 1 - self.truth, self.truth)
        return Classified(self.classes[::-1], truth, 1 - self.predicted, self.probabilities[:, ::-1], 1 - self.threshold, self.shares[::-1])

    def take(self, rows: np.ndarray) -> "Classified":
        return replace(self, truth=self.truth[rows], predicted=self.predicted[rows], probabilities=self.probabilities[rows])


@dataclass(frozen=True)
class Measured:
    """Rows of known quantity, and what the model says; `guess` is the mean of the training rows."""

    truth: np.ndarray
    predicted: np.ndarray
    guess: float

    def take(self, rows: np.ndarray) -> "Measured":
        return replace(self, truth=self.truth[rows], predicted=self.predicted[rows])


def predict(model: Model, frame: pd.DataFrame, threshold: float | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """Class codes with probabilities; or quantities, clusters, 1 and -1 (odd) without."""
    if not model.info["classes"]:
        return np.asarray(model.pipeline.predict(frame), dtype=float), None
    # Some libraries answer in single precision; figures are summed up in double.
    probabilities = np.asarray(model.pipeline.predict_proba(frame), dtype=float)
    at = threshold_of(model.pipeline.named_steps["model"]) if threshold is None else threshold
    return decide(probabilities, at), probabilities


def prediction_columns(model: Model, frame: pd.DataFrame, prefix: str, *, probabilities: bool) -> dict[str, Any]:
    """The columns that a prediction adds to its rows: the class, quantity or cluster, and one probability a class where asked for."""
    predicted, shares = predict(model, frame)
    if shares is None:
        return {prefix: predicted if model.info["task"] == "regression" else predicted.astype(np.int64)}
    classes = model.info["classes"]
    columns: dict[str, Any] = {prefix: pd.array([classes[int(code)] for code in predicted], dtype="str")}
    if probabilities:
        columns |= {f"{prefix}_{name}": shares[:, code].astype("float64") for code, name in enumerate(classes)}
    return columns


def known_rows(model: Model, table: Table, context: Context) -> pd.DataFrame:
    """The rows of the table that have a value in the model's target; the others go into the ledger."""
    target, truth = model.info["target"], truth_of(model, table)
    known = truth.notna()
    context.drop(f"no value in the target “{target}”", table.frame[~known])
    # Beside the raw columns, which the model takes, those that people see: the target, and what the recipe makes of others.
    seen = table.view.assign(**{target: truth})
    frame = table.frame.assign(**{name: seen[name] for name in seen.columns if name == target or name not in table.frame.columns})[known]
    if frame.empty:
        raise NodeError("data-no-rows", "There is no test row with a known target.", field="table", hint="Take a larger test share.")
    return frame


def classify(model: Model, frame: pd.DataFrame, threshold: float | None = None) -> Classified:
    """The model's answers for rows of known class."""
    classes: list[str] = model.info["classes"]
    predicted, probabilities = predict(model, frame, threshold)
    truth = class_codes(frame[model.info["target"]], classes)
    at = threshold_of(model.pipeline.named_steps["model"]) if threshold is None else threshold
    assert probabilities is not None  # noqa: S101 a model with classes gives them
    return Classified(classes, truth, predicted, probabilities, at, _shares(model, truth))


def classify_for(model: Model, frame: pd.DataFrame, positive: str, threshold: float | None = None) -> Classified:
    """The answers of a model of two classes with `positive` as the second of them; `threshold` is of its probability."""
    if is_second(model.info["classes"], positive):
        return classify(model, frame, threshold)
    turned = classify(model, frame).turned()
    return turned if threshold is None else replace(turned, threshold=threshold, predicted=decide(turned.probabilities, threshold))


def is_second(classes: list[str], positive: str) -> bool:
    """Whether the positive class is the second of two, as figures take it without being told.

    Raises `NodeError` class-unknown for a class the model does not know, task-mismatch where it does not tell two classes apart.
    """
    if classes and positive not in classes:
        message = f"The model knows no class “{positive}”."
        raise NodeError("class-unknown", message, field="params.positive_class", hint=f"It knows {', '.join(classes[:12])}.")
    if len(classes) != 2:
        message = f"A positive class parts two classes; this model learns {f'{len(classes)} classes' if classes else 'none'}."
        raise NodeError("task-mismatch", message, field="params.positive_class", hint="Leave the positive class open.")
    return positive == classes[1]


def measure(model: Model, frame: pd.DataFrame) -> Measured:
    """The model's answers for rows of known quantity."""
    truth = number_values(frame[model.info["target"]])
    predicted, _ = predict(model, frame)
    return Measured(truth, predicted, float(model.info["signature"]["target"].get("mean", np.mean(truth))))


def _shares(model: Model, truth: np.ndarray) -> np.ndarray:
    """Shares of the classes among the training rows; of the rows at hand for a model that was made before they were written down."""
    known = model.info["signature"]["target"].get("shares")
    if known is not None:
        return np.asarray(known, dtype=float)
    counts = np.bincount(truth[truth >= 0], minlength=len(model.info["classes"]))
    return counts / max(1, counts.sum())
