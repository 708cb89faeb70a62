"""A Docker daemon of one's own: socket, data, processes and bridge belong to one folder, and are gone with it. Needs root, dockerd and ip.

It leaves the machine's own engine alone: another bridge, no rule in the firewall, no forwarding. So its containers reach this machine and nothing else.
"""

import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from infra.images.engine import NoEngine, connect

START_SECONDS = 60
STOP_SECONDS = 30
PR_SET_PDEATHSIG = 1
MNT_DETACH = 2
PREFIX = "flowza-containers-"
# The container stage at its largest, measured; a storage driver that copies every layer whole takes more.
DISK_MIN_BYTES, DISK_MIN_BYTES_COPYING = 5 * 2**30, 25 * 2**30


class Daemon:
    """Everything below `folder`. Whoever is killed while it runs takes it along: the kernel tells it to end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix://{folder}/docker.sock"
        # A name of a network device has 15 letters.
        self.bridge = f"flz{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises `NoEngine` with the end of its log where it does not come up. What an earlier one left running here has ended then."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._end_earlier()
        self._make_bridge()
        places = ["--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec")]
        places += ["--pidfile", str(self.folder / "pid"), "--host", self.address]
        network = ["--bridge", self.bridge, "--iptables=false", "--ip-masq=false", "--ip-forward=false"]
        libc = ctypes.CDLL(None)
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["dockerd", *places, *network],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM),
            )
        os.environ["DOCKER_HOST"] = self.address
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                connect().close()
            except NoEngine:
                time.sleep(0.1)
            else:
                return
        self.stop()
        raise NoEngine(f"dockerd did not come up:\n{(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End it with all its containers; its images stay in the folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if os.environ.get("DOCKER_HOST") == self.address:
            del os.environ["DOCKER_HOST"]
        _ip("link", "delete", self.bridge)

    def remove(self) -> None:
        """End it and delete its folder. Containers that outlived an earlier daemon are ended by a new one, which takes them up."""
        if self._process is None and _mounts(self.folder):
            with suppress(NoEngine, OSError):
                self.start()
                for container in connect().containers.list(all=True):
                    container.remove(force=True)
        self.stop()
        self._end_earlier()
        for mount in sorted(_mounts(self.folder), reverse=True):
            ctypes.CDLL(None).umount2(os.fsencode(mount), MNT_DETACH)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_bridge(self) -> None:
        _ip("link", "delete", self.bridge)
        refused = _ip("link", "add", "name", self.bridge, "type", "bridge")
        if refused:
            raise NoEngine(f"This machine makes no network bridge, without which no container can be reached: {refused}")

    def _end_earlier(self) -> None:
        """Wait for a daemon that still ends here, and kill one that does not."""
        deadline = time.monotonic() + STOP_SECONDS
        while (pid := self._earlier()) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
            time.sleep(0.5)

    def _earlier(self) -> int | None:
        """The process that the folder's note names, if it is a daemon of this folder and no other's number by now."""
        try:
            pid = int((self.folder / "pid").read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.address) in words else None


@contextmanager
def workplace(kept: str | None = None) -> Iterator[Path]:
    """A temporary folder for a daemon and what goes with it, deleted in the end; or `kept`, which stays. Those of runs that were killed are deleted first.

    Raises `NoEngine` where the disk is too full, or where somebody else works in `kept`.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(NoEngine), _alone(left):
            _delete(left)
    # Neither below pytest's own folder, which it keeps for three runs, nor where a name could become too long for a socket.
    place = Path(kept) if kept else Path(tempfile.mkdtemp(prefix=PREFIX))
    place.mkdir(parents=True, exist_ok=True)
    with _alone(place):
        try:
            check_disk(place, DISK_MIN_BYTES)
            yield place
        finally:
            if not kept:
                _delete(place)


def check_disk(place: Path, wanted: int) -> None:
    """Raises `NoEngine` where fewer bytes are free."""
    free = shutil.disk_usage(place).free
    if free < wanted:
        raise NoEngine(
            f"Images need {wanted / 2**30:.0f} GB of disk, and {free / 2**30:.1f} GB are free at {place}. TMPDIR names another place."
        )


def check_driver(client: Any, place: Path) -> None:
    """A kernel without overlay file systems makes Docker copy every layer: more disk is needed then. Raises `NoEngine`."""
    if client.info()["Driver"] == "vfs":
        check_disk(place, DISK_MIN_BYTES_COPYING)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """While its lock is held here; the lock goes with the process, however it ends. Raises `NoEngine` where another one has it."""
    with (place / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as busy:
            raise NoEngine(f"Somebody else runs containers in {place}.") from busy
        yield


def _delete(place: Path) -> None:
    Daemon(place / "docker").remove()
    shutil.rmtree(place, ignore_errors=True)


def _mounts(folder: Path) -> list[str]:
    """Where something is mounted below the folder."""
    places = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [place for place in places if Path(place).is_relative_to(folder)]


def _ip(*words: str) -> str:
    """What `ip` complains about, if it does."""
    try:
        return subprocess.run(["ip", *words], capture_output=True, text=True, check=False).stderr.strip()
    except OSError as absent:
        return str(absent)
