"""LocalStack 4.14's Step Functions as a process of this machine, without Docker, in an environment of its own: it needs Python 3.13.

Only its interpreter is asked: tasks get the results that a mock configuration names.
"""

import hashlib
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.local.layout import free_port

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "infra" / "locks" / "localstack.txt"
FOLDER = ROOT / "dist" / "localstack"
COMMAND = "make second-opinion"
START_SECONDS = 120
# Neither names nor certificates are fetched, nothing is counted, and it listens on loopback only.
ALONE = {
    "DNS_ADDRESS": "0",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DISABLE_EVENTS": "1",
    "SERVICES": "stepfunctions,sts,events",
    "LS_LOG": "error",
}

# It ends with this process, however that ends: then nobody holds the other end of the pipe.
ALIVE = """if 1:
    import os, runpy, sys, threading
    threading.Thread(target=lambda: (os.read(int(sys.argv.pop()), 1), os._exit(0)), daemon=True).start()
    runpy.run_module("localstack.runtime.main", run_name="__main__")
"""


class NotHere(Exception):
    """Why this machine has no second opinion."""


def python() -> Path:
    """The environment's interpreter, installed from its lock where that was asked for (`FLOWZA_SECOND_OPINION=install`) or CI runs."""
    found, stamp = FOLDER / "bin" / "python", FOLDER / "lock"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return found
    base = base_python()
    asked = os.environ.get("FLOWZA_SECOND_OPINION") == "install"
    if not asked and os.environ.get("CI") != "true":
        raise NotHere(f"LocalStack's interpreter is not installed here; `{COMMAND}` does it (250 MB)")
    shutil.rmtree(FOLDER, ignore_errors=True)
    subprocess.run([base, "-m", "venv", FOLDER], check=True)
    words = [found, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", LOCK]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode and asked:
        raise AssertionError(f"LocalStack's libraries could not be installed:\n{done.stderr}")
    if done.returncode:
        raise NotHere(f"LocalStack's libraries could not be installed: {done.stderr.splitlines()[-1]}")
    stamp.write_text(wanted)
    return found


def base_python() -> str:
    """A Python 3.13 that starts: a name in the path may be a shim that leads nowhere."""
    installed = sorted(Path.home().glob(".pyenv/versions/3.13*/bin/python3.13"), reverse=True)
    for name in [os.environ.get("PYTHON313"), "python3.13", *map(str, installed)]:
        if name and shutil.which(name):
            told = subprocess.run([name, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True, check=False)
            if told.stdout.strip() == "(3, 13)":
                return name
    raise NotHere("LocalStack 4.14 needs Python 3.13, and there is none in the path; PYTHON313 may name one")


@contextmanager
def started(mocks: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Its address, while it runs with these mocked results."""
    interpreter, port = python(), free_port()
    config, log = folder / "mocks.json", folder / "localstack.log"
    config.write_text(json.dumps(mocks))
    address = f"http://127.0.0.1:{port}"
    places = {"LOCALSTACK_VOLUME_DIR": f"{folder}/volume", "FILESYSTEM_ROOT": f"{folder}/root", "SFN_MOCK_CONFIG": str(config)}
    environment = {**os.environ, **ALONE, **places, "GATEWAY_LISTEN": f"127.0.0.1:{port}"}
    reader, writer = os.pipe()
    with log.open("wb") as said:
        process = subprocess.Popen([interpreter, "-c", ALIVE, str(reader)], env=environment, stdout=said, stderr=said, pass_fds=(reader,))
    os.close(reader)
    try:
        wait(address, process, log)
        yield address
    finally:
        os.close(writer)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/_localstack/health", timeout=5).close()  # noqa: S310 loopback, started by us
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"LocalStack did not start:\n{log.read_text()}")
