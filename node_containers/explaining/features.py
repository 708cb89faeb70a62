"""From the columns of a model's matrix back to the columns of the table, as `Preparation.sources` names them."""

from collections.abc import Sequence

import numpy as np


def summed(values: np.ndarray, names: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Sum over features of one name, along the last axis; names in order of their first appearance."""
    order = list(dict.fromkeys(names))
    belongs = np.array([[name == one for one in order] for name in names], dtype=float).reshape(len(names), len(order))
    return order, values @ belongs
