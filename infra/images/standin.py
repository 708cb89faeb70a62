"""A stand-in of AWS's Lambda base image, for machines that reach no registry: Debian's Python, the runtime client, and the runtime interface emulator.

It follows the real one where our Dockerfiles and the Lambda contract touch it: LAMBDA_TASK_ROOT, the entry script and its rule, pip for the builds. It is not
Amazon Linux: Python and system libraries are Debian's. Needs root, debootstrap and a Debian mirror: the one that apt uses, by its proxies.
"""

import os
import platform
import shlex
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from infra.images.build import BuildFailed, fetch

HERE = Path(__file__).parent / "base"
RELEASE, PYTHON = "bookworm", "3.11"
DEBIAN, STANDIN = f"flowza/debian:{RELEASE}", "flowza/lambda-base:standin"
# What a container never reads.
LEFT_OUT = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")


def root_files(archive: Path) -> None:
    """Debian's smallest system with Python, as an archive; about a minute. One that is there already is taken."""
    if archive.exists():
        return
    with tempfile.TemporaryDirectory(prefix="flowza-debian-") as place:
        command = ["debootstrap", "--variant=minbase", "--include=python3,ca-certificates", RELEASE, f"{place}/root", *mirror()]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False, env={**proxies(), **os.environ})
        if outcome.returncode:
            raise BuildFailed(f"debootstrap failed:\n{(outcome.stdout + outcome.stderr)[-2000:]}")
        partial = archive.with_suffix(".partial")
        skipped = [f"--exclude=./{path}/*" for path in LEFT_OUT]
        subprocess.run(["tar", "-C", f"{place}/root", *skipped, "-cf", str(partial), "."], check=True)
        partial.replace(archive)


def mirror() -> list[str]:
    """The mirror that apt on this machine takes the release from; none leaves debootstrap its own."""
    lines = said("apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)", "Created-By: Packages").splitlines()
    start = f"{RELEASE} main http"
    return [line.split(" ", 2)[2] for line in lines if line.startswith(start)][:1]


def proxies() -> dict[str, str]:
    """apt's proxies, as the variables that debootstrap's downloader reads."""
    found = {kind: said("apt-config", "shell", "proxy", f"Acquire::{kind}::Proxy") for kind in ("http", "https")}
    return {f"{kind}_proxy": shlex.split(line)[0].partition("=")[2] for kind, line in found.items() if line.strip()}


def said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def build_base(client: Any, archive: Path, tools: Path) -> str:
    """Build the stand-in from the archive, and its tools from wheels that are fetched to `tools`; its tag. Raises `BuildFailed`.

    One that the engine has already is taken, so that what was built on it is taken, too.
    """
    if client.images.list(STANDIN):
        return STANDIN
    fetch("base", PYTHON, platform.machine(), tools)
    client.api.import_image_from_file(str(archive), repository=DEBIAN.partition(":")[0], tag=RELEASE)
    with tempfile.TemporaryDirectory(prefix="flowza-base-") as place:
        context = Path(place)
        for path in (*HERE.iterdir(), *(wheel for wheel in tools.glob("*.whl") if not wheel.name.startswith("aws_sam_cli"))):
            shutil.copy2(path, context / path.name)
        machine = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
        (wheel,) = tools.glob("aws_sam_cli-*.whl")
        with zipfile.ZipFile(wheel) as files:
            (context / "aws-lambda-rie").write_bytes(files.read(f"samcli/local/rapid/aws-lambda-rie-{machine}"))
        client.images.build(path=place, tag=STANDIN, buildargs={"DEBIAN": DEBIAN}, rm=True, forcerm=True)
    return STANDIN
