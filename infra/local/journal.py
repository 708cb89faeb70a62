"""What was acknowledged stays: every successful DynamoDB write is journalled before it is answered, and replayed at start.

The emulator keeps its tables in memory. This wrapper around its ASGI application passes reads through, and takes writes one at a time: apply, append to
an SQLite journal (WAL), answer. Order in the journal is order of application, so a conditional write that succeeded succeeds again.
At start the rows are replayed; when there are many more rows than items, they are folded into one put an item.
"""

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

FORMAT = 1
TARGET_PREFIX = "DynamoDB_20120810."
WRITES = frozenset(
    TARGET_PREFIX + name
    for name in (
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
        "CreateTable",
        "DeleteTable",
        "UpdateTable",
        "UpdateTimeToLive",
    )
)
# Of a secret the journal holds its present value and nothing else: what was overwritten or deleted is gone from the disk too.
SECRETS_PREFIX = "secretsmanager."
SECRET_WRITES = frozenset(SECRETS_PREFIX + name for name in ("CreateSecret", "PutSecretValue", "DeleteSecret"))
FOLD_ABOVE_ROWS = 2_000

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class NewerJournal(Exception):
    """The journal was written by a newer Flowza."""


class Journal:
    """Rows of (target, authorization, body), in order of application."""

    def __init__(self, path: Path, *, survive_power_cut: bool = False) -> None:
        self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.database.execute("PRAGMA journal_mode=WAL")
        # NORMAL survives the death of every process; FULL also survives a power cut, at the price of a disk flush for each write.
        self.database.execute(f"PRAGMA synchronous={'FULL' if survive_power_cut else 'NORMAL'}")
        self.database.execute("PRAGMA secure_delete=ON")
        found = self.database.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise NewerJournal(
                f"The journal {path} has format {found}; this Flowza reads up to {FORMAT}. Start the newer Flowza, or choose another --state."
            )
        self.database.execute("CREATE TABLE IF NOT EXISTS writes (id INTEGER PRIMARY KEY, target TEXT, authorization TEXT, body BLOB)")
        self.database.execute(f"PRAGMA user_version={FORMAT}")

    def append(self, target: str, authorization: str, body: bytes) -> None:
        self.database.execute("INSERT INTO writes (target, authorization, body) VALUES (?, ?, ?)", (target, authorization, body))

    def keep_secret(self, target: str, authorization: str, body: bytes) -> None:
        """The value a secret has now, in the place of the one it had; nothing of one that was deleted."""
        order = json.loads(body)
        name = order.get("Name") or order["SecretId"]
        secret = SECRETS_PREFIX + "CreateSecret"
        old = self.database.execute("SELECT id, body FROM writes WHERE target = ?", (secret,)).fetchall()
        self.database.execute("BEGIN IMMEDIATE")
        self.database.executemany("DELETE FROM writes WHERE id = ?", [(row,) for row, known in old if json.loads(known)["Name"] == name])
        if not target.endswith("DeleteSecret"):
            kept = json.dumps({"Name": name, "SecretString": order["SecretString"]}).encode()
            self.database.execute("INSERT INTO writes (target, authorization, body) VALUES (?, ?, ?)", (secret, authorization, kept))
        self.database.execute("COMMIT")
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def rows(self) -> list[tuple[str, str, bytes]]:
        return self.database.execute("SELECT target, authorization, body FROM writes ORDER BY id").fetchall()

    def replace(self, rows: list[tuple[str, str, bytes]]) -> None:
        """Put folded rows in the place of all others, at once or not at all."""
        self.database.execute("BEGIN IMMEDIATE")
        self.database.execute("DELETE FROM writes")
        self.database.executemany("INSERT INTO writes (target, authorization, body) VALUES (?, ?, ?)", rows)
        self.database.execute("COMMIT")
        self.database.execute("VACUUM")


def journalled(inner: App, journal: Journal) -> App:
    """The same application, with durable DynamoDB writes."""
    lock = asyncio.Lock()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await inner(scope, receive, _replaying(inner, journal, send))
            return
        headers = dict(scope.get("headers", []))
        target = headers.get(b"x-amz-target", b"").decode()
        if scope["type"] != "http" or target not in WRITES | SECRET_WRITES:
            await inner(scope, receive, send)
            return
        body = await _read(receive)
        async with lock:
            status, messages = await _call(inner, scope, body)
            if status == 200:
                keep = journal.keep_secret if target in SECRET_WRITES else journal.append
                keep(target, headers.get(b"authorization", b"").decode(), body)
        for message in messages:
            await send(message)

    return app


def _replaying(inner: App, journal: Journal, send: Send) -> Send:
    """Replay once the emulator has started, before it is said to be ready."""

    async def forward(message: dict[str, Any]) -> None:
        if message["type"] == "lifespan.startup.complete":
            rows = journal.rows()
            await replay(inner, rows)
            if len(rows) > FOLD_ABOVE_ROWS:
                folded = await fold(inner, rows)
                if len(folded) < len(rows) // 2:
                    journal.replace(folded)
        await send(message)

    return forward


async def replay(inner: App, rows: list[tuple[str, str, bytes]]) -> None:
    for target, authorization, body in rows:
        await request(inner, target, authorization, body)


async def fold(inner: App, rows: list[tuple[str, str, bytes]]) -> list[tuple[str, str, bytes]]:
    """The present state as rows: the tables' creation, then one put an item."""
    shape = [row for row in rows if row[0].removeprefix(TARGET_PREFIX) in ("CreateTable", "UpdateTable", "UpdateTimeToLive", "DeleteTable")]
    names = {(json.loads(body)["TableName"], authorization) for target, authorization, body in shape if target.endswith("CreateTable")}
    folded = [*shape, *(row for row in rows if row[0].startswith(SECRETS_PREFIX))]
    for table, authorization in sorted(names):
        items = [item async for item in _scan(inner, table, authorization)]
        folded += [(TARGET_PREFIX + "PutItem", authorization, json.dumps({"TableName": table, "Item": item}).encode()) for item in items]
    return folded


async def _scan(inner: App, table: str, authorization: str) -> AsyncIterator[dict[str, Any]]:
    start: dict[str, Any] = {}
    while True:
        status, body = await request(inner, TARGET_PREFIX + "Scan", authorization, json.dumps({"TableName": table, **start}).encode())
        if status != 200:
            return  # the table was deleted again
        page = json.loads(body)
        for item in page.get("Items", []):
            yield item
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


async def request(inner: App, target: str, authorization: str, body: bytes) -> tuple[int, bytes]:
    """One DynamoDB request straight into the application; status and body of the answer."""
    headers = [
        (b"host", b"127.0.0.1"),
        (b"x-amz-target", target.encode()),
        (b"authorization", authorization.encode()),
        (b"content-type", b"application/x-amz-json-1.0"),
        (b"content-length", str(len(body)).encode()),
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", int(os.environ.get("GATEWAY_PORT", "4566"))),
    }
    status, messages = await _call(inner, scope, body)
    return status, b"".join(message.get("body", b"") for message in messages)


async def _call(inner: App, scope: Scope, body: bytes) -> tuple[int, list[dict[str, Any]]]:
    messages: list[dict[str, Any]] = []
    given = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await inner(scope, receive, send)
    status = next((message["status"] for message in messages if message["type"] == "http.response.start"), 500)
    return status, messages


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
