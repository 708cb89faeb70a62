"""Images into the stage's registries: built here, pushed, and named by their digest."""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from infra.deploy.target import IMAGES, Refused, Target, client

URI = re.compile(r"[\w.:/-]+(@sha256:[0-9a-f]{64}|:[\w.-]+)")
NO_ENGINE = (
    "There is no Docker on this machine, and the images must be built somewhere. Start Docker (or podman with DOCKER_HOST), or name images that are in a "
    "registry already: ARGS='--node-image … --task-image … --serving-image …'."
)
# The function's image and the task's share their layers, and so their registry.
REGISTRY = {"node": "NodeRepositoryUri", "task": "NodeRepositoryUri", "serving": "ServingRepositoryUri"}
DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")


def given(named: Mapping[str, str | None]) -> dict[str, str] | None:
    """The images a person named: all of them, or None for none. Raises `Refused` for some, or for what is no address of an image."""
    found = {name: uri for name, uri in named.items() if uri}
    if not found:
        return None
    missing = sorted(set(IMAGES) - set(found))
    if missing:
        raise Refused(
            f"Name all images or none: {', '.join(f'--{name}-image' for name in missing)} {'is' if len(missing) == 1 else 'are'} missing."
        )
    for name, uri in found.items():
        if not URI.fullmatch(uri):
            raise Refused(
                f"--{name}-image {uri!r} is no address of an image. It looks like ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…"
            )
    return found


def engine() -> Any:
    """A client of the container engine. Raises `Refused` where none answers."""
    try:
        from infra.images.engine import NoEngine, connect
    except ImportError as absent:
        raise Refused(NO_ENGINE) from absent
    try:
        return connect()
    except NoEngine as absent:
        raise Refused(NO_ENGINE) from absent


def build_and_push(target: Target, registries: Mapping[str, str]) -> dict[str, str]:
    """Build every image and push it; its address with the digest, by name. `registries` are the outputs of the registry's stack."""
    from infra.images.build import BuildFailed, build_all, tag

    try:
        # What the functions and the task definition of infra/resources.yaml run on, whatever this machine is.
        build_all(machine="x86_64")
    except BuildFailed as failed:
        raise Refused(str(failed)) from failed
    login = _login()
    docker = engine()
    found = {}
    for image in IMAGES:
        address, built = registries[REGISTRY[image]], docker.images.get(tag(image))
        # Tags in the registry never move: one is named by what it is, and an image that is there already is not sent again.
        mark = f"{image}-{str(built.id).removeprefix('sha256:')[:16]}"
        built.tag(address, mark)
        digest = push(docker.images.push(address, mark, stream=True, decode=True, auth_config=login), f"{address}:{mark}")
        found[image] = f"{address}@{digest}"
    return found


def _login() -> dict[str, str]:
    data = client("ecr").get_authorization_token()["authorizationData"][0]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return {"username": user, "password": password}


def push(said: Iterable[Mapping[str, Any]], address: str) -> str:
    """The digest that a push ends with. A push that breaks off, or never says its digest, is `Refused`: nothing is deployed then."""
    again = "Nothing was deployed. Try again: layers that arrived are not sent twice."
    digest = None
    try:
        for line in said:
            if "error" in line:
                raise Refused(f"The registry refused {address}: {line['error']}. {again}")
            found = DIGEST.search(str(line.get("status", "")))
            digest = found[1] if found else digest
    except (OSError, ValueError) as broken:
        raise Refused(f"The push of {address} broke off: {broken}. {again}") from broken
    if digest is None:
        raise Refused(f"The push of {address} broke off before its digest was known. {again}")
    return digest
