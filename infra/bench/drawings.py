"""The drawings that are run: nine nodes that compare three models, and chains of any length."""

import itertools
import sys
from pathlib import Path
from typing import Any

PLAIN = Path(__file__).with_name("plain.py")
MODELS = {"logreg": ("train_logreg", {}), "tree": ("train_tree", {"max_depth": 8}), "xgboost": ("train_xgboost", {})}


def nine_nodes(dataset: str = "sample:titanic", target: str = "survived", **params: Any) -> dict[str, Any]:
    """Load, clean, split, three models beside each other, and the score of each. `params` are those of the logistic regression."""
    nodes: dict[str, tuple[str, dict[str, Any]]] = {
        "load": ("csv_loader", {"dataset": dataset}),
        "clean": ("preprocess", {}),
        "split": ("train_test_split", {}),
    }
    wires = [("load", "clean"), ("clean", "split")]
    for name, (kind, own) in MODELS.items():
        nodes[name] = (kind, {**own, "target": target, **(params if name == "logreg" else {})})
        # Without resampling: the plain script gives no intervals either.
        nodes[f"score_{name}"] = ("evaluate", {"bootstrap": 0})
        wires += [("split", name), (name, f"score_{name}")]
    return drawn("Three models", nodes, wires)


def chain(length: int) -> dict[str, Any]:
    """A table that is handed on again and again: what a node costs that does next to nothing."""
    nodes: dict[str, tuple[str, dict[str, Any]]] = {"n00": ("csv_loader", {"dataset": "sample:titanic"})}
    nodes |= {f"n{i:02}": ("preprocess", {}) for i in range(1, length)}
    names = list(nodes)
    return drawn(f"Chain of {length}", nodes, list(itertools.pairwise(names)))


def search(candidates: int, number: int = 0) -> dict[str, Any]:
    """A random search over boosted trees. Its number stands in a param that only halving reads: the work is the same, and no result of another is taken."""
    nodes: dict[str, tuple[str, dict[str, Any]]] = {
        "load": ("csv_loader", {"dataset": "sample:titanic"}),
        "clean": ("preprocess", {}),
        "split": ("train_test_split", {}),
        "search": ("tune", {"family": "xgboost", "n_iter": candidates, "cv": 5, "factor": 2 + number}),
    }
    return drawn("Search", nodes, [("load", "clean"), ("clean", "split"), ("split", "search")])


def drawn(name: str, nodes: dict[str, tuple[str, dict[str, Any]]], wires: list[tuple[str, str]]) -> dict[str, Any]:
    shown = [{"id": key, "type": kind, "data": {"label": key, "params": params}} for key, (kind, params) in nodes.items()]
    return {"name": name, "nodes": shown, "connections": [{"source": source, "target": target} for source, target in wires]}


def plain_command(path: Path, target: str) -> list[str]:
    """The same nine steps as one script."""
    return [sys.executable, str(PLAIN), str(path), target]
