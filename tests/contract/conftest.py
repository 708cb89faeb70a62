"""The API in process, over an AWS in memory."""

import json
import os
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.client import BaseClient
from chalice.test import Client
from moto import mock_aws

from infra.local.resources import tables

ALICE, BOB = "usr_alice", "usr_bob"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


class Api:
    """Requests as one user; `token=None` is nobody."""

    def __init__(self, client: Client, tokens: dict[str, str]) -> None:
        self.client = client
        self.tokens = tokens

    def __call__(
        self, method: str, path: str, body: Any = None, *, user: str | None = ALICE, headers: dict[str, str] | None = None
    ) -> Reply:
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent |= {"Authorization": f"Bearer {self.tokens[user]}"} if user else {}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        reply = self.client.http.request(method, f"/api{path}", headers={**sent, **(headers or {})}, body=data)
        found = {name.lower(): value for name, value in reply.headers.items()}
        return Reply(reply.status_code, found, json.loads(reply.body) if reply.body else None)


def one_call_at_a_time(patch: pytest.MonkeyPatch) -> None:
    """DynamoDB isolates every write and every transaction from the others; moto, called from several threads, does not."""
    call, lock = BaseClient._make_api_call, threading.RLock()

    def locked(client: Any, operation: str, arguments: Any) -> Any:
        with lock:
            return call(client, operation, arguments)

    patch.setattr(BaseClient, "_make_api_call", locked)


@pytest.fixture(scope="package")
def api() -> Iterator[Api]:
    patch = pytest.MonkeyPatch()
    for name, value in {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        patch.setenv(name, value)
    patch.delenv("AWS_ENDPOINT_URL", raising=False)
    one_call_at_a_time(patch)
    with mock_aws():
        for table in tables():
            boto3.client("dynamodb").create_table(**table)
        boto3.client("s3").create_bucket(Bucket="flowza-local")
        from app import app
        from chalicelib import access

        tokens = {user: access.issue(user, "test").token for user in (ALICE, BOB)}
        genuine = os.environ
        with Client(app) as client:
            yield Api(client, tokens)
        # Chalice's client puts a copy in its place for each request: from two threads at once the copy would stay, and reach no process that is started later.
        assert os.environ is genuine, "requests of Chalice's test client do not go beside each other: race what the route calls"
    patch.undo()
