"""Objects in somebody's S3 bucket, through the one door, with that person's own keys or with none.

Never with the rights of the function that does the work: those reach everybody's data. So requests are signed here (botocore's signer) and sent by `web.py`.
"""

import fnmatch
import hashlib
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from node_containers.connect import web
from node_containers.sdk import NodeError

MAX_OBJECTS = 10_000
LIST_BYTES = 16 * 2**20
# On an object that may not be replaced: which node of which run has written it, so that a retry knows its own.
MARK = "x-amz-meta-flowza-write"
_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/?(.*)", re.DOTALL)


class Login(NamedTuple):
    """What a secret holds for a bucket: `{"aws_access_key_id", "aws_secret_access_key", "aws_session_token"?, "region"?, "endpoint_url"?}`."""

    key: str | None = None
    secret: str | None = None
    token: str | None = None
    region: str = "us-east-1"
    endpoint: str | None = None


class Entry(NamedTuple):
    name: str
    bytes: int


def login_of(secret: str | None, region: str) -> Login:
    """The login in a secret; the one of a public bucket where there is none. Raises `secret-invalid` without its words."""
    if secret is None:
        return Login(region=region)
    try:
        held = json.loads(secret)
        return Login(
            str(held["aws_access_key_id"]),
            str(held["aws_secret_access_key"]),
            held.get("aws_session_token"),
            str(held.get("region") or region),
            held.get("endpoint_url"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        hint = 'It is JSON: {"aws_access_key_id": "…", "aws_secret_access_key": "…"}.'
        raise NodeError(
            "secret-invalid", "The secret does not hold a login for S3.", field="params.connection_secret", hint=hint
        ) from wrong


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`."""
    match = _URI.fullmatch(uri.strip())
    if not match or ".." in match[1]:
        raise NodeError("uri-invalid", "This is no S3 address.", field="params.uri", hint="It looks like s3://bucket/folder/file.csv.")
    return match[1], match[2]


def entries(login: Login, bucket: str, prefix: str, pattern: str) -> list[Entry]:
    """The objects below a prefix whose last part of the name fits the pattern, by name."""
    found: list[Entry] = []
    for entry in _listed(login, bucket, prefix):
        if fnmatch.fnmatchcase(entry.name.rpartition("/")[2], pattern) and not entry.name.endswith("/"):
            found.append(entry)
        if len(found) > MAX_OBJECTS:
            raise NodeError(
                "too-many-objects", f"More than {MAX_OBJECTS:,} objects fit.", field="params.pattern", hint="Name a deeper folder."
            )
    return sorted(found)


def _listed(login: Login, bucket: str, prefix: str) -> Iterator[Entry]:
    query = {"list-type": "2", "prefix": prefix}
    while True:
        url = f"{_base(login, bucket)}/?{urlencode(sorted(query.items()), quote_via=quote)}"
        with web.Exchange(web.target_of(url)) as exchange:
            answer = exchange.send("GET", signed(login, "GET", url))
            document = answer.read(LIST_BYTES)
        if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
            raise NodeError("host-failed", "The list of objects is not what S3 sends.", hint="Check the endpoint.")
        root = ElementTree.fromstring(document)  # noqa: S314 entities were refused, and the size is bounded
        space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
        for one in root.iter(f"{space}Contents"):
            yield Entry(one.findtext(f"{space}Key") or "", int(one.findtext(f"{space}Size") or 0))
        if root.findtext(f"{space}IsTruncated") != "true":
            return
        query["continuation-token"] = root.findtext(f"{space}NextContinuationToken") or ""


def fetch(login: Login, bucket: str, name: str, to: Path, max_bytes: int) -> None:
    url = f"{_base(login, bucket)}/{quote(name)}"
    web.download(url, to, headers=signed(login, "GET", url), max_bytes=max_bytes)


def store(login: Login, bucket: str, name: str, path: Path) -> None:
    """PUT a file; an object of that name is replaced."""
    url = f"{_base(login, bucket)}/{quote(name)}"
    headers = {**signed(login, "PUT", url), "Content-Length": str(path.stat().st_size)}
    with web.Exchange(web.target_of(url)) as exchange, path.open("rb") as file:
        exchange.send("PUT", headers, body=file)


def create(login: Login, bucket: str, name: str, path: Path, identity: str) -> bool:
    """PUT a file where no object has that name. False where an earlier try of the same `identity` has done it; raises `object-exists`.

    S3 itself holds the condition, so of two who write at once one is refused. It is asked before, too: a large file is not sent in vain, and a store that
    does not know the condition replaces nothing that was there.
    """
    mark = hashlib.sha256(identity.encode()).hexdigest()
    found = _mark(login, bucket, name)
    if found is None:
        url = f"{_base(login, bucket)}/{quote(name)}"
        headers = {**signed(login, "PUT", url, {"If-None-Match": "*", MARK: mark}), "Content-Length": str(path.stat().st_size)}
        with web.Exchange(web.target_of(url)) as exchange, path.open("rb") as file:
            if exchange.send("PUT", headers, body=file, good=(200, 409, 412)).status == 200:
                return True
        found = _mark(login, bucket, name)
    if found == mark:
        return False
    hint = "Choose another address, or the mode overwrite or new."
    raise NodeError("object-exists", f"There is an object s3://{bucket}/{name} already.", field="params.mode", hint=hint)


def _mark(login: Login, bucket: str, name: str) -> str | None:
    """The mark of an object, empty where it has none; None where there is no object, or where the login may not look."""
    url = f"{_base(login, bucket)}/{quote(name)}"
    with web.Exchange(web.target_of(url)) as exchange:
        answer = exchange.send("HEAD", signed(login, "HEAD", url), good=(200, 403, 404))
        return (answer.getheader(MARK) or "") if answer.status == 200 else None


def signed(login: Login, method: str, url: str, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers with which S3 knows who asks, with others that are to be signed; only those for a public bucket."""
    if login.key is None or login.secret is None:
        return dict(headers or {})
    request = AWSRequest(method=method, url=url, headers=dict(headers or {}))
    request.context["payload_signing_enabled"] = False
    request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
    S3SigV4Auth(Credentials(login.key, login.secret, login.token), "s3", login.region).add_auth(request)
    return dict(request.headers.items())


def _base(login: Login, bucket: str) -> str:
    if login.endpoint:
        return f"{login.endpoint.rstrip('/')}/{bucket}"
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-[0-9]", login.region):
        raise NodeError("region-unknown", f"There is no region “{login.region[:40]}”.", field="params.region", hint="Such as eu-central-1.")
    return f"https://s3.{login.region}.amazonaws.com/{bucket}"
