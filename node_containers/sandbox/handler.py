"""The function on AWS that runs somebody's code: its role may do nothing, so rows come and go by addresses that expire."""

import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from node_containers.sandbox.process import MEMORY_MB, run_files
from node_containers.sdk import NodeError

BLOCK_BYTES = 2**20
# The node function writes its lease anew every few seconds (`runtime/given.py`).
LEASE_SECONDS = 30.0
STALE_LOOKS = 5
TRANSFER_SECONDS = 120


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """`{"code", "params", "seconds", "memory_mb", "input", "output", "lease"}` → `{"log"}` or `{"log", "error": {code, message, field, hint}}`."""
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="flowza-apart-") as place:
        folder = Path(place)
        _download(event["input"], folder / "input.parquet")
        try:
            # A node function of the last release says no memory.
            memory_mb = int(event.get("memory_mb", MEMORY_MB))
            run_files(event["code"], folder, event["params"], int(event["seconds"]), said.append, Lease(event["lease"]).holds, memory_mb)
        except NodeError as failed:
            return {"log": said, "error": {"code": failed.code, "message": failed.message, "field": failed.field, "hint": failed.hint}}
        _upload(folder / "output.parquet", event["output"])
    return {"log": said}


class Lease:
    """Whether anybody still waits: the node function writes an object anew while it does, and deletes it when its run is stopped.

    A worker that was killed does neither. Both times come from the store, so that no clock has to be right; a machine that slept gives the node function a few
    looks' time to write again.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._stale_looks = 0

    def holds(self) -> bool:
        # A role that may not list is told 403 of what is gone.
        try:
            with urllib.request.urlopen(self._url, timeout=TRANSFER_SECONDS) as answer:  # noqa: S310 made by the node function, not by people
                age = _age(answer.headers)
        except urllib.error.HTTPError as refused:
            return refused.code not in (403, 404)
        except OSError:
            return True
        self._stale_looks = self._stale_looks + 1 if age > LEASE_SECONDS else 0
        return self._stale_looks < STALE_LOOKS


def _age(headers: Mapping[str, str]) -> float:
    """Seconds since the object was written, by the clock of the store; none where it does not say."""
    try:
        now, written = (parsedate_to_datetime(headers[name]) for name in ("Date", "Last-Modified"))
    except (KeyError, TypeError, ValueError):
        return 0.0
    return (now - written).total_seconds()


def _download(url: str, to: Path) -> None:
    with urllib.request.urlopen(url, timeout=TRANSFER_SECONDS) as answer, to.open("wb") as file:  # noqa: S310 made by the node function, not by people
        while block := answer.read(BLOCK_BYTES):
            file.write(block)


def _upload(path: Path, url: str) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        request = urllib.request.Request(url, data=file, method="PUT", headers={"Content-Length": str(size)})  # noqa: S310 as above
        urllib.request.urlopen(request, timeout=TRANSFER_SECONDS).close()  # noqa: S310
