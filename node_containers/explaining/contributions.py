"""What each column added to a model's answer for single rows.

boosted trees   exact Shapley values of the trees (TreeSHAP, inside XGBoost), in log-odds or the target's unit
linear models   coefficient × (value − mean): exact, because features only add up
anything else   sampled: columns are set from the average rows to the row at hand in random order; the sum is exact, the parts are estimates, and the chart
                says so (Štrumbelj and Kononenko, Knowledge and Information Systems 41, 2014)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from node_containers.explaining.features import summed
from node_containers.scoring.answers import predict
from node_containers.sdk import Model

ORDERS = 64


@dataclass(frozen=True)
class Explanation:
    """`values` of shape (rows, columns) and `base` of shape (rows,) add up to the output; `columns` are names."""

    columns: list[str]
    base: np.ndarray
    values: np.ndarray
    scale: str
    exact: bool
    method: str


def explain(model: Model, frame: pd.DataFrame, background: pd.DataFrame, code: int, seed: int) -> Explanation:
    """Explain rows of `frame` by the way best known for the model. `code` is the class that is explained; two classes are explained by the second."""
    estimator = model.pipeline.named_steps["model"]
    if type(estimator).__name__.startswith("XGB"):
        return _trees(model, estimator, frame, code)
    if hasattr(estimator, "coef_"):
        return _linear(model, estimator, frame, background, code)
    return _sampled(model, frame, background, code, seed)


def _matrix(model: Model, frame: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    recipe = model.pipeline.named_steps["recipe"]
    return np.asarray(recipe.transform(frame), dtype=float), recipe.sources()


def _scale(model: Model, code: int) -> str:
    classes = model.info["classes"]
    return f"log-odds of “{classes[code]}”" if classes else f"unit of “{model.info['target']}”"


def _trees(model: Model, estimator: Any, frame: pd.DataFrame, code: int) -> Explanation:
    from xgboost import DMatrix

    matrix, names = _matrix(model, frame)
    found = np.asarray(estimator.get_booster().predict(DMatrix(matrix, nthread=1), pred_contribs=True), dtype=float)
    found = found[:, code, :] if found.ndim == 3 else found
    columns, values = summed(found[:, :-1], names)
    return Explanation(columns, found[:, -1], values, _scale(model, code), True, "TreeSHAP of XGBoost")


def _linear(model: Model, estimator: Any, frame: pd.DataFrame, background: pd.DataFrame, code: int) -> Explanation:
    matrix, names = _matrix(model, frame)
    means = _matrix(model, background)[0].mean(axis=0)
    coefficients, intercepts = np.atleast_2d(estimator.coef_), np.atleast_1d(estimator.intercept_)
    line = 0 if len(coefficients) == 1 else code
    columns, values = summed(coefficients[line] * (matrix - means), names)
    base = float(intercepts[line] + coefficients[line] @ means)
    scale = _scale(model, code) if len(coefficients) == 1 else f"score of “{model.info['classes'][code]}” before the softmax"
    return Explanation(columns, np.full(len(matrix), base), values, scale, True, "coefficient × (value − mean)")


def _sampled(model: Model, frame: pd.DataFrame, background: pd.DataFrame, code: int, seed: int) -> Explanation:
    used = [feature["name"] for feature in model.info["signature"]["features"]]
    draw = np.random.default_rng(seed)
    orders = [draw.permutation(len(used)) for _ in range(ORDERS)]
    starts = background.iloc[draw.choice(len(background), ORDERS, replace=len(background) < ORDERS)]
    found = [_walks(model, frame.iloc[[row]], starts, used, orders, code) for row in range(len(frame))]
    classes = model.info["classes"]
    scale = f"probability of “{classes[code]}”" if classes else str(model.info["target"] or model.info["task"])
    method = f"sampled over {ORDERS} random orders of the columns"
    return Explanation(used, np.array([base for base, _ in found]), np.array([values for _, values in found]), scale, False, method)


def _walks(
    model: Model, row: pd.DataFrame, starts: pd.DataFrame, used: Sequence[str], orders: Sequence[np.ndarray], code: int
) -> tuple[float, np.ndarray]:
    """From each start to the row, one column at a time; what a column adds is the mean over the walks of the step it made."""
    steps = len(used) + 1
    walks = starts.loc[:, list(used)].iloc[np.repeat(np.arange(len(starts)), steps)].reset_index(drop=True)
    for at, name in enumerate(used):
        # In walk w the column is set from the step on that follows its place in the order of w.
        places = np.array([int(np.flatnonzero(order == at)[0]) for order in orders])
        changed = np.tile(np.arange(steps), len(orders)) > np.repeat(places, steps)
        walks[name] = walks[name].where(~changed, row[name].iloc[0])
    predicted, probabilities = predict(model, walks)
    outputs = (predicted if probabilities is None else probabilities[:, code]).reshape(len(orders), steps)
    values = np.zeros(len(used))
    for order, made in zip(orders, np.diff(outputs, axis=1), strict=True):
        values[order] += made / len(orders)
    return float(outputs[:, 0].mean()), values
