"""Why a row was predicted as it was."""

from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from node_containers.charts import chart
from node_containers.explaining.contributions import Explanation, explain
from node_containers.numerals import numeral
from node_containers.profiling import plain_cell
from node_containers.scoring.answers import predict
from node_containers.sdk import AnyEvaluation, AnyModel, AnyTable, Context, Evaluation, NodeError, NodeParams, advanced, node

SHOWN = 12
# Rows that stand for the average ones.
BACKGROUND = 200


class Params(NodeParams):
    first: int = Field(0, ge=0, le=10_000_000, title="First row", description="Position of the first row to explain, counted from 0.")
    rows: int = Field(5, ge=1, le=50, title="Rows", description="How many rows are explained.")
    random_state: int = advanced(42, ge=0, le=2**32 - 1, title="Seed", description="Decides what is sampled where nothing exact is known.")


@node(title="Contributions", group="Explain", family="evaluate", icon="chart-arrows")
def contributions(model: AnyModel, table: AnyTable, params: Params, context: Context) -> AnyEvaluation:
    """Split the answer for single rows into what each column added to it.

    Exact for XGBoost (its own Shapley values of the trees) and for linear models (coefficient × distance from the mean); the values are then log-odds,
    or in the unit of the target. Other models are sampled: the parts add up to the answer, but each is an estimate, and the chart says so. More than
    two classes are explained for the class that was predicted for the first of the rows.
    """
    if params.first >= len(table.frame):
        message = f"There is no row {params.first}: the table has {len(table.frame):,}."
        raise NodeError("row-unknown", message, field="params.first", hint="Count from 0.")
    chosen = table.frame.iloc[params.first : params.first + params.rows]
    background = table.frame.sample(min(BACKGROUND, len(table.frame)), random_state=params.random_state)
    predicted, _ = predict(model, chosen)
    classes = model.info["classes"]
    code = 1 if len(classes) == 2 else int(predicted[0]) if classes else 0
    context.progress(f"explaining {len(chosen)} rows")
    found = explain(model, chosen, background, code, params.random_state)
    drawn = _chart(found, chosen, params.first, [classes[int(one)] if classes else numeral(one, 6) for one in predicted])
    context.charts.append(drawn)
    if not found.exact:
        context.warn("contributions-sampled", f"{model.info['estimator']} has no exact contributions: they are {found.method}.")
    most = drawn["rows"][0]["contributions"][0]
    words = f"row {params.first}: “{most['feature']}” adds {most['contribution']:+.3g} to the {found.scale}"
    context.summary = words if found.exact else f"{words} (estimated)"
    return Evaluation({"exact": float(found.exact)}, [drawn], {}, {"rows": len(chosen), "sentence": context.summary})


def _chart(found: Explanation, frame: pd.DataFrame, first: int, predicted: list[str]) -> dict[str, Any]:
    rows = []
    for at in range(len(frame)):
        values = found.values[at]
        order = np.argsort(-np.abs(values), kind="stable")
        parts = [
            {"feature": found.columns[one], "value": _cell(frame, found.columns[one], at), "contribution": float(values[one])}
            for one in order[:SHOWN]
        ]
        if len(order) > SHOWN:
            parts.append({"feature": "other features", "value": None, "contribution": float(values[order[SHOWN:]].sum())})
        output = float(found.base[at] + values.sum())
        rows.append({"row": first + at, "output": output, "prediction": predicted[at], "contributions": parts})
    return chart("contributions", base=float(found.base[0]), scale=found.scale, exact=found.exact, method=found.method, rows=rows)


def _cell(frame: pd.DataFrame, name: str, row: int) -> Any:
    return plain_cell(frame[name].iloc[row]) if name in frame.columns else None
