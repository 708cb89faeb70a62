"""The process beside a stage: it ends the stage when its run was stopped and the stage cannot hear of it.

    stage ──a signed question with every heartbeat──▶ this ──silence──▶ the runs table ──stopped──▶ SIGKILL to the stage

Some computations in C keep the interpreter to themselves for as long as they take, so that no heartbeat runs: LAPACK under a linear regression, a regular
expression that backtracks. This file is run by path with nothing but the standard library, so that it starts at once and holds little.
"""

import json
import os
import select
import signal
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

# Longer than a heartbeat: a stage that is awake looks for itself.
SILENCE_SECONDS = 4.0
ANSWER_SECONDS = 5.0


def is_stopped(question: dict[str, Any]) -> bool:
    """Ask `{"url", "headers", "body", "ca"}` for the run; what cannot be answered now is asked again."""
    place = urlsplit(question["url"])
    try:
        connection = _connect(place.scheme, place.netloc, question["ca"])
        connection.request("POST", place.path or "/", question["body"], question["headers"])
        item = json.loads(connection.getresponse().read()).get("Item", {})
        connection.close()
    except (OSError, HTTPException, ValueError):
        return False
    return bool(item.get("status", {}).get("S") == "stopped")


def _connect(scheme: str, place: str, ca: str) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(place, timeout=ANSWER_SECONDS)
    import ssl

    return HTTPSConnection(place, timeout=ANSWER_SECONDS, context=ssl.create_default_context(cafile=ca))


def main(stage: int, above: int | None = None) -> None:
    """Until the stage ends, or lets go of the pipe. Lines are questions, the newest counts; an empty one says that nothing is worked on. `above` is a pipe that
    closes with the process that ordered the work: nobody waits for the stage then."""
    heard, question = b"", None
    while os.getppid() == stage:
        ready = select.select([0] if above is None else [0, above], [], [], SILENCE_SECONDS if question else None)[0]
        if above in ready:
            os.kill(stage, signal.SIGKILL)
            return
        if ready:
            said = os.read(0, 65_536)
            if not said:
                return
            *lines, heard = (heard + said).split(b"\n")
            question = (json.loads(lines[-1]) if lines[-1] else None) if lines else question
        elif question and is_stopped(question) and os.getppid() == stage:
            os.kill(stage, signal.SIGKILL)
            return


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
