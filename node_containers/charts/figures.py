"""Figures in words, tiles and tables: metrics, leaderboards, trials."""

from typing import Any, Literal

from pydantic import Field, FiniteFloat, model_validator

from node_containers.charts.shape import Cell, Chart, Count, Shape


class Metric(Shape):
    name: str
    value: FiniteFloat | None = Field(description="Null where it is not defined; `reason` says why.")
    low: FiniteFloat | None = Field(None, description="Lower end of the interval.")
    high: FiniteFloat | None = Field(None, description="Upper end of the interval.")
    baseline: FiniteFloat | None = Field(None, description="The same figure of the dummy baseline.")
    higher_is_better: bool = True
    reason: str | None = None


class Metrics(Chart):
    """Tiles: each figure with its interval (95 % bootstrap over the rows it is measured on) and what the dummy baseline reaches."""

    kind: Literal["metrics"] = "metrics"
    rows: Count = Field(description="Rows the figures are measured on.")
    baseline: str = Field(description="What the baseline does, in words.")
    metrics: list[Metric]


class Table(Chart):
    """Rows and columns to read: figures by group, the worst rows."""

    kind: Literal["table"] = "table"
    columns: list[str]
    rows: list[list[Cell]] = Field(max_length=1_000, description="One list a row, as long as `columns`.")

    @model_validator(mode="after")
    def _rows_fit(self) -> "Table":
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has another length than the columns")
        return self


class Leader(Shape):
    model: str
    estimator: str
    score: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    latency_ms: FiniteFloat | None = Field(None, description="Milliseconds to predict one row, median.")
    bytes: Count | None = Field(None, description="Size of the stored model.")
    best: bool = False
    metrics: dict[str, FiniteFloat | None] = Field(default_factory=dict)


class Leaderboard(Chart):
    """Models beside each other, the best first; `reason` says in words why it is the best."""

    kind: Literal["leaderboard"] = "leaderboard"
    metric: str
    higher_is_better: bool
    reason: str
    leaders: list[Leader]


class Trial(Shape):
    family: str
    params: dict[str, Any]
    score: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    rows: Count | None = Field(None, description="Rows it was scored on; null means all.")
    seconds: FiniteFloat | None = None
    fit_seconds: FiniteFloat | None = None
    latency_ms: FiniteFloat | None = None
    bytes: Count | None = None
    usd: FiniteFloat | None = None
    error: str | None = None


class Trials(Chart):
    """The candidates of a search, the best first."""

    kind: Literal["trials"] = "trials"
    scoring: str
    trials: list[Trial]
