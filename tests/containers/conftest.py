"""A Docker daemon for this run alone, our images built in it from the real Dockerfiles, and embedded clouds that run them.

A machine that cannot do this says so aloud; where CI=true that is a failure. FLOWZA_CONTAINER_CACHE names a folder that keeps Debian's files, the wheels
and the daemon's data for the next run.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import pytest

from infra.figures import Figure, keep, measured, text
from infra.images.build import IMAGES, build, fetch_wheels, sizes
from infra.images.daemon import Daemon, check_driver, workplace
from infra.images.engine import NoEngine, connect
from infra.images.standin import PYTHON, build_base, root_files
from tests.conftest import Cloud

NEEDED = {"dockerd": "docker.io", "debootstrap": "debootstrap", "ip": "iproute2"}
COMMAND = "make test-containers"
# The first test waits for Debian's files, the libraries and the builds.
PATIENCE_SECONDS = 1_800
HERE = Path(__file__).parent
FIGURES: list[Figure] = []
SENTENCES: list[str] = []


def say(figure: Figure) -> None:
    FIGURES.append(figure)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(PATIENCE_SECONDS))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Above the summary of all tests: the figures, and what did not run."""
    if FIGURES or SENTENCES:
        terminalreporter.section("containers")
        for line in (*map(text, FIGURES), *SENTENCES):
            terminalreporter.write_line(line)


def seconds_since(started: float) -> float:
    return time.perf_counter() - started


def hindrance() -> str | None:
    """Why this machine cannot run containers of its own, if so."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a Docker daemon of one's own needs root on Linux"
    missing = [package for tool, package in NEEDED.items() if not shutil.which(tool)]
    if missing and not shutil.which("apt-get"):
        return f"there is neither {' nor '.join(missing)}, and no apt-get to install them"
    return None


def install() -> None:
    missing = [package for tool, package in NEEDED.items() if not shutil.which(tool)]
    if missing:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", *words], check=True, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    if (reason := hindrance()) is not None:
        refuse(reason)
    install()
    try:
        with workplace(os.environ.get("FLOWZA_CONTAINER_CACHE")) as place:
            yield place
    except NoEngine as reason:
        refuse(str(reason))


def refuse(reason: str) -> NoReturn:
    """No skip that nobody sees: the words stand above the summary, and a machine that tests for everybody fails."""
    words = f"THE CONTAINER STAGE DID NOT RUN: {reason}"
    SENTENCES.append(words)
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="session")
def engine(folder: Path) -> Iterator[Any]:
    """A client of the daemon. When everything has ended, no container is left in it."""
    started = time.perf_counter()
    daemon = Daemon(folder / "docker")
    try:
        daemon.start()
        client = connect()
        check_driver(client, folder)
    except NoEngine as reason:
        daemon.stop()
        refuse(str(reason))
    yield client
    left = [container.name for container in client.containers.list(all=True)]
    client.close()
    daemon.stop()
    say(measured("containers-stage", seconds_since(started), "s", 1, "the whole container stage", goal="<= 360", command=COMMAND))
    if os.environ.get("KEEP"):
        keep("Containers", FIGURES)
    assert left == [], f"containers were left behind: {left}"


@pytest.fixture(scope="session")
def images(engine: Any, folder: Path) -> dict[str, str]:
    """Ids of our images, built on the stand-in base from wheels that were fetched here: the builds ask nobody."""
    started = time.perf_counter()
    with ThreadPoolExecutor(1) as beside:
        wheels = beside.submit(fetch_wheels, PYTHON, platform.machine())
        root_files(folder / "debian.tar")
        base = build_base(engine, folder / "debian.tar", folder / "tools")
        say(measured("containers-base", seconds_since(started), "s", 1, "the stand-in base image from nothing", command=COMMAND))
        wheels.result()
    started = time.perf_counter()
    built = [build(engine, name, base=base) for name in IMAGES]
    say(measured("containers-build", seconds_since(started), "s", 1, "node, task and serving image", command=COMMAND))
    for figure in sizes(built):
        say(figure)
    return {one.name: one.id for one in built}


@pytest.fixture(scope="session")
def contained(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The embedded cloud with functions and tasks in containers."""
    started = Cloud(tmp_path_factory.mktemp("contained"), "--docker").start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def tight(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The same with functions too small for anything but small tables, and tasks that are missed soon."""
    limits = {"small": {"memory_mb": 450}, "large": {"memory_mb": 500}, "task": {"memory_mb": 6_000, "heartbeat_seconds": 12}}
    started = Cloud(tmp_path_factory.mktemp("tight"), "--docker", FLOWZA_LIMITS=json.dumps(limits)).start()
    yield started
    started.stop()
