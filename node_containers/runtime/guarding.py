"""The stage's side of its guard (`guard.py`), one for each process: it hears with every heartbeat what to ask (docs/adr/0067-a-guard-beside-the-stage.md)."""

import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import get_cert_path

from node_containers.runtime.settings import client, keys, load

GUARD = Path(__file__).with_name("guard.py")


class Guard:
    """A process that ends this one when the run it works on was stopped and this one stays silent."""

    def __init__(self) -> None:
        # In the local pool; a function's process has none above it that could end first.
        above = multiprocessing.parent_process()
        closing = [] if above is None else [above.sentinel]
        order = [sys.executable, "-I", "-S", *map(str, (GUARD, os.getpid(), *closing))]
        theirs, self._pipe = os.pipe()
        self._process = subprocess.Popen(order, stdin=theirs, stdout=subprocess.DEVNULL, pass_fds=closing)
        os.close(theirs)
        # A guard that hangs must not hold up the work.
        os.set_blocking(self._pipe, False)

    def tell(self, run: str) -> None:
        """This run is worked on."""
        try:
            line = _question(run)
        except Exception:
            # No credentials just now: the last question stands, and whoever asks the cloud for the work itself meets the same trouble and names it.
            return
        self._say(line)

    def rest(self) -> None:
        """Nothing is worked on."""
        self._say("")

    def _say(self, line: str) -> None:
        # Where the guard is gone, the heartbeat still looks.
        with contextlib.suppress(OSError):
            os.write(self._pipe, line.encode() + b"\n")


@cache
def guard() -> Guard:
    """The guard of this process; begun ahead of the first order where there is time."""
    return Guard()


def _question(run: str) -> str:
    """A GetItem of the run, signed: AWS takes it for five minutes. The guard has neither credentials nor a client."""
    table = client("dynamodb").meta
    body = json.dumps({"TableName": load().runs_table, "Key": {"pk": {"S": f"run#{run}"}, "sk": {"S": "run"}}, "ConsistentRead": True})
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
    request = AWSRequest("POST", table.endpoint_url, headers=headers, data=body)
    SigV4Auth(keys(), "dynamodb", table.region_name).add_auth(request)
    return json.dumps({"url": request.url, "headers": dict(request.headers), "body": body, "ca": get_cert_path(True)})
