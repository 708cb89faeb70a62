"""Search for the best params of one model family."""

from typing import Any, Literal

from pydantic import Field

from node_containers.families import FamilyName
from node_containers.fitting import task_of
from node_containers.metrics import Scoring
from node_containers.sdk import AnyModel, Context, FanOut, NodeError, NodeParams, TrainTable, advanced, node, target
from node_containers.search import Trials, best, grid, report, sample

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


@node(title="Tune", group="Models", family="train", icon="adjustments", flow="fan_out")
def tune(table: TrainTable, params: Params, context: Context) -> FanOut[AnyModel]:
    """Try many params of a model beside each other, and fit the best ones on all training rows.

    Every candidate is scored by cross-validation on training rows only, its recipe refitted in each fold. The trials and their scores are kept; the
    winner is one pipeline like any other.
    """
    wanted = params.target or table.target
    trials = Trials.prepare(table, wanted, params.scoring, params.cv, params.random_state)
    first = _candidates(params, task_of(table.view[trials.target].dropna()))

    def propose(results: list[dict[str, Any]]) -> list[Any]:
        if not results:
            return _with_rows(first, _first_rows(params, len(first), len(trials.learnable.y)))
        return _next_round(params, results, len(trials.learnable.y)) if params.search == "halving" else []

    def gather(results: list[dict[str, Any]]) -> AnyModel:
        winner = best(results)
        report(trials, results, context)
        model = trials.refit(winner["item"], context)
        words = ", ".join(f"{name} {value}" for name, value in winner["item"]["params"].items())
        context.summary = f"best of {len(results)}: {trials.scoring} {winner['result']['score']:.3f} with {words}"[:300]
        return model

    return FanOut(propose, trials.score, gather)


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
    return max(min(rows, 20 * params.cv), rows // params.factor**rounds)


def _next_round(params: Params, results: list[dict[str, Any]], rows: int) -> list[Any]:
    last = results[-1]["item"]["rows"]
    if last is None or last >= rows:
        return []
    survivors = sorted(
        (result for result in results if result["item"]["rows"] == last and result["result"] is not None),
        key=lambda result: -result["result"]["score"],
    )
    kept = survivors[: max(1, -(-len(survivors) // params.factor))]
    return _with_rows([result["item"] for result in kept], min(rows, last * params.factor))


def _with_rows(candidates: list[dict[str, Any]], rows: int | None) -> list[Any]:
    return [{**candidate, "rows": rows} for candidate in candidates]
