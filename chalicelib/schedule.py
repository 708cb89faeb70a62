"""How long a shape takes when its stages take so long: a simulator for the estimate and for the proofs.

Pure. A series takes the sum of its parts, a parallel its longest branch: exactly what Step Functions does when enough functions are free.
"""

from collections.abc import Iterable, Mapping, Sequence

from chalicelib.shape import Series


def shape_seconds(shape: Series, seconds: Mapping[str, float]) -> float:
    """Time from the first start to the last end; `seconds` gives each stage's (or node's) own time."""
    return sum(
        seconds[part] if isinstance(part, str) else max((shape_seconds(branch, seconds) for branch in part), default=0.0) for part in shape
    )


def ideal_seconds(order: Sequence[str], predecessors: Mapping[str, Iterable[str]], seconds: Mapping[str, float]) -> float:
    """The critical path of the graph itself: no schedule with any number of functions is shorter. `order` is topological."""
    finish: dict[str, float] = {}
    for name in order:
        finish[name] = seconds[name] + max((finish[source] for source in predecessors.get(name, ()) if source in finish), default=0.0)
    return max(finish.values(), default=0.0)


def starts(shape: Series, seconds: Mapping[str, float], begin: float = 0.0) -> dict[str, float]:
    """When each stage starts."""
    found: dict[str, float] = {}
    for part in shape:
        if isinstance(part, str):
            found[part] = begin
            begin += seconds[part]
        else:
            for branch in part:
                found |= starts(branch, seconds, begin)
            begin += max((shape_seconds(branch, seconds) for branch in part), default=0.0)
    return found
