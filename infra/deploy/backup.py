"""A stage's data in a folder, and back: every item of the tables and every object of the bucket, with counts and hashes.

AWS keeps point-in-time backups of the tables and versions of the objects by itself (`infra/resources.yaml`); this is the copy that leaves the account, or
moves to another.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.target import Refused, Target, client

FORM = 1
BATCH = 25


def save(target: Target, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Write the data into an empty folder; its contents. Raises `Refused` where the folder holds something."""
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} is not empty. Name a new folder: a backup never overwrites another.")
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, Any] = {"form": FORM, "stage": target.stage, "tables": {}, "objects": {}}
    for name in target.tables:
        contents["tables"][_short(target, name)] = _save_table(name, folder / f"{_short(target, name)}.jsonl.gz")
    say(f"{sum(contents['tables'].values())} items")
    for key, body in _objects(target.bucket):
        digest = hashlib.sha256(body).hexdigest()
        place = folder / "objects" / digest[:2] / digest
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
        contents["objects"][key] = digest
    say(f"{len(contents['objects'])} objects")
    # Written last: a backup without it is no backup.
    (folder / "contents.json").write_text(json.dumps(contents, indent=1, sort_keys=True))
    return contents


def restore(target: Target, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Put the data back, into tables and bucket that are there; what it overwrites is lost, what is beside it stays. Raises `Refused` for a damaged backup."""
    contents = _read(folder)
    for key, digest in contents["objects"].items():
        body = (folder / "objects" / digest[:2] / digest).read_bytes()
        client("s3").put_object(Bucket=target.bucket, Key=key, Body=body)
    say(f"{len(contents['objects'])} objects")
    for name in target.tables:
        _restore_table(name, folder / f"{_short(target, name)}.jsonl.gz")
    say(f"{sum(contents['tables'].values())} items")
    return contents


def _read(folder: Path) -> dict[str, Any]:
    """The list of contents, every file of it checked before anything is written."""
    try:
        contents: dict[str, Any] = json.loads((folder / "contents.json").read_text())
    except (OSError, ValueError) as missing:
        raise Refused(f"There is no whole backup in {folder}: contents.json is missing or broken.") from missing
    if contents.get("form") != FORM:
        raise Refused(f"The backup in {folder} has the form {contents.get('form')}; this Flowza reads {FORM}.")
    for key, digest in contents["objects"].items():
        place = folder / "objects" / digest[:2] / digest
        if not place.exists() or hashlib.sha256(place.read_bytes()).hexdigest() != digest:
            raise Refused(f"The backup in {folder} is damaged: {key} is missing or was altered. Nothing was restored.")
    for table, count in contents["tables"].items():
        try:
            found = sum(1 for _ in _lines(folder / f"{table}.jsonl.gz"))
        except (OSError, EOFError, ValueError):
            found = -1
        if found != count:
            raise Refused(f"The backup in {folder} is damaged: {table} has not its {count} items. Nothing was restored.")
    return contents


def _short(target: Target, table: str) -> str:
    return table.removeprefix(f"flowza-{target.stage}-")


def _save_table(name: str, path: Path) -> int:
    count = 0
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for page in client("dynamodb").get_paginator("scan").paginate(TableName=name, ConsistentRead=True):
            for item in page["Items"]:
                file.write(json.dumps(item, sort_keys=True) + "\n")
                count += 1
    return count


def _restore_table(name: str, path: Path) -> None:
    batch: list[dict[str, Any]] = []
    for item in _lines(path):
        batch.append({"PutRequest": {"Item": item}})
        if len(batch) == BATCH:
            _write(name, batch)
            batch = []
    _write(name, batch)


def _write(name: str, batch: list[dict[str, Any]]) -> None:
    left = {name: batch} if batch else {}
    while left:
        left = client("dynamodb").batch_write_item(RequestItems=left).get("UnprocessedItems", {})


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _objects(bucket: str) -> Iterator[tuple[str, bytes]]:
    try:
        for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                yield entry["Key"], client("s3").get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
    except ClientError as missing:
        raise Refused(f"The bucket {bucket} cannot be read: {missing.response['Error']['Message']}.") from missing
