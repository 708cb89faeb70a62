"""From the columns of a model's matrix back to the columns of the table."""

from collections.abc import Sequence

import numpy as np

# One column may become several: `sex=female` for a category, `review:good` for a word.
SEPARATORS = ("=", ":")


def sources(features: Sequence[str], columns: Sequence[str]) -> list[str]:
    """For each feature the table column it was made from; a feature made from several (a component) stands for itself."""
    known = set(columns)
    return [_source(feature, known) for feature in features]


def _source(feature: str, columns: set[str]) -> str:
    if feature in columns:
        return feature
    cuts = [at for at, letter in enumerate(feature) if letter in SEPARATORS]
    # The longest name wins: a column may itself hold a separator.
    return next((feature[:cut] for cut in reversed(cuts) if feature[:cut] in columns), feature)


def summed(values: np.ndarray, names: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Sum over features of one name, along the last axis; names in order of their first appearance."""
    order = list(dict.fromkeys(names))
    belongs = np.array([[name == one for one in order] for name in names], dtype=float).reshape(len(names), len(order))
    return order, values @ belongs
