"""The ledger against what an execution does: machines are walked as Step Functions walks them, with failures and retries, and counted on the way."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.asl import TOO_SMALL, Machines
from chalicelib.billing import fixed_transitions, whole_transitions
from chalicelib.compiler import to_machines
from chalicelib.cost import transitions
from chalicelib.executions import addresses
from tests.unit.drawings import draw, graphs, workflow_of
from tests.unit.test_compiler import FULL, compiled

RUN = "run_1"


class Failed(Exception):
    """A state failed with an error of this name and nothing in its branch caught it."""


class Walk:
    """An attempt of a run: the events of each of its executions by ARN, what each invocation was for, and how many transitions AWS would bill, counted as
    they happen.
    """

    def __init__(self, machines: Machines, data: st.DataObject, outcomes: tuple[str, ...]) -> None:
        self.machines = machines
        self.data = data
        self.outcomes = outcomes
        self.histories: dict[str, list[str]] = {}
        self.events: list[str] = []
        self.address = ""
        self.invocations: list[tuple[str, str | None]] = []
        self.billed = 0
        self.rounds: dict[str, int] = {}

    def attempt(self, number: int) -> str:
        """Walk the machine of the run under the name of this attempt; the ARN of the execution."""
        address = f"{FULL.machines.replace('stateMachine', 'execution')}main:{RUN}" + (f"-{number}" if number > 1 else "")
        with suppress(Failed):
            self.execution(self.machines.main, address)
        return address

    def execution(self, machine: dict[str, Any], address: str) -> None:
        """The machine of the run, or one that it starts: each has a history of its own."""
        assert address not in self.histories
        outer, self.events, self.address = (self.events, self.address), ["ExecutionStarted"], address
        self.histories[address] = self.events
        self.billed += 1
        try:
            self.branch(machine)
            self.events.append("ExecutionSucceeded")
        except Failed as failed:
            self.events.append("ExecutionFailed")
            raise Failed("States.TaskFailed") from failed
        finally:
            self.events, self.address = outer

    def counted(self, attempts: int = 1) -> int:
        """What the histories say that the ledger looks for."""
        last = next(iter(self.histories))
        found = addresses(last, RUN, attempts, self.machines.parts)
        assert all(whole in self.histories for whole, _ in found)
        return sum(transitions(self.histories[one]) for whole, parts in found for one in (whole, *parts) if one in self.histories)

    def branch(self, branch: dict[str, Any]) -> None:
        name: str | None = branch["StartAt"]
        while name is not None:
            name = self._state(name, branch["States"][name])

    def _state(self, name: str, state: dict[str, Any]) -> str | None:
        self.events.append(f"{state['Type']}StateEntered")
        if state["Type"] == "Fail":
            self.billed += 1
            raise Failed("States.TaskFailed")
        try:
            self._work(name, state)
        except Failed as failed:
            caught = next(one for one in state["Catch"] if str(failed) in one["ErrorEquals"] or "States.ALL" in one["ErrorEquals"])
            return str(caught["Next"])
        if state["Type"] == "Choice":
            return self._choose(state)
        return state.get("Next")

    def _work(self, name: str, state: dict[str, Any]) -> None:
        if state["Type"] == "Task":
            self._task(name, state)
            return
        self.billed += 1
        if state["Type"] == "Parallel":
            for inner in state["Branches"]:
                self.branch(inner)
        elif state["Type"] == "Map":
            for _ in range(self.data.draw(st.integers(1, 3))):
                self.branch(state["ItemProcessor"])

    def _task(self, name: str, state: dict[str, Any]) -> None:
        if ":startExecution" in state["Resource"]:
            self.events += ["TaskScheduled", "TaskStarted"]
            self.billed += 1
            started = state["Parameters"]
            assert started["Name.$"] == "$$.Execution.Name"
            name = self.address.rpartition(":")[2]
            part = started["StateMachineArn"]
            self.execution(self.machines.parts[part.rpartition(":")[2]], f"{part.replace('stateMachine', 'execution')}:{name}")
            return
        outcome = self.data.draw(st.sampled_from(self.outcomes))
        for failed in (True, False) if outcome == "dies once" else (False,):
            self.events += ["TaskScheduled", "TaskStarted", "TaskFailed" if failed else "TaskSucceeded"]
            self.billed += 1
            if not state["Resource"].endswith("lambda:invoke.waitForTaskToken"):
                payload = state["Parameters"].get("Payload", {})
                self.invocations.append((name.split()[0].rstrip(":"), payload.get("phase")))
        if outcome == "too small":
            raise Failed(TOO_SMALL[0])
        if outcome == "fails":
            raise Failed("StageFailed")

    def _choose(self, state: dict[str, Any]) -> str:
        key = state["Default"]
        self.rounds[key] = self.rounds.get(key, 0) + 1
        more = self.rounds[key] < 4 and self.data.draw(st.booleans())
        # Inline: the last of the choices.
        return str(state["Choices"][-1]["Next"] if more else key)


SEARCHES = draw(
    {"l": "load", "s": "split", "f": "search", "g": "search", "ask": "wait", "m": "fit", "e": "score"},
    "l>s",
    "s>f",
    "s>g",
    "f>ask",
    "s>m",
    "m>e",
)


def walked(planned: Any, data: st.DataObject, outcomes: tuple[str, ...]) -> tuple[Walk, int]:
    machines = to_machines(planned, FULL)
    walk = Walk(machines, data, outcomes)
    walk.attempt(1)
    return walk, fixed_transitions(machines)


@given(graphs(), st.booleans(), st.data())
def test_a_run_that_goes_through_is_billed_for_the_transitions_that_happened(
    graph: dict[str, list[str]], fusion: bool, data: st.DataObject
) -> None:
    walk, fixed = walked(compiled(workflow_of(graph), fusion=fusion), data, ("works", "dies once"))
    assert walk.counted() == walk.billed
    assert whole_transitions(fixed, walk.invocations) == walk.billed


@given(st.booleans(), st.data())
def test_so_is_one_with_searches_and_an_approval(fusion: bool, data: st.DataObject) -> None:
    walk, fixed = walked(compiled(SEARCHES, fusion=fusion), data, ("works",))
    assert walk.counted() == walk.billed
    assert whole_transitions(fixed, walk.invocations) == walk.billed


@given(graphs(), st.data())
def test_of_a_run_that_fails_the_history_tells_what_happened(graph: dict[str, list[str]], data: st.DataObject) -> None:
    walk, _ = walked(compiled(workflow_of(graph), fusion=False), data, ("works", "dies once", "too small", "fails"))
    assert walk.counted() == walk.billed


@given(st.booleans(), st.integers(1, 3), st.data())
def test_so_it_does_for_the_executions_that_a_run_starts_in_every_attempt(fusion: bool, attempts: int, data: st.DataObject) -> None:
    walk, _ = walked(compiled(SEARCHES, fusion=fusion), data, ("works", "dies once", "too small", "fails"))
    for number in range(2, attempts + 1):
        walk.attempt(number)
    assert walk.machines.parts
    assert walk.counted(attempts) == walk.billed
