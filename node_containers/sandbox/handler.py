"""The function on AWS that runs somebody's code: its role may do nothing, so rows come and go by addresses that expire."""

import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from node_containers.sandbox.process import run_files
from node_containers.sdk import NodeError

BLOCK_BYTES = 2**20
TRANSFER_SECONDS = 120


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """`{"code", "params", "seconds", "input", "output"}` → `{"log"}` or `{"log", "error": {code, message, field, hint}}`."""
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="flowza-apart-") as place:
        folder = Path(place)
        _download(event["input"], folder / "input.parquet")
        try:
            run_files(event["code"], folder, event["params"], int(event["seconds"]), said.append, lambda: _is_there(event["input"]))
        except NodeError as failed:
            return {"log": said, "error": {"code": failed.code, "message": failed.message, "field": failed.field, "hint": failed.hint}}
        _upload(folder / "output.parquet", event["output"])
    return {"log": said}


def _is_there(url: str) -> bool:
    """Whether the rows still lie where they were lent from: the node function deletes them when its run is stopped. A role that may not list is told 403."""
    first = urllib.request.Request(url, headers={"Range": "bytes=0-0"})  # noqa: S310 as below
    try:
        urllib.request.urlopen(first, timeout=TRANSFER_SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError as refused:
        return refused.code not in (403, 404)
    except OSError:
        return True
    return True


def _download(url: str, to: Path) -> None:
    with urllib.request.urlopen(url, timeout=TRANSFER_SECONDS) as answer, to.open("wb") as file:  # noqa: S310 made by the node function, not by people
        while block := answer.read(BLOCK_BYTES):
            file.write(block)


def _upload(path: Path, url: str) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        request = urllib.request.Request(url, data=file, method="PUT", headers={"Content-Length": str(size)})  # noqa: S310 as above
        urllib.request.urlopen(request, timeout=TRANSFER_SECONDS).close()  # noqa: S310
