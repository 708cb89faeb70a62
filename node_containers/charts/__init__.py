"""Every kind of chart that a node may emit, and the JSON of each.

A chart is data, never a picture: the canvas draws it. A kind is one class below; `chart` refuses a kind that is not here, a field that is missing, a
figure that is not finite (JSON has no NaN) and lists that belong together but differ in length. The page `docs/charts.md` is generated from the
classes and their examples. A new kind is a class here and a drawing in the canvas.
"""

from typing import Annotated, Any, Union, get_args

from pydantic import Field, TypeAdapter

from node_containers.charts.classes import Calibration, Confusion, Lift, Pr, Roc, Threshold
from node_containers.charts.clusters import Clusters, Projection
from node_containers.charts.columns import Bar, Box, Drift, Heatmap, Histogram, Line, Profile, Scatter
from node_containers.charts.explaining import Contributions, Importance, PartialDependence, Tree
from node_containers.charts.figures import Leaderboard, Metrics, Table, Trials
from node_containers.charts.learning import LearningCurve, Rounds
from node_containers.charts.quantities import PredictedActual, Residuals
from node_containers.charts.shape import CURVE_POINTS, SCATTER_POINTS, Chart

__all__ = ["CURVE_POINTS", "KINDS", "SCATTER_POINTS", "chart"]

AnyChart = Union[  # noqa: UP007 written out: one kind a line
    Metrics,
    Table,
    Leaderboard,
    Trials,
    Confusion,
    Roc,
    Pr,
    Calibration,
    Threshold,
    Lift,
    PredictedActual,
    Residuals,
    Importance,
    PartialDependence,
    Contributions,
    Tree,
    LearningCurve,
    Rounds,
    Projection,
    Clusters,
    Histogram,
    Box,
    Scatter,
    Bar,
    Line,
    Heatmap,
    Profile,
    Drift,
]
KINDS: dict[str, type[Chart]] = {kind.model_fields["kind"].default: kind for kind in get_args(AnyChart)}
_ANY: TypeAdapter[Any] = TypeAdapter(Annotated[AnyChart, Field(discriminator="kind")])


def chart(kind: str, **data: Any) -> dict[str, Any]:
    """The JSON of a chart; raises `ValidationError` where it is not as its class says."""
    found: dict[str, Any] = _ANY.validate_python({"kind": kind, **data}).model_dump(mode="json", exclude_unset=True)
    return {"kind": kind, **found}
