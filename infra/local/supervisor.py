"""`up`: start the tree, keep it alive, end it whole.

A child that dies (also by kill -9) is started again on its port; after the emulator returns, its functions and rules are made again; after any return the
reconciler looks after the open runs. When the supervisor ends, however that is, its children end too (lifeline).
"""

import fcntl
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.local import containers, lifeline
from infra.local.layout import DEFAULT_PORT, ROOT, Layout, choose_ports, free_port, is_free

LOOK_SECONDS = 0.2
START_SECONDS = 120
GIVE_UP_AFTER = 20
DISK_MIN_BYTES = 200 * 2**20
# An address that pool and server shall take for the emulator's: `make chaos` puts a bad line there.
THROUGH = "FLOWZA_THROUGH"


class CannotStart(Exception):
    """Why `up` cannot start, in a sentence with the way out."""


class Supervisor:
    def __init__(self, state: Path, port: int, *, verbose: bool = False, images: containers.Containers | None = None) -> None:
        self.layout = Layout(state, choose_ports(port), images)
        self.verbose = verbose
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._reader, self._writer = os.pipe()
        self._ending = threading.Event()
        # What died and is not yet back as it was: started, answering, with all that depends on it made again.
        self._missing: set[str] = set()
        self._began = time.perf_counter()

    def start(self) -> None:
        os.environ.update(self.layout.environment())
        self._spawn("emulator")
        if self.layout.images is None:
            self._spawn("pool")
        self._wait_for("emulator", self.layout.ports.emulator, "/_ministack/health")
        self._bootstrap()
        self._spawn("server")
        self._wait_for("server", self.layout.ports.public, "/api/health")
        self._say("ready")
        self._remember()
        self._reconcile()

    def watch(self) -> None:
        """Until the end: bring back what dies, also where something dies again while it is brought back."""
        failures = 0
        while not self._ending.wait(LOOK_SECONDS):
            try:
                self._mend()
                failures = 0
            except (CannotStart, OSError) as failed:
                failures += 1
                if failures >= GIVE_UP_AFTER:
                    raise CannotStart(f"Bringing back what died failed {failures} times in a row. {failed}") from failed
                sys.stderr.write(f"flowza: not whole yet, trying again ({type(failed).__name__})\n")

    def _mend(self) -> None:
        """Start the dead and do what each return asks for. What is not done when this fails is still in `_missing` the next time."""
        dead = [name for name, child in self.children.items() if child.poll() is not None]
        self._missing.update(dead)
        if not self._missing or self._ending.is_set():
            return
        for name in dead:
            sys.stderr.write(f"flowza: the {name} ended unexpectedly; starting it again\n")
            self._spawn(name)
        if "emulator" in self._missing:
            self._wait_for("emulator", self.layout.ports.emulator, "/_ministack/health")
            self._bootstrap()
        if "server" in self._missing:
            self._wait_for("server", self.layout.ports.public, "/api/health")
        if "pool" in self._missing:
            self._wait_for("pool", self.layout.ports.pool, "/")
        self._missing.clear()
        self._remember()
        self._reconcile()

    def end(self) -> None:
        """Stop every process that was started, within seconds."""
        self._ending.set()
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + 3
        for child in self.children.values():
            try:
                child.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
        if self.layout.images:
            containers.sweep(self.layout.images)
        self.layout.instance.unlink(missing_ok=True)

    def _spawn(self, name: str) -> None:
        ports = self.layout.ports
        arguments = {
            "emulator": [str(self.layout.state), str(ports.emulator)],
            "pool": [str(ports.pool)],
            "server": [str(self.layout.state), str(ports.public), str(ports.emulator), str(ports.pool), str(ports.platform)],
        }[name]
        environment = {**os.environ, lifeline.VARIABLE: str(self._reader)}
        if name == "pool":
            # One computation thread a worker: results do not depend on the machine, and workers do not fight for its cores.
            environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"} | arithmetic()
        if THROUGH in environment and name in ("pool", "server"):
            environment["AWS_ENDPOINT_URL"] = environment[THROUGH]
        with self.layout.log(name).open("ab") as log:
            self.children[name] = subprocess.Popen(
                [sys.executable, "-m", f"infra.local.{name}", *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(self._reader,),
                # A Ctrl-C in the terminal reaches the supervisor alone, which ends the others in order.
                start_new_session=True,
            )
        self._say(f"{name} started")

    def _wait_for(self, name: str, port: int, path: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.children[name].poll() is not None:
                tail = self.layout.log(name).read_text(errors="replace")[-1500:]
                raise CannotStart(f"The {name} ended while starting. Its log {self.layout.log(name)} ends with:\n{tail}")
            if answers(port, path):
                self._say(f"{name} answers")
                return
            time.sleep(0.03)
        raise CannotStart(f"The {name} did not answer within {START_SECONDS} seconds; its log is {self.layout.log(name)}.")

    def _bootstrap(self) -> None:
        # Imported here: while the emulator starts there is time for it.
        from botocore.exceptions import BotoCoreError, ClientError
        from pynamodb.exceptions import PynamoDBException

        from infra.local.bootstrap import bootstrap

        try:
            bootstrap(self.layout)
        except (BotoCoreError, ClientError, PynamoDBException) as failed:
            raise CannotStart(f"The emulator did not take its tables, functions and rules: {failed}") from failed
        self._say("tables, functions and rules are there")

    def _reconcile(self) -> None:
        """Look after open runs now instead of within a minute. Nobody waits for it: what it needs may die under it, and must be brought back."""
        threading.Thread(target=self._tick, name="reconcile", daemon=True).start()

    def _tick(self) -> None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.layout.ports.platform, timeout=60)
            connection.request("POST", "/", b'{"tick": true}', {"content-type": "application/json"})
            connection.getresponse().read()
            connection.close()
        except (OSError, http.client.HTTPException) as gone:  # the next tick of the rule does it
            sys.stderr.write(f"flowza: the open runs are looked after within a minute ({gone})\n")

    def _remember(self) -> None:
        self.layout.write_instance({"supervisor": os.getpid(), **{name: child.pid for name, child in self.children.items()}})

    def _say(self, what: str) -> None:
        if self.verbose:
            sys.stderr.write(f"flowza: {time.perf_counter() - self._began:6.2f} s  {what}\n")


def answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def lock(state: Path) -> Any:
    """One cloud a state folder. The lock goes with the process, however it ends."""
    try:
        (state / "logs").mkdir(parents=True, exist_ok=True)
        state.chmod(0o700)
        file = (state / "lock").open("w")
    except OSError as refused:
        raise CannotStart(f"The state folder {state} cannot be written ({refused.strerror}). Choose another with --state.") from refused
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStart(f"Flowza is running already on {state}{_where(state)}. Stop it, or choose another --state and --port.") from None
    free = shutil.disk_usage(state).free
    if free < DISK_MIN_BYTES:
        raise CannotStart(f"Only {free / 2**20:.0f} MB of disk are free at {state}; {DISK_MIN_BYTES // 2**20} MB are needed.")
    return file


def _where(state: Path) -> str:
    try:
        return f" at {json.loads((state / 'instance.json').read_text())['url']}"
    except (OSError, ValueError, KeyError):
        return ""


def up(
    state: Path,
    port: int = DEFAULT_PORT,
    *,
    open_browser: bool = True,
    verbose: bool = False,
    docker: bool = False,
    until: Callable[[Supervisor], int] | None = None,
) -> int:
    """Run the embedded cloud until Ctrl-C (or until `until` returns). The exit code says how it went. `docker`: in the real images."""
    try:
        held = lock(state)
        if port and not is_free(port):
            raise CannotStart(f'Port {port} is in use. Choose another: make run ARGS="--port {free_port()}"')
        supervisor = Supervisor(state, port, verbose=verbose, images=_images(state) if docker else None)
    except CannotStart as reason:
        sys.stderr.write(f"flowza: {reason}\n")
        return 1
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: supervisor._ending.set())
    if lifeline.VARIABLE in os.environ:
        lifeline.hold(supervisor.end)
    try:
        supervisor.start()
        if until is not None:
            threading.Thread(target=supervisor.watch, daemon=True).start()
            return until(supervisor)
        _greet(supervisor.layout, open_browser)
        supervisor.watch()
        return 0
    except CannotStart as reason:
        sys.stderr.write(f"flowza: {reason}\n")
        return 1
    finally:
        supervisor.end()
        held.close()


def arithmetic() -> dict[str, str]:
    """The images' kind of processor (docs/adr/0051), where this one can do as much: the pool then computes to the last bit what they do."""
    try:
        capable = " avx2 " in Path("/proc/cpuinfo").read_text()
    except OSError:
        capable = False
    return {"OPENBLAS_CORETYPE": "Haswell"} if capable else {}


def _images(state: Path) -> containers.Containers:
    from infra.images.engine import NoEngine

    try:
        return containers.find(state)
    except (NoEngine, containers.NotBuilt) as reason:
        raise CannotStart(str(reason)) from reason


def _greet(layout: Layout, open_browser: bool) -> None:
    sys.stdout.write(f"Flowza is at {layout.url}\nYour data is in {layout.state}. Ctrl-C stops everything.\n")
    sys.stdout.flush()
    has_display = sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if open_browser and has_display and not os.environ.get("CI"):
        webbrowser.open(layout.url)
