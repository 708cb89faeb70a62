"""Drawings of any size for the compile figures: a line, a wide graph, a tangle, all of nodes that the catalogue has."""

import random
from typing import Any

from chalicelib.workflow import Workflow


def line(count: int) -> Workflow:
    """A table that is cleaned over and over."""
    return _drawn(["csv_loader", *["preprocess"] * (count - 1)], [(i, i + 1) for i in range(count - 1)])


def wide(count: int) -> Workflow:
    """One table, many independent models with an evaluation each."""
    pairs = (count - 3) // 2
    types = ["csv_loader", "preprocess", "train_test_split", *["train_logreg", "evaluate"] * pairs]
    wires = [(0, 1), (1, 2)]
    for pair in range(pairs):
        model = 3 + 2 * pair
        wires += [(2, model), (model, model + 1)]
    return _drawn(types, wires)


def tangle(count: int, seed: int = 1) -> Workflow:
    """Ensembles of ensembles: every node takes one to three of the last twenty models, so that the graph is no series of parallels."""
    chance = random.Random(seed)
    start = ["csv_loader", "preprocess", "train_test_split"]
    models = [f"train_{kind}" for kind in ("logreg", "tree", "knn", "naive_bayes")] * 2
    types = start + models
    wires: list[tuple[Any, ...]] = [(0, 1), (1, 2), *[(2, 3 + i, "train", "table") for i in range(len(models))]]
    for node in range(len(types), count):
        types.append("train_vote")
        chosen = sorted(chance.sample(range(max(3, node - 20), node), chance.randint(2, 3)))
        wires += [
            (2, node, "train", "table"),
            *[(source, node, "model", ("first", "second", "third")[i]) for i, source in enumerate(chosen)],
        ]
    return _drawn(types, wires)


def _drawn(types: list[str], wires: list[tuple[Any, ...]]) -> Workflow:
    nodes = [
        {"id": f"n{i:04}", "type": kind, "position": {"x": 0, "y": 0}, "data": {"label": "", "params": {}}} for i, kind in enumerate(types)
    ]
    ends = [dict(zip(("source", "target", "sourceHandle", "targetHandle"), wire, strict=False)) for wire in wires]
    connections = [{**end, "source": f"n{end['source']:04}", "target": f"n{end['target']:04}"} for end in ends]
    return Workflow.model_validate({"nodes": nodes, "connections": connections})


def random_times(seed: int) -> tuple[list[str], dict[str, list[str]], dict[str, float]]:
    """A random graph of 5 to 40 nodes in topological order, its predecessors, and how long each node takes (log-normal: most are short)."""
    chance = random.Random(seed)
    names = [f"n{i:02}" for i in range(chance.randint(5, 40))]
    reach, many = chance.choice([4, 10, 40]), chance.choice([1.2, 1.6, 2.5])
    predecessors = {}
    for i, name in enumerate(names):
        near = names[max(0, i - reach) : i]
        predecessors[name] = sorted(chance.sample(near, min(len(near), int(chance.expovariate(1 / many)))))
    return names, predecessors, {name: chance.lognormvariate(0, 1) for name in names}
