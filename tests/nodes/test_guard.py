"""The guard beside a stage that holds its interpreter: it asks, waits while the run goes on, and ends the stage when the run was stopped."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psutil
import pytest

PATIENCE_SECONDS = 60
# A pattern that never gives up: in C, with the interpreter in hand.
STAGE = """
import re, sys
from node_containers.runtime.guarding import guard
guard().tell("run_1")
print(guard()._process.pid, flush=True)
re.match("(.|[^!]|[^?])*!", "a" * 64)
"""


class Table(ThreadingHTTPServer):
    """The runs table as far as one run is asked for."""

    def __init__(self) -> None:
        self.status, self.again = "running", threading.Event()
        self.asked: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(BaseHTTPRequestHandler):
    server: Table

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append({**json.loads(body), "signed": self.headers["authorization"]})
        if len(self.server.asked) > 1:
            self.server.again.set()
        answer = json.dumps({"Item": {"status": {"S": self.server.status}}}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def table() -> Iterator[Table]:
    served = Table()
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


# As the local pool has it: a process that ordered the work, and one that does it.
POOL = """
import multiprocessing, re, sys
def work(pipe):
    from node_containers.runtime.guarding import guard
    guard()
    pipe.send(multiprocessing.current_process().pid)
    re.match("(.|[^!]|[^?])*!", "a" * 64)
context = multiprocessing.get_context("fork")
mine, theirs = context.Pipe()
context.Process(target=work, args=(theirs,)).start()
print(mine.recv(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def stage(table: Table) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{table.server_port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "FLOWZA_BUCKET": "bucket",
        "FLOWZA_RUNS_TABLE": "runs",
    }
    process = subprocess.Popen([sys.executable, "-c", STAGE], env=environment, stdout=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


def test_a_stage_that_cannot_hear_is_ended_once_its_run_was_stopped(table: Table, stage: "subprocess.Popen[bytes]") -> None:
    assert stage.stdout is not None
    child = psutil.Process(int(stage.stdout.readline()))
    assert table.again.wait(PATIENCE_SECONDS), "it was not asked twice"
    assert stage.poll() is None, "a run that goes on is left alone"
    assert table.asked[0]["Key"] == {"pk": {"S": "run#run_1"}, "sk": {"S": "run"}}
    assert table.asked[0]["signed"].startswith("AWS4-HMAC-SHA256")
    table.status = "stopped"
    assert stage.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    assert psutil.wait_procs([child], PATIENCE_SECONDS)[1] == []


def test_a_guard_ends_with_its_stage(table: Table, stage: "subprocess.Popen[bytes]") -> None:
    assert stage.stdout is not None
    child = psutil.Process(int(stage.stdout.readline()))
    stage.kill()
    assert psutil.wait_procs([child], PATIENCE_SECONDS)[1] == []


def test_a_stage_that_cannot_hear_ends_with_the_pool() -> None:
    pool = subprocess.Popen([sys.executable, "-c", POOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert pool.stdout is not None
    child = psutil.Process(int(pool.stdout.readline()))
    pool.kill()
    pool.wait()
    assert psutil.wait_procs([child], PATIENCE_SECONDS)[1] == []
