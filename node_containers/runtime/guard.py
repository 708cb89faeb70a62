"""The process beside a stage: it ends the stage when its run was stopped and the stage cannot hear of it.

    stage ──a signed question with every heartbeat──▶ this ──silence──▶ the runs table ──stopped──▶ SIGKILL to the stage

Some computations in C keep the interpreter to themselves for as long as they take, so that no heartbeat runs: LAPACK under a linear regression, a regular
expression that backtracks. This file is run by path with nothing but the standard library, so that it starts at once and holds little.
"""

import os
import select
import signal
import sys

# Longer than a heartbeat: a stage that is awake looks for itself.
SILENCE_SECONDS = 4.0
ANSWER_SECONDS = 5.0


def is_stopped(question: bytes) -> bool:
    """Ask `{"url", "headers", "body", "ca"}` (JSON) for the run; what cannot be answered now is asked again."""
    # Few stages are silent for so long; loaded ahead, these would make the start of every guard three times as long.
    import json
    import ssl
    from http.client import HTTPConnection, HTTPException, HTTPSConnection
    from urllib.parse import urlsplit

    try:
        asked = json.loads(question)
        place = urlsplit(asked["url"])
        if place.scheme == "http":
            connection = HTTPConnection(place.netloc, timeout=ANSWER_SECONDS)
        else:
            trusted = ssl.create_default_context(cafile=asked["ca"])
            connection = HTTPSConnection(place.netloc, timeout=ANSWER_SECONDS, context=trusted)
        connection.request("POST", place.path or "/", asked["body"], asked["headers"])
        item = json.loads(connection.getresponse().read()).get("Item", {})
        connection.close()
    except (OSError, HTTPException, ValueError):
        return False
    return bool(item.get("status", {}).get("S") == "stopped")


def main(stage: int, above: int | None = None) -> None:
    """Until the stage ends, or lets go of the pipe. Lines are questions, the newest counts; an empty one says that nothing is worked on. `above` is a pipe that
    closes with the process that ordered the work: nobody waits for the stage then."""
    heard = question = b""
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
            question = lines[-1] if lines else question
        elif question and is_stopped(question) and os.getppid() == stage:
            os.kill(stage, signal.SIGKILL)
            return


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
