"""Rows with what a model said of them: stored beside an evaluation, so that people can look at the rows behind a figure."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from node_containers.scoring.answers import Classified, Measured
from node_containers.sdk import Context

# Rows beyond this are scored all the same; their predictions are not stored.
MAX_ROWS = 50_000


def attach_predictions(context: Context, name: str, frame: pd.DataFrame, info: Mapping[str, Any], said: Classified | Measured) -> None:
    """Store the rows with the prediction (class name or quantity) and the probability of each class.

    The words beside the rows name the columns: truth, predicted, probabilities.
    """
    added: dict[str, Any] = {}
    places: dict[str, str] = {}
    predicted = _free("predicted", frame)
    if isinstance(said, Classified):
        added[predicted] = [said.classes[code] for code in said.predicted[:MAX_ROWS]]
        for code, label in enumerate(said.classes):
            places[label] = _free(f"probability of {label}", frame)
            added[places[label]] = said.probabilities[:MAX_ROWS, code]
    else:
        added[predicted] = said.predicted[:MAX_ROWS]
    about = {"truth": info["target"], "predicted": predicted, "probabilities": places, "rows": len(frame)}
    context.attach(name, frame.iloc[:MAX_ROWS].assign(**added), **about)


def _free(name: str, frame: pd.DataFrame) -> str:
    """The name, or one like it that no column of the rows has."""
    while name in frame.columns:
        name += "_"
    return name
