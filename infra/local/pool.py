"""Lambda on this machine: the containers' own handlers, in processes forked from a parent that has imported the science stack.

    emulator or server ──POST event──▶ front (threads) ──pipe──▶ worker (a fork of the fork server)

A node stage gets a worker of its own, forked ahead of time and ended afterwards: start-up is paid once, isolation is that of a process. Memory and time limits
are enforced from outside and reported by name. The serving function has long-lived workers that keep their models.
"""

import contextlib
import json
import logging
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

import psutil

from infra.local.layout import MEMORY_MB, NODE_LARGE, NODE_SMALL, NODE_TASK, SANDBOX, SERVING, SIZE_OF, TIMEOUT_SECONDS
from infra.local.memory import Meter
from node_containers.runtime.stopping import STOPPED_EXIT, ToldToStop, listen

LOG = logging.getLogger("flowza.pool")
SPARES = 2
# So many stages work at once, as a reserved concurrency would have it; the others wait in line.
NODE_WORKERS = int(os.environ.get("FLOWZA_POOL_WORKERS") or max(2, os.cpu_count() or 2))
SERVING_WORKERS = 2
WATCH_SECONDS = 0.1
RESTART_PAUSES = (0.1, 0.5, 2.0)
# `cold` starts a fresh interpreter for every stage: what a function's first invocation on AWS goes through.
CONTEXT: Any = multiprocessing.get_context("spawn" if os.environ.get("FLOWZA_POOL") == "cold" else "forkserver")
# What Lambda calls a worker that was ended, and the code its node run gets.
OUT_OF_MEMORY, TIMED_OUT = "Runtime.OutOfMemory", "Sandbox.Timedout"
# A node that ends the process ends it with a code of its own; a worker that is killed from outside has none.
EXITED = "Runtime.ExitError"
CODES = {OUT_OF_MEMORY: "out-of-memory", TIMED_OUT: "timed-out", EXITED: "node-exited"}


class WorkerDied(Exception):
    """The worker ended without an answer; `name` is how Lambda would call it."""

    def __init__(self, name: str, message: str, *, on_its_own: bool = False) -> None:
        super().__init__(message)
        self.name = name
        self.code = CODES[name] if name != EXITED or on_its_own else None


class HandlerRaised(Exception):
    """The handler raised; `name` is the exception's class."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def work(pipe: Connection, kind: str) -> None:
    """A worker's life: take events from the pipe, run the handler, answer. A node worker takes one."""
    settle()
    if kind == "serving":
        from node_containers.serving.handler import handler
    else:
        from node_containers.runtime.guarding import guard
        from node_containers.runtime.handler import handler

        guard()
    while True:
        try:
            event, variables = pipe.recv()
        except (EOFError, ToldToStop):
            return
        os.environ.update(variables)
        if variables["AWS_LAMBDA_FUNCTION_NAME"] == SANDBOX:
            from node_containers.sandbox.handler import handler
        try:
            answer: tuple[str, Any, Any] = ("ok", handler(event), None)
        except BaseException as error:
            answer = ("raised", type(error).__name__, str(error)[:2000])
        pipe.send(answer)
        if kind == "node":
            return


def settle() -> None:
    """What every worker does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A group of its own: what a node starts ends with its worker.
    os.setsid()
    listen()
    # What is printed past Python (by a library in C, or by a child) would end in the pool's own log, however much it is.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)


class Worker:
    """A process that runs events. `life` is what it does with them."""

    def __init__(self, kind: str, life: Callable[[Connection, str], None] = work) -> None:
        self.kind = kind
        self.pipe, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=life, args=(theirs, kind), name=f"flowza-{kind}", daemon=True)
        self.process.start()
        theirs.close()

    def call(self, event: Any, function: str) -> Any:
        """Run one event under the function's limits. Raises `WorkerDied` or `HandlerRaised`."""
        limit_bytes, deadline = MEMORY_MB[function] * 2**20, time.monotonic() + TIMEOUT_SECONDS[function]
        try:
            self.pipe.send((event, self._variables(function)))
            meter = Meter(self.process.pid)
            while not self.pipe.poll(WATCH_SECONDS):
                if meter.held_bytes() > limit_bytes:
                    raise self._killed(OUT_OF_MEMORY, f"the worker used more than its {MEMORY_MB[function]:,} MB")
                if time.monotonic() > deadline:
                    raise self._killed(TIMED_OUT, f"the worker took more than its {TIMEOUT_SECONDS[function]} seconds")
            answer, first, second = self.pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError, psutil.NoSuchProcess) as gone:
            self.process.join(5)
            code = self.process.exitcode
            own = code is not None and code >= 0 and code != STOPPED_EXIT
            raise WorkerDied(EXITED, f"the worker ended with exit code {code} and no answer", on_its_own=own) from gone
        if answer == "raised":
            raise HandlerRaised(first, second)
        return first

    @staticmethod
    def _variables(function: str) -> dict[str, str]:
        memory = str(MEMORY_MB[function])
        size = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory, "FLOWZA_SIZE": SIZE_OF.get(function, "")}
        return {**size, "AWS_LAMBDA_FUNCTION_NAME": function, "FLOWZA_FAN_OUT": str(NODE_WORKERS)}

    def _killed(self, name: str, message: str) -> WorkerDied:
        self._kill_group()
        self.process.join(5)
        return WorkerDied(name, message)

    def _kill_group(self) -> None:
        """The worker with all that its node has started; nothing it does about signals helps it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()

    def end(self) -> None:
        self.pipe.close()
        self.process.join(2)
        self._kill_group()

    @property
    def alive(self) -> bool:
        return bool(self.process.is_alive())


def forked(kind: str) -> Worker:
    """A worker. Where the fork server has died, each try starts another one: without workers everything would wait for ever."""
    for pause in RESTART_PAUSES:
        try:
            return Worker(kind)
        except (EOFError, OSError) as gone:
            LOG.warning("the fork server is gone (%s: %s); another one is started", type(gone).__name__, gone)
            time.sleep(pause)
    return Worker(kind)


class Pool:
    """Spare node workers forked ahead, and serving workers shared by all requests."""

    def __init__(self) -> None:
        if CONTEXT.get_start_method() == "forkserver":
            CONTEXT.set_forkserver_preload(["infra.local.warm"])
        self._free = threading.BoundedSemaphore(NODE_WORKERS)
        self._spares: queue.Queue[Worker] = queue.Queue()
        self._serving: queue.Queue[Worker] = queue.Queue()
        threading.Thread(target=self._fill, name="fill", daemon=True).start()

    def _fill(self) -> None:
        for _ in range(SERVING_WORKERS):
            self._serving.put(forked("serving"))
        for _ in range(SPARES):
            self._spares.put(forked("node"))

    def invoke(self, function: str, event: Any) -> Any:
        # A node that waits for the sandbox holds a place in line already: the sandbox must not wait behind it.
        if function in (SERVING, SANDBOX):
            return self._call(function, event)
        with self._free:
            return self._call(function, event)

    def _call(self, function: str, event: Any) -> Any:
        with self._worker(function) as worker:
            try:
                return worker.call(event, function)
            except WorkerDied as death:
                order = event.get("task", {}).get("order", event)
                if death.code is not None and "stage" in order:
                    self._report(function, order, death)
                raise

    def start_task(self, event: dict[str, Any]) -> None:
        """A task runs beside everything else, and tells its machine itself how it went; where it cannot any more, this does."""

        def run() -> None:
            try:
                self.invoke(NODE_TASK, event)
            except (WorkerDied, HandlerRaised) as failed:
                LOG.warning("%s: %s: %s", NODE_TASK, failed.name, failed)
                _task_failed(event["task"]["token"], failed.name, str(failed))

        threading.Thread(target=run, name="task", daemon=True).start()

    @contextmanager
    def _worker(self, function: str) -> Iterator[Worker]:
        if function == SERVING:
            worker = self._serving.get()
            try:
                if not worker.alive:
                    worker = forked("serving")
                yield worker
            finally:
                self._serving.put(worker if worker.alive else forked("serving"))
            return
        worker = self._spares.get()
        while not worker.alive:
            self._spares.put(forked("node"))
            worker = self._spares.get()
        # The next spare is forked while this one works.
        threading.Thread(target=lambda: self._spares.put(forked("node")), name="spare", daemon=True).start()
        try:
            yield worker
        finally:
            # Its answer does not wait until it is gone.
            threading.Thread(target=worker.end, name="end", daemon=True).start()

    def _report(self, function: str, event: dict[str, Any], death: WorkerDied) -> None:
        """A killed worker cannot say why: another one says it in the node run."""
        words = {**event, "code": death.code, "message": str(death), "memory_mb": MEMORY_MB[function]}
        with self._worker(function) as worker:
            worker.call({"died": words}, NODE_LARGE)


def _task_failed(token: str, name: str, cause: str) -> None:
    from node_containers.runtime.tokens import tell

    tell("send_task_failure", taskToken=token, error=name, cause=cause[:2000])


def front(pool: Pool, port: int) -> ThreadingHTTPServer:
    """The HTTP side: the emulator's Lambda proxy protocol. A failure is a non-2xx answer with Lambda's error body."""

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one write: two would wait for each other's acknowledgement
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers.get("content-length", 0)))
            function = self.headers.get("X-Amzn-Lambda-Function-Name", "")
            try:
                if function == NODE_TASK:
                    pool.start_task(json.loads(data))
                    status, body = 202, {}
                elif function not in (NODE_SMALL, NODE_LARGE, SERVING, SANDBOX):
                    raise HandlerRaised("ResourceNotFoundException", f"no function {function!r}")
                else:
                    status, body = 200, pool.invoke(function, json.loads(data or b"null"))
            except (WorkerDied, HandlerRaised) as failed:
                status, body = 500, {"errorType": failed.name, "errorMessage": str(failed)}
                LOG.warning("%s: %s: %s", function, failed.name, failed)
            self._answer(status, json.dumps(body).encode())

        def do_GET(self) -> None:
            self._answer(200, b'{"status":"ok"}')

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, *arguments: Any) -> None:
            pass

    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(("127.0.0.1", port), Front)
    server.daemon_threads = True
    return server


def main() -> None:
    """`python -m infra.local.pool PORT`."""
    from infra.local import lifeline

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    lifeline.hold()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    front(Pool(), int(sys.argv[1])).serve_forever()


if __name__ == "__main__":
    main()
