"""Compiled machines on an interpreter that none of us wrote: LocalStack's own Step Functions, against the walk that the tests of the compiler use.

Both are told the same results of the same tasks. Where the execution succeeds, the same states are entered as often and the same kinds of events are written;
where it fails, the same states of the machine itself are entered in the same order. Branches that were cut short differ by chance.
"""

import copy
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest

from chalicelib.asl import definition_text, to_asl
from tests.conformance import localstack
from tests.contract.test_golden import DRAWINGS, planned
from tests.unit.drawings import draw
from tests.unit.histories import Execution, Outcome, worst
from tests.unit.test_aws_limits import TARGETS
from tests.unit.test_histories import ERRORS, machines_of

ROUNDS = [4, 2, 1]
GATHER = ": gather"
SEEDS = range(8)
GIVEN = {"run": "run_1", "plan": "o/usr_1/runs/run_1/plan.json", "attempt": 1, "ticket": "t"}
WAIT_SECONDS = 120
# A worker that died without a word; names of Step Functions itself cannot be mocked.
DIED = "Died"
NAMES = [DIED, *(error for error in ERRORS if not error.startswith("States."))]
# LocalStack writes none for a mocked task that fails: its own source says so.
NOT_COUNTED = {"TaskSubmitted"}


def well(*_: Any) -> None:
    """Everything succeeds at once."""


def lost(name: str, state: Mapping[str, Any], used: list[int]) -> str | None:
    """Every size is too small, and the task is lost at its last try, too."""
    return "AmazonECS.Unknown" if name.endswith(" as a task") else worst(name, state, used)


def failing(name: str, *_: Any) -> str | None:
    """A node of the second stage says why it cannot go on."""
    return "StageFailed" if name.startswith("s2 ") else None


def chance(seed: int) -> Outcome:
    """What may happen to a task; items all go well, because their turns are taken in no order."""
    dice = random.Random(seed)
    return lambda name, *_: dice.choice(NAMES) if dice.random() < 0.4 and ": item" not in name else None


def machines() -> dict[str, dict[str, Any]]:
    found = {path.name.split(".")[0]: to_asl(planned(path), TARGETS) for path in DRAWINGS}
    found |= {f"{path.name.split('.')[0]}-apart": to_asl(planned(path, fusion=False), TARGETS) for path in DRAWINGS}
    asked = draw({"l": "load", "s": "split", "t": "search", "w": "wait"}, "l>s", "s.train>t", "t>w")
    return found | {"searched-and-asked": machines_of(asked)[0]}


MACHINES = machines()
CASES: dict[tuple[str, str], Outcome] = {(name, "well"): well for name in MACHINES}
CASES |= {("titanic", "worst"): worst, ("titanic", "lost"): lost}
CASES |= {(name, "failing"): failing for name in ("titanic-apart", "iris_two_models", "iris_two_models-apart")}
CASES |= {(name, f"chance-{seed}"): chance(seed) for name in ("titanic-apart", "iris_two_models", "searched-and-asked") for seed in SEEDS}


class Told:
    """A case walked by ourselves, and what was said on the way, for the other to be told the same."""

    def __init__(self, machine: Mapping[str, Any], outcome: Outcome) -> None:
        self.said: dict[str, list[tuple[str | None, int]]] = {name: [] for name in tasks(machine)}
        # Rounds that a fan-out has gathered, on whichever size.
        self.gathered: Counter[str] = Counter()
        self.outcome = outcome
        self.execution = Execution(self.answer, ROUNDS)
        self.execution.run(machine)

    def answer(self, name: str, state: Mapping[str, Any], used: list[int]) -> str | None:
        error = self.outcome(name, state, used)
        error = DIED if error == "States.TaskFailed" else error
        if error is None and GATHER in name:
            self.gathered[name.partition(GATHER)[0]] += 1
        self.said[name].append((error, self.gathered[name.partition(GATHER)[0]]))
        return error

    def responses(self, name: str) -> dict[str, Any]:
        """The mocked results of one task by the number of its attempt, and success ever after."""
        found = {
            str(number): {"Throw": {"Error": error, "Cause": f"why {name}"}} if error else result(name, gathered)
            for number, (error, gathered) in enumerate(self.said[name])
        }
        at = len(self.said[name])
        return found | {f"{at}-{at + 999}": result(name, len(ROUNDS))}


def result(name: str, gathered: int) -> dict[str, Any]:
    """What a task answers; those of a fan-out say how many items the round after those that are gathered has."""
    at = gathered if GATHER in name else 0
    items = list(range(ROUNDS[at])) if at < len(ROUNDS) else []
    return {"Return": {"StatusCode": 200, "Payload": {"items": items, "more": at < len(ROUNDS), "apart": False}}}


def tasks(branch: Mapping[str, Any]) -> Iterator[str]:
    for name, state in branch["States"].items():
        if state["Type"] == "Task":
            yield name
        for inner in (*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])):
            yield from tasks(inner)


def at_once(branch: dict[str, Any]) -> dict[str, Any]:
    """The same machine with short pauses: what is compared is where it goes, not how long it takes."""
    for state in branch["States"].values():
        for retrier in state.get("Retry", []):
            retrier.update({"IntervalSeconds": 1, "BackoffRate": 1} if retrier["MaxAttempts"] else {})
            retrier.pop("MaxDelaySeconds", None)
        for inner in (*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])):
            at_once(inner)
    return branch


@pytest.fixture(scope="module")
def told() -> dict[tuple[str, str], Told]:
    return {(name, case): Told(MACHINES[name], outcome) for (name, case), outcome in CASES.items()}


@pytest.fixture(scope="module")
def histories(told: dict[tuple[str, str], Told], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], list[Any]]]:
    """Every case's history by LocalStack, all executed beside each other."""
    config: dict[str, Any] = {"StateMachines": {name: {"TestCases": {}} for name in MACHINES}, "MockedResponses": {}}
    for (name, case), one in told.items():
        names = {task: f"{name}/{case}/{task}" for task in one.said}
        config["StateMachines"][name]["TestCases"][case] = names
        config["MockedResponses"] |= {names[task]: one.responses(task) for task in one.said}
    try:
        with localstack.started(config, tmp_path_factory.mktemp("localstack")) as address:
            yield executed(address)
    except localstack.NotHere as reason:
        refuse(str(reason))


def refuse(reason: str) -> None:
    pytest.skip(f"NO SECOND OPINION ON THE COMPILED MACHINES: {reason}")


def executed(address: str) -> dict[tuple[str, str], list[Any]]:
    key = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    states = boto3.client("stepfunctions", endpoint_url=address, **key)
    arns = {
        name: states.create_state_machine(
            name=name, definition=definition_text(at_once(copy.deepcopy(machine))), roleArn="arn:aws:iam::000000000000:role/machine"
        )["stateMachineArn"]
        for name, machine in MACHINES.items()
    }
    running = {
        (name, case): states.start_execution(stateMachineArn=f"{arns[name]}#{case}", input=json.dumps(GIVEN))["executionArn"]
        for name, case in CASES
    }
    return {one: history(states, arn) for one, arn in running.items()}


def history(states: Any, arn: str) -> list[Any]:
    deadline = time.monotonic() + WAIT_SECONDS
    while states.describe_execution(executionArn=arn)["status"] == "RUNNING" and time.monotonic() < deadline:
        time.sleep(0.1)
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event for page in pages for event in page["events"]]


def entered(events: list[Any]) -> list[str]:
    return [event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("StateEntered")]


@pytest.mark.parametrize(("name", "case"), CASES, ids=map(" ".join, CASES))
def test_another_interpreter_goes_the_same_way(
    name: str, case: str, told: dict[tuple[str, str], Told], histories: dict[tuple[str, str], list[Any]]
) -> None:
    ours, theirs = told[name, case].execution, histories[name, case]
    assert theirs[-1]["type"] == ours.events[-1], [event for event in theirs if "Fail" in event["type"]]
    if ours.events[-1] == "ExecutionSucceeded":
        assert Counter(entered(theirs)) == Counter(ours.entered)
        counted = Counter(event["type"] for event in theirs)
        assert {kind: n for kind, n in counted.items() if kind not in NOT_COUNTED} == {
            kind: n for kind, n in Counter(ours.events).items() if kind not in NOT_COUNTED
        }
    else:
        top = MACHINES[name]["States"]
        assert [state for state in entered(theirs) if state in top] == [state for state in ours.entered if state in top]
