"""How a model came to be."""

from typing import ClassVar, Literal

from pydantic import Field, FiniteFloat

from node_containers.charts.shape import Chart, Count


class LearningCurve(Chart):
    """Score against the number of training rows: whether more rows would help. Mean over the folds, with one standard deviation."""

    together: ClassVar[tuple[str, ...]] = ("rows", "train", "validation", "train_std", "validation_std")

    kind: Literal["learning_curve"] = "learning_curve"
    rows: list[Count]
    train: list[FiniteFloat]
    validation: list[FiniteFloat]
    train_std: list[FiniteFloat]
    validation_std: list[FiniteFloat]
    scoring: str


class Rounds(Chart):
    """Loss after each boosting round, epoch or iteration, while the model was fitted."""

    together: ClassVar[tuple[str, ...]] = ("rounds", "train", "validation")

    kind: Literal["rounds"] = "rounds"
    rounds: list[Count]
    train: list[FiniteFloat]
    validation: list[FiniteFloat] | None = Field(
        None, description="On training rows that were held back, where the fit stops early by them."
    )
    measure: str
    unit: Literal["boosting round", "epoch", "iteration", "tree"] = "boosting round"
    best: Count | None = Field(None, description="The round the model was cut at.")
