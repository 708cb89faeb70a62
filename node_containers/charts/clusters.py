"""Groups that were found without a target."""

from typing import Any, ClassVar, Literal

from pydantic import Field, FiniteFloat

from node_containers.charts.shape import Chart, Count


class Projection(Chart):
    """Rows in two dimensions (principal components), by group. At most 500 are shown."""

    together: ClassVar[tuple[str, ...]] = ("x", "y", "groups")

    kind: Literal["projection"] = "projection"
    x: list[FiniteFloat]
    y: list[FiniteFloat]
    groups: list[str]
    explained: list[FiniteFloat] = Field(description="Share of the spread that each of the two axes shows.")
    total: Count
    centres: list[dict[str, Any]] = Field(default_factory=list, description="Each a group and its x and y.")


class Clusters(Chart):
    """Size of each cluster and how well its rows lie in it (silhouette: 1 well, 0 on an edge, below 0 rather in another)."""

    together: ClassVar[tuple[str, ...]] = ("clusters", "rows", "silhouette")

    kind: Literal["clusters"] = "clusters"
    clusters: list[str]
    rows: list[Count]
    silhouette: list[FiniteFloat | None]
    average: FiniteFloat | None
