"""Show whether more rows would help."""

import numpy as np
from pydantic import Field

from node_containers.charts import chart
from node_containers.fitting import take_apart
from node_containers.folding import answer, parts_of
from node_containers.metrics import in_words, usual_scoring
from node_containers.scoring.answers import Classified
from node_containers.scoring.measures import class_figures, quantity_figures
from node_containers.sdk import AnyEvaluation, AnyModel, AnyTable, Context, Evaluation, NodeError, NodeParams, advanced, node, seed


class Params(NodeParams):
    steps: int = Field(5, ge=2, le=20, title="Steps", description="How many sizes of the training rows are tried, up to all of them.")
    cv: int = Field(3, ge=2, le=20, title="Folds", description="Each size is fitted and scored so many times.")
    smallest: float = advanced(0.1, gt=0, lt=1, title="Smallest share", description="Share of the training rows of the first step.")
    random_state: int = seed(description="Decides which rows are taken.")


@node(title="Learning curve", group="Evaluate", family="evaluate", icon="chart-line")
def learning_curve(model: AnyModel, table: AnyTable, params: Params, context: Context) -> AnyEvaluation:
    """Fit the model anew on more and more rows: where the curve still rises, more rows would help; where the two curves lie apart, less freedom would.

    Two classes are scored by ROC AUC, more by accuracy, quantities by R². Recipe and estimator are fitted anew each time.
    """
    learnable = take_apart(table, model.info["target"], context)
    parts = parts_of(learnable, "auto", params.cv, params.random_state, None, context)
    scoring = usual_scoring(learnable.task, len(learnable.classes))
    draw = np.random.default_rng(params.random_state)
    orders = [draw.permutation(train) for train, _ in parts]
    sizes = np.unique((np.geomspace(params.smallest, 1, params.steps) * min(map(len, orders))).astype(int))
    train = np.full((len(sizes), len(parts)), np.nan)
    validation = train.copy()
    for place, size in enumerate(sizes):
        context.progress(f"{size:,} rows")
        for fold, (_, test) in enumerate(parts):
            rows = orders[fold][:size]
            if learnable.task == "classification" and len(np.unique(learnable.y[rows])) < len(learnable.classes):
                continue
            train[place, fold] = _score(answer(model, learnable, rows, rows), scoring)
            validation[place, fold] = _score(answer(model, learnable, rows, test), scoring)
    defined = ~(np.isnan(train) | np.isnan(validation)).any(axis=1)
    if not defined.any():
        message = f"{scoring} is not defined on any of the sizes."
        raise NodeError("score-undefined", message, field="params.smallest", hint="Take a larger smallest share.")
    curves = {
        "train": train[defined].mean(axis=1).tolist(),
        "validation": validation[defined].mean(axis=1).tolist(),
        "train_std": train[defined].std(axis=1).tolist(),
        "validation_std": validation[defined].std(axis=1).tolist(),
    }
    found = chart("learning_curve", rows=sizes[defined].tolist(), **curves, scoring=scoring)
    context.charts.append(found)
    last, gap = curves["validation"][-1], curves["train"][-1] - curves["validation"][-1]
    metrics: dict[str, float | None] = {
        scoring: last,
        "gap": gap,
        "gain_of_last_step": last - curves["validation"][-2] if defined.sum() > 1 else None,
    }
    for name, value in metrics.items():
        context.metric(name, value)
    words = [f"{in_words(scoring)} {last:.3f} from {int(sizes[defined][-1]):,} rows", f"{gap:.3f} better on the rows learned from"]
    if (gain := metrics["gain_of_last_step"]) is not None:
        # A step that is smaller than the spread between folds may be chance.
        rises = gain > curves["validation_std"][-1] / params.cv**0.5
        words.insert(1, f"more rows would {'probably' if rises else 'hardly'} help (the last step brought {gain:+.3f})")
    context.summary = "; ".join(words)
    return Evaluation(metrics, [found], {}, {"rows": len(learnable.y), "sentence": context.summary})


def _score(said: object, name: str) -> float:
    figures = class_figures(said, 0, 0) if isinstance(said, Classified) else quantity_figures(said, 0, 0)  # type: ignore[arg-type]
    value = next((one.value for one in figures if one.name == name), None)
    return float("nan") if value is None else value
