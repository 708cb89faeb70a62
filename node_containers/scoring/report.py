"""One model's whole evaluation: figures, charts, and a sentence for people."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from node_containers.charts import chart
from node_containers.metrics import METRICS, headed
from node_containers.numerals import numeral
from node_containers.scoring.answers import Classified, Measured, classify, classify_for, measure
from node_containers.scoring.classes import class_charts
from node_containers.scoring.groups import by_group
from node_containers.scoring.measures import Figure, class_figures, quantity_figures
from node_containers.scoring.quantities import quantity_charts
from node_containers.scoring.words import class_sentence
from node_containers.sdk import Context, Model


class Manner(NamedTuple):
    """How to score: the threshold (None: the model's own), bootstrap, what errors cost, columns to slice by, what a row is called, and
    the positive class (None: the second in order), the figures that head the result (none: the usual ones), and figures beside those."""

    threshold: float | None = None
    resamples: int = 200
    seed: int = 42
    cost_false_positive: float = 1.0
    cost_false_negative: float = 1.0
    slices: tuple[str, ...] = ()
    noun: str = "test rows"
    positive: str | None = None
    metrics: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


class Scored(NamedTuple):
    """What came of it."""

    said: Classified | Measured
    figures: list[Figure]
    charts: list[dict[str, Any]]
    details: dict[str, Any]
    sentence: str

    @property
    def metrics(self) -> dict[str, float | None]:
        """Figures by name, and beside each defined baseline its own."""
        found = {one.name: one.value for one in self.figures}
        return found | {f"baseline_{one.name}": one.baseline for one in self.figures if one.baseline is not None}

    @property
    def undefined(self) -> dict[str, str]:
        return {one.name: str(one.reason) for one in self.figures if one.value is None}

    def value(self, name: str) -> float | None:
        return next((one.value for one in self.figures if one.name == name), None)


def score(model: Model, frame: pd.DataFrame, manner: Manner, context: Context) -> Scored:
    """Figures with intervals and baselines, all charts, and the sentence. `frame` holds rows of known target."""
    if model.info["task"] == "classification" or manner.positive is not None:
        return _score_classes(model, frame, manner, context)
    return _score_quantities(model, frame, manner)


def _score_classes(model: Model, frame: pd.DataFrame, manner: Manner, context: Context) -> Scored:
    positive = manner.positive
    said = classify(model, frame, manner.threshold) if positive is None else classify_for(model, frame, positive, manner.threshold)
    if (unseen := int((said.truth < 0).sum())) > 0:
        context.warn("class-unseen", f"{unseen} test rows have a class that no training row had; they count as wrong.")
    figures = class_figures(said, manner.resamples, manner.seed, manner.metrics + manner.also)
    guess = said.classes[int(np.argmax(said.shares))]
    tiles = _tiles(_shown(figures, manner), len(said.truth), f"always “{guess[:80]}”, the most frequent class of the training rows")
    charts = [tiles, *class_charts(said, manner.cost_false_positive, manner.cost_false_negative)]
    charts += [by_group(said, frame[name]) for name in manner.slices]
    words = "; ".join([*_head(figures, manner, "accuracy"), class_sentence(said, figures, manner.noun)])
    details = {"rows": len(said.truth), "positive": said.classes[1] if said.binary else None, "threshold": said.threshold}
    return Scored(said, _ordered(figures, manner), charts, details, words)


def _score_quantities(model: Model, frame: pd.DataFrame, manner: Manner) -> Scored:
    said = measure(model, frame)
    figures = quantity_figures(said, manner.resamples, manner.seed, manner.metrics + manner.also)
    tiles = _tiles(_shown(figures, manner), len(said.truth), f"always {numeral(said.guess)}, the mean of the training rows")
    charts = [tiles, *quantity_charts(said, str(model.info["target"]), frame)]
    charts += [by_group(said, frame[name]) for name in manner.slices]
    mae = next(one for one in figures if one.name == "mae")
    guessing = f"always guessing {numeral(said.guess)} would be off by {numeral(mae.baseline)}"
    words = f"off by {numeral(mae.value)} on average over {len(said.truth):,} {manner.noun}; {guessing}"
    words = "; ".join([*_head(figures, manner, "mae"), words])
    return Scored(said, _ordered(figures, manner), charts, {"rows": len(said.truth)}, words)


def _ordered(figures: list[Figure], manner: Manner) -> list[Figure]:
    return list(headed({one.name: one for one in figures}, manner.metrics).values())


def _shown(figures: list[Figure], manner: Manner) -> list[Figure]:
    """The figures as tiles: those that were chosen, in their order, or all."""
    return _ordered(figures, manner)[: len(manner.metrics) or None]


def _head(figures: list[Figure], manner: Manner, said_anyway: str) -> list[str]:
    """The first of the chosen figures in words, unless the sentence is about it anyway."""
    if not manner.metrics or manner.metrics[0] == said_anyway:
        return []
    one = _shown(figures, manner)[0]
    if one.value is None:
        return [f"{METRICS[one.name].title} is not defined: {one.reason}"]
    beside = [f"{numeral(one.low, 3)} to {numeral(one.high, 3)} likely"] if one.low is not None else []
    beside += [f"guessing: {numeral(one.baseline, 3)}"] if one.baseline is not None else []
    return [f"{METRICS[one.name].title} {numeral(one.value, 3)}" + (f" ({'; '.join(beside)})" if beside else "")]


def _tiles(figures: list[Figure], rows: int, baseline: str) -> dict[str, Any]:
    return chart("metrics", rows=rows, baseline=baseline, metrics=[one.as_tile() for one in figures])
