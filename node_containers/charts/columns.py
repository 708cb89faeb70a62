"""What the columns of tables hold."""

from typing import Any, ClassVar, Literal

from pydantic import Field, FiniteFloat, model_validator

from node_containers.charts.shape import Cell, Chart, Count, Shape


class Counts(Shape):
    name: str
    counts: list[Count]


class Histogram(Chart):
    """How a number spreads. Two series over the same edges are before and after, or a part beside another."""

    kind: Literal["histogram"] = "histogram"
    column: str
    edges: list[FiniteFloat] = Field(description="One more than the counts of each series.")
    series: list[Counts]
    mark: FiniteFloat | None = Field(None, description="A value to mark, such as a limit.")

    @model_validator(mode="after")
    def _edges_fit(self) -> "Histogram":
        if any(len(one.counts) != len(self.edges) - 1 for one in self.series):
            raise ValueError("a series must have one count less than there are edges")
        return self


class BoxFigures(Shape):
    group: str
    rows: Count
    low: FiniteFloat = Field(description="Lower whisker: the least value within 1.5 interquartile ranges of q1.")
    q1: FiniteFloat
    median: FiniteFloat
    q3: FiniteFloat
    high: FiniteFloat
    outliers: list[FiniteFloat] = Field([], max_length=50)


class Box(Chart):
    """Five figures a group: whiskers, quartiles, median, and what lies outside."""

    kind: Literal["box"] = "box"
    y: str
    x: str | None = None
    boxes: list[BoxFigures]


class Scatter(Chart):
    """Two numbers of each row. At most 500 rows are shown, taken evenly."""

    together: ClassVar[tuple[str, ...]] = ("x", "y", "groups")

    kind: Literal["scatter"] = "scatter"
    x: list[FiniteFloat]
    y: list[FiniteFloat]
    x_title: str
    y_title: str
    groups: list[str] | None = Field(None, description="Colour of each point.")
    group_title: str | None = None
    total: Count


class Values(Shape):
    name: str
    values: list[FiniteFloat | None]


class Bar(Chart):
    """One bar a category; several series stand beside each other."""

    kind: Literal["bar"] = "bar"
    x: list[str]
    x_title: str
    y_title: str
    series: list[Values] = Field(description="Each with one value a category.")


class Line(Chart):
    """A value over an ordered axis; x are numbers, or instants as ISO 8601 text."""

    kind: Literal["line"] = "line"
    x: list[FiniteFloat] | list[str]
    x_title: str
    y_title: str
    series: list[Values]


class Heatmap(Chart):
    """A value for each pair: correlations, or rows by two categories."""

    together: ClassVar[tuple[str, ...]] = ("y", "values")

    kind: Literal["heatmap"] = "heatmap"
    x: list[str]
    y: list[str]
    values: list[list[FiniteFloat | None]] = Field(description="One list for each of `y`, one value for each of `x`.")
    low: FiniteFloat = Field(description="The value of the one end of the colours.")
    high: FiniteFloat
    measure: str


class ColumnProfile(Shape):
    name: str
    type: str
    missing: Count
    distinct: Count
    min: Cell = None
    max: Cell = None
    mean: FiniteFloat | None = None
    std: FiniteFloat | None = None
    quantiles: dict[str, FiniteFloat] | None = None
    histogram: dict[str, list[FiniteFloat]] | None = None
    top: list[dict[str, Any]] | None = None
    warnings: list[str] = Field(default_factory=list)


class Profile(Chart):
    """Each column of a table: the `columns` of a profile (contracts, section 7), as a chart."""

    kind: Literal["profile"] = "profile"
    rows: Count
    columns: list[ColumnProfile]


class Drifted(Shape):
    name: str
    type: str
    verdict: Literal["none", "some", "much", "unknown"] = Field(description="By `decided_by`; unknown where there are too few rows.")
    psi: FiniteFloat | None = Field(description="Population stability index: an effect size.")
    js: FiniteFloat | None = Field(None, description="Jensen-Shannon distance, 0 to 1.")
    decided_by: Literal["psi", "js", "ks", "chi2"] = "psi"
    chance: FiniteFloat | None = Field(
        None, description="How often rows of one source look so different, corrected for the number of columns."
    )
    test: Literal["ks", "chi2"] | None = None
    statistic: FiniteFloat | None = None
    p_value: FiniteFloat | None = None
    missing: list[FiniteFloat] = Field(description="Share of empty cells: reference, current.")
    bins: list[str] = Field(description="Ranges or categories.")
    reference: list[FiniteFloat] = Field(description="Share of the rows in each bin.")
    current: list[FiniteFloat]


class Drift(Chart):
    """How far the rows of today are from the reference, column by column, the farthest first."""

    kind: Literal["drift"] = "drift"
    some: FiniteFloat = Field(description="From this PSI on a feature has drifted somewhat.")
    much: FiniteFloat = Field(description="From this PSI on it has drifted much.")
    min_rows: Count
    reference_rows: Count
    current_rows: Count
    features: list[Drifted]
