"""A Docker daemon of one's own: its socket, its data and its processes in one folder, gone with it. Needs root and dockerd."""

import ctypes
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from infra.images.engine import NoEngine, connect

START_SECONDS = 60
STOP_SECONDS = 30
PR_SET_PDEATHSIG = 1


class Daemon:
    """Everything below `folder`. Whoever is killed while it runs takes it along: the kernel tells it to end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix://{folder}/docker.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises `NoEngine` with the end of its log where it does not come up."""
        self.folder.mkdir(parents=True, exist_ok=True)
        places = ["--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec")]
        places += ["--pidfile", str(self.folder / "pid"), "--host", self.address]
        libc = ctypes.CDLL(None)
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["dockerd", *places],
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
        os.environ.pop("DOCKER_HOST", None)

    def remove(self) -> None:
        """End it and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
