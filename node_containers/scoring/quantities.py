"""The charts of a model that learns a quantity, as data (`docs/charts.md`)."""

from typing import Any

import numpy as np
import pandas as pd

from node_containers.charts import SCATTER_POINTS, chart
from node_containers.profiling import plain_cell
from node_containers.scoring.answers import Measured

BINS = 20
WORST = 20
WORST_COLUMNS = 12


def quantity_charts(said: Measured, target: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Predicted against actual, residuals, and the rows that are missed the most."""
    residuals = said.truth - said.predicted
    shown = np.unique(np.linspace(0, len(said.truth) - 1, SCATTER_POINTS).round().astype(int))
    counts, edges = np.histogram(residuals, bins=BINS)
    predicted = said.predicted[shown].tolist()
    spread = {"edges": edges.tolist(), "counts": counts.tolist(), "total": len(said.truth)}
    return [
        chart("predicted_actual", predicted=predicted, actual=said.truth[shown].tolist(), total=len(said.truth), target=target),
        chart("residuals", predicted=predicted, residuals=residuals[shown].tolist(), **spread),
        _worst(said, residuals, target, frame),
    ]


def _worst(said: Measured, residuals: np.ndarray, target: str, frame: pd.DataFrame) -> dict[str, Any]:
    order = np.argsort(-np.abs(residuals), kind="stable")[:WORST]
    features = [name for name in frame.columns if name != target][:WORST_COLUMNS]
    rows = [
        [float(said.truth[at]), float(said.predicted[at]), float(residuals[at]), *(plain_cell(frame[name].iloc[at]) for name in features)]
        for at in order
    ]
    return chart("table", title="Rows missed the most", columns=[str(target), "predicted", "residual", *map(str, features)], rows=rows)
