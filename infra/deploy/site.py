"""The canvas into its bucket: files named by their hash are kept by browsers for ever, the page itself is asked for every time."""

import mimetypes
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.deploy.target import Refused, client
from infra.package import ROOT

DIST = ROOT / "frontend" / "dist"
FOREVER, ASK, HOUR = "public, max-age=31536000, immutable", "no-cache", "public, max-age=3600"
# Somebody may have the page before this one open: its parts stay for a week.
KEPT_DAYS = 7


def files(folder: Path = DIST) -> list[Path]:
    """The built canvas, the page last: whoever gets it finds all it names. Raises `Refused` where there is no page."""
    if not (folder / "index.html").exists():
        raise Refused(f"There is no built canvas at {folder}. Build it with `make prepare-dev`, or name one: --canvas DIR.")
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return sorted(found, key=lambda path: path.name == "index.html")


def cache_control(name: str) -> str:
    if name == "index.html":
        return ASK
    return FOREVER if name.startswith("assets/") else HOUR


def upload(bucket: str, folder: Path = DIST) -> int:
    """Put the canvas into the bucket and remove what has not been part of it for a week; the number of files."""
    names = set()
    for path in files(folder):
        name = path.relative_to(folder).as_posix()
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        client("s3").put_object(Bucket=bucket, Key=name, Body=path.read_bytes(), ContentType=kind, CacheControl=cache_control(name))
        names.add(name)
    before = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            if entry["Key"] not in names and entry["LastModified"] < before:
                client("s3").delete_object(Bucket=bucket, Key=entry["Key"])
    return len(names)
