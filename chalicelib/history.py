"""What earlier node runs took, by owner and node type: read before a plan, added to when a run ends."""

from collections.abc import Iterable

from chalicelib.estimate import START_UP, Observation
from chalicelib.tables import HistoryItem

# Older observations of a type are dropped.
KEPT = 40

Observations = dict[str, list[Observation]]


def load(owner: str, types: Iterable[str]) -> Observations:
    """Observations of these node types, newest first, and of how long the owner's invocations took to start up."""
    keys = [(f"{owner}#history", name) for name in sorted({*types, START_UP})]
    return {item.sk: [Observation(*one) for one in item.observations] for item in HistoryItem.batch_get(keys)}


def add(owner: str, seen: Observations) -> None:
    """Put observations in front of what is known of their types."""
    known = load(owner, seen)
    with HistoryItem.batch_write() as batch:
        for name, observations in seen.items():
            kept = [*observations, *known.get(name, ())][:KEPT]
            batch.save(HistoryItem(f"{owner}#history", name, observations=[list(one) for one in kept]))
