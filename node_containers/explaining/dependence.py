"""How a model's answer moves with one feature. Source: J. Friedman, Greedy Function Approximation, Annals of Statistics 29 (2001)."""

from typing import Any

import numpy as np
import pandas as pd

from node_containers.charts import chart
from node_containers.columns import column_type
from node_containers.scoring.answers import predict
from node_containers.sdk import Model, NodeError

MAX_CATEGORIES = 12
# The middle 80 % of the single rows.
LOW, HIGH = 0.1, 0.9


def dependence(model: Model, frame: pd.DataFrame, feature: str, grid: int, positive: int) -> dict[str, Any]:
    """Set the feature to each value in all rows at once; mean and spread of the answers. `positive` is the class whose probability is shown."""
    values = grid_of(frame[feature], grid)
    answers = np.array([_answers(model, frame.assign(**{feature: _constant(value, frame[feature])}), positive) for value in values])
    low, high = np.quantile(answers, [LOW, HIGH], axis=1)
    numeric = column_type(frame[feature]) in ("integer", "number")
    shown = [float(value) for value in values] if numeric else [str(value) for value in values]
    lists = {"values": shown, "average": answers.mean(axis=1).tolist(), "low": low.tolist(), "high": high.tolist()}
    classes = model.info["classes"]
    output = f"probability of “{classes[positive]}”" if classes else str(model.info["target"] or model.info["task"])
    return chart("partial_dependence", feature=feature, **lists, rows=len(frame), output=output)


def grid_of(series: pd.Series, grid: int) -> list[Any]:
    """Values that occur: all of a few, else quantiles of a number, the most frequent of a text."""
    present = series.dropna()
    if present.empty:
        message = f"The column “{series.name}” is empty."
        raise NodeError("column-empty", message, field="params.features", hint="Choose another column.")
    if column_type(series) in ("text", "boolean"):
        return sorted(present.value_counts().index[:MAX_CATEGORIES].tolist(), key=str)
    distinct = np.sort(present.unique())
    if len(distinct) <= grid:
        return list(distinct)
    # Values of the column itself: a whole number stays one.
    ordered = present.sort_values()
    places = np.unique(np.linspace(0, len(ordered) - 1, grid).round().astype(int))
    return list(pd.unique(ordered.iloc[places]))


def _constant(value: Any, like: pd.Series) -> pd.Series:
    return pd.Series([value] * len(like), index=like.index, dtype=like.dtype)


def _answers(model: Model, frame: pd.DataFrame, positive: int) -> np.ndarray:
    predicted, probabilities = predict(model, frame)
    return predicted if probabilities is None else probabilities[:, positive]
