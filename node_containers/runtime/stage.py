"""Run one stage: its nodes in order, tables handed over in memory, every result stored and said.

    plan.json ─▶ for each node: inputs (memory, else bucket) ─▶ call ─▶ outputs (memory and bucket) ─▶ node run succeeded

The same code runs in Lambda, in a Fargate task and in the local pool. A stage may be invoked again (a retry, a resumed run): nodes that have succeeded in
this run are not run again, and a node that failed in this attempt fails again at once.
"""

import contextlib
import errno
import io
import json
import resource
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

from pydantic import ValidationError

from node_containers.catalog import declarations
from node_containers.profiling import preview_table
from node_containers.runtime import billing, given, storage
from node_containers.runtime.effects import invoke_effect
from node_containers.runtime.ledger import ledger
from node_containers.runtime.settings import load
from node_containers.runtime.status import LOG_TAIL_CHARACTERS, Recorder, RunStopped, now, read_items, update
from node_containers.runtime.stopping import ToldToStop
from node_containers.runtime.trouble import CloudUnavailable, passes
from node_containers.sdk import CLOSED, Attachment, Context, Declaration, FileTable, NodeError, Table

LOG_MAX_CHARACTERS = 1_000_000
# A larger preview is an object of its own: manifests are read whole whenever a drawing is planned.
PREVIEW_INLINE_BYTES = 32_000
# Failures that a larger size may mend.
TOO_SMALL = ("out-of-memory", "timed-out")
# The sizes that a stage goes through, as the compiler names them.
SIZES = ("small", "large", "task")
# Fewer looks than this at one test set are how people work.
LOOKS_SAID = 5


class StageFailed(Exception):
    """A node failed for a reason its node run tells; trying again would give the same."""


class OutOfMemory(Exception):
    """A node ran out of memory: a larger size may do."""


class NodeLog(io.TextIOBase):
    """What a node prints or logs, in order and capped; bytes that are no text are shown as such."""

    def __init__(self, hide: Callable[[str], str] = str) -> None:
        self._hide = hide
        self._parts: list[str] = []
        self._size = 0

    def write(self, text: str) -> int:
        room = LOG_MAX_CHARACTERS - self._size
        if room >= 0 and text:
            # Half a surrogate pair is text to Python and to nobody else.
            kept = text[:room].encode("utf-8", "backslashreplace").decode()
            self._parts.append(kept + ("\n… the log is cut here\n" if len(text) > room else ""))
            self._size += len(text)
        return len(text)

    @property
    def buffer(self) -> "_LogBytes":
        """Where programs write that have bytes."""
        return _LogBytes(self)

    def line(self, text: str) -> None:
        self.write(text.rstrip("\n") + "\n")

    @property
    def text(self) -> str:
        return self._hide("".join(self._parts))


class _LogBytes(io.RawIOBase):
    def __init__(self, log: NodeLog) -> None:
        self.log = log

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.log.write(bytes(data[:LOG_MAX_CHARACTERS]).decode("utf-8", "backslashreplace"))
        return len(data)


class Stage:
    """One invocation's view of its plan: the nodes to run, the values between them, and where everything is written."""

    def __init__(
        self, plan: dict[str, Any], invocation: Mapping[str, Any], recorder: Recorder, budget: billing.Budget, started: float
    ) -> None:
        self.plan = plan
        self.attempt = int(invocation.get("attempt", 1))
        self.run_id: str = invocation["run"]
        self.owner: str = plan["owner"]
        self.stage = next(stage for stage in plan["stages"] if stage["id"] == invocation["stage"])
        self.recorder = recorder
        self.budget = budget
        self.values: dict[tuple[str, str], Any] = {}
        self.billed_until = started
        # What earlier invocations of the same node were billed: a node that fans out has many.
        self.billed_before = 0.0
        self.items: dict[str, dict[str, Any]] = {}
        self.begun = False
        self.secrets = given.Secrets(self.owner)

    def run(self) -> None:
        self.items = read_items(self.run_id)
        for position, name in enumerate(self.stage["nodes"]):
            if not self.is_done(name):
                self._run_node(self.plan["nodes"][name])
                self.recorder.check()
            self._let_go(self.stage["nodes"][position + 1 :])
        self.recorder.drain()

    def is_done(self, name: str) -> bool:
        """Whether the node is finished in this run. Raises where it failed for good, or the run was stopped."""
        known = self.items.get(name, {"status": "queued", "attempt": 0})
        if known["status"] == "failed" and known["attempt"] == self.attempt and not self._outgrown(known):
            raise StageFailed(f"{name}: {known['message']}")
        if known["status"] == "stopped":
            raise RunStopped(name)
        return known["status"] in ("succeeded", "cached", "skipped")

    def _outgrown(self, known: Mapping[str, Any]) -> bool:
        """It was too much for a smaller size: this one may do."""
        return known["code"] in TOO_SMALL and known["memory_mb"] < load().memory_mb

    def begin(self, node: Mapping[str, Any]) -> None:
        """Say that the node works; where a smaller size has tried before in this attempt, which one that was."""
        outgrew = self._too_small_before(self.items.get(node["id"], {}))
        at = now()
        begin = {"status": "running", "started_at": at, "heartbeat_at": at, "attempt": self.attempt}
        compute = {"memory_mb": load().memory_mb, "size": load().size, "outgrew": outgrew}
        self.begun = True
        self.recorder.running(node["id"], {**begin, **compute, **dict.fromkeys(("error", "finished_at", "progress"))})

    def _too_small_before(self, known: Mapping[str, Any]) -> str | None:
        """The size below this one, if it was too small for the node: its item says so, or the node is the first one here, where that size died too soon
        to say anything (docs/adr/0025)."""
        here = known.get("attempt") == self.attempt and known.get("memory_mb", 0) > 0
        below = SIZES[: SIZES.index(load().size)]
        tried = known["memory_mb"] < load().memory_mb if here else not self.begun and self.stage["size"] in below
        return below[-1] if tried and below else None

    def _let_go(self, ahead: list[str]) -> None:
        """Forget the values that no node ahead in this stage takes: one copy of a frame is enough."""
        wanted = {(source["node"], source["port"]) for name in ahead for source in self.plan["nodes"][name]["inputs"].values()}
        for place in [place for place in self.values if place not in wanted]:
            del self.values[place]

    def _run_node(self, node: Mapping[str, Any]) -> None:
        log = NodeLog(self.secrets.hide)
        started = time.perf_counter()
        closed = self._closed_input(node)
        if closed is not None:
            self._skip(node, closed)
            return
        self.begin(node)
        with self.guarded(node, log, started):
            self.budget.check()
            declaration = self.declaration(node)
            if not declaration.cacheable:
                # An effect speaks of stored things: they must lie in the bucket before the control plane hears of them.
                self.recorder.drain()
            inputs = self.inputs(node)
            with self.context(node, log) as context:
                outputs = declaration.name_outputs(self.call(declaration, node, inputs, context))
            _say_looks(node, context)
            self.store(node, outputs, context, inputs, log, started)

    @contextlib.contextmanager
    def guarded(self, node: Mapping[str, Any], log: "NodeLog", started: float) -> Iterator[None]:
        """Catch what a node prints, and turn what it raises into its failure."""
        try:
            with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
                yield
        except (RunStopped, ToldToStop):
            raise
        except BaseException as error:
            if passes(error):
                # The node is not to blame: the stage is invoked again and goes on here.
                raise CloudUnavailable(f"{node['id']}: {type(error).__name__}: {error}") from error
            self._fail(node, error, log, started)

    def declaration(self, node: Mapping[str, Any]) -> Declaration:
        declaration = declarations().get(node["type"])
        if declaration is None or declaration.version != node["type_version"]:
            message = f"This image has no node type {node['type']} in version {node['type_version']}."
            raise NodeError("node-type-unknown", message, hint="Deploy the platform and its images in the same version.")
        return declaration

    def inputs(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """The node's inputs by port; an optional one that a gate has closed is left out."""
        found = {port: self._value(source["node"], source["port"]) for port, source in node["inputs"].items()}
        return {port: value for port, value in found.items() if value is not CLOSED}

    @staticmethod
    def call(declaration: Declaration, node: Mapping[str, Any], inputs: Mapping[str, Any], context: Context) -> Any:
        arguments: dict[str, Any] = {**inputs, "params": _params(declaration, node["params"])}
        if declaration.takes_context:
            arguments["context"] = context
        return declaration.function(**arguments)

    @contextlib.contextmanager
    def context(self, node: Mapping[str, Any], log: "NodeLog") -> Iterator[Context]:
        with given.dataset(node["dataset"]) as dataset:
            yield Context(
                dataset=dataset,
                effect=self._effect(node["id"]),
                on_progress=lambda words: self.recorder.progress(self.secrets.hide(words)),
                on_log=log.line,
                parts=storage.Parts(self.owner, node["key"]),
                usd_per_second=_usd_per_second(self.plan),
                model=given.model(node.get("model")),
                secret=self.secrets.get,
                keep_file=partial(given.keep_file, self.owner, node["key"]),
                apart=given.apart(self.owner, node["key"], self._charge_sandbox),
                endpoint=given.endpoint(node.get("endpoint")),
                asked=given.asked(self.run_id),
                identity=f"{self.run_id}/{node['id']}",
            )

    def _closed_input(self, node: Mapping[str, Any]) -> str | None:
        """The node before this one that lets nothing through, where a required input comes from it."""
        required = {name for name, (_, needed) in self.declaration(node).inputs.items() if needed} if node["inputs"] else set()
        for port, source in node["inputs"].items():
            if port in required and self._is_closed(source["node"], source["port"]):
                return str(source["node"])
        return None

    def _is_closed(self, node: str, port: str) -> bool:
        if self.items.get(node, {}).get("status") == "skipped":
            return True
        flow = self.plan["nodes"][node].get("flow")
        return flow == "gate" and self._value(node, port) is CLOSED

    def _skip(self, node: Mapping[str, Any], closed: str) -> None:
        self.items[node["id"]] = {**self.items.get(node["id"], {}), "status": "skipped"}
        label = self.plan["nodes"][closed]["label"] or closed
        changes = {"status": "skipped", "finished_at": now(), "reason": f"nothing came through {label}"}
        self.recorder.later(update, self.run_id, node["id"], changes)

    def _value(self, node: str, port: str) -> Any:
        """From memory where the node ran in this stage, else from the bucket by its key. An approval hands on what it was asked about."""
        planned = self.plan["nodes"][node]
        if planned.get("flow") == "approval":
            source = planned["inputs"][port]
            return self._value(source["node"], source["port"])
        if self.items.get(node, {}).get("status") == "skipped":
            return CLOSED
        if (node, port) not in self.values:
            self.values[node, port] = storage.fetch(self.owner, planned["key"], port)
        return self.values[node, port]

    def _effect(self, node: str) -> Any:
        def ask(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
            return invoke_effect({"kind": kind, "run": self.run_id, "node": node, "payload": payload})

        return ask

    def store(
        self, node: Mapping[str, Any], outputs: dict[str, Any], context: Context, inputs: Mapping[str, Any], log: "NodeLog", started: float
    ) -> None:
        """Write everything in the background while the next node works; the manifest last, and then that the node has succeeded."""
        entries: dict[str, Any] = {}
        previews: dict[str, Any] = {}
        stored: list[Future[Any]] = []
        place = storage.folder(self.owner, node["key"])
        learns = self.declaration(node).learns
        for port, value in outputs.items():
            if value is CLOSED:
                self.values[node["id"], port], entries[port] = CLOSED, storage.closed()
                continue
            # A model is handed on with the address it will have; a table is packed where nobody waits for it.
            if isinstance(value, Table):
                self.values[node["id"], port] = value
                stored.append(self.recorder.put(self._write_table, node["key"], port, value, entries))
                stored.append(self.recorder.put(self._write_preview, node["key"], port, value, previews, learns))
            else:
                kept, name, data, content_type, entry = storage.stored(value, self.owner, node["key"], port)
                self.values[node["id"], port], entries[port] = kept, entry
                stored.append(self.recorder.put(storage.write, name, data, content_type))
        beside: dict[str, Any] = {}
        for name, attached in context.attachments.items():
            stored.append(self.recorder.put(self._write_attachment, node["key"], name, attached, beside, previews))
        text = log.text
        short = len(text) <= LOG_TAIL_CHARACTERS
        if not short:
            stored.append(self.recorder.put(storage.write, f"{place}/log.txt", text.encode(), "text/plain; charset=utf-8"))
        seconds = time.perf_counter() - started
        rows = ledger(inputs, outputs, context)
        warnings = [{**one, "message": self.secrets.hide(one["message"])} for one in context.warnings]
        summary = self.secrets.hide(context.summary)
        manifest = {
            "version": 1,
            "key": node["key"],
            "type": node["type"],
            "type_version": node["type_version"],
            # Of the image that works here: a platform that was updated under the run must not be taken for the older one.
            "environment": load().environment or self.plan["environment"],
            "created_at": now(),
            "seconds": seconds,
            "metrics": context.metrics,
            "charts": context.charts,
            "rows": rows,
            "warnings": warnings,
            "summary": summary,
            "log": text if short else None,
            "files": context.files,
        }
        changes = {
            "status": "succeeded",
            "finished_at": now(),
            "seconds": seconds,
            "billed_ms": self.billed_ms(),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "rows_in": rows["in"],
            "rows_out": rows["out"],
            "rows_by_port": {port: value.rows for port, value in outputs.items() if isinstance(value, Table)},
            "dropped": sum(line["count"] for line in rows["dropped"]),
            "metrics": context.metrics,
            "warnings": warnings,
            "summary": summary[:300],
            "log_tail": text[-LOG_TAIL_CHARACTERS:],
            "progress": None,
        }

        def commit() -> None:
            # In the order of the ports, whichever was written first.
            outputs_by_port = {port: entries[port] for port in outputs}
            attachments = {name: beside[name] for name in context.attachments}
            shown = {name: previews[name] for name in (*outputs, *context.attachments) if name in previews}
            storage.commit(
                f"{place}/manifest.json", {**manifest, "outputs": outputs_by_port, "attachments": attachments, "previews": shown}
            )

        self.recorder.finished(node["id"], stored, commit, changes)

    def _write_table(self, key: str, port: str, table: Table, entries: dict[str, Any]) -> None:
        if isinstance(table, FileTable):
            entries[port] = storage.store_file(table, self.owner, key, port)
            return
        _, name, data, content_type, entries[port] = storage.stored(table, self.owner, key, port)
        storage.write(name, data, content_type)

    def _write_attachment(self, key: str, name: str, attached: Attachment, entries: dict[str, Any], previews: dict[str, Any]) -> None:
        """Rows beside the result: a table in its file and form, with words about its columns."""
        table = Table(attached.frame)
        _, place, data, content_type, entry = storage.stored(table, self.owner, key, name)
        storage.write(place, data, content_type)
        self._write_preview(key, name, table, previews)
        entries[name] = {**{field: entry[field] for field in ("file", "sha256", "bytes", "rows", "columns")}, "about": attached.about}

    def _write_preview(self, key: str, port: str, table: Table, previews: dict[str, Any], fitted: bool = False) -> None:
        """The first rows as people see them; behind a node that learns, with the recipe fitted for display only, and a note that says so. What is small goes
        into the manifest with `previews`: every object costs a request."""
        shown = preview_table(table, fitted)
        data = json.dumps(shown, separators=(",", ":"), allow_nan=False).encode()
        if len(data) <= PREVIEW_INLINE_BYTES:
            previews[port] = shown
        else:
            storage.write(f"{storage.folder(self.owner, key)}/{port}.preview.json", data, "application/json")

    def _charge_sandbox(self, milliseconds: float) -> None:
        """The sandbox function worked for a node: it has a bill of its own, and the node's milliseconds, which are those of this size, hold it, too."""
        self.billed_before += milliseconds * billing.SANDBOX_MB / load().memory_mb
        self.budget.add_sandbox(milliseconds)
        self.recorder.later(billing.sandbox_bill, self.run_id, self.stage["id"], milliseconds, now())

    def billed_ms(self) -> float:
        """Milliseconds since the last node ended: what a stage costs is shared out without a gap, start-up included."""
        ended = time.perf_counter()
        spent, self.billed_until = ended - self.billed_until, ended
        before, self.billed_before = self.billed_before, 0.0
        return round(before + spent * 1000, 3)

    def _fail(self, node: Mapping[str, Any], error: BaseException, log: NodeLog, started: float) -> None:
        described = describe_error(error)
        described["message"] = self.secrets.hide(described["message"])
        if not isinstance(error, NodeError):
            log.line("".join(traceback.format_exception(error)))
        log.line(f"failed: {described['message']}")
        text = log.text
        stored = self.recorder.put(
            storage.write, f"o/{self.owner}/runs/{self.run_id}/log/{node['id']}.txt", text.encode(), "text/plain; charset=utf-8"
        )
        changes = {"status": "failed", "finished_at": now(), "seconds": time.perf_counter() - started, "billed_ms": self.billed_ms()}
        self.recorder.failed(node["id"], {**changes, "error": described, "log_tail": text[-LOG_TAIL_CHARACTERS:], "progress": None})
        stored.result()
        self.recorder.drain()
        words = f"{node['id']}: {described['message']}"
        raise OutOfMemory(words) if isinstance(error, MemoryError) else StageFailed(words) from error


def _usd_per_second(plan: Mapping[str, Any]) -> float | None:
    price = plan.get("usd_per_gb_second")
    return None if price is None else float(price) * load().memory_mb / 1024


def _say_looks(node: Mapping[str, Any], context: Context) -> None:
    """Whoever tries until the test rows are content has learned them himself: from some number of looks on it is said."""
    looked = node.get("looks", 0)
    if looked >= LOOKS_SAID:
        context.warn(
            "test-set-looked-at",
            f"These test rows have been looked at {looked} times by different models: the best of so many is good by chance, too. "
            "Compare on a validation part, and look here once.",
        )


def _params(declaration: Declaration, params: Mapping[str, Any]) -> Any:
    try:
        return declaration.params.model_validate(params)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(["params", *map(str, first["loc"])])
        raise NodeError(
            "param-value", f"{declaration.title}: {first['msg']} at {place}.", field=place, hint="Mend it in the node's form."
        ) from wrong


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
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return {
            "code": "disk-full",
            "message": "The disk of the machine that ran the node is full.",
            "field": None,
            "hint": "Take fewer rows, or free some space where Flowza runs; then resume the run.",
        }
    words = f"{type(error).__name__}: {str(error)[:300] or 'no message'}"
    return {"code": "node-crashed", "message": f"The node stopped unexpectedly. {words}", "field": None, "hint": "The log has the details."}
