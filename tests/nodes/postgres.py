"""A real PostgreSQL, started by the test run on a free port of this machine and gone with it."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = programs()
    if place is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed: apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # PostgreSQL refuses to run as root; Debian's package brings a user of its own.
    root = os.geteuid() == 0
    account = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
    folder = Path("/tmp") / f"flowza-postgres-{os.getpid()}" if root else tmp_path_factory.mktemp("postgres")
    folder.mkdir(exist_ok=True)
    if root:
        shutil.chown(folder, "postgres", "postgres")
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    data, port = folder / "data", free_port()
    make = [
        place / "initdb",
        "-D",
        data,
        "-U",
        USER,
        "-A",
        "scram-sha-256",
        "--pwfile",
        password,
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    subprocess.run(make, check=True, capture_output=True, cwd=folder, **account)
    serve = [
        place / "postgres",
        "-D",
        data,
        "-p",
        str(port),
        "-c",
        "listen_addresses=127.0.0.1",
        "-k",
        folder,
        "-F",
        "-c",
        "max_connections=20",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(serve, stdout=log, stderr=log, cwd=folder, **account)
    try:
        server = Server(port)
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: Server, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.run("SELECT 1")
            return
        except Exception:
            assert process.poll() is None, "PostgreSQL ended"
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.1)
