"""A small client of the public API, for the demo, the benchmarks and the tests."""

import http.client
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

FINAL = ("succeeded", "failed", "stopped")


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


class Refused(Exception):
    """The API answered with a problem document."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        body = reply.body if isinstance(reply.body, dict) else {"detail": str(reply.body)[:300]}
        super().__init__(f"{reply.status} {body.get('code', '')}: {body.get('detail', '')} {body.get('hint') or ''}".strip())


class Client:
    """Calls below `/api` with a token. Every call is one connection: simple, and good for hundreds a second."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        self.token = token

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """Any path of the origin. Text and bytes are sent as they are, anything else as JSON."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=120)
        try:
            connection.request(method, parts.path + path, data, {**sent, **(headers or {})})
            reply = connection.getresponse()
            raw = reply.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in reply.getheaders()}
        parsed = json.loads(raw) if raw and "json" in found.get("content-type", "") else raw
        return Reply(reply.status, found, parsed)

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """A call below `/api`; raises `Refused` for anything but success."""
        reply = self.request(method, f"/api{path}", body, headers)
        if reply.status >= 400:
            raise Refused(reply)
        return reply.body

    def start(self, workflow: dict[str, Any], **order: Any) -> dict[str, Any]:
        """Save the workflow as a new one and run it."""
        saved = self.call("POST", "/workflows", workflow)
        run: dict[str, Any] = self.call("POST", f"/workflows/{saved['id']}/runs", order, {"Idempotency-Key": str(uuid.uuid4())})
        return run

    def upload(self, path: Path, name: str) -> dict[str, Any]:
        """Upload a file as a dataset and have it read; the dataset as it is right after."""
        data = path.read_bytes()
        made = self.call("POST", "/datasets", {"name": name, "filename": path.name, "bytes": len(data)})
        target = urlsplit(made["upload"]["url"])
        reply = Client(f"{target.scheme}://{target.netloc}", None).request(
            "PUT", f"{target.path}?{target.query}", data, {"Content-Type": ""}
        )
        if reply.status != 200:
            raise Refused(reply)
        found: dict[str, Any] = self.call("POST", f"/datasets/{made['dataset']['id']}/complete")
        return found

    def watch(self, run: str, pause: Any) -> Iterator[dict[str, Any]]:
        """The run as it goes on, until it is final; `pause()` is called between looks."""
        tag = ""
        while True:
            reply = self.request("GET", f"/api/runs/{run}", headers={"If-None-Match": tag} if tag else None)
            if reply.status == 200:
                tag = reply.headers.get("etag", "")
                yield reply.body
                if reply.body["status"] in FINAL:
                    return
            elif reply.status != 304:
                raise Refused(reply)
            pause()


def connect(state: Path) -> Client | None:
    """The client of the cloud that runs on a state folder; None where none answers."""
    try:
        found = json.loads((state / "instance.json").read_text())
        client = Client(found["url"], (state / "token").read_text())
        return client if client.request("GET", "/api/health").status == 200 else None
    except (OSError, ValueError, KeyError):
        return None
