"""The first process of a task's container: runs the stage in a second one, and says so when that one dies without a word.

    machine ─▶ container ─▶ this ─▶ node_containers.runtime.task ─▶ success, failure, heartbeats ─▶ machine

A stage that outgrows its memory is killed by the kernel, which takes the largest process: the second. This one is small, survives, and gives the machine
the name of the death at once; without it the machine would wait for a heartbeat. It imports the AWS client only then.
"""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

from node_containers.runtime.stopping import STOPPED_EXIT

# What a work process ends with that has said everything itself.
SAID = (0, STOPPED_EXIT)
# Fargate kills the container 30 seconds after its SIGTERM. A computation that does not come to its next line of Python before is ended here.
STOP_SECONDS = 20


def death(code: int) -> tuple[str, str] | None:
    """Name and words for how the work process ended, from its return code; None where it has said so itself."""
    if code in SAID:
        return None
    if code == -signal.SIGKILL:
        return "Runtime.OutOfMemory", f"the task was killed: it used more than its {os.environ.get('FLOWZA_MEMORY_MB', '?')} MB"
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    return "Runtime.ExitError", f"the task ended {how} and no answer"


def main() -> int:
    """The container's ENTRYPOINT."""
    work = subprocess.Popen([sys.executable, "-m", "node_containers.runtime.task"])
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()
        work.send_signal(number)
        late = threading.Timer(STOP_SECONDS, work.kill)
        late.daemon = True
        late.start()

    signal.signal(signal.SIGTERM, stop)
    code = work.wait()
    died = death(code)
    if died is not None:
        from node_containers.runtime.tokens import tell

        name, words = ("ToldToStop", "told to stop by SIGTERM") if stopping.is_set() else died
        tell("send_task_failure", taskToken=os.environ["FLOWZA_TASK_TOKEN"], error=name, cause=words)
    return 1 if died else 0


if __name__ == "__main__":
    sys.exit(main())
