"""What a run has cost: its invocations, the state transitions they took, and both in dollars.

Transitions are those that its machine takes as a whole (`fixed_transitions` when it starts, `whole_transitions` with what it invoked), unless its histories
say what has happened (`past_transitions`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import cost, executions, settings, spending
from chalicelib.asl import Machines
from chalicelib.run_view import RunView
from chalicelib.tables import BillItem, NodeRunItem, seconds_between

# The phase of bills that no state of a machine stands for: the node invoked the function itself.
SANDBOX = "sandbox"
# Where work died without a word, it is billed up to its last sign of life and what may have passed until the next.
SILENT_MS = 3_000.0


def bill(seen: RunView, transitions: int | None = None) -> tuple[float | None, list[Mapping[str, Any]]]:
    """Dollars and lines of the run so far; None with the missing entry's name where the price table does not know something.

    `transitions` is what the histories say; without them it is what the machine takes as a whole.
    """
    works = [_invocation(item, seen.nodes) for item in seen.bills]
    if transitions is None:
        transitions = _planned_transitions(seen)
    try:
        lines = cost.ledger(works, transitions, cost.load_prices(settings.load().prices))
    except cost.PriceMissing as missing:
        return None, [{"item": str(missing), "quantity": 0, "unit": missing.entry, "usd": None}]
    return cost.dollars(cost.total(lines)), spending.lines(lines)


def node_cost(node: NodeRunItem) -> float | None:
    """Dollars of a node run; 0 for a cached one, None while it has not ended or its price is not known."""
    if node.status == "cached":
        return 0.0
    if node.billed_ms is None or node.memory_mb is None:
        return None
    memory = int(node.memory_mb)
    try:
        amount = cost.compute_cost(float(node.billed_ms), memory, cost.load_prices(settings.load().prices), task=memory in cost.VCPUS)
    except cost.PriceMissing:
        return None
    return cost.dollars(amount)


def fixed_transitions(machines: Machines | None) -> int:
    """Transitions that are no invocation: the start of each machine, parallels, and what a fan-out needs around its items."""
    if machines is None:
        return 0
    every = [machines.main, *machines.parts.values()]
    return len(every) + sum(_plain_states(machine) for machine in every)


def _plain_states(branch: Mapping[str, Any]) -> int:
    """Parallels, Choices, Passes, approvals and nested machines of a branch, each counted once; Maps come with the rounds."""
    total = 0
    for state in branch["States"].values():
        elsewhere = any(words in state.get("Resource", "") for words in (":startExecution", "lambda:invoke.waitForTaskToken"))
        total += elsewhere or state["Type"] in ("Parallel", "Choice", "Pass")
        total += sum(_plain_states(inner) for inner in state.get("Branches", []))
    return total


def whole_transitions(fixed: int, invocations: Sequence[tuple[str, str | None]]) -> int:
    """Transitions of a run that goes through: the states that invoke nothing, each invocation, and what further rounds of fan-outs take.

    A round is a Map, the invocation that gathers, and a Choice; the Choice in front of the first is among the machine's own states.
    """
    rounds = sum(phase == "gather" for _, phase in invocations)
    return fixed + len(invocations) + 2 * rounds if invocations else 0


def past_transitions(seen: RunView, status: str) -> int | None:
    """State transitions of the run as they happened; None where it takes those of its machine as a whole, or no history is left."""
    once = status == "succeeded" and int(seen.item.attempt) <= 1
    if once and not seen.item.parts and not any(one.phase for one in _of_states(seen)):
        return None
    happened = executions.transitions(seen.item)
    # What went through has entered every state at least once. An emulator may leave events of branches out of its histories.
    return max(happened, _planned_transitions(seen)) if once and happened is not None else happened


def _planned_transitions(seen: RunView) -> int:
    return whole_transitions(int(seen.item.transitions), [(item.stage, item.phase) for item in _of_states(seen)])


def _of_states(seen: RunView) -> list[BillItem]:
    """The invocations that a state of the machine asked for."""
    return [item for item in seen.bills if item.phase != SANDBOX]


def _invocation(item: BillItem, nodes: list[NodeRunItem]) -> cost.Invocation:
    billed = float(item.billed_ms) if item.billed_ms is not None else _lived_ms(item, nodes)
    counts = {name: int(getattr(item, name)) for name in ("puts", "gets", "writes", "stored_bytes")}
    return cost.Invocation(billed, int(item.memory_mb), task=bool(item.task), **counts)


def _lived_ms(item: BillItem, nodes: list[NodeRunItem]) -> float:
    """From the start of an invocation that never said its end to the last sign of life of its stage."""
    signs = [sign for node in nodes if node.stage == item.stage for sign in (node.heartbeat_at, node.finished_at) if sign]
    last = max([sign for sign in signs if sign >= item.started_at], default=item.started_at)
    return seconds_between(item.started_at, last) * 1000 + SILENT_MS
