"""How well quantities are met."""

from typing import ClassVar, Literal

from pydantic import Field, FiniteFloat

from node_containers.charts.shape import Chart, Count


class PredictedActual(Chart):
    """Predicted against actual values; on the diagonal they agree. At most 500 rows are shown."""

    together: ClassVar[tuple[str, ...]] = ("predicted", "actual")

    kind: Literal["predicted_actual"] = "predicted_actual"
    predicted: list[FiniteFloat]
    actual: list[FiniteFloat]
    total: Count = Field(description="Rows there are.")
    target: str | None = None


class Residuals(Chart):
    """Actual minus predicted, against predicted, and how they spread. A bend or a funnel means something is left to learn."""

    together: ClassVar[tuple[str, ...]] = ("predicted", "residuals")

    kind: Literal["residuals"] = "residuals"
    predicted: list[FiniteFloat]
    residuals: list[FiniteFloat]
    edges: list[FiniteFloat] = Field(description="Edges of the histogram of all residuals; one more than `counts`.")
    counts: list[Count]
    total: Count
