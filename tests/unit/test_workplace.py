"""Where the container stage works: alone, on a disk that is large enough, and behind it nothing is left of runs that were killed."""

import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from infra.images.daemon import DISK_MIN_BYTES, PREFIX, check_disk, workplace
from infra.images.engine import NoEngine
from infra.images.standin import mirror, proxies


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_workplace_is_gone_afterwards_with_those_of_the_dead_and_without_those_of_the_living(temporary: Path) -> None:
    dead, living, foreign = (temporary / name for name in (f"{PREFIX}dead", f"{PREFIX}living", "somebody-else"))
    for folder in (dead, living, foreign):
        (folder / "docker" / "data").mkdir(parents=True)
    with (living / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with workplace() as place:
            assert place.parent == temporary
            assert sorted(temporary.iterdir()) == sorted([place, living, foreign])
        assert sorted(temporary.iterdir()) == sorted([living, foreign])


def test_a_folder_to_keep_is_kept_and_has_room_for_one(temporary: Path) -> None:
    kept = temporary / "cache"
    with workplace(str(kept)), pytest.raises(NoEngine, match="Somebody else"), workplace(str(kept)):
        pass
    assert kept.is_dir()


def test_a_full_disk_is_said_before_anything_is_built(temporary: Path) -> None:
    with pytest.raises(NoEngine, match="GB of disk"):
        check_disk(temporary, 2**62)
    assert DISK_MIN_BYTES > 2**30


@pytest.fixture
def tools(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{temporary}{os.pathsep}{os.environ['PATH']}")
    return temporary


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_the_mirror_is_the_one_that_apt_takes_the_release_from(tools: Path) -> None:
    lines = [
        "bookworm-security main https://mirror.example/security/",
        " main file:/nowhere",
        "bookworm main https://mirror.example/debian/",
    ]
    put(tools, "apt-get", "\n".join(f"echo '{line}'" for line in lines))
    assert mirror() == ["https://mirror.example/debian/"]
    put(tools, "apt-get", "exit 1")
    assert mirror() == []


def test_proxies_are_those_of_apt(tools: Path) -> None:
    put(tools, "apt-config", "test $3 = Acquire::http::Proxy && echo \"proxy='http://proxy.example:3128'\"")
    assert proxies() == {"http_proxy": "http://proxy.example:3128"}
