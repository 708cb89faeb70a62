"""A real PostgreSQL, started by the test run on a free port of this machine and gone with it."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pg8000.native import Connection

from infra.local.layout import free_port

START_SECONDS = 60
# The password looks like nothing else, so that a test can look for it everywhere.
USER, PASSWORD = "flowza_reader", "s3cr3t-Pa55word-of-the-warehouse"


@dataclass(frozen=True)
class Server:
    port: int

    @property
    def address(self) -> str:
        """What a secret holds for it."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def run(self, sql: str) -> list[list[object]]:
        connection = Connection(USER, host="127.0.0.1", port=self.port, database="postgres", password=PASSWORD, ssl_context=False)
        try:
            return [list(row) for row in connection.run(sql) or []]
        finally:
            connection.close()


def programs() -> Path | None:
    """Where initdb and postgres are: Debian keeps them out of the path."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True) + [
        Path(found).parent for found in [shutil.which("initdb")] if found
    ]
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


@contextmanager
def started() -> Iterator[Server]:
    """A server with an empty database. Skips the test where PostgreSQL is not installed; with CI=true that is a failure."""
    place = programs()
    if place is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # PostgreSQL refuses to run as root; Debian's package brings a user of its own.
    account: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with TemporaryDirectory(prefix="flowza-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        password = folder / "password"
        password.write_text(PASSWORD)
        if account:
            for path in (folder, password):
                shutil.chown(path, "postgres", "postgres")
        data, port = folder / "data", free_port()
        words = f"-U {USER} -A scram-sha-256 --pwfile {password} --no-sync -E UTF8 --locale=C.UTF-8"
        made = subprocess.run(
            [place / "initdb", "-D", data, *words.split()], capture_output=True, text=True, check=False, cwd=folder, **account
        )
        assert made.returncode == 0, made.stderr
        words = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -F -c max_connections=20"
        log = folder / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [place / "postgres", "-D", data, *words.split()], stdout=stream, stderr=stream, cwd=folder, **account
            )
        try:
            _wait(Server(port), process, log)
            yield Server(port)
        finally:
            process.terminate()
            process.wait(20)


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.run("SELECT 1")
            return
        except Exception:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
