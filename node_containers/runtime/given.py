"""What a node is given besides its inputs: its dataset, a registered model, an endpoint's log, secrets, a place for files, a sandbox for somebody's code."""

import contextlib
import hashlib
import io
import json
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import joblib
import pandas as pd
import pyarrow.parquet as pq
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from node_containers.reading.formats import from_arrow
from node_containers.runtime import storage
from node_containers.runtime.effects import ask
from node_containers.runtime.settings import client, load
from node_containers.runtime.stopping import STOPPED_EXIT
from node_containers.sdk import Apart, Asked, Dataset, Endpoint, Model, NodeError

MASK = "••••••"
# Shorter texts are no secrets, and hiding them would make a log unreadable.
MIN_HIDDEN_CHARACTERS = 4
# What the sandbox takes to start and to move the rows, beside the code's own time.
SANDBOX_START_SECONDS = 240
# Older than half a minute, a lease holds no longer (`sandbox/handler.py`).
LEASE_RENEWED_SECONDS = 5.0
# Objects that the sandbox works on or will write, of this process.
_LENT: set[str] = set()
# Held while a lease is written: what is deleted is not written again.
_LEASING = threading.Lock()


class Secrets:
    """The secrets one stage has looked up, so that no log, error or word on a card can hold them."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._hidden: set[str] = set()

    def get(self, name: str) -> str:
        if not load().platform_function:
            raise NodeError(
                "secret-unavailable",
                f"The secret “{name}” lies in Flowza, which an exported workflow runs without.",
                hint="Run it in Flowza.",
            )
        try:
            found = client("secretsmanager").get_secret_value(SecretId=f"flowza/{load().stage}/{self._owner}/{name}")
        except ClientError as missing:
            if missing.response["Error"]["Code"] not in ("ResourceNotFoundException", "InvalidRequestException"):
                raise
            raise NodeError(
                "secret-unknown", f"There is no secret “{name}” any more.", hint="Save it again, or choose another."
            ) from missing
        value = str(found["SecretString"])
        self._hidden |= {part for part in _parts(value) if len(part) >= MIN_HIDDEN_CHARACTERS}
        return value

    def hide(self, text: str) -> str:
        """The text without any value that was looked up, or a telling part of one."""
        for value in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text


def _parts(value: str) -> Iterator[str]:
    """The value and what of it is a secret by itself: lines, the password of an address, the values of headers or of a JSON object."""
    yield value
    for line in value.splitlines():
        yield line.strip()
        yield line.partition(":")[2].strip()
        yield from line.partition(":")[2].split()
    with contextlib.suppress(ValueError):
        password = urlsplit(value).password or ""
        yield from (password, unquote(password))
    with contextlib.suppress(ValueError):
        document = json.loads(value)
        if isinstance(document, dict):
            yield from (str(one) for one in document.values())


@contextlib.contextmanager
def dataset(wanted: Mapping[str, Any] | None) -> Iterator[Dataset | None]:
    """The dataset the plan speaks of, on the local disk for as long as the node works. Raises `data-changed` where it is not what was planned with."""
    if wanted is None or wanted["ref"].startswith("sample:"):
        yield None if wanted is None else Dataset(wanted["ref"], sample=wanted["ref"].removeprefix("sample:"))
        return
    with tempfile.TemporaryDirectory(prefix="flowza-") as place:
        path = Path(place) / "content"
        client("s3").download_file(load().bucket, wanted["object"], str(path))
        if wanted.get("sha256") and sha256(path) != wanted["sha256"]:
            message = f"The file of the dataset {wanted['ref']} is not the one that was checked: its SHA-256 differs."
            raise NodeError("data-changed", message, field="params.dataset", hint="Upload it again as a new dataset.")
        yield Dataset(wanted["ref"], path=str(path), filename=wanted["filename"])


def model(wanted: Mapping[str, Any] | None) -> Model | None:
    """The registered model of the plan. Only bytes that match the hash of the registry are ever unpickled."""
    if wanted is None:
        return None
    data = storage.read(wanted["object"])
    if hashlib.sha256(data).hexdigest() != wanted["sha256"]:
        message = f"The stored model {wanted['name']} version {wanted['version']} was altered: its SHA-256 does not match."
        raise NodeError("model-altered", message, hint="Use another version, or train it again.")
    stored = {name: wanted[name] for name in ("object", "sha256", "bytes", "key")}
    return Model(joblib.load(io.BytesIO(data)), dict(wanted["info"]), {"name": wanted["name"], "version": wanted["version"]}, stored)


def endpoint(wanted: Mapping[str, Any] | None) -> Endpoint | None:
    """The endpoint of the plan."""
    return None if wanted is None else Endpoint(wanted["id"], wanted["name"], dict(wanted["types"]))


def asked(run: str) -> Asked:
    """What an endpoint was asked, page by page from the platform, which looks up whose run this is."""

    def read(endpoint: Endpoint, since: str, until: str, version: int | None, with_truth: bool, limit: int) -> Iterator[dict[str, Any]]:
        order: dict[str, Any] = {"run": run, "endpoint": endpoint.id, "since": since, "until": until}
        order |= {"version": version, "with_truth": with_truth}
        while limit > 0:
            page = ask({"predictions": {**order, "limit": limit}}, "the prediction log")
            yield from page["items"]
            limit -= len(page["items"])
            if page["next"] is None:
                return
            order["until"] = page["next"]

    return read


def keep_file(owner: str, key: str, name: str, path: str, content_type: str) -> dict[str, Any]:
    """Store a file among a node's results, named by its hash, without holding it."""
    digest = sha256(Path(path))
    stem, _, suffix = name.rpartition(".")
    place = f"{storage.folder(owner, key)}/{stem}.{digest[:16]}.{suffix}"
    storage.upload(place, path, content_type)
    return {"object": place, "sha256": digest, "bytes": Path(path).stat().st_size, "name": name}


def end_work() -> None:
    """The run was stopped while a node works. Code in the sandbox ends when its rows are gone; this process ends at once."""
    names = list(_LENT)
    held = _LEASING.acquire(timeout=LEASE_RENEWED_SECONDS)
    _LENT.clear()
    if held:
        _LEASING.release()
    for name in names:
        with contextlib.suppress(ClientError, BotoCoreError):
            client("s3").delete_object(Bucket=load().bucket, Key=name)
    os._exit(STOPPED_EXIT)


def apart(owner: str, key: str, charge: Callable[[float], None]) -> Apart:
    """Somebody's code in the sandbox function: its role may do nothing, so it gets addresses that expire for the rows it takes and gives. `charge` hears how
    many milliseconds the function took, whether it answered or not."""

    def run(
        code: str, frame: pd.DataFrame, params: Mapping[str, Any], seconds: int, log: Callable[[str], None], memory_mb: int
    ) -> pd.DataFrame:
        if not load().sandbox_function:
            raise NodeError(
                "sandbox-unavailable", "Custom code needs its sandbox, which an exported workflow runs without.", hint="Run it in Flowza."
            )
        place = f"{storage.folder(owner, key)}/apart/{uuid.uuid4()}"
        names = {"input": f"{place}/input.parquet", "output": f"{place}/output.parquet", "lease": f"{place}/lease"}
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False, compression="zstd")
        storage.write(names["input"], buffer.getvalue(), "application/vnd.apache.parquet")
        _LENT.update(names.values())
        try:
            with _lease(names["lease"]):
                limits = {"seconds": seconds, "memory_mb": memory_mb}
                began = time.perf_counter()
                try:
                    answer = _invoke_sandbox({"code": code, "params": dict(params), **limits, **_addresses(names, seconds)}, seconds)
                finally:
                    charge(1000 * (time.perf_counter() - began))
            for line in answer["log"]:
                log(line)
            if answer.get("error"):
                raise NodeError(**answer["error"])
            return from_arrow(pq.read_table(io.BytesIO(storage.read(names["output"])))).frame
        finally:
            for name in names.values():
                client("s3").delete_object(Bucket=load().bucket, Key=name)
            _LENT.difference_update(names.values())

    return run


@contextlib.contextmanager
def _lease(name: str) -> Iterator[None]:
    """Write an object anew for as long as somebody waits here: a worker that is killed lets it grow old, and the sandbox ends."""
    storage.write(name, b"", "text/plain")
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(LEASE_RENEWED_SECONDS):
            with _LEASING, contextlib.suppress(ClientError, BotoCoreError):
                if name in _LENT:
                    storage.write(name, b"", "text/plain")

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _addresses(names: Mapping[str, str], seconds: int) -> dict[str, str]:
    """Where the sandbox reads and writes, for as long as it may work and a little longer."""
    lives = seconds + 2 * SANDBOX_START_SECONDS
    verbs = {"input": "get_object", "output": "put_object", "lease": "get_object"}
    return {
        part: client("s3").generate_presigned_url(verbs[part], Params={"Bucket": load().bucket, "Key": name}, ExpiresIn=lives)
        for part, name in names.items()
    }


def _invoke_sandbox(order: Mapping[str, Any], seconds: int) -> dict[str, Any]:
    # It waits as long as the code may work, and never asks twice: the code has run.
    config = Config(read_timeout=seconds + SANDBOX_START_SECONDS, retries={"total_max_attempts": 1})
    answer = boto3.client("lambda", config=config).invoke(FunctionName=load().sandbox_function, Payload=json.dumps(order).encode())
    body = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(body, dict) or "log" not in body:
        words = str((body or {}).get("errorMessage", "no answer"))[:200] if isinstance(body, dict) else "no answer"
        raise NodeError(
            "custom-ended", f"The sandbox ended without an answer: {words}.", field="params.code", hint="Take fewer rows, or less memory."
        )
    return body


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
