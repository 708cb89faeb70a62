"""The linter refuses what AWS would refuse, and what emulators let through."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.limits import count_events, lint

TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload": {}},
    "TimeoutSeconds": 60,
    "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
    "End": True,
}
MACHINE: dict[str, Any] = {"StartAt": "A", "TimeoutSeconds": 60, "States": {"A": TASK, "Failed": {"Type": "Fail"}}}


def rename(machine: dict[str, Any], name: str) -> None:
    machine["States"][name] = machine["States"].pop("A")
    machine["StartAt"] = name


def many_retries(machine: dict[str, Any]) -> None:
    machine["States"]["A"]["Retry"][0]["MaxAttempts"] = 9_000


BREAKS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "dangling next": (lambda m: m["States"]["A"].update(Next="Nowhere") or m["States"]["A"].pop("End"), "Nowhere"),
    "dangling catch": (lambda m: m["States"]["A"]["Catch"][0].update(Next="Gone"), "Gone"),
    "wrong start": (lambda m: m.update(StartAt="B"), "StartAt"),
    "unreachable": (lambda m: m["States"].update(B={"Type": "Succeed"}), "cannot be reached"),
    "next and end": (lambda m: m["States"]["A"].update(Next="Failed"), "either Next or End"),
    "no end": (lambda m: m["States"]["A"].pop("End"), "either Next or End"),
    "long name": (lambda m: rename(m, "x" * 81), "81 characters"),
    "bad character": (lambda m: rename(m, "a#b"), "cannot carry"),
    "no timeout": (lambda m: m["States"]["A"].pop("TimeoutSeconds"), "TimeoutSeconds"),
    "timeout over Lambda's": (lambda m: m["States"]["A"].update(TimeoutSeconds=901), "TimeoutSeconds"),
    "no machine timeout": (lambda m: m.pop("TimeoutSeconds"), "year"),
    "no retry": (lambda m: m["States"]["A"].pop("Retry"), "no Retry"),
    "no catch": (lambda m: m["States"]["A"].pop("Catch"), "no Catch"),
    "data in the payload": (lambda m: m["States"]["A"]["Parameters"]["Payload"].update(rows="x" * 9_000), "only addresses"),
    "over one megabyte": (lambda m: m.update(Comment="x" * 1_048_577), "1,048,576"),
    "too many events": (many_retries, "25,000"),
    "name twice": (
        lambda m: m["States"].update(
            P={"Type": "Parallel", "Branches": [{"StartAt": "A", "States": {"A": TASK, "Failed": {"Type": "Fail"}}}], "End": True}
        ),
        "used twice",
    ),
}


def test_a_good_machine_passes() -> None:
    assert lint(MACHINE) == []
    assert count_events(MACHINE) == 2 + 5 + 3 * 2 + 1


@pytest.mark.parametrize(("break_it", "words"), BREAKS.values(), ids=BREAKS)
def test_a_broken_machine_is_refused_in_words(break_it: Callable[[dict[str, Any]], object], words: str) -> None:
    machine = copy.deepcopy(MACHINE)
    break_it(machine)
    assert any(words in found for found in lint(machine)), lint(machine)
