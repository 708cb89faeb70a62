"""Score a model by cross-validation."""

import numpy as np
from pydantic import Field

from node_containers.charts import chart
from node_containers.fitting import take_apart
from node_containers.folding import Splitter, answer, parts_of
from node_containers.metrics import METRICS, TargetMetric, fitting, headed, in_words, task_of_model
from node_containers.numerals import numeral
from node_containers.scoring.answers import Classified, Measured, is_second
from node_containers.scoring.measures import STANDARD_ERRORS, Figure, class_figures, quantity_figures
from node_containers.scoring.words import UNEVEN, hundred
from node_containers.sdk import AnyEvaluation, AnyModel, AnyTable, Context, Evaluation, NodeParams, column, node, seed


class Params(NodeParams):
    metrics: list[TargetMetric] = Field(
        [],
        max_length=12,
        title="Metrics",
        description="The figures that head the result, the most important first; left open, the usual ones of the task.",
    )
    cv: int = Field(
        5, ge=2, le=100, title="Folds", description="The model is fitted so many times, each time without the rows it is scored on."
    )
    splitter: Splitter = Field(
        "auto",
        title="Folds by",
        description="auto: equal shares of the classes. group: rows of one group stay together. time: learn from the past, score on what follows.",
    )
    column: str | None = column(None, title="Column", description="The column of the groups or of the times.")
    return_train_score: bool = Field(
        False, title="Training score", description="Give the figures on the rows learned from, too: how much is learned by heart."
    )
    positive_class: str | None = Field(
        None,
        max_length=200,
        title="Positive class",
        description="With two classes: the one that precision, recall and F1 are about, such as yes or fraud. Open: the second in order.",
    )
    random_state: int = seed(description="Decides which rows go to which fold.")


@node(title="Cross-validate", group="Evaluate", family="evaluate", icon="layers-intersect")
def cross_validate(model: AnyModel, table: AnyTable, params: Params, context: Context) -> AnyEvaluation:
    """Fit the model anew on each part of the rows and score it on the rest: how good it is, and how much that depends on the rows.

    Recipe and estimator are fitted anew in every fold, so no fold sees a row that it is scored on; copies of a row stay in one fold. Each figure is the mean
    over the folds, with 1.96 standard errors on both sides. Precision, recall and F1 are about the second class in order unless another is named.
    The connected model itself stays as it is.
    """
    chosen = fitting(params.metrics, task_of_model(model.info), "params.metrics")
    learnable = take_apart(table, model.info["target"], context)
    known = table.view[table.view[model.info["target"]].notna()]
    by = known[params.column] if params.column else None
    turn = params.positive_class is not None and not is_second(learnable.classes, params.positive_class)
    parts = parts_of(learnable, params.splitter, params.cv, params.random_state, by, context)
    scored: list[dict[str, Figure]] = []
    learned: list[dict[str, Figure]] = []
    for number, (train, test) in enumerate(parts, 1):
        context.progress(f"fold {number} of {len(parts)}")
        scored.append(_figures(answer(model, learnable, train, test), turn, chosen))
        if params.return_train_score:
            learned.append(_figures(answer(model, learnable, train, train), turn, chosen))
    report = _report(scored, learned, len(learnable.y), chosen)
    for name, value in report.metrics.items():
        context.metric(name, value)
    context.charts.extend(report.charts)
    context.summary = f"{model.info['estimator']}, {len(parts)} folds: {report.details['sentence']}"
    return report


def _figures(said: Classified | Measured, turn: bool, chosen: tuple[str, ...]) -> dict[str, Figure]:
    """Figures of one fold, the chosen ones first; `turn` makes the first of two classes the positive one."""
    if isinstance(said, Measured):
        return headed({one.name: one for one in quantity_figures(said, 0, 0, chosen)}, chosen)
    return headed({one.name: one for one in class_figures(said.turned() if turn else said, 0, 0, chosen)}, chosen)


def _report(scored: list[dict[str, Figure]], learned: list[dict[str, Figure]], rows: int, chosen: tuple[str, ...]) -> Evaluation:
    names = [name for name in scored[0] if all(fold.get(name) and fold[name].value is not None for fold in scored)]
    values = {name: np.array([fold[name].value for fold in scored], dtype=float) for name in names}
    reach = {name: STANDARD_ERRORS * float(np.std(one, ddof=1)) / np.sqrt(len(one)) for name, one in values.items()}
    tiles = []
    metrics: dict[str, float | None] = {}
    for name, one in values.items():
        mean = float(one.mean())
        bases = [fold[name].baseline for fold in scored]
        base = None if any(value is None for value in bases) else float(np.mean(np.array(bases, dtype=float)))
        tiles.append(Figure(name, mean, mean - reach[name], mean + reach[name], base).as_tile())
        metrics |= {name: mean, f"{name}_std": float(np.std(one, ddof=1))} | ({} if base is None else {f"baseline_{name}": base})
    metrics |= {f"train_{name}": float(np.mean([fold[name].value or 0.0 for fold in learned])) for name in names if learned}
    lines = [[number, *(float(values[name][number - 1]) for name in names)] for number in range(1, len(scored) + 1)]
    shown = [one for one in tiles if one["name"] in chosen] if chosen else tiles
    charts = [
        chart("metrics", rows=rows, baseline="the dummy baseline of each fold’s training rows", metrics=shown, title="Mean over the folds"),
        chart("table", title="By fold", columns=["fold", *names], rows=lines),
    ]
    undefined = {name: "not defined on every fold" for name in chosen if name not in names}
    metrics |= dict.fromkeys(undefined)
    head = [] if not names or chosen[:1] != (names[0],) else [f"{METRICS[names[0]].title} {metrics[names[0]]:.3g} ± {reach[names[0]]:.2g}"]
    sentence = "; ".join([*head, _sentence(metrics, reach)])
    return Evaluation(metrics, charts, undefined, {"rows": rows, "folds": len(scored), "sentence": sentence})


def _sentence(metrics: dict[str, float | None], reach: dict[str, float]) -> str:
    """How good the model is on rows it was not fitted on, beside what guessing would give."""
    words = []
    if (metrics.get("baseline_accuracy") or 0) >= UNEVEN:
        return _uneven(metrics, reach)
    if (right := metrics.get("accuracy")) is not None:
        words.append(f"right for {100 * right:.0f} of 100 rows left out (± {100 * reach['accuracy']:.0f})")
        if (guess := metrics.get("baseline_accuracy")) is not None:
            words.append(f"always guessing the most frequent class would be {100 * guess:.0f}")
    elif (off := metrics.get("mae")) is not None:
        words.append(f"off by {numeral(off)} ± {numeral(reach['mae'], 2)} on average over rows left out")
        if (guess := metrics.get("baseline_mae")) is not None:
            words.append(f"always guessing the mean would be off by {numeral(guess)}")
    main = next((name for name in ("roc_auc", "r2") if metrics.get(name) is not None), None)
    words += [f"{in_words(main)} {metrics[main]:.3f} ± {reach[main]:.3f}"] if main else []
    return "; ".join(words) or "no figure is defined on every fold"


def _uneven(metrics: dict[str, float | None], reach: dict[str, float]) -> str:
    """Where one class is nearly all rows: the figures that a guess does not reach. Those of the second class only where it is the rare one."""
    guess = hundred(metrics["baseline_accuracy"])
    names = ["balanced_accuracy", "roc_auc"]
    if metrics.get("baseline_recall") == 0:
        names += ["recall", "precision", "average_precision"]
    known = [f"{in_words(name)} {metrics[name]:.3f} ± {reach[name]:.3f}" for name in names if metrics.get(name) is not None]
    misleading = (
        f"accuracy ({hundred(metrics['accuracy'])} of 100 rows left out) misleads: always guessing the most frequent class would be {guess}"
    )
    return "; ".join([misleading, *known])
