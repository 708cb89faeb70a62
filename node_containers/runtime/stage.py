"""Run one stage: its nodes in order, tables handed over in memory, every result stored and said.

    plan.json ─▶ for each node: inputs (memory, else bucket) ─▶ call ─▶ outputs (memory and bucket) ─▶ node run succeeded

The same code runs in Lambda, in a Fargate task and in the local pool. A stage may be invoked again (a retry, a resumed run): nodes that have succeeded in
this run are not run again, and a node that failed in this attempt fails again at once.
"""

import contextlib
import io
import json
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from node_containers.catalog import declarations
from node_containers.runtime import storage
from node_containers.runtime.effects import invoke_effect
from node_containers.runtime.profile import preview
from node_containers.runtime.settings import client, load
from node_containers.runtime.status import DONE, LOG_TAIL_CHARACTERS, Recorder, RunStopped, now, read_items
from node_containers.runtime.trouble import CloudUnavailable, passes
from node_containers.sdk import Context, Dataset, Declaration, NodeError, Table

LOG_MAX_CHARACTERS = 1_000_000


class StageFailed(Exception):
    """A node failed for a reason its node run tells; trying again would give the same."""


class NodeLog(io.TextIOBase):
    """What a node prints or logs, in order and capped."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0

    def write(self, text: str) -> int:
        room = LOG_MAX_CHARACTERS - self._size
        if room > 0:
            self._parts.append(text[:room] + ("\n… the log is cut here\n" if len(text) > room else ""))
            self._size += len(text)
        return len(text)

    def line(self, text: str) -> None:
        self.write(text.rstrip("\n") + "\n")

    @property
    def text(self) -> str:
        return "".join(self._parts)


def run_stage(invocation: Mapping[str, Any], on_stopped: Callable[[], None] | None = None) -> dict[str, Any]:
    """Run the stage `{"run", "plan", "stage", "attempt"}` names. Raises `StageFailed` where a node fails.

    `on_stopped` is called from the heartbeat when the run was stopped while a node works.
    """
    started = time.perf_counter()
    plan = json.loads(storage.read(invocation["plan"]))
    recorder = Recorder(invocation["run"], on_stopped)
    try:
        _Stage(plan, invocation, recorder, started).run()
    except RunStopped:
        return {"run": invocation["run"], "stage": invocation["stage"], "status": "stopped"}
    finally:
        recorder.close()
    return {"run": invocation["run"], "stage": invocation["stage"], "status": "succeeded"}


class _Stage:
    def __init__(self, plan: dict[str, Any], invocation: Mapping[str, Any], recorder: Recorder, started: float) -> None:
        self.plan = plan
        self.attempt = int(invocation.get("attempt", 1))
        self.run_id: str = invocation["run"]
        self.owner: str = plan["owner"]
        self.stage = next(stage for stage in plan["stages"] if stage["id"] == invocation["stage"])
        self.recorder = recorder
        self.values: dict[tuple[str, str], Any] = {}
        self.billed_until = started

    def run(self) -> None:
        items = read_items(self.run_id)
        for name in self.stage["nodes"]:
            known = items.get(name, {"status": "queued", "attempt": 0, "message": ""})
            if known["status"] in DONE:
                continue
            if known["status"] in ("stopped", "skipped"):
                raise RunStopped(name)
            if known["status"] == "failed" and known["attempt"] == self.attempt:
                raise StageFailed(f"{name}: {known['message']}")
            self._run_node(self.plan["nodes"][name])
            self.recorder.check()
        self.recorder.drain()

    def _run_node(self, node: Mapping[str, Any]) -> None:
        log = NodeLog()
        started = time.perf_counter()
        begin = {"status": "running", "started_at": now(), "heartbeat_at": now(), "attempt": self.attempt, "memory_mb": load().memory_mb}
        self.recorder.running(node["id"], {**begin, **dict.fromkeys(("error", "finished_at", "progress"))})
        try:
            with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
                self._call(node, log, started)
        except RunStopped:
            raise
        except BaseException as error:
            if passes(error):
                # The node is not to blame: the stage is invoked again and goes on here.
                raise CloudUnavailable(f"{node['id']}: {type(error).__name__}: {error}") from error
            self._fail(node, error, log, started)

    def _call(self, node: Mapping[str, Any], log: NodeLog, started: float) -> None:
        declaration = declarations().get(node["type"])
        if declaration is None or declaration.version != node["type_version"]:
            message = f"This image has no node type {node['type']} in version {node['type_version']}."
            raise NodeError("node-type-unknown", message, hint="Deploy the platform and its images in the same version.")
        if not declaration.cacheable:
            # An effect speaks of stored things: they must lie in the bucket before the control plane hears of them.
            self.recorder.drain()
        inputs = {port: self._value(source["node"], source["port"]) for port, source in node["inputs"].items()}
        with self._dataset(node) as dataset:
            context = Context(dataset=dataset, effect=self._effect(node["id"]), on_progress=self.recorder.progress, on_log=log.line)
            arguments: dict[str, Any] = {**inputs, "params": _params(declaration, node["params"])}
            if declaration.takes_context:
                arguments["context"] = context
            outputs = declaration.name_outputs(declaration.function(**arguments))
        self._store(node, outputs, context, inputs, log, started)

    def _value(self, node: str, port: str) -> Any:
        """From memory where the node ran in this stage, else from the bucket by its key."""
        if (node, port) not in self.values:
            self.values[node, port] = storage.fetch(self.owner, self.plan["nodes"][node]["key"], port)
        return self.values[node, port]

    @contextlib.contextmanager
    def _dataset(self, node: Mapping[str, Any]) -> Iterator[Dataset | None]:
        wanted = node["dataset"]
        if wanted is None or wanted["ref"].startswith("sample:"):
            yield None if wanted is None else Dataset(wanted["ref"], sample=wanted["ref"].removeprefix("sample:"))
            return
        with tempfile.TemporaryDirectory(prefix="flowza-") as place:
            path = str(Path(place) / "content")
            client("s3").download_file(load().bucket, wanted["object"], path)
            yield Dataset(wanted["ref"], path=path, filename=wanted["filename"])

    def _effect(self, node: str) -> Any:
        def ask(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
            return invoke_effect({"kind": kind, "run": self.run_id, "node": node, "payload": payload})

        return ask

    def _store(
        self, node: Mapping[str, Any], outputs: dict[str, Any], context: Context, inputs: dict[str, Any], log: NodeLog, started: float
    ) -> None:
        entries, stored = {}, []
        place = storage.folder(self.owner, node["key"])
        for port, value in outputs.items():
            kept, name, data, content_type, entry = storage.stored(value, self.owner, node["key"], port)
            self.values[node["id"], port] = kept
            entries[port] = entry
            stored.append(self.recorder.put(storage.write, name, data, content_type))
            if isinstance(value, Table):
                stored.append(self.recorder.put(self._write_preview, f"{place}/{port}.preview.json", value))
        text = log.text
        stored.append(self.recorder.put(storage.write, f"{place}/log.txt", text.encode(), "text/plain; charset=utf-8"))
        seconds = time.perf_counter() - started
        rows = _rows(inputs, outputs, context)
        manifest = {
            "version": 1,
            "key": node["key"],
            "type": node["type"],
            "type_version": node["type_version"],
            "environment": self.plan["environment"],
            "created_at": now(),
            "seconds": seconds,
            "outputs": entries,
            "metrics": context.metrics,
            "charts": context.charts,
            "rows": rows,
            "warnings": context.warnings,
            "summary": context.summary,
        }
        changes = {
            "status": "succeeded",
            "finished_at": now(),
            "seconds": seconds,
            "billed_ms": self._billed_ms(),
            "rows_in": rows["in"],
            "rows_out": rows["out"],
            "dropped": sum(line["count"] for line in rows["dropped"]),
            "metrics": context.metrics,
            "warnings": context.warnings,
            "summary": context.summary[:300],
            "log_tail": text[-LOG_TAIL_CHARACTERS:],
            "progress": None,
        }
        self.recorder.finished(node["id"], stored, lambda: storage.commit(f"{place}/manifest.json", manifest), changes)

    @staticmethod
    def _write_preview(name: str, table: Table) -> None:
        storage.write(name, json.dumps(preview(table.frame), separators=(",", ":"), allow_nan=False).encode(), "application/json")

    def _billed_ms(self) -> float:
        """Milliseconds since the last node ended: what a stage costs is shared out without a gap, start-up included."""
        ended = time.perf_counter()
        spent, self.billed_until = ended - self.billed_until, ended
        return round(spent * 1000, 3)

    def _fail(self, node: Mapping[str, Any], error: BaseException, log: NodeLog, started: float) -> None:
        described = describe_error(error)
        if not isinstance(error, NodeError):
            log.line("".join(traceback.format_exception(error)))
        log.line(f"failed: {described['message']}")
        text = log.text
        stored = self.recorder.put(
            storage.write, f"o/{self.owner}/runs/{self.run_id}/log/{node['id']}.txt", text.encode(), "text/plain; charset=utf-8"
        )
        changes = {"status": "failed", "finished_at": now(), "seconds": time.perf_counter() - started, "billed_ms": self._billed_ms()}
        self.recorder.failed(node["id"], {**changes, "error": described, "log_tail": text[-LOG_TAIL_CHARACTERS:], "progress": None})
        stored.result()
        self.recorder.drain()
        raise StageFailed(f"{node['id']}: {described['message']}") from error


def _params(declaration: Declaration, params: Mapping[str, Any]) -> Any:
    try:
        return declaration.params.model_validate(params)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(["params", *map(str, first["loc"])])
        raise NodeError(
            "param-value", f"{declaration.title}: {first['msg']} at {place}.", field=place, hint="Mend it in the node's form."
        ) from wrong


def _rows(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The row ledger: rows in = rows out + dropped, for nodes that pass rows on."""
    tables = [value for value in inputs.values() if isinstance(value, Table)]
    given = [value for value in outputs.values() if isinstance(value, Table)]
    dropped: list[dict[str, Any]] = [{"reason": line.reason, "count": line.rows, "sample": line.sample} for line in context.dropped]
    rows_out = sum(len(table.frame) for table in given) if given else None
    rows_in = len(tables[0].frame) if tables else None if rows_out is None else rows_out + sum(line["count"] for line in dropped)
    return {"in": rows_in, "out": rows_out, "dropped": dropped}


def describe_error(error: BaseException) -> dict[str, Any]:
    """An error as people read it: a `NodeError` in its own words, anything else named with a way on."""
    if isinstance(error, NodeError):
        return {"code": error.code, "message": error.message, "field": error.field, "hint": error.hint}
    if isinstance(error, MemoryError):
        return {
            "code": "out-of-memory",
            "message": "The node ran out of memory.",
            "field": None,
            "hint": "Take fewer rows or columns, or a larger size.",
        }
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return {"code": "node-exited", "message": "The node ended the process.", "field": None, "hint": "A node must return, not exit."}
    words = f"{type(error).__name__}: {str(error)[:300] or 'no message'}"
    return {"code": "node-crashed", "message": f"The node stopped unexpectedly. {words}", "field": None, "hint": "The log has the details."}
