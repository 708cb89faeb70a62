"""Rows with what a model said of them: stored beside an evaluation, so that people can look at the rows behind a figure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from node_containers.sdk import Context

# Rows beyond this are scored all the same; their predictions are not stored.
MAX_ROWS = 50_000


def attach_predictions(
    context: Context,
    frame: pd.DataFrame,
    info: Mapping[str, Any],
    predicted: np.ndarray,
    probabilities: np.ndarray | None = None,
    name: str = "predictions",
) -> None:
    """Store the rows with the prediction (class names, or quantities) and the probability of each class.

    `predicted` holds codes into `info["classes"]` where there are classes. The words beside the rows name the columns: truth, predicted, probabilities.
    """
    rows = frame.iloc[:MAX_ROWS]
    classes: list[str] = info.get("classes") or []
    said = [classes[code] for code in predicted[:MAX_ROWS]] if classes else predicted[:MAX_ROWS]
    added = {_free("predicted", frame): said}
    places: dict[str, str] = {}
    if probabilities is not None:
        for code, label in enumerate(classes):
            places[label] = _free(f"probability of {label}", frame)
            added[places[label]] = probabilities[:MAX_ROWS, code]
    about = {"truth": info["target"], "predicted": next(iter(added)), "probabilities": places, "rows": len(frame)}
    context.attach(name, rows.assign(**added), **about)


def _free(name: str, frame: pd.DataFrame) -> str:
    """The name, or one like it that no column of the rows has."""
    while name in frame.columns:
        name += "_"
    return name
