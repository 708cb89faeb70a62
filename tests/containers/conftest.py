"""A Docker daemon for this run alone, our images built in it from the real Dockerfiles, and embedded clouds that run them.

A machine that cannot do this says so aloud; where CI=true that is a failure. FLOWZA_CONTAINER_CACHE names a folder that keeps Debian's files, the wheels
and the daemon's data for the next run.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.figures import Figure, emit, keep, measured
from infra.images.build import IMAGES, build, fetch_wheels, sizes
from infra.images.daemon import Daemon
from infra.images.engine import connect
from infra.images.standin import PYTHON, build_base, root_files
from tests.conftest import Cloud

NEEDED = {"dockerd": "docker.io", "debootstrap": "debootstrap"}
COMMAND = "make test-containers"
FIGURES: list[Figure] = []


def say(figure: Figure) -> None:
    FIGURES.append(figure)
    emit(figure)


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
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=True, env=quiet, stdout=subprocess.DEVNULL
        )


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    if (reason := hindrance()) is not None:
        words = f"THE CONTAINER STAGE DID NOT RUN: {reason}."
        sys.stderr.write(f"\n{'=' * 100}\n{words}\n{'=' * 100}\n")
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    install()
    if kept := os.environ.get("FLOWZA_CONTAINER_CACHE"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
        return
    # Not below pytest's own folder, which it keeps for three runs.
    place = Path(tempfile.mkdtemp(prefix="flowza-containers-"))
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def engine(folder: Path) -> Iterator[Any]:
    """A client of the daemon. When everything has ended, no container is left in it."""
    started = time.perf_counter()
    daemon = Daemon(folder / "docker")
    daemon.start()
    client = connect()
    yield client
    left = [container.name for container in client.containers.list(all=True)]
    client.close()
    daemon.stop()
    if not os.environ.get("FLOWZA_CONTAINER_CACHE"):
        daemon.remove()
    say(measured("containers-stage", seconds_since(started), "s", 1, "the whole container stage", goal="<= 360", command=COMMAND))
    if os.environ.get("KEEP"):
        keep("Containers", FIGURES)
    assert left == [], f"containers were left behind: {left}"


@pytest.fixture(scope="session")
def images(engine: Any, folder: Path) -> dict[str, str]:
    """Ids of our images, built on the stand-in base from wheels that were fetched here: the builds ask nobody."""
    started = time.perf_counter()
    wheels = threading.Thread(target=fetch_wheels, args=(PYTHON,))
    wheels.start()
    root_files(folder / "debian.tar")
    base = build_base(engine, folder / "debian.tar", folder / "tools")
    say(measured("containers-base", seconds_since(started), "s", 1, "the stand-in base image from nothing", command=COMMAND))
    wheels.join()
    started = time.perf_counter()
    built = [build(engine, name, base=base, offline=True) for name in IMAGES]
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
