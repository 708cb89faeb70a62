"""Node runs in the runs table: what the canvas shows while a stage works.

Writes go out in order on one background thread, so that they never hold up the work; a node is only said to have succeeded when its artifacts are stored.
Every write is conditional: a node run that was stopped, or has succeeded, is never moved back.
"""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from node_containers.runtime import measures
from node_containers.runtime.billing import COUNTS
from node_containers.runtime.settings import client, load
from node_containers.sdk import NodeError

Result = TypeVar("Result")

DONE = ("succeeded", "cached")
FINAL = (*DONE, "skipped", "stopped")
HEARTBEAT_SECONDS = 3.0
PROGRESS_SECONDS = 1.0
# A node that ends sooner is not worth a write of its own about its begin.
LOOK_SECONDS = 0.1
LOG_TAIL_CHARACTERS = 4_000


class RunStopped(Exception):
    """The run was stopped from outside: end quietly."""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_items(run: str) -> dict[str, dict[str, Any]]:
    """Every node run of the run: status, attempt and what it worked on, by node id. None are known where there is no runs table."""
    if not load().runs_table:
        return {}
    query = {
        "TableName": load().runs_table,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
        "ExpressionAttributeValues": {":pk": {"S": f"run#{run}"}, ":sk": {"S": "node#"}},
        "ConsistentRead": True,
    }
    found = {}
    for page in client("dynamodb").get_paginator("query").paginate(**query):
        for item in page["Items"]:
            found[item["sk"]["S"].removeprefix("node#")] = {
                "status": item["status"]["S"],
                "attempt": int(item.get("attempt", {}).get("N", "0")),
                "memory_mb": int(item.get("memory_mb", {}).get("N", "0")),
                "size": item.get("size", {}).get("S"),
                "billed_ms": float(item.get("billed_ms", {}).get("N", "0")),
                "started_at": item.get("started_at", {}).get("S"),
                "message": "",
                "code": "",
                **({name: json.loads(item["error"]["S"])[name] for name in ("message", "code")} if "error" in item else {}),
            }
    return found


def key_of(run: str, node: str) -> dict[str, Any]:
    """Where a node run lies in the runs table."""
    return {"pk": {"S": f"run#{run}"}, "sk": {"S": f"node#{node}"}}


def _is_stopped(run: str, node: str) -> bool:
    """Whether the node run was stopped; where the table cannot be asked, nobody has said so."""
    if not load().runs_table:
        return False
    with contextlib.suppress(ClientError, BotoCoreError):
        item = client("dynamodb").get_item(TableName=load().runs_table, Key=key_of(run, node), ConsistentRead=True).get("Item", {})
        return bool(item.get("status", {}).get("S") == "stopped")
    return False


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    return {"S": value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), allow_nan=False)}


def update(run: str, node: str, changes: Mapping[str, Any]) -> None:
    """Set attributes of a node run; None removes one. Raises `RunStopped` where the node run was stopped.

    One that has succeeded stays as it is: another invocation of the stage was faster, or this very write arrived and its answer did not.
    """
    if not load().runs_table:
        (sys.__stderr__ or sys.stderr).write(json.dumps({"run": run, "node": node, **changes}) + "\n")
        return
    names = {f"#n{i}": name for i, name in enumerate(changes)}
    sets = [f"#n{i} = :v{i}" for i, value in enumerate(changes.values()) if value is not None]
    removes = [f"#n{i}" for i, value in enumerate(changes.values()) if value is None]
    values = {f":v{i}": _typed(value) for i, value in enumerate(changes.values()) if value is not None}
    final = {f":f{i}": {"S": status} for i, status in enumerate(FINAL)}
    COUNTS["writes"] += 1
    try:
        client("dynamodb").update_item(
            TableName=load().runs_table,
            Key=key_of(run, node),
            UpdateExpression=f"SET {', '.join(sets)}" + (f" REMOVE {', '.join(removes)}" if removes else ""),
            ConditionExpression=f"attribute_exists(pk) AND NOT #status IN ({', '.join(final)})",
            ExpressionAttributeNames={**names, "#status": "status"},
            ExpressionAttributeValues={**values, **final},
        )
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        if read_items(run).get(node, {}).get("status") not in DONE:
            raise RunStopped(f"{node} of {run} was stopped") from refused


class Recorder:
    """Background writer of one stage: artifacts beside each other, node runs in order."""

    def __init__(
        self,
        run: str,
        on_stopped: Callable[[], None] | None = None,
        check_budget: Callable[[], None] | None = None,
        on_beat: Callable[[], None] | None = None,
    ) -> None:
        self.run = run
        self._on_beat = on_beat
        self._on_stopped = on_stopped
        self._check_budget = check_budget
        self._artifacts = ThreadPoolExecutor(4, thread_name_prefix="artifacts")
        self._order = ThreadPoolExecutor(1, thread_name_prefix="node-runs")
        self._pending: list[Future[None]] = []
        self._node: str | None = None
        # The node whose results are being stored.
        self._storing: str | None = None
        # A node that began, when, and what is not yet written of it.
        self._begun: tuple[str, float, Mapping[str, Any]] | None = None
        self._lock = threading.Lock()
        self._progress: str | None = None
        self._done = threading.Event()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def put(self, action: Callable[..., Result], *arguments: Any) -> "Future[Result]":
        """Store an artifact in the background."""
        return self._artifacts.submit(action, *arguments)

    def later(self, action: Callable[..., object], *arguments: Any) -> None:
        """Write something behind all that was handed over before."""
        self._say_begun()
        self._then([], action, *arguments)

    def running(self, node: str, changes: Mapping[str, Any]) -> None:
        """A node begins. It is said when it has worked for a moment, or together with its end where that comes first."""
        self._progress = None
        self._begun = (node, time.monotonic(), changes)
        self._node = node

    def watch(self, node: str) -> None:
        """This process works on a node that another one has begun: it looks at its heartbeat whether the run was stopped."""
        self._node = node

    def finished(self, node: str, stored: "list[Future[Any]]", commit: Callable[[], None], changes: Mapping[str, Any]) -> None:
        """Once everything is stored: commit the manifest, then say that the node has succeeded."""
        self._node, self._storing = None, node
        both = self._with_begin(node, changes)

        def commit_all() -> None:
            # What it waits for was handed over before it, so one of the threads works on that.
            for future in stored:
                future.result()
            commit()

        def finish() -> None:
            update(self.run, node, both)
            measures.node_ended(self.run, node, both)

        # Results are complete each by itself; only what is said of nodes keeps their order.
        self._then([self.put(commit_all)], finish)

    def failed(self, node: str, changes: Mapping[str, Any]) -> None:
        self._node = None
        both = self._with_begin(node, changes)
        self._then([], update, self.run, node, both)
        self._then([], measures.node_ended, self.run, node, both)

    def _with_begin(self, node: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            begun, self._begun = self._begun, None
        return {**(begun[2] if begun and begun[0] == node else {}), **changes}

    def _say_begun(self) -> None:
        with self._lock:
            begun, self._begun = self._begun, None
        if begun is not None:
            self._then([], update, self.run, begun[0], begun[2])

    def progress(self, text: str) -> None:
        """Shown with the next heartbeat."""
        self._progress = text

    def drain(self) -> None:
        """Wait until everything handed over is stored; raises what went wrong there."""
        pending, self._pending = self._pending, []
        for future in pending:
            future.result()

    def check(self) -> None:
        """Raise what has gone wrong so far, without waiting."""
        for future in [future for future in self._pending if future.done()]:
            future.result()

    def close(self) -> None:
        self._say_begun()
        self._done.set()
        self._order.shutdown(wait=True)
        self._artifacts.shutdown(wait=True)

    def _then(self, after: "list[Future[Any]]", action: Callable[..., object], *arguments: Any) -> None:
        def work() -> None:
            for future in after:
                future.result()
            action(*arguments)

        self._pending.append(self._order.submit(work))

    def _beat(self) -> None:
        shown, said, word = None, time.monotonic(), None
        while not self._done.wait(LOOK_SECONDS):
            begun, node, progress, at = self._begun, self._node, self._progress, time.monotonic()
            if begun is not None and at - begun[1] >= LOOK_SECONDS:
                self._say_begun()
            pause = PROGRESS_SECONDS if progress != shown and node is not None else HEARTBEAT_SECONDS
            if at - said < pause:
                continue
            if self._on_beat:
                self._on_beat()
            if node is not None and (word is None or word.done()):
                words = {"progress": progress} if progress else {}
                word = self._order.submit(self._say_alive, node, {"heartbeat_at": now(), **words})
                self._pending.append(word)
                shown = progress
            else:
                self._look(node or self._storing)
            said = time.monotonic()

    def _look(self, node: str | None) -> None:
        """The last word waits in line behind results that are being stored, or no node works: read past the line whether the run was stopped."""
        if node is not None and self._on_stopped and _is_stopped(self.run, node):
            self._on_stopped()

    def _say_alive(self, node: str, changes: Mapping[str, Any]) -> None:
        try:
            update(self.run, node, changes)
            if self._check_budget:
                self._check_budget()
        except NodeError as used_up:
            self._give_up(node, used_up)
        except RunStopped:
            # The node may have ended while this waited in line; only one that still works was stopped.
            if node == self._node and self._on_stopped:
                self._on_stopped()

    def _give_up(self, node: str, used_up: NodeError) -> None:
        """The budget is used up in the middle of a node: say so, and end the work."""
        error = {"code": used_up.code, "message": used_up.message, "field": None, "hint": used_up.hint}
        update(self.run, node, {"status": "failed", "finished_at": now(), "error": error, "progress": None})
        if node == self._node and self._on_stopped:
            self._on_stopped()
