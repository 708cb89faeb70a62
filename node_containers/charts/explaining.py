"""What matters to a model, and how."""

from typing import ClassVar, Literal

from pydantic import Field, FiniteFloat, model_validator

from node_containers.charts.shape import Cell, Chart, Count, Shape, Share


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


class Question(Shape):
    parent: Count | None = Field(description="Place of the question above in the list; null at the top.")
    holds: bool | None = Field(description="Whether these are the rows for which the question above holds; null at the top.")
    question: str | None = Field(description="What is asked of the rows here; null where the tree answers.")
    empty_holds: bool | None = Field(None, description="Where an empty cell goes, if training rows had any here: to yes or to no.")
    rows: Count
    answer: str = Field(description="The most frequent class, or the mean.")
    share: Share | None = Field(None, description="Share of the rows in the class of the answer; null for quantities.")


class Tree(Chart):
    """The questions of a tree from the top. `hidden` of its nodes lie deeper than what is listed."""

    kind: Literal["tree"] = "tree"
    nodes: list[Question] = Field(min_length=1, max_length=200, description="From the top, level by level; each behind its parent.")
    hidden: Count = 0

    @model_validator(mode="after")
    def _parents_come_first(self) -> "Tree":
        if any((one.parent is None) != (at == 0) or (one.parent or 0) > max(0, at - 1) for at, one in enumerate(self.nodes)):
            raise ValueError("each node stands behind its parent, and one is at the top")
        return self
