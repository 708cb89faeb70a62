"""Search for the best params of one model family."""

from typing import Any, Literal

from pydantic import Field

from node_containers.families import FamilyName
from node_containers.fitting import task_of
from node_containers.metrics import Scoring
from node_containers.sdk import AnyModel, Context, FanOut, NodeError, NodeParams, TrainTable, advanced, max_parallel, node, target
from node_containers.search import Bounded, Results, Trials, best, grid, report, sample

Value = str | int | float | bool | None
MAX_CANDIDATES = 1_000


class Params(NodeParams):
    target: str | None = target(title="Target", description="The column to learn; left open, the one the dataset declares.")
    family: FamilyName = Field("xgboost", title="Model", description="The kind of model whose params are searched.")
    search: Literal["random", "grid", "halving"] = Field(
        "random", title="Search", description="Draw combinations at random, try all of them, or drop the worse ones early on fewer rows."
    )
    n_iter: int = Field(
        20, ge=1, le=MAX_CANDIDATES, title="Candidates", description="How many combinations a random or halving search draws."
    )
    max_seconds: float | None = Field(
        None, gt=0, le=86_400, title="Seconds", description="Computing time of all candidates together; then the best so far wins."
    )
    max_usd: float | None = Field(
        None, gt=0, le=1_000, title="Dollars", description="Price of all candidates together; then the best so far wins."
    )
    cv: int = Field(5, ge=2, le=20, title="Folds", description="Each candidate is fitted so many times and scored on the rows left out.")
    scoring: Scoring | None = Field(
        None, title="Score", description="What is made as large as possible; left open, ROC AUC, accuracy or R² by the target."
    )
    param_grid: dict[str, list[Value]] = advanced(
        {}, title="Values", description="Values to try by param, in place of the usual ones.", max_length=20
    )
    factor: int = advanced(
        3, ge=2, le=10, title="Halving factor", description="A halving round keeps one candidate of so many, on so many times the rows."
    )
    random_state: int = advanced(42, ge=0, le=2**31 - 1, title="Seed", description="The same seed draws the same candidates and folds.")
    max_parallel: int | None = max_parallel()


@node(title="Tune", group="Models", family="train", icon="adjustments", flow="fan_out")
def tune(table: TrainTable, params: Params, context: Context) -> FanOut[AnyModel]:
    """Try many params of a model beside each other, and fit the best ones on all training rows.

    Every candidate is scored by cross-validation on training rows only, its recipe refitted in each fold. The trials and their scores are kept; the
    winner is one pipeline like any other. A budget is looked at every dozen candidates or so. Where it ends a halving search, the best of those that had the
    most rows wins.
    """
    wanted = params.target or table.target
    trials = Trials.prepare(table, wanted, params.scoring, params.cv, params.random_state)
    first = _candidates(params, task_of(table.view[trials.target].dropna()))
    rows = len(trials.learnable.y)
    search = Bounded(
        lambda results: _waiting(params, first, rows, results), _planned(params, len(first), rows), params.max_seconds, params.max_usd
    )

    def gather(results: Results) -> AnyModel:
        winner = best(results)
        report(trials, results, context)
        tried = search.conclude(results, context)
        if (seen := winner["item"]["rows"]) is not None and seen < rows:
            context.warn("halving-unfinished", f"The winner was chosen on {seen:,} of {rows:,} rows; no candidate was scored on more.")
        model = trials.refit(winner["item"], context)
        words = ", ".join(f"{name} {value}" for name, value in winner["item"]["params"].items())
        context.summary = f"best of {tried}: {trials.scoring} {winner['result']['score']:.3f} with {words}"[:300]
        return model

    return FanOut(search.propose, trials.score, gather)


def _candidates(params: Params, task: str) -> list[dict[str, Any]]:
    space = params.param_grid or None
    if params.search == "grid":
        found = list(grid(params.family, task, space))
        if len(found) > MAX_CANDIDATES:
            message = f"The grid has {len(found):,} combinations; {MAX_CANDIDATES:,} can be tried."
            raise NodeError("grid-too-large", message, field="params.param_grid", hint="Name fewer values, or search at random.")
        return found
    return sample(params.family, task, params.n_iter, params.random_state, space)


def _first_rows(params: Params, candidates: int, rows: int) -> int | None:
    """Rows of the first halving round: so few that the last round, with the best ones, has all of them."""
    if params.search != "halving":
        return None
    rounds = 0
    while params.factor ** (rounds + 1) <= candidates:
        rounds += 1
    # Every fold needs rows enough to hold each class.
    return max(min(rows, 20 * params.cv), -(-rows // params.factor**rounds))


def _waiting(params: Params, first: list[dict[str, Any]], rows: int, results: Results) -> list[Any]:
    """What comes next: the rest of a halving round, its best candidates first, or the next one."""
    turn, done = _with_rows(first, _first_rows(params, len(first), rows)), results
    while turn and len(done) >= len(turn):
        turn, done = _next_round(params, done[: len(turn)], rows), done[len(turn) :]
    return turn[len(done) :]


def _planned(params: Params, candidates: int, rows: int) -> int:
    """How many trials the search has when none of them fails."""
    seen, total = _first_rows(params, candidates, rows), candidates
    while seen is not None and seen < rows:
        seen, candidates = seen * params.factor, -(-candidates // params.factor)
        total += candidates
    return total


def _next_round(params: Params, results: Results, rows: int) -> list[Any]:
    """The candidates that a finished halving round leaves, on more rows; none behind one that had all."""
    last = results[-1]["item"]["rows"]
    if last is None or last >= rows:
        return []
    survivors = sorted((result for result in results if result["result"] is not None), key=lambda result: -result["result"]["score"])
    kept = survivors[: max(1, -(-len(survivors) // params.factor))]
    return _with_rows([result["item"] for result in kept], min(rows, last * params.factor))


def _with_rows(candidates: list[dict[str, Any]], rows: int | None) -> list[Any]:
    return [{**candidate, "rows": rows} for candidate in candidates]
