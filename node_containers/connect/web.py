"""HTTP through the one door: no redirects, no proxies, a body that is never longer than it may be."""

import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from node_containers.connect import egress
from node_containers.sdk import NodeError

READ_SECONDS = 30
TOTAL_SECONDS = 600
BLOCK_BYTES = 2**20
ERROR_BYTES = 64 * 1024


@dataclass(frozen=True)
class Target:
    """An address taken apart. `path` holds the query too."""

    scheme: str
    host: str
    port: int
    path: str
    name: str = field(repr=False)


def target_of(url: str) -> Target:
    """Raises `url-invalid` for anything that is not plain http or https to a host."""
    hint = "It looks like https://example.org/data.csv."
    try:
        parts = urlsplit(url.strip())
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as wrong:
        raise NodeError("url-invalid", "This is no web address.", field="params.url", hint=hint) from wrong
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NodeError("url-invalid", "Only http and https addresses of a host can be loaded.", field="params.url", hint=hint)
    if parts.username is not None or parts.password is not None:
        raise NodeError(
            "url-invalid", "The address holds a user name or password.", field="params.url", hint="Save the login as a secret of headers."
        )
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    if any(ord(mark) <= 32 or ord(mark) > 126 for mark in path):
        raise NodeError(
            "url-invalid",
            "The address holds blanks or letters that an address cannot have.",
            field="params.url",
            hint="Write them as %20 and so on.",
        )
    return Target(parts.scheme, parts.hostname, port, path, parts.netloc.rpartition("@")[2])


def headers_of(secret: str) -> dict[str, str]:
    """The headers that a secret holds, one `Name: value` a line. Raises `secret-invalid` without its words."""
    found = {}
    for line in secret.strip().splitlines():
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or not name.strip().replace("-", "").isalnum():
            raise NodeError(
                "secret-invalid",
                "The secret does not hold headers.",
                field="params.headers_secret",
                hint="One on each line, as Authorization: Bearer …",
            )
        found[name.strip()] = value.strip()
    return found


def download(url: str, to: Path, *, headers: Mapping[str, str], max_bytes: int, secret: bool = False) -> http.client.HTTPMessage:
    """GET into a file. Raises `NodeError` for every answer but 200, and before more than `max_bytes` are stored."""
    target = target_of(url)
    if secret and target.scheme == "http" and not egress.is_open(target.host, target.port):
        raise NodeError("url-not-secure", "A secret is only sent over https.", field="params.url", hint="Use the https address.")
    with Exchange(target) as exchange:
        answer = exchange.send("GET", headers)
        length = answer.getheader("Content-Length")
        if length and length.isdigit() and int(length) > max_bytes:
            raise _too_large(target, max_bytes)
        total = 0
        with to.open("wb") as file:
            while block := exchange.read(answer):
                total += len(block)
                if total > max_bytes:
                    raise _too_large(target, max_bytes)
                file.write(block)
        if length and length.isdigit() and total < int(length):
            raise NodeError("data-truncated", f"{target.host} broke off after {total:,} of {int(length):,} bytes.", hint="Try again.")
        return answer.headers


def post(url: str, body: Mapping[str, Any], *, identity: str) -> str:
    """POST an object as JSON to an address that is a secret; gives the host. `identity` names the message, the same for every try. Raises `NodeError`
    without a word of the address but its host.
    """
    try:
        target = target_of(url)
    except NodeError as wrong:
        raise NodeError(
            "secret-invalid",
            "The secret does not hold a web address.",
            field="params.address_secret",
            hint="It looks like https://example.org/hook.",
        ) from wrong
    if target.scheme == "http" and not egress.is_open(target.host, target.port):
        message = "The address is a secret, and secrets are only sent over https."
        raise NodeError("url-not-secure", message, field="params.address_secret", hint="Use the https address.")
    headers = {"Content-Type": "application/json", "Idempotency-Key": hashlib.sha256(identity.encode()).hexdigest()}
    with Exchange(target) as exchange:
        exchange.send("POST", headers, json.dumps(body, allow_nan=False).encode(), good=(200, 201, 202, 204))
    return target.host


class Exchange:
    """One request to one host, over a connection of its own."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._connection = http.client.HTTPConnection(target.host, target.port)
        self._deadline = time.monotonic() + TOTAL_SECONDS

    def __enter__(self) -> "Exchange":
        target = self.target
        plain = egress.connect(target.host, target.port)
        plain.settimeout(READ_SECONDS)
        try:
            self._connection.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=target.host) if target.scheme == "https" else plain
            )
        except (ssl.SSLError, OSError) as wrong:
            plain.close()
            raise NodeError(
                "host-not-secure", f"{target.host} cannot be talked to securely: {wrong}.", hint="Is its certificate valid?"
            ) from wrong
        return self

    def __exit__(self, *_: Any) -> None:
        self._connection.close()

    def send(self, method: str, headers: Mapping[str, str], body: Any = None, good: tuple[int, ...] = (200,)) -> http.client.HTTPResponse:
        """The answer, where its status is good. An error says the host and the status, never the path, which may hold a key."""
        host = self.target.host
        sent = {"Host": self.target.name, "User-Agent": "flowza", "Accept-Encoding": "identity", "Connection": "close", **headers}
        try:
            self._connection.request(method, self.target.path, body=body, headers=sent)
            answer = self._connection.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as broken:
            raise NodeError(
                "host-failed", f"{host} did not answer the request: {type(broken).__name__}.", hint="Try again in a moment."
            ) from broken
        if 300 <= answer.status < 400:
            place = urlsplit(answer.getheader("Location") or "").hostname or "another address"
            message = f"{host} sends on to {place}; redirects are not followed."
            raise NodeError("redirect-refused", message, field="params.url", hint="Use the address where the file really is.")
        if answer.status not in good:
            raise NodeError(
                "host-refused", f"{host} answered {answer.status} {answer.reason}.", hint="Check the address and the access it needs."
            )
        return answer

    def read(self, answer: http.client.HTTPResponse, size: int = BLOCK_BYTES) -> bytes:
        if time.monotonic() > self._deadline:
            raise NodeError(
                "host-too-slow", f"{self.target.host} took longer than {TOTAL_SECONDS} seconds.", hint="Try again, or take a smaller file."
            )
        try:
            return answer.read(size)
        except (TimeoutError, OSError, http.client.HTTPException) as broken:
            raise NodeError(
                "data-truncated", f"{self.target.host} broke off in the middle: {type(broken).__name__}.", hint="Try again."
            ) from broken


def _too_large(target: Target, max_bytes: int) -> NodeError:
    message = f"{target.host} sends more than {max_bytes // 2**20} MB."
    return NodeError("data-too-large", message, field="params.max_mb", hint="Allow more, or take a smaller file.")
