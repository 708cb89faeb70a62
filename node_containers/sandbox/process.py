"""Start the child, wait for it, end it, and read what it left: nothing of this process is in it but the rows and the code."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from node_containers.reading.formats import from_arrow
from node_containers.sandbox.walls import NOBODY, can_be_nobody
from node_containers.sdk import NodeError

ROOT = Path(__file__).parents[2]
# What the code may take beside Python, its libraries and the rows, where nobody says. The most is `memory_mb` of the node: the function on AWS has 2,048.
MEMORY_MB = 1_024
MAX_SECONDS = 600
# Imports and the reading of the rows come before the code's own time.
START_SECONDS = 60
# So often it is looked whether anybody still waits for the answer.
LOOK_SECONDS = 2.0
MAX_OUTPUT_BYTES = 2 * 2**30
# The code sees the libraries and not what lies beside our own: in an image both are in one folder, which no interpreter looks into by itself.
LIBRARIES = Path(pd.__file__).parents[1]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from node_containers.sandbox.child import main; sys.path.pop(0); "
    "sys.argv[2] in sys.path or sys.path.append(sys.argv[2]); main()"
)


def run_apart(
    code: str,
    frame: pd.DataFrame,
    params: Mapping[str, Any],
    seconds: int,
    log: Callable[[str], None],
    memory_mb: int = MEMORY_MB,
) -> pd.DataFrame:
    """`run(df, params)` of the code, in a process that can reach nothing. Raises `NodeError` custom-*, with the code's own line."""
    with tempfile.TemporaryDirectory(prefix="flowza-apart-") as place:
        folder = Path(place)
        frame.to_parquet(folder / "input.parquet", index=False)
        run_files(code, folder, params, seconds, log, memory_mb=memory_mb)
        return output(folder)


def run_files(
    code: str,
    folder: Path,
    params: Mapping[str, Any],
    seconds: int,
    log: Callable[[str], None],
    wanted: Callable[[], bool] = lambda: True,
    memory_mb: int = MEMORY_MB,
) -> None:
    """The same over `input.parquet` of a folder, into its `output.parquet`. Ends with `custom-stopped` where nobody wants it any more."""
    order = {
        "code": code,
        "params": dict(params),
        "folder": str(folder),
        "seconds": seconds,
        "memory_bytes": memory_mb * 2**20,
        "parent": os.getpid(),
    }
    if can_be_nobody():
        # The child becomes nobody: the folder must be nobody's.
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
    code_of_exit = _wait(json.dumps(order).encode(), folder, seconds, wanted)
    try:
        report = json.loads((folder / "report.json").read_text("utf-8"))
    except (OSError, ValueError):
        log((folder / "stderr").read_text("utf-8", "replace")[-2000:])
        raise _no_report(code_of_exit) from None
    for line in str(report.get("printed", "")).splitlines():
        log(line)
    if "calls" not in report.get("walls", ()):
        log("this machine could not wall off the network: it has no seccomp")
    if report.get("code"):
        log(str(report.get("trace", "")))
        code, field = str(report["code"]), "params.memory_mb" if report["code"] == "custom-memory" else "params.code"
        raise NodeError(code, str(report["message"]), field=field, hint=_HINTS.get(code, "Mend this line."))


def _wait(order: bytes, folder: Path, seconds: int, wanted: Callable[[], bool]) -> int:
    # An empty environment: no keys, no addresses, no settings. One thread, and always the same order of sets.
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    # The kind of processor that is computed for goes with the image (docs/adr/0051).
    environment |= {name: os.environ[name] for name in ("OPENBLAS_CORETYPE",) if name in os.environ}
    command = [sys.executable, "-I", "-B", "-c", _START, str(ROOT), str(LIBRARIES)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "stderr").open("wb"),
        cwd=folder,
        env=environment,
        start_new_session=True,
        close_fds=True,
    ) as child:
        try:
            _attend(child, order, seconds + START_SECONDS, wanted)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            raise NodeError(
                "custom-timeout",
                f"The code took more than its {seconds} seconds.",
                field="params.timeout_seconds",
                hint=_HINTS["custom-timeout"],
            ) from None
        except BaseException:
            child.kill()
            raise
    return child.returncode


def _attend(child: "subprocess.Popen[bytes]", order: bytes, seconds: float, wanted: Callable[[], bool]) -> None:
    """Until the child ends. Raises `subprocess.TimeoutExpired` behind its time, and `NodeError` where nobody wants its answer."""
    until, told = time.monotonic() + seconds, False
    while True:
        left = until - time.monotonic()
        try:
            child.communicate(None if told else order, timeout=max(0.0, min(LOOK_SECONDS, left)))
        except subprocess.TimeoutExpired:
            told = True
            if left <= LOOK_SECONDS:
                raise
            if not wanted():
                raise NodeError("custom-stopped", "The run was stopped while the code worked.", hint="Start it again.") from None
        else:
            return


def _no_report(exit_code: int) -> NodeError:
    if exit_code in (-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL):
        return NodeError(
            "custom-timeout",
            "The code took more than its time and was ended.",
            field="params.timeout_seconds",
            hint=_HINTS["custom-timeout"],
        )
    message = f"The code ended its process (exit code {exit_code})."
    return NodeError("custom-ended", message, field="params.code", hint="A function returns; it does not exit, and it fits into memory.")


def output(folder: Path) -> pd.DataFrame:
    """The rows the child left, read as a stranger's file."""
    path = folder / "output.parquet"
    try:
        if path.is_symlink() or path.stat().st_size > MAX_OUTPUT_BYTES:
            raise OSError("no plain file of a fair size")
        table = pq.read_table(path)
        if table.num_rows == 0:
            raise NodeError("data-no-rows", "run returned a table without rows.", field="params.code", hint="Check its filters.")
        return from_arrow(table).frame
    except (pa.ArrowException, OSError) as broken:
        raise NodeError(
            "custom-output",
            f"What run returned cannot be read: {str(broken)[:150]}.",
            field="params.code",
            hint="Return a plain DataFrame.",
        ) from broken


_HINTS = {
    "custom-not-allowed": "Custom code works on its rows: pandas, numpy, scikit-learn and the harmless part of the standard library.",
    "custom-syntax": "This is not Python yet: mend the line.",
    "custom-timeout": "Take fewer rows, work on whole columns instead of row by row, or allow more time.",
    "custom-memory": "Allow more memory, take fewer rows or columns, or use a node that is made for it.",
}
