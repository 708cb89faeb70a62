"""`make leakbench`: one JSON line a figure; the exit code is 1 where one of them is not as it must be."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from infra.figures import DOCS, Figure, emit, measured
from infra.leakbench import rig
from infra.leakbench.recipes import RECIPES, Recipe

PAGE = DOCS / "leakbench.md"
TRUTH, TOLERANCE = 0.5, 0.05
# What the naive way reaches at least on rows where there is nothing to learn, in every recipe that fools it.
FOOLED = 0.79


class Scores(NamedTuple):
    """One recipe over all seeds: scores of the drawing and of the naive script, how often the leak is named, and the score behind the mended split."""

    ours: list[float]
    naive: list[float]
    named: int
    mended: list[float]
    words: str


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="python -m infra.leakbench", description="Classic leaks on pure noise, drawn in the worst order.")
    main.add_argument("--only", choices=RECIPES, action="append", help="one recipe (may be given several times; default: all eight)")
    main.add_argument("--seeds", type=int, default=20, help="tables of noise for each recipe (default: %(default)s)")
    main.add_argument("--page", type=Path, default=PAGE, help="the page that is written when all recipes ran (default: %(default)s)")
    main.add_argument("--dry", action="store_true", help="print the figures and leave the page as it is")
    return main


def main() -> int:
    options = parser().parse_args()
    os.environ.update(rig.ENVIRONMENT)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    began, figures, rows = time.perf_counter(), [], {}
    with rig.memory_cloud():
        for name in options.only or RECIPES:
            rows[name] = scores(name, options.seeds)
            for figure in judged(name, rows[name]):
                figures.append(figure)
                emit(figure)
            sys.stderr.write(f"leakbench {time.perf_counter() - began:7.1f} s  {name}\n")
    if not options.dry and not options.only:
        options.page.write_text(page(rows), "utf-8")
    return int(any(figure.ok is False for figure in figures))


def scores(name: str, seeds: int) -> Scores:
    """Run a recipe on so many tables of noise."""
    recipe, found = RECIPES[name], Scores([], [], 0, [], "")
    for seed in range(seeds):
        frame = recipe.data(np.random.default_rng(seed))
        dataset = rig.upload(frame)
        outcome = rig.run(recipe.drawing(), dataset, f"{name}-{seed}")
        if outcome.metrics:
            found.ours.append(outcome.metrics[recipe.metric])
        found.naive.append(recipe.naive(frame))
        if recipe.named and outcome.names(recipe.named):
            words = next(message for code, message in outcome.warnings if code == recipe.named)
            found = found._replace(named=found.named + 1, words=words)
        if recipe.better:
            found.mended.append(rig.run(recipe.drawing(recipe.better), dataset, f"{name}-{seed}-mended").metrics[recipe.metric])
    return found


def judged(name: str, found: Scores) -> Iterator[Figure]:
    """The figures of one recipe: how far the honest score is from one half, or that the leak is named; and what the naive way is fooled into."""
    recipe, command = RECIPES[name], f'make leakbench ARGS="--only {name}"'
    count, words = len(found.naive), f"{recipe.title.lower()}, on noise"

    def figure(what: str, value: float, unit: str, goal: str = "") -> Figure:
        return measured(f"leak-{name}-{what}", value, unit, count, words, goal=goal, command=command)

    if recipe.named:
        yield figure("named", found.named / count, "of the runs", "= 1")
    else:
        yield figure("off", abs(mean(found.ours) - TRUTH), f"{recipe.metric} from one half", f"<= {TOLERANCE}")
    if found.mended:
        yield figure("mended-off", abs(mean(found.mended) - TRUTH), f"{recipe.metric} from one half", f"<= {TOLERANCE}")
    if found.ours:
        yield figure("score", mean(found.ours), recipe.metric)
    yield figure("naive", mean(found.naive), recipe.metric, f">= {FOOLED}" if recipe.fools else "")


def mean(values: list[float]) -> float:
    return float(np.mean(values))


def page(rows: dict[str, Scores]) -> str:
    """The page of all recipes."""
    lines = [
        "# Leaks\n",
        "Written by `make leakbench`; do not edit. Every table is noise: whoever scores above one half has fooled himself. Each recipe is drawn in the worst",
        "order and run by the real check and runtime; beside it stands what the same order gives with plain pandas and scikit-learn. Means over the seeds,",
        "and the least and most.\n",
        "| recipe | figure | plain script | Flowza | what Flowza says |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(RECIPES[name], found) for name, found in rows.items()]
    fooled = "Scaling is the classic that does no visible harm on noise: the plain script is right by luck there, Flowza by construction.\n"
    return "\n".join(lines) + "\n\n" + fooled


def _row(recipe: Recipe, found: Scores) -> str:
    ours = _range(found.ours) if found.ours else "does not run"
    says = f"`{recipe.named}` in {found.named} of {len(found.naive)} runs: “{found.words}”" if recipe.named else ""
    if found.mended:
        says += f" With that, {_range(found.mended)}."
    return f"| {recipe.title} | {recipe.metric} | {_range(found.naive)} | {ours} | {says} |"


def _range(values: list[float]) -> str:
    return f"{mean(values):.3f} ({min(values):.2f}–{max(values):.2f})"


if __name__ == "__main__":
    sys.exit(main())
