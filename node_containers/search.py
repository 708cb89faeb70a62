"""Searching for the best model: candidates scored by cross-validation on training rows only, and the winner fitted on all of them.

Every candidate refits the whole pipeline, recipe included, in each fold: no fold sees a row that it is scored on. The folds are the same for all candidates.
"""

import itertools
import math
import pickle
import random
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline

from node_containers.families import FAMILIES, space_of
from node_containers.fitting import Learnable, fit, take_apart
from node_containers.folding import shared_folds
from node_containers.metrics import usual_scoring
from node_containers.recipe import build_pipeline
from node_containers.sdk import Context, Model, NodeError, Table
from node_containers.threads import one_thread

# 1.96 standard errors on both sides: the usual 95 % of a normal distribution, over the folds.
STANDARD_ERRORS = 1.96
LATENCY_REPEATS = 5
# Candidates of one round of a search with a budget, which is looked at between rounds. There are more where that would make more rounds than these.
ROUND = 12
MAX_ROUNDS = 64

Candidate = dict[str, Any]
Results = list[dict[str, Any]]


@dataclass(frozen=True)
class Bounded:
    """A search within a budget. `waiting(results)` gives the candidates that come next, `planned` is how many there are in all.

    `max_seconds` (of computing) and `max_usd` hold for all candidates together; None sets no bound. A round that has begun is worked off, so what is spent
    passes the bound by one round at most.
    """

    waiting: Callable[[Results], list[Any]]
    planned: int
    max_seconds: float | None
    max_usd: float | None

    def propose(self, results: Results) -> list[Any]:
        """The next round, as `FanOut` asks for it; all candidates at once where nothing bounds them."""
        if results and self.used_up(results):
            return []
        size = self.planned if self.max_seconds is None and self.max_usd is None else max(ROUND, -(-self.planned // MAX_ROUNDS))
        return self.waiting(results)[:size]

    def used_up(self, results: Results) -> str | None:
        """The bound that is reached, in words; None while there is some left."""
        if self.max_seconds is not None and sum(one["seconds"] for one in results) >= self.max_seconds:
            return f"{_figure(self.max_seconds)} seconds used up"
        if self.max_usd is not None and sum(one["usd"] or 0 for one in results) >= self.max_usd:
            return f"${_figure(self.max_usd)} used up"
        return None

    def conclude(self, results: Results, context: Context) -> str:
        """How many candidates were tried, in words; warns where the budget kept others from it, and where no price was known to keep to."""
        if self.max_usd is not None and any(one["usd"] is None for one in results):
            context.warn("price-unknown", "No price of computing is known here, so the dollars have not bounded the search.")
        if not self.waiting(results):
            return f"{len(results):,}"
        context.warn("budget-used-up", f"Stopped after {len(results):,} of {self.planned:,} candidates: {self.used_up(results)}.")
        return f"{len(results):,} of {self.planned:,}"


@dataclass(frozen=True)
class Trials:
    """One search: the training rows taken apart, the folds and the scorer that all candidates share."""

    table: Table
    target: str
    learnable: Learnable
    scoring: str
    cv: int
    seed: int

    @classmethod
    def prepare(cls, table: Table, target: str | None, scoring: str | None, cv: int, seed: int) -> "Trials":
        learnable = take_apart(table, target, Context())
        if learnable.task == "classification" and (rarest := int(np.bincount(learnable.y).min())) < cv:
            message = f"The rarest class has {rarest} rows; {cv} folds need that many."
            raise NodeError("folds-too-many", message, field="params.cv", hint="Take fewer folds or more rows.")
        if len(learnable.y) < 2 * cv:
            raise NodeError(
                "folds-too-many", f"{len(learnable.y)} rows are too few for {cv} folds.", field="params.cv", hint="Take fewer folds."
            )
        chosen = scoring or usual_scoring(learnable.task, len(learnable.classes))
        return cls(table, str(target), learnable, chosen, cv, seed)

    def pipeline(self, candidate: Candidate) -> Pipeline:
        family = FAMILIES[candidate["family"]]
        estimator = family.make(self.learnable.task, self.seed, candidate["params"])
        return build_pipeline(self.learnable.recipe, estimator, takes_missing=family.takes_missing, takes_scale=family.takes_scale)

    def score(self, candidate: Candidate) -> dict[str, Any]:
        """Mean and spread over the folds, and what the model would cost to use: milliseconds a row, bytes, seconds to fit."""
        features, y = self._rows(candidate.get("rows"))
        scorer = get_scorer(self.scoring)
        scores, began = [], time.perf_counter()
        pipeline = self.pipeline(candidate)
        with one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            for train, test in shared_folds(self.learnable._replace(features=features, y=y), self.cv, self.seed):
                pipeline = self.pipeline(candidate).fit(features.iloc[train], y[train])
                scores.append(float(scorer(pipeline, features.iloc[test], y[test])))
        if not all(math.isfinite(score) for score in scores):
            raise NodeError(
                "score-undefined", f"{self.scoring} is not defined on every fold.", field="params.scoring", hint="Choose another."
            )
        error = float(np.std(scores, ddof=1)) / math.sqrt(len(scores))
        mean = float(np.mean(scores))
        return {
            "score": mean,
            "low": mean - STANDARD_ERRORS * error,
            "high": mean + STANDARD_ERRORS * error,
            "folds": scores,
            "fit_seconds": (time.perf_counter() - began) / self.cv,
            "latency_ms": _latency_ms(pipeline, features.iloc[:1]),
            "bytes": len(pickle.dumps(pipeline)),
        }

    def _rows(self, count: int | None) -> tuple[Any, np.ndarray]:
        """All training rows, or so many of them: the same for every candidate, every class among them."""
        if count is None or count >= len(self.learnable.y):
            return self.learnable.features, self.learnable.y
        order = np.random.default_rng(self.seed).permutation(len(self.learnable.y))[:count]
        return self.learnable.features.iloc[order], self.learnable.y[order]

    def refit(self, candidate: Candidate, context: Context) -> Model:
        """The winner, fitted on every training row."""
        family = FAMILIES[candidate["family"]]
        return fit(
            self.table,
            self.target,
            context,
            lambda learnable: family.make(learnable.task, self.seed, candidate["params"]),
            takes_missing=family.takes_missing,
            takes_scale=family.takes_scale,
        )


def grid(family: str, task: str, space: Mapping[str, Sequence[Any]] | None = None) -> Iterator[Candidate]:
    """Every combination once, in a fixed order. Raises `NodeError` where a param has no values."""
    # 1 and True are equal to Python and not to a model.
    values = {name: list({repr(value): value for value in given}.values()) for name, given in (space or space_of(family, task)).items()}
    if empty := [name for name, given in values.items() if not given]:
        message = f"There are no values to try for “{empty[0]}”."
        raise NodeError("values-missing", message, field=f"params.param_grid.{empty[0]}", hint="Name one at least, or take the param out.")
    for combination in itertools.product(*values.values()):
        yield {"family": family, "params": dict(zip(values, combination, strict=True))}


def sample(family: str, task: str, count: int, seed: int, space: Mapping[str, Sequence[Any]] | None = None) -> list[Candidate]:
    """Different combinations drawn at random: as many as asked for, or all there are."""
    every = list(grid(family, task, space))
    return random.Random(f"{seed} {family}").sample(every, min(count, len(every)))  # noqa: S311 no secret


def best(results: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The candidate with the highest score; of equals, the first that was proposed."""
    scored = [result for result in results if result["result"] is not None]
    most = max((result["item"].get("rows") or math.inf for result in scored), default=0)
    # A score on a part of the rows does not compare with one on more of them.
    finalists = [result for result in scored if (result["item"].get("rows") or math.inf) == most]
    return max(finalists, key=lambda result: result["result"]["score"])


def report(trials: Trials, results: Sequence[Mapping[str, Any]], context: Context) -> None:
    """Chart and figures of a search: every trial with metric, interval, latency, size and price."""
    winner = best(results)
    rows = [
        {
            "family": FAMILIES[one["item"]["family"]].title,
            "params": one["item"]["params"],
            "rows": one["item"].get("rows"),
            "seconds": one["seconds"],
            "usd": one["usd"],
            "error": one["error"],
            **{name: (one["result"] or {}).get(name) for name in ("score", "low", "high", "fit_seconds", "latency_ms", "bytes")},
        }
        for one in results
    ]
    # Scores on more rows come first: those on a part of them do not compare.
    order = sorted(rows, key=lambda row: (row["score"] is None, -(row["rows"] or math.inf), -(row["score"] or 0)))
    context.chart("trials", scoring=trials.scoring, trials=order)
    context.metric("best_score", winner["result"]["score"])
    context.metric("trials", float(len(results)))
    failed = sum(one["error"] is not None for one in results)
    if failed:
        context.warn("trials-failed", f"{failed} of {len(results)} candidates failed; the leaderboard says why.")


def _figure(value: float) -> str:
    return f"{Decimal(str(value)).normalize():f}"


def _latency_ms(pipeline: Pipeline, row: Any) -> float:
    times = []
    for _ in range(LATENCY_REPEATS):
        began = time.perf_counter()
        pipeline.predict(row)
        times.append(time.perf_counter() - began)
    return 1000 * sorted(times)[len(times) // 2]
