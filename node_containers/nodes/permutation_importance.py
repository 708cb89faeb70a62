"""Which columns a model needs."""

from typing import Any

import numpy as np
from pydantic import Field

from node_containers.charts import chart
from node_containers.fitting import class_codes
from node_containers.metrics import Scoring, in_words, usual_scoring
from node_containers.numerals import numeral
from node_containers.recipe import number_values
from node_containers.scoring.answers import known_rows
from node_containers.sdk import AnyEvaluation, AnyModel, Context, Evaluation, NodeError, NodeParams, TestTable, advanced, node, seed
from node_containers.threads import one_thread

SHOWN = 30


class Params(NodeParams):
    n_repeats: int = Field(
        5, ge=1, le=100, title="Repeats", description="Each column is shuffled so many times; the spread makes the error bar."
    )
    scoring: Scoring | None = Field(
        None, title="Score", description="What the loss is measured in; left open: ROC AUC, accuracy or R² by the target."
    )
    max_samples: float = advanced(1.0, gt=0, le=1, title="Row share", description="Share of the rows that each repeat shuffles.")
    random_state: int = seed(description="Decides how the columns are shuffled.")


@node(title="Feature importance", group="Explain", family="evaluate", icon="chart-bar")
def permutation_importance(model: AnyModel, table: TestTable, params: Params, context: Context) -> AnyEvaluation:
    """Shuffle one column at a time and see how much worse the model gets on rows it has never seen: the more, the more it needs the column.

    Columns as they come in, before encoding. Two columns that say the same share their importance: shuffling one leaves the other.
    """
    if model.info["target"] is None:
        raise NodeError(
            "task-mismatch", "A model without a target has no score to lose.", field="model", hint="Connect a model with a target."
        )
    frame = known_rows(model, table, context)
    used = [feature["name"] for feature in model.info["signature"]["features"]]
    classes = model.info["classes"]
    y = class_codes(frame[model.info["target"]], classes) if classes else number_values(frame[model.info["target"]])
    known = y >= 0 if classes else np.ones(len(y), bool)
    scoring = params.scoring or usual_scoring(model.info["task"], len(classes))
    found = _permute(model.pipeline, frame.loc[known, used], y[known], scoring, params)
    order = np.argsort(-found.importances_mean, kind="stable")[:SHOWN]
    mean, spread = found.importances_mean[order], found.importances_std[order]
    bars = {"values": mean.tolist(), "low": (mean - spread).tolist(), "high": (mean + spread).tolist()}
    # Errors come with their sign turned: without the column they rise.
    what, moves = ("rise", "rises") if scoring.startswith("neg_") else ("loss", "falls")
    measure = f"{what} of {in_words(scoring)}"
    drawn = chart("importance", features=[used[at] for at in order], **bars, method="permutation", measure=measure)
    context.charts.append(drawn)
    first = used[int(order[0])]
    context.summary = f"“{first}” matters most: {in_words(scoring)} {moves} by {numeral(mean[0], 3)} without it"
    return Evaluation({"most_important": float(mean[0])}, [drawn], {}, {"rows": int(known.sum()), "sentence": context.summary})


def _permute(pipeline: Any, features: Any, y: np.ndarray, scoring: str, params: Params) -> Any:
    # Imported here: it brings scikit-learn's plotting along, which no other node needs.
    from sklearn.inspection import permutation_importance as permuted

    try:
        with one_thread():
            return permuted(
                pipeline,
                features,
                y,
                scoring=scoring,
                n_repeats=params.n_repeats,
                max_samples=params.max_samples,
                random_state=params.random_state,
            )
    except ValueError as wrong:
        message = f"{scoring} is not defined on these rows: {str(wrong)[:200]}"
        raise NodeError("score-undefined", message, field="params.scoring", hint="Choose another score, or take more rows.") from wrong
