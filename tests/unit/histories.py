"""Executions of compiled machines, walked state by state: the history events they write, by their names in Step Functions.

Sources: "Execution event history" and "Error handling" of the Step Functions developer guide. Retriers count for themselves, and a state that is entered again
begins anew. Branches are walked one behind the other; the first that fails ends its parallel.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.limits import FAN_OUT_INLINE_ITEMS

# Given a task and how often each of its retriers was used: the error its next attempt ends with, or None for success.
Outcome = Callable[[str, Mapping[str, Any], list[int]], str | None]


class Failed(Exception):
    """An error nobody has caught yet."""


class Execution:
    """`rounds` are the numbers of items that a fan-out hands its Map, round by round; `entered` names the states as they are come to."""

    def __init__(self, outcome: Outcome, rounds: list[int]) -> None:
        self.outcome, self.rounds = outcome, rounds
        self.events: list[str] = []
        self.entered: list[str] = []
        self._left: list[int] = []
        self._asked = 0

    def run(self, machine: Mapping[str, Any]) -> list[str]:
        self.events.append("ExecutionStarted")
        try:
            self._branch(machine)
            self.events.append("ExecutionSucceeded")
        except Failed:
            self.events.append("ExecutionFailed")
        return self.events

    def _branch(self, branch: Mapping[str, Any]) -> None:
        name = branch["StartAt"]
        while name is not None:
            name = self._state(name, branch["States"][name])

    def _state(self, name: str, state: Mapping[str, Any]) -> str | None:
        kind = state["Type"]
        self.events.append(f"{kind}StateEntered")
        self.entered.append(name)
        target = state.get("Next")
        try:
            if kind == "Fail":
                raise Failed("StageFailed")
            if kind == "Choice":
                target = self._way(state)
            elif kind != "Pass":
                {"Task": self._task, "Parallel": self._parallel, "Map": self._map}[kind](name, state)
        except Failed as failed:
            target = next((catch["Next"] for catch in state.get("Catch", []) if matches(str(failed), catch["ErrorEquals"])), None)
            if target is None:
                raise
        self.events.append(f"{kind}StateExited")
        return target

    def _way(self, choice: Mapping[str, Any]) -> str:
        """Inline while the items so far are as many as a history bears, then each apart; on where there are none left."""
        if not self._left:
            return str(choice["Default"])
        inline = self._asked + self._left[0] <= FAN_OUT_INLINE_ITEMS
        self._asked += self._left[0]
        return str(choice["Choices"][-1 if inline else 0]["Next"])

    def _task(self, name: str, state: Mapping[str, Any]) -> None:
        retriers = state["Retry"]
        if name.endswith(": prepare"):
            self._left, self._asked = list(self.rounds), 0
        used = [0] * len(retriers)
        while True:
            waits = state["Resource"].endswith((".sync:2", ".waitForTaskToken"))
            self.events += ["TaskScheduled", "TaskStarted", *(["TaskSubmitted"] if waits else [])]
            error = self.outcome(name, state, used)
            self.events.append("TaskFailed" if error else "TaskSucceeded")
            if error is None:
                return
            number = next((at for at, one in enumerate(retriers) if matches(error, one["ErrorEquals"])), None)
            if number is None or used[number] >= retriers[number]["MaxAttempts"]:
                raise Failed(error)
            used[number] += 1

    def _parallel(self, name: str, state: Mapping[str, Any]) -> None:
        self.events.append("ParallelStateStarted")
        try:
            for branch in state["Branches"]:
                self._branch(branch)
        except Failed:
            self.events.append("ParallelStateFailed")
            raise
        self.events.append("ParallelStateSucceeded")

    def _map(self, name: str, state: Mapping[str, Any]) -> None:
        items = self._left.pop(0)
        self.events.append("MapStateStarted")
        if state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED":
            # Items have histories of their own.
            self.events += ["MapRunStarted", "MapRunSucceeded", "MapStateSucceeded"]
            return
        for _ in range(items):
            self.events.append("MapIterationStarted")
            try:
                self._branch(state["ItemProcessor"])
            except Failed:
                self.events += ["MapIterationFailed", "MapStateFailed"]
                raise
            self.events.append("MapIterationSucceeded")
        self.events.append("MapStateSucceeded")


def matches(error: str, names: list[str]) -> bool:
    """Whether a Retry or Catch that names these errors is meant: States.TaskFailed is every error of a task but its timeout."""
    return error in names or "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def worst(_: str, state: Mapping[str, Any], used: list[int]) -> str | None:
    """Every retrier used up, then every larger size; the last attempt on the largest succeeds."""
    for count, retrier in zip(used, state["Retry"], strict=True):
        if count < retrier["MaxAttempts"]:
            return str(retrier["ErrorEquals"][0])
    larger = state["Catch"][:-1]
    return str(larger[0]["ErrorEquals"][0]) if larger else None


def levels(branch: Mapping[str, Any]) -> int:
    """The Fail states that lie in each other, from the innermost branch to the machine."""
    states = branch["States"].values()
    inner = [one for state in states for one in (*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")]))]
    return any(state["Type"] == "Fail" for state in states) + max(map(levels, inner), default=0)
