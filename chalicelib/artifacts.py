"""Objects in the bucket: where things lie, and addresses that expire."""

import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib import settings
from chalicelib.errors import NotFound

URL_SECONDS = 300


def dataset_object(owner: str, dataset: str) -> str:
    return f"o/{owner}/datasets/{dataset}/content"


def profile_object(owner: str, dataset: str) -> str:
    return f"o/{owner}/datasets/{dataset}/profile.json"


def rows_object(owner: str, dataset: str) -> str:
    return f"o/{owner}/datasets/{dataset}/rows.parquet"


def manifest_object(owner: str, key: str) -> str:
    return f"o/{owner}/artifacts/{key}/manifest.json"


def run_object(owner: str, run: str, name: str) -> str:
    return f"o/{owner}/runs/{run}/{name}"


def put_json(name: str, value: Any) -> None:
    body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    settings.client("s3").put_object(Bucket=settings.load().bucket, Key=name, Body=body, ContentType="application/json")


def read_json(name: str) -> Any:
    return json.loads(read(name))


def read(name: str) -> bytes:
    """An object's bytes; `NotFound` where it is gone."""
    try:
        return bytes(settings.client("s3").get_object(Bucket=settings.load().bucket, Key=name)["Body"].read())
    except ClientError as missing:
        if missing.response["Error"]["Code"] in ("NoSuchKey", "404"):
            raise NotFound("The stored result is gone.", hint="Run the node again.") from missing
        raise


def size_of(name: str) -> int | None:
    """Bytes of an object, None where there is none."""
    try:
        return int(settings.client("s3").head_object(Bucket=settings.load().bucket, Key=name)["ContentLength"])
    except ClientError as missing:
        if missing.response["Error"]["Code"] in ("NoSuchKey", "404", "NotFound"):
            return None
        raise


def manifests(owner: str, keys: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The manifest of every node whose key has a complete result already."""
    names = sorted(keys)
    if not names:
        return {}
    with ThreadPoolExecutor(min(16, len(names))) as pool:
        found = list(pool.map(lambda name: _manifest(manifest_object(owner, keys[name])), names))
    return {name: manifest for name, manifest in zip(names, found, strict=True) if manifest is not None}


def _manifest(name: str) -> dict[str, Any] | None:
    try:
        found = read_json(name)
    except NotFound:
        return None
    except ValueError:
        # Somebody altered it: it counts as gone, and the node makes it anew.
        return None
    return found if isinstance(found, dict) and "outputs" in found else None


def copy(source: str, target: str) -> None:
    """Copy an object within the bucket. S3 does it in one request up to 5 GiB, which no file here exceeds."""
    bucket = settings.load().bucket
    settings.client("s3").copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": source})


def delete_below(prefix: str) -> None:
    """Remove every object under a prefix that ends with a slash."""
    pages = settings.client("s3").get_paginator("list_objects_v2").paginate(Bucket=settings.load().bucket, Prefix=prefix)
    _delete(entry["Key"] for page in pages for entry in page.get("Contents", []))


def _delete(names: Iterable[str]) -> None:
    for name in names:
        settings.client("s3").delete_object(Bucket=settings.load().bucket, Key=name)


@cache
def _signer() -> Any:
    """Signs addresses for browsers: they name the public storage address, which need not be the one this process talks to."""
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=settings.load().storage_url, config=config)


def download_url(name: str, filename: str) -> str:
    """An address that gives the object for five minutes, as a download and never as a page."""
    # The name ends up in a header: people's own words are reduced to what a header and any file system take.
    filename = re.sub(r"[^A-Za-z0-9._-]+", "_", filename)[-120:]
    params = {"Bucket": settings.load().bucket, "Key": name, "ResponseContentDisposition": f'attachment; filename="{filename}"'}
    return str(_signer().generate_presigned_url("get_object", Params=params, ExpiresIn=URL_SECONDS))


def upload_url(name: str, size: int) -> str:
    """An address that takes exactly `size` bytes within five minutes: the length is part of the signature."""
    params = {"Bucket": settings.load().bucket, "Key": name, "ContentLength": size}
    return str(_signer().generate_presigned_url("put_object", Params=params, ExpiresIn=URL_SECONDS))
