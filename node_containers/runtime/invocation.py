"""One invocation of a stage, from its order to its answer: what Lambda, a Fargate task and the local pool call alike."""

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from node_containers.runtime import billing, storage
from node_containers.runtime.fan_out import NOTHING_MORE, run_phase
from node_containers.runtime.guarding import guard
from node_containers.runtime.settings import load
from node_containers.runtime.stage import OutOfMemory, Stage, StageFailed
from node_containers.runtime.status import Recorder, RunStopped, now

__all__ = ["OutOfMemory", "StageFailed", "run_stage"]


def run_stage(invocation: Mapping[str, Any], on_stopped: Callable[[], None] | None = None) -> dict[str, Any]:
    """Run the stage `{"run", "plan", "stage", "attempt"}` names; `inline` may hold the plan itself. Raises `StageFailed` where a node fails,
    `OutOfMemory` where another size may help.

    A node that fans out is invoked in phases: `{"phase": "prepare" | "item" | "gather", "item"}`. `on_stopped` is called from the heartbeat when the run was
    stopped while a node works.
    """
    started = time.perf_counter()
    plan = json.loads(invocation["inline"] if "inline" in invocation else storage.read(invocation["plan"]))
    phase = invocation.get("phase")
    budget = billing.Budget(invocation["run"], plan.get("budget"), started)
    guarded = guard() if on_stopped and load().runs_table else None
    tell = partial(guarded.tell, invocation["run"]) if guarded else None
    if tell:
        tell()
    recorder = Recorder(invocation["run"], on_stopped, budget.check if budget.limit else None, tell)
    bill = billing.Bill(invocation["run"], invocation["stage"], phase, started, now())
    recorder.later(bill.open)
    answer = {"run": invocation["run"], "stage": invocation["stage"], "status": "succeeded"}
    try:
        stage = Stage(plan, invocation, recorder, budget, started)
        if phase:
            answer |= run_phase(stage, phase, invocation.get("item"))
        else:
            stage.run()
    except RunStopped:
        # A fan-out's machine reads these: nothing is left to do.
        answer |= {"status": "stopped", **NOTHING_MORE}
    finally:
        if budget.limit:
            # What comes after this invocation looks at the budget as it begins: an item may be over before any heartbeat has counted it.
            recorder.later(budget.count)
        recorder.later(bill.close)
        recorder.close()
        if guarded:
            guarded.rest()
    return answer
