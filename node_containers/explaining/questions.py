"""A single tree as the questions it asks, in words: what a person can read and argue about."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from node_containers.charts import chart
from node_containers.numerals import numeral

# Nodes of a tree that are shown, level by level: six whole levels. More are read by nobody.
MOST_QUESTIONS = 63


def questions_of(
    estimator: Any, matrix: np.ndarray, classes: Sequence[str], features: Sequence[str], sources: Sequence[str]
) -> dict[str, Any] | None:
    """The tree from the top, level by level; None for a model that is not a single tree.

    `matrix` is what the tree learned from, rows × features; `sources` gives the column of the table behind each feature. `classes` is empty for quantities.
    """
    if not type(estimator).__name__.startswith("DecisionTree"):
        return None
    tree, words = estimator.tree_, _Words(matrix, features, sources)
    ahead: deque[tuple[int, int | None, bool | None]] = deque([(0, None, None)])
    nodes: list[dict[str, Any]] = []
    while ahead and len(nodes) < MOST_QUESTIONS:
        at, parent, holds = ahead.popleft()
        question, left_holds, empty = words.question(tree, at)
        answer, share = _answer(tree.value[at][0], classes)
        here = {"parent": parent, "holds": holds, "question": question, "rows": int(tree.n_node_samples[at]), "answer": answer}
        nodes.append({**here, **({"share": share} if share is not None else {}), **({"empty_holds": empty} if empty is not None else {})})
        if question is not None:
            # What holds comes first, so that “yes” is on the same side throughout.
            sides = [(int(tree.children_left[at]), left_holds), (int(tree.children_right[at]), not left_holds)]
            ahead.extend((child, len(nodes) - 1, side) for child, side in sorted(sides, key=lambda pair: not pair[1]))
    return chart("tree", nodes=nodes, hidden=int(tree.node_count) - len(nodes))


class _Words:
    """Says a split in the words of the table. A column of zeros and ones that was made of a category asks for the category."""

    def __init__(self, matrix: np.ndarray, features: Sequence[str], sources: Sequence[str]) -> None:
        self.matrix, self.features, self.sources = matrix, features, sources

    def question(self, tree: Any, at: int) -> tuple[str | None, bool, bool | None]:
        """The question, whether it holds on the left, and whether it holds for an empty cell (None: there was none). No question at a leaf."""
        if tree.children_left[at] < 0:
            return None, True, None
        feature = int(tree.feature[at])
        values = self.matrix[:, feature]
        gaps = np.isnan(values)
        category = self._category(feature, values[~gaps])
        left_holds = category is None
        goes_left = bool(tree.missing_go_to_left[at])
        return (
            category or f"{self.features[feature]} ≤ {numeral(tree.threshold[at], 6)}",
            left_holds,
            goes_left == left_holds if gaps.any() else None,
        )

    def _category(self, feature: int, values: np.ndarray) -> str | None:
        name, source = self.features[feature], self.sources[feature]
        made = name != source and "=" in name and np.isin(values, (0.0, 1.0)).all()
        # A renamed column has the name of before as its source.
        column = source if name.startswith(f"{source}=") else name.partition("=")[0]
        return f"{column} is {name[len(column) + 1 :]}" if made else None


def _answer(values: np.ndarray, classes: Sequence[str]) -> tuple[str, float | None]:
    """The answer of a node and the share of its rows that it fits; no share for quantities."""
    if not classes:
        return numeral(values[0]), None
    best = int(np.argmax(values))
    return str(classes[best]), float(np.clip(values[best] / values.sum(), 0.0, 1.0))
