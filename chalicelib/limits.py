"""AWS limits, and our own linter of state machines: nothing over a limit ever reaches AWS.

Emulators accept what AWS refuses (a dangling `Next`, a definition over 1 MB), so this module is the judge, before every CreateStateMachine.
Figures: Step Functions, Lambda and API Gateway service quotas, as of 2026.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

DEFINITION_MAX_BYTES = 1_048_576
# A request of any kind, with headers and all: the definition travels in it as a JSON text, each of its quotes escaped.
REQUEST_MAX_BYTES = 1_048_576
# Headers, signature, name, role.
REQUEST_AROUND_BYTES = 4_096
STATE_NAME_MAX_CHARACTERS = 80
PAYLOAD_MAX_BYTES = 8 * 1024  # our own: Step Functions would take 262,144, but only addresses may travel
INLINE_MAX_BYTES = 262_144
EXECUTION_MAX_EVENTS = 25_000
LAMBDA_MAX_TIMEOUT_SECONDS = 900
WAIT_MAX_SECONDS = 365 * 24 * 3600
# An inline Map writes into its machine's history. Our own bounds for one node that fans out, all its rounds together: so many items inline, kept to by the
# runtime, which hands more to a distributed Map, whose children have histories of their own; and of the thousand candidates that a param may ask for, twelve or
# more in a round but the last.
FAN_OUT_INLINE_ITEMS = 128
FAN_OUT_MAX_ROUNDS = 100
# What a synchronous function is told, and what it answers: JSON in which a body is a text, every quote of it escaped.
LAMBDA_MAX_BYTES = 6_291_556
# Ours, at every door: escaped to the last character, and with the largest headers beside it, such a body still fits into what a function is told.
BODY_MAX_BYTES = 3_000_000
# Status, headers and the request's id around an answer.
ANSWER_AROUND_BYTES = 16_384
# SNS: a subject has fewer than a hundred characters; attributes count as a part of a message.
NOTICE_SUBJECT_MAX_CHARACTERS = 99
NOTICE_MAX_BYTES = 262_144
UPLOAD_MAX_BYTES = 1536 * 2**20

# Characters the Step Functions console, metrics and execution names cannot carry.
_FORBIDDEN_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\"#%\\^|~`$&;]")
# Every state enters and exits, but Fail only enters. An attempt of a task is scheduled, starts and ends; one that waits for an answer is submitted, too.
_ENTER_AND_EXIT = 2
_EVENTS_OF_ATTEMPT = 3
_WAITING = (".sync", ".sync:2", ".waitForTaskToken")
# Parallels and Maps start and end between entering and exiting; a distributed Map has a run that starts and ends, too.
_EVENTS_OF_PARALLEL = 4
_EVENTS_OF_MAP = 4
_EVENTS_OF_DISTRIBUTED = 6
_EVENTS_OF_ITEM = 2
_EVENTS_OF_EXECUTION = 2


def answer_fits(text: str) -> bool:
    """Whether a function can answer with this text: counted as it is sent, where it is long."""
    most = LAMBDA_MAX_BYTES - ANSWER_AROUND_BYTES
    return len(text) * 12 + 2 <= most or len(json.dumps(text)) <= most


class Limit(NamedTuple):
    """The least and the most a service takes; `guard` says what of ours keeps to it."""

    least: int
    most: int
    unit: str
    guard: str


# Every limit of AWS that the design meets, with what keeps us below it. What is a rate, a life time or a promise is in docs/conformance.md.
LIMITS: Mapping[str, Limit] = {
    "execution-events": Limit(
        0, EXECUTION_MAX_EVENTS, "events", "lint, before every CreateStateMachine; larger graphs are cut into nested machines"
    ),
    "state-payload": Limit(0, INLINE_MAX_BYTES, "bytes", "lint; only addresses travel, 8 KiB of them at most"),
    "definition": Limit(1, DEFINITION_MAX_BYTES, "bytes", "lint"),
    "definition-request": Limit(1, REQUEST_MAX_BYTES, "bytes", "lint: the definition as it is sent, quoted once more, with its headers"),
    "machine-name": Limit(1, 80, "characters", "the stage and 40 digits of a hash; a test"),
    "state-name": Limit(1, STATE_NAME_MAX_CHARACTERS, "characters", "lint"),
    "execution-name": Limit(1, 80, "characters", "a run id and its attempt, refused by `executions` before it starts"),
    "execution-input": Limit(0, INLINE_MAX_BYTES, "bytes", "refused by `executions` before it starts"),
    "task-timeout": Limit(1, WAIT_MAX_SECONDS, "seconds", "lint"),
    "lambda-timeout": Limit(1, LAMBDA_MAX_TIMEOUT_SECONDS, "seconds", "lint, and the sizes of compute.py"),
    "lambda-memory": Limit(128, 10_240, "MB", "the sizes of compute.py"),
    "lambda-request": Limit(
        0, LAMBDA_MAX_BYTES, "bytes", "bodies have 3,000,000 bytes at most, at every door; larger answers are refused by name"
    ),
    "lambda-event": Limit(0, 2**20, "bytes", "events carry addresses"),
    "lambda-disk": Limit(512, 10_240, "MB", "a test over the template"),
    "lambda-image": Limit(0, 10 * 2**30, "bytes", "the build of the images"),
    "lambda-variables": Limit(0, 4_096, "bytes", "a test over the template"),
    "fargate-stop": Limit(0, 120, "seconds", "a test over the template"),
    "fargate-disk": Limit(21, 200, "GiB", "a test over the template"),
    "task-overrides": Limit(0, 8_192, "characters", "a task is told addresses only; a test"),
    "gateway-seconds": Limit(0, 29, "seconds", "what takes longer is 202 and polled"),
    "gateway-body": Limit(0, 10 * 2**20, "bytes", "bodies have 3,000,000 bytes at most"),
    "dynamodb-item": Limit(0, 400 * 1024, "bytes", "workflow bodies over 100 KB lie in the bucket"),
    "dynamodb-partition-key": Limit(1, 2_048, "bytes", "ids and names of 200 characters at most; a test"),
    "dynamodb-sort-key": Limit(1, 1_024, "bytes", "ids and names of 200 characters at most; a test"),
    "dynamodb-transaction": Limit(1, 100, "writes", "transactions hold a handful"),
    "s3-key": Limit(1, 1_024, "bytes", "the server makes them, of ids and hashes; a test"),
    "s3-object": Limit(0, 5 * 2**40, "bytes", "uploads are far smaller"),
    "s3-part": Limit(5 * 2**20, 5 * 2**30, "bytes", "uploads are one part"),
    "s3-parts": Limit(1, 10_000, "parts", "uploads are one part"),
    "presigned-seconds": Limit(1, 7 * 24 * 3600, "seconds", "five minutes"),
    "notice": Limit(1, NOTICE_MAX_BYTES, "bytes", "cut by `notices`; a test"),
    "notice-subject": Limit(1, NOTICE_SUBJECT_MAX_CHARACTERS, "characters", "cut by `notices`; a test"),
    "rule-retry-age": Limit(60, 86_400, "seconds", "a test over the template"),
    "rule-retries": Limit(0, 185, "tries", "a test over the template"),
    "managed-policy": Limit(0, 6_144, "characters", "make lint-aws, and a test"),
    "inline-policies": Limit(0, 10_240, "characters", "make lint-aws, and a test"),
    "session-policy": Limit(1, 2_048, "characters", "session.for_run names fewer things"),
    "template": Limit(1, 1_048_576, "bytes", "make deploy"),
    "template-in-request": Limit(1, 51_200, "bytes", "make deploy sends the template by bucket"),
}


def over(name: str, value: int) -> str | None:
    """Why AWS would refuse a value, in words; None where it takes it."""
    limit = LIMITS[name]
    if limit.least <= value <= limit.most:
        return None
    side = f"the limit is {limit.most:,}" if value > limit.most else f"it must be {limit.least:,} at least"
    return f"{name.replace('-', ' ')}: {value:,} {limit.unit}; {side}"


def lint(definition: Mapping[str, Any]) -> list[str]:
    """Everything AWS or we would refuse about a state machine, in words; empty when it may be created."""
    found = list(_lint_branch(definition, "machine", set()))
    size = request_bytes(definition)
    if size > REQUEST_MAX_BYTES:
        found.append(f"the definition takes a request of {size:,} bytes; the limit is {REQUEST_MAX_BYTES:,}")
    if "TimeoutSeconds" not in definition:
        found.append("the machine has no TimeoutSeconds: it could wait for a year")
    events = count_events(definition)
    if events > EXECUTION_MAX_EVENTS:
        found.append(f"an execution could write {events:,} events; the limit is {EXECUTION_MAX_EVENTS:,}")
    return found


def request_bytes(definition: Mapping[str, Any]) -> int:
    """What CreateStateMachine sends. It is more than the definition itself, and has the same limit: what passes here passes there."""
    text = json.dumps(definition, separators=(",", ":"), ensure_ascii=False)
    return REQUEST_AROUND_BYTES + len(json.dumps(text))


def count_events(definition: Mapping[str, Any]) -> int:
    """The most history events one execution can write: every task is tried as often as may be, on every size, in every round and for every item of a node
    that fans out, and what fails at last is passed on.
    """
    return _EVENTS_OF_EXECUTION + _branch_events(definition) + _levels(definition)


def _branch_events(branch: Mapping[str, Any]) -> int:
    states = branch["States"]
    total = sum(_state_events(state) for state in states.values())
    for name, state in states.items():
        ways = [way for choice in state.get("Choices", []) if (way := _way_back(states, name, choice["Next"]))]
        if ways:
            # The Choice is entered again behind each round. One round goes the way whose items write events, the others the longest; the sum has all once.
            rounds = [sum(_round_events(states[one]) for one in way) for way in ways]
            total += FAN_OUT_MAX_ROUNDS * _ENTER_AND_EXIT + (FAN_OUT_MAX_ROUNDS - 1) * max(rounds) + min(rounds)
            total -= sum(_round_events(states[one]) for one in set().union(*ways))
    return total


def _state_events(state: Mapping[str, Any]) -> int:
    if state["Type"] == "Parallel":
        return _EVENTS_OF_PARALLEL + sum(_branch_events(inner) for inner in state["Branches"])
    if state["Type"] == "Map" and not _distributed(state):
        processor = state["ItemProcessor"]
        return _EVENTS_OF_MAP + FAN_OUT_INLINE_ITEMS * (_EVENTS_OF_ITEM + _branch_events(processor))
    return _round_events(state)


def _round_events(state: Mapping[str, Any]) -> int:
    """Events of a state each time it is entered; a Map's items are counted over all rounds."""
    if state["Type"] == "Task":
        attempts: int = 1 + sum(retry.get("MaxAttempts", 3) for retry in state.get("Retry", []))
        return _ENTER_AND_EXIT + attempts * _attempt_events(state)
    if state["Type"] == "Map":
        return _EVENTS_OF_DISTRIBUTED if _distributed(state) else _EVENTS_OF_MAP
    return 0 if state["Type"] == "Fail" else _ENTER_AND_EXIT


def _attempt_events(task: Mapping[str, Any]) -> int:
    return _EVENTS_OF_ATTEMPT + str(task.get("Resource")).endswith(_WAITING)


def _distributed(state: Mapping[str, Any]) -> bool:
    return bool(state["ItemProcessor"].get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED")


def _way_back(states: Mapping[str, Any], choice: str, first: str) -> set[str]:
    """The states a round goes through: from where a Choice leads along `Next` and up to that Choice, and the larger sizes of each; none where it does not lead
    back.
    """
    way: set[str] = set()
    at = first
    while at in states and at != choice and at not in way:
        way |= {at, *_larger(states, at)}
        at = states[at].get("Next", "")
    return way if at == choice else set()


def _larger(states: Mapping[str, Any], name: str) -> set[str]:
    """The states that take over where this one was too small; what ends a branch is none of them."""
    found: set[str] = set()
    for caught in states[name].get("Catch", []):
        if states[caught["Next"]]["Type"] != "Fail":
            found |= {caught["Next"], *_larger(states, caught["Next"])}
    return found


def _levels(branch: Mapping[str, Any]) -> int:
    """How many Fail states a failure goes through on its way out."""
    return 1 + max((_levels(inner) for state in branch["States"].values() for inner in _inner(state)), default=0)


def _inner(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]


def _lint_branch(branch: Mapping[str, Any], where: str, seen: set[str]) -> Iterator[str]:
    states = branch.get("States", {})
    if branch.get("StartAt") not in states:
        yield f"{where}: StartAt names {branch.get('StartAt')!r}, which is no state of it"
    reached = {branch.get("StartAt")}
    for name, state in states.items():
        yield from _lint_name(name, seen)
        for target in _targets(state):
            reached.add(target)
            if target not in states:
                yield f"state {name!r} leads to {target!r}, which is no state of its branch"
        yield from _lint_state(name, state)
        for number, inner in enumerate(_inner(state)):
            yield from _lint_branch(inner, f"branch {number} of {name!r}", seen)
    yield from (f"state {name!r} cannot be reached" for name in states if name not in reached)
    if states and not any(state.get("End") or state["Type"] in ("Succeed", "Fail") for state in states.values()):
        yield f"{where}: no state ends it"


def _lint_name(name: str, seen: set[str]) -> Iterator[str]:
    if name in seen:
        yield f"the state name {name!r} is used twice"
    seen.add(name)
    if not 0 < len(name) <= STATE_NAME_MAX_CHARACTERS:
        yield f"the state name {name!r} has {len(name)} characters; 1 to {STATE_NAME_MAX_CHARACTERS} are allowed"
    if _FORBIDDEN_IN_NAMES.search(name):
        yield f"the state name {name!r} holds a character that Step Functions cannot carry"


def _lint_state(name: str, state: Mapping[str, Any]) -> Iterator[str]:
    if state["Type"] not in ("Fail", "Succeed", "Choice") and not (state.get("End") is True) ^ ("Next" in state):
        yield f"state {name!r} needs either Next or End"
    if state["Type"] == "Task":
        timeout = state.get("TimeoutSeconds")
        longest = LAMBDA_MAX_TIMEOUT_SECONDS if str(state.get("Resource")).endswith(":lambda:invoke") else WAIT_MAX_SECONDS
        if not isinstance(timeout, int) or not 0 < timeout <= longest:
            yield f"task {name!r} needs a TimeoutSeconds of 1 to {longest}"
        size = len(json.dumps(state.get("Parameters", {})).encode())
        # A machine that stands alone carries its params; still no data.
        most = INLINE_MAX_BYTES if "inline" in state.get("Parameters", {}).get("Payload", {}) else PAYLOAD_MAX_BYTES
        if size > most:
            yield f"the payload of task {name!r} has {size:,} bytes; only addresses may travel ({most:,})"
        yield from (f"task {name!r} has no {what}" for what in ("Retry", "Catch") if not state.get(what))


def _targets(state: Mapping[str, Any]) -> Iterator[str]:
    if "Next" in state:
        yield state["Next"]
    if "Default" in state:
        yield state["Default"]
    for choice in state.get("Choices", []):
        yield choice["Next"]
    for catch in state.get("Catch", []):
        yield catch["Next"]
