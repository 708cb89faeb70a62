"""What matters to a model, and how."""

from typing import ClassVar, Literal

from pydantic import Field, FiniteFloat

from node_containers.charts.shape import Cell, Chart, Count, Shape


class Importance(Chart):
    """What matters to the model, the most first. `low` and `high` are the ends of the error bars, where the method has any."""

    together: ClassVar[tuple[str, ...]] = ("features", "values", "low", "high")

    kind: Literal["importance"] = "importance"
    features: list[str]
    values: list[FiniteFloat]
    low: list[FiniteFloat] | None = None
    high: list[FiniteFloat] | None = None
    method: str = Field(description="permutation, gain, impurity, coefficient or contributions.")
    measure: str = Field(description="What the values are, in words.")


class PartialDependence(Chart):
    """The model's mean answer when one feature is set to each value in all rows; `low` to `high` holds the middle 80 % of the single rows."""

    together: ClassVar[tuple[str, ...]] = ("values", "average", "low", "high")

    kind: Literal["partial_dependence"] = "partial_dependence"
    feature: str
    values: list[FiniteFloat] | list[str] = Field(description="Numbers: a line. Categories: bars.")
    average: list[FiniteFloat]
    low: list[FiniteFloat]
    high: list[FiniteFloat]
    rows: Count
    output: str


class Contribution(Shape):
    feature: str
    value: Cell = Field(description="What the row says in this column.")
    contribution: FiniteFloat


class Explained(Shape):
    row: Count = Field(description="Position in the table, from 0.")
    output: FiniteFloat = Field(description="`base` and all contributions added up.")
    prediction: str | None = None
    contributions: list[Contribution] = Field(description="The largest first; small ones may be added up as “other features”.")


class Contributions(Chart):
    """What each feature added to the answer for single rows (a waterfall from `base` to `output`)."""

    kind: Literal["contributions"] = "contributions"
    base: FiniteFloat = Field(description="The answer before anything is known of the row.")
    scale: str = Field(description="The unit of the contributions, in words.")
    exact: bool
    method: str
    rows: list[Explained]
