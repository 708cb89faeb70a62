"""Search for the best model of all families within a budget."""

import itertools
from typing import Any

from pydantic import Field

from node_containers.families import FAMILIES, FamilyName
from node_containers.metrics import Scoring
from node_containers.sdk import AnyModel, Context, FanOut, NodeParams, TrainTable, advanced, max_parallel, node, target
from node_containers.search import Bounded, Trials, best, report, sample


class Params(NodeParams):
    target: str | None = target(title="Target", description="The column to learn; left open, the one the dataset declares.")
    max_seconds: float = Field(
        120, gt=0, le=86_400, title="Seconds", description="Computing time of all candidates together; then the best so far wins."
    )
    max_usd: float | None = Field(
        None, gt=0, le=1_000, title="Dollars", description="Price of all candidates together; left open, only time counts."
    )
    max_candidates: int = Field(60, ge=6, le=1_000, title="Candidates", description="How many models are tried at most, over all families.")
    families: list[FamilyName] = Field(
        [], max_length=6, title="Families", description="Which kinds of model are tried; left open, all six."
    )
    scoring: Scoring | None = Field(
        None, title="Score", description="What is made as large as possible; left open, ROC AUC, accuracy or R² by the target."
    )
    cv: int = advanced(5, ge=2, le=20, title="Folds", description="Each candidate is fitted so many times and scored on the rows left out.")
    random_state: int = advanced(42, ge=0, le=2**31 - 1, title="Seed", description="The same seed draws the same candidates and folds.")
    max_parallel: int | None = max_parallel()


@node(title="AutoML", group="Models", family="train", icon="sparkles", flow="fan_out")
def automl(table: TrainTable, params: Params, context: Context) -> FanOut[AnyModel]:
    """Try up to six families of models beside each other until the budget is used up, and fit the best one on all training rows.

    The families take turns, usual params first. The leaderboard shows each candidate's score with its interval, its latency, its size and what it cost to try.
    """
    trials = Trials.prepare(table, params.target or table.target, params.scoring, params.cv, params.random_state)
    queue = _queue(trials.learnable.task, params)
    search = Bounded(lambda results: queue[len(results) :], len(queue), params.max_seconds, params.max_usd)

    def gather(results: list[dict[str, Any]]) -> AnyModel:
        winner = best(results)
        report(trials, results, context)
        tried = search.conclude(results, context)
        model = trials.refit(winner["item"], context)
        title = FAMILIES[winner["item"]["family"]].title
        context.summary = f"best of {tried}: {title}, {trials.scoring} {winner['result']['score']:.3f}"
        return model

    return FanOut(search.propose, trials.score, gather)


def _queue(task: str, params: Params) -> list[dict[str, Any]]:
    """Candidates in the order they are tried: the families take turns, each with its library's own defaults first."""
    families = [name for name in FAMILIES if not params.families or name in params.families]
    each = -(-params.max_candidates // len(families))
    drawn = [[{"family": name, "params": {}}, *sample(name, task, each, params.random_state)] for name in families]
    turns = (candidate for turn in itertools.zip_longest(*drawn) for candidate in turn if candidate is not None)
    return list(itertools.islice(turns, params.max_candidates))
