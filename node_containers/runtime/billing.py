"""What an invocation is billed for: an item of its own in the runs table, opened when work starts and closed when it ends.

A worker that is killed leaves an open item; the control plane bills it up to its last sign of life. The budget of a run is kept here, too: what all
its invocations have used is one number in the run's item, added to with every look.
"""

import os
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from node_containers.runtime.settings import client, load
from node_containers.sdk import NodeError

MB_PER_GB = 1024
# Memory of the function that runs somebody's code (`infra/resources.yaml`), and the phase by which its bills are known.
SANDBOX_MB = 2048
SANDBOX = "sandbox"
# Requests and bytes of this process so far; an invocation is billed for the difference between its start and its end.
COUNTS: Counter[str] = Counter()
_IMPORTED_IN = os.getpid()
_INIT_MS = 0.0


def process_started() -> None:
    """Called once when a cold process has imported everything: from its birth until now is its start-up."""
    global _INIT_MS
    if not Path("/proc/self/stat").exists():
        return
    born_ticks = float(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    now_seconds = float(Path("/proc/uptime").read_text().split()[0])
    _INIT_MS = max(0.0, 1000 * (now_seconds - born_ticks / os.sysconf("SC_CLK_TCK")))


def init_ms() -> float:
    """Milliseconds of start-up that the next invocation is billed for: none in a process forked from one that has started, and only once in each."""
    global _INIT_MS
    if os.getpid() != _IMPORTED_IN:
        return 0.0
    taken, _INIT_MS = _INIT_MS, 0.0
    return taken


class Bill:
    """One invocation's item. `started` is `time.perf_counter()` at its begin."""

    def __init__(self, run: str, stage: str, phase: str | None, started: float, at: str) -> None:
        self.run = run
        self.started = started
        self.init_ms = init_ms()
        self.before = Counter(COUNTS)
        self._key = {"pk": {"S": f"run#{run}"}, "sk": {"S": f"bill#{uuid.uuid4().hex}"}}
        self._about = {"stage": {"S": stage}, "started_at": {"S": at}, "memory_mb": {"N": str(load().memory_mb)}}
        if phase:
            self._about["phase"] = {"S": phase}
        if load().size == "task":
            self._about["task"] = {"N": "1"}

    def billed_ms(self) -> float:
        return self.init_ms + 1000 * (time.perf_counter() - self.started)

    def open(self) -> None:
        if not load().runs_table:
            return
        COUNTS["writes"] += 1
        client("dynamodb").put_item(TableName=load().runs_table, Item={**self._key, **self._about})

    def close(self) -> None:
        if not load().runs_table:
            return
        COUNTS["writes"] += 1
        spent = Counter(COUNTS)
        spent.subtract(self.before)
        values: dict[str, Any] = {"billed_ms": round(self.billed_ms(), 3), "init_ms": round(self.init_ms, 3)}
        values |= {name: spent[name] for name in ("puts", "gets", "writes", "stored_bytes")}
        names = {f"#{name}": name for name in values}
        client("dynamodb").update_item(
            TableName=load().runs_table,
            Key=self._key,
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={f":{name}": {"N": repr(value)} for name, value in values.items()},
        )


def sandbox_bill(run: str, stage: str, milliseconds: float, at: str) -> None:
    """The item of an invocation of the sandbox function, whose role may not write one: what it took as seen from here, start-up and way included."""
    if not load().runs_table:
        return
    COUNTS["writes"] += 1
    numbers = {"memory_mb": SANDBOX_MB, "billed_ms": round(milliseconds, 3)}
    words = {"pk": f"run#{run}", "sk": f"bill#{uuid.uuid4().hex}", "stage": stage, "started_at": at, "phase": SANDBOX}
    item = {name: {"S": value} for name, value in words.items()} | {name: {"N": repr(value)} for name, value in numbers.items()}
    client("dynamodb").put_item(TableName=load().runs_table, Item=item)


class Budget:
    """What the run may still use, in gigabyte-milliseconds of all its invocations together. Without one, nothing is counted."""

    def __init__(self, run: str, plan_budget: dict[str, Any] | None, started: float) -> None:
        self.run = run
        self.limit = plan_budget
        self._counted_until = started
        # What other functions have worked for this one since the last look.
        self._elsewhere = 0.0

    def add_sandbox(self, milliseconds: float) -> None:
        self._elsewhere += milliseconds * SANDBOX_MB / MB_PER_GB

    def check(self) -> None:
        """Add what was used since the last look; raises `NodeError` when the budget is used up."""
        if self.limit is not None and self.count() > self.limit["gb_ms"]:
            message = f"The run has used up what {self.limit['words']} left it: ${self.limit['usd']:.6f}."
            raise NodeError("cap-reached", message, hint="Raise the cap and resume: what was finished is kept.")

    def count(self) -> float:
        """Add what was used since the last look, and give what all invocations of the run have used, in gigabyte-milliseconds."""
        seen = time.perf_counter()
        used, self._counted_until = (seen - self._counted_until) * 1000 * load().memory_mb / MB_PER_GB, seen
        used, self._elsewhere = used + self._elsewhere, 0.0
        answer = client("dynamodb").update_item(
            TableName=load().runs_table,
            Key={"pk": {"S": f"run#{self.run}"}, "sk": {"S": "run"}},
            UpdateExpression="ADD spent_gb_ms :used",
            ExpressionAttributeValues={":used": {"N": f"{used:.6f}"}},
            ReturnValues="UPDATED_NEW",
        )
        COUNTS["writes"] += 1
        return float(answer["Attributes"]["spent_gb_ms"]["N"])
