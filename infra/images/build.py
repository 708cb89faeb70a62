"""Build the images and say how large they are."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docker.errors import APIError, BuildError, DockerException, ImageNotFound

from chalicelib.limits import over
from infra.figures import Figure, measured
from infra.images.engine import connect

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "infra" / "locks"
WHEELS = ROOT / "dist" / "wheels"
# The base that the Dockerfiles name themselves; AWS publishes it in its public registry.
AWS_BASE = "public.ecr.aws/lambda/python:3.12"
# Kinds of machines, in Docker's words.
PLATFORMS = {"x86_64": "amd64", "aarch64": "arm64"}
# One system library version after the other: pip takes a wheel whose tag is among these, and AWS's base has glibc 2.34.
GLIBC = (5, 12, 17, 24, 26, 27, 28, 31, 34)


class Image(NamedTuple):
    """What an image is built from: the folder of its Dockerfile and the stage of it."""

    folder: str
    target: str


IMAGES = {"node": Image("tabular", "lambda"), "task": Image("tabular", "task"), "serving": Image("serving", "lambda")}


class Built(NamedTuple):
    """`id` is the image's digest as the engine knows it; `bytes` its size unpacked, `own_bytes` without the base."""

    name: str
    tag: str
    id: str
    bytes: int
    own_bytes: int


class BuildFailed(Exception):
    """An image could not be built, with the end of what the builder said."""


def tag(name: str, label: str = "local") -> str:
    return f"flowza/{name}:{label}"


def build_all(*, base: str = AWS_BASE, machine: str | None = None, label: str = "local") -> list[Built]:
    """Build every image, for the engine's own kind of machine or for `machine` (`x86_64`, `aarch64`).

    The wheels are fetched here, by pip as it is set up on this machine: the builds need no index, no proxy and no certificate. Raises `BuildFailed`.
    """
    client = connect()
    kind = machine or str(client.info()["Architecture"])
    fetch_wheels(python_of(client, base, kind), kind)
    return [build(client, name, base=base, machine=kind, label=label) for name in IMAGES]


def build(client: Any, name: str, *, base: str, machine: str | None = None, label: str = "local") -> Built:
    """Build one image from the root of the repository and the fetched wheels; layers that are there already are taken. Raises `BuildFailed`."""
    image = IMAGES[name]
    try:
        made, _ = client.images.build(
            path=str(ROOT),
            dockerfile=f"node_containers/{image.folder}/Dockerfile",
            target=image.target,
            buildargs={"BASE_IMAGE": base, "OFFLINE": "1"},
            platform=foreign(client, machine),
            tag=tag(name, label),
            rm=True,
            forcerm=True,
        )
    except BuildError as failed:
        said = "".join(str(line.get("stream") or line.get("error") or "") for line in failed.build_log)
        raise BuildFailed(f"The image {tag(name, label)} could not be built:\n{said[-3000:]}") from failed
    except APIError as refused:
        raise BuildFailed(f"The engine refused to build {tag(name, label)}: {refused.explanation}") from refused
    size = int(made.attrs["Size"])
    if too_large := over("lambda-image", size):
        raise BuildFailed(f"{tag(name, label)} cannot be a function: {too_large}.")
    return Built(name, tag(name, label), str(made.id), size, size - int(client.images.get(base).attrs["Size"]))


def find(client: Any, label: str = "local") -> dict[str, str]:
    """The ids of the images that are there, by name."""
    found = {}
    for name in IMAGES:
        try:
            found[name] = str(client.images.get(tag(name, label)).id)
        except ImageNotFound:
            continue
    return found


def foreign(client: Any, machine: str | None) -> str | None:
    """A kind of machine that is not the engine's own, in its words."""
    return f"linux/{PLATFORMS[machine]}" if machine and machine != client.info()["Architecture"] else None


def python_of(client: Any, base: str, machine: str | None = None) -> str:
    """The Python of a base image, such as `3.12`: wheels are fetched for it. An image that is not there is pulled. Raises `BuildFailed`."""
    code = "import sys; sys.stdout.write('{}.{}\\n'.format(*sys.version_info))"
    words = {"entrypoint": ["python3"], "remove": True, "network_mode": "none", "platform": foreign(client, machine)}
    try:
        said = client.containers.run(base, ["-c", code], **words).decode().strip()
    except DockerException as refused:
        why = getattr(refused, "explanation", None) or refused
        raise BuildFailed(
            f"The base image {base} can neither be pulled nor started: {why}. Another one: IMAGES='--base IMAGE'"
        ) from refused
    if not re.fullmatch(r"3\.\d+", said):
        raise BuildFailed(f"The base image {base} does not say which Python it has, but {said[:80]!r}.")
    return str(said)


def fetch_wheels(python: str, machine: str) -> None:
    """The locked wheels of all images, for a base's Python and kind of machine."""
    for image in sorted({one.folder for one in IMAGES.values()}):
        fetch(image, python, machine, WHEELS)


def fetch(lock: str, python: str, machine: str, folder: Path) -> None:
    """Download the wheels of a lock for a Python such as `3.12` on Linux; pip checks their hashes. Raises `BuildFailed`."""
    folder.mkdir(parents=True, exist_ok=True)
    tags = [part for minor in GLIBC for part in ("--platform", f"manylinux_2_{minor}_{machine}")]
    tags += ["--platform", f"manylinux2014_{machine}", "--platform", f"manylinux1_{machine}", "--platform", f"linux_{machine}"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python, *tags, "--find-links", str(folder)]
    with tempfile.TemporaryDirectory(prefix="flowza-wheels-") as fresh:
        outcome = subprocess.run([*command, "-r", str(LOCKS / f"{lock}.txt"), "-d", fresh], capture_output=True, text=True, check=False)
        if outcome.returncode:
            raise BuildFailed(f"The wheels of {lock} could not be fetched:\n{outcome.stderr[-2000:]}")
        for wheel in Path(fresh).iterdir():
            shutil.copy2(wheel, folder / wheel.name)


def sizes(images: Iterable[Built]) -> Iterator[Figure]:
    """How large every image is."""
    for image in images:
        yield measured(
            f"image-{image.name}", image.bytes / 1e6, "MB", 1, f"the {image.name} image unpacked, with its base", command="make images"
        )
        own = f"the {image.name} image unpacked, without its base"
        yield measured(f"layers-{image.name}", image.own_bytes / 1e6, "MB", 1, own, command="make images")
