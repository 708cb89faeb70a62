"""How well classes are told apart, in a sentence for people."""

import numpy as np

from node_containers.scoring.answers import Classified
from node_containers.scoring.measures import Figure, class_measures

# Where always guessing one class is right for so many rows, accuracy tells next to nothing about a model.
UNEVEN = 0.9


def class_sentence(said: Classified, figures: list[Figure], noun: str) -> str:
    """Accuracy beside what guessing would reach; where one class is nearly all rows, what is said of the others instead."""
    right = figures[0]
    guess = said.classes[int(np.argmax(said.shares))][:40]
    if (right.baseline or 0) < UNEVEN:
        between = f" ({hundred(right.low)} to {hundred(right.high)} likely)" if right.low is not None else ""
        return f"right for {hundred(right.value)} of 100 {noun}{between}; always guessing “{guess}” would be {hundred(right.baseline)}"
    balanced = next((one.value for one in figures if one.name == "balanced_accuracy"), None)
    misleading = f"accuracy ({hundred(right.value)} of 100 {noun}) misleads: always guessing “{guess}” would be {hundred(right.baseline)}"
    return "; ".join([misleading, *_rare(said, noun), *_balanced(balanced, len(said.classes))])


def hundred(share: float | None) -> str:
    """A share of 100, with one place where whole numbers would say none or all, and are wrong."""
    of = 100 * (share or 0)
    return f"{of:.1f}" if 0 < of < 1 or 99 < of < 100 else f"{of:.0f}"


def _balanced(value: float | None, classes: int) -> list[str]:
    return [] if value is None else [f"balanced accuracy {value:.2f} (guessing: {1 / classes:.2f})"]


def _rare(said: Classified, noun: str) -> list[str]:
    """Of two classes, how many rows of the rare one are found, and how many alarms are right."""
    rated = said.rated
    if not said.binary or not 0 < rated.truth.sum() < len(rated.truth):
        return []
    seen = rated if rated.truth.mean() < 0.5 else rated.turned()
    measures = class_measures(seen)
    recall, precision, average = (
        float(measures[name](np.ones((1, len(seen.truth))))[0]) for name in ("recall", "precision", "average_precision")
    )
    rate, rare = float(seen.truth.mean()), seen.classes[1][:40]
    alarms = "it is never predicted" if np.isnan(precision) else f"of 100 predicted as such {hundred(precision)} are right (precision)"
    return [
        f"“{rare}” makes up {hundred(rate)} of 100 {noun}: of 100 such {noun} {hundred(recall)} are found (recall), and {alarms}",
        f"average precision {average:.3f} (guessing: {rate:.3f})",
    ]
