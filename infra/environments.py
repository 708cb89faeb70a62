"""Tools with dependencies of their own (linters that pin another SDK, the builder of the docs) live in environments of their own, made when first needed."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def environment(name: str) -> Path:
    """The `bin` folder of the environment that `infra/locks/{name}.txt` describes; made anew where that file has changed since."""
    place, lock = ROOT / ".venv" / name, ROOT / "infra" / "locks" / f"{name}.txt"
    stamp = place / "installed-from"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        sys.stderr.write(f"flowza: Installing what infra/locks/{name}.in names (about a minute, once)\n")
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-warn-script-location", "--require-hashes", "-r", str(lock)], check=True)
        stamp.write_bytes(lock.read_bytes())
    return place / "bin"
