"""How often a test set has been looked at. Whoever tries again and again until the figure is good has learned the test rows himself.

A test set is the split it comes from (the split's key: same rows, same seed, same shares). A look is a node that scores on it, by its own key: running the same
again is no new look, and neither is a result that was stored.
"""

from collections.abc import Mapping

from chalicelib.plan import Plan, PlannedNode
from chalicelib.tables import LooksItem, UpdateError, holds_fewer, lost_race

# Digits of a key that tell looks apart: a set of many must fit into one item.
KEY_DIGITS = 16
# Nobody needs to know more exactly; an item holds so many with room to spare.
MOST_COUNTED = 5_000


def count(owner: str, plan: Plan) -> dict[str, int]:
    """Enter the looks of a run that is about to start; gives how many there are now, for every node that scores on test rows."""
    found: dict[str, int] = {}
    sets: dict[str, int] = {}
    looking = {name: split for name, node in plan.nodes.items() if node.stage is not None and (split := test_set(node, plan.nodes))}
    for split in sorted(set(looking.values())):
        sets[split] = _enter(
            LooksItem(f"{owner}#looks", split), {plan.nodes[name].key[:KEY_DIGITS] for name in looking if looking[name] == split}
        )
    for name, split in looking.items():
        found[name] = sets[split]
    return found


def _enter(item: LooksItem, looks: set[str]) -> int:
    room = LooksItem.seen.does_not_exist() | holds_fewer(LooksItem.seen, MOST_COUNTED)
    try:
        item.update([LooksItem.seen.add(looks)], condition=room)
    except UpdateError as full:
        if not lost_race(full):
            raise
        return MOST_COUNTED
    return len(item.seen)


def test_set(node: PlannedNode, nodes: Mapping[str, PlannedNode]) -> str | None:
    """The key of the split whose test rows the node scores on; None where it does not score on test rows."""
    resolved = node.resolved
    if resolved.type.family != "evaluate":
        return None
    port = next((port.name for port in resolved.type.inputs if port.role == "test" and port.name in resolved.inputs), None)
    source = resolved.inputs.get(port) if port else None
    while source and source.node in nodes:
        before = nodes[source.node]
        if before.resolved.type.family == "split":
            return before.key if before.resolved.roles.get(source.port) == "test" else None
        source = before.resolved.first_table
    return None
