"""One stage as a Fargate task: told by environment variables, answered by the machine's task token.

A task that is told to stop (SIGTERM) says so: what is finished is kept, and another task goes on behind it. One that is killed is reported by the
container's first process (`container.py`); one that freezes, or never starts, is missed by its heartbeat.
"""

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from node_containers.runtime import credentials, given
from node_containers.runtime.invocation import run_stage
from node_containers.runtime.stopping import ToldToStop, listen
from node_containers.runtime.tokens import tell

# A fourth of what the machine waits for, which tells it.
HEARTBEAT_SECONDS = float(os.environ.get("FLOWZA_TASK_HEARTBEAT", "30"))
FIELDS = ("RUN", "PLAN", "STAGE", "ATTEMPT", "TICKET", "PHASE", "ITEM")
CAUSE_MAX_CHARACTERS = 2_000


def invocation(environment: Mapping[str, str]) -> dict[str, Any]:
    """The order of a stage from the task's environment."""
    found: dict[str, Any] = {
        field.lower(): environment[f"FLOWZA_TASK_{field}"] for field in FIELDS if f"FLOWZA_TASK_{field}" in environment
    }
    if "item" in found:
        found["item"] = json.loads(found["item"])
    return found


def run(order: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Run the stage and tell the machine how it went."""
    with _alive(token):
        try:
            credentials.adopt(order)
            answer = run_stage(order, on_stopped=given.end_work)
        except (Exception, ToldToStop) as failed:
            tell("send_task_failure", taskToken=token, error=type(failed).__name__, cause=str(failed)[:CAUSE_MAX_CHARACTERS])
            return {**order, "status": "failed"}
    # A lambda:invoke gives its answer as Payload: a task gives it in the same place.
    tell("send_task_success", taskToken=token, output=json.dumps({"Payload": answer}))
    return answer


@contextlib.contextmanager
def _alive(token: str) -> Iterator[None]:
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            tell("send_task_heartbeat", taskToken=token)

    threading.Thread(target=beat, daemon=True, name="task-heartbeat").start()
    try:
        yield
    finally:
        ended.set()


def main() -> None:
    """What the container's first process (`container.py`) runs."""
    listen()
    run(invocation(os.environ), os.environ["FLOWZA_TASK_TOKEN"])


if __name__ == "__main__":
    main()
