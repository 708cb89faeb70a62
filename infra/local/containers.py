"""Real containers instead of the pool: `make run DOCKER=1`. The emulator starts the images itself, as Lambda and Fargate would.

    supervisor   find the images ─▶ FLOWZA_CONTAINERS ─▶ bootstrap: functions and a task definition of these images
    emulator     confine every container it creates ─▶ sweep them when it starts, when it ends, and when the supervisor is gone

What Lambda and Fargate enforce is enforced here: memory, the share of a processor that comes with it, a read-only file system with /tmp, no privileges.
"""

import hashlib
import ipaddress
import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VARIABLE = "FLOWZA_CONTAINERS"
LABEL = "flowza.cloud"
# Lambda gives a whole processor with this much memory, and processes and threads up to this number.
MB_PER_PROCESSOR = 1_769
MAX_PROCESSES = 1_024
# How MiniStack 1.5.33 (pinned) begins to say that an image is not there, and what a state machine on AWS is told.
NO_IMAGE = "Failed to pull image"
IMAGE_DELETED = "Lambda.CodeArtifactUserDeletedException"


@dataclass(frozen=True)
class Containers:
    """Ids of the images, the address under which containers reach this machine, and the label of what belongs to this cloud."""

    node: str
    task: str
    serving: str
    gateway: str
    label: str

    def text(self) -> str:
        return json.dumps(asdict(self))


class NotBuilt(Exception):
    """An image is missing, in a sentence with the way out."""


def load() -> Containers | None:
    """What the supervisor has found; None where the pool runs the handlers."""
    return Containers(**json.loads(os.environ[VARIABLE])) if os.environ.get(VARIABLE) else None


def find(state: Path) -> Containers:
    """Images and address of the engine that is there. Raises `NoEngine` or `NotBuilt`."""
    from infra.images.build import IMAGES, find, tag
    from infra.images.engine import connect

    client = connect()
    ids = find(client)
    if missing := sorted(IMAGES.keys() - ids.keys()):
        raise NotBuilt(f"The engine has no image {', '.join(map(tag, missing))}. Build them: make images")
    return Containers(**ids, gateway=_gateway(client), label=hashlib.sha256(str(state).encode()).hexdigest()[:16])


def _gateway(client: Any) -> str:
    """This machine's address on the engine's bridge. Where the engine is in a virtual machine, what containers send comes out of loopback."""
    place = (client.networks.get("bridge").attrs["IPAM"]["Config"] or [{"Subnet": "127.0.0.0/8"}])[0]
    address = str(place.get("Gateway") or next(ipaddress.ip_network(place["Subnet"]).hosts()))
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return "127.0.0.1"
    return address


def confine(containers: Containers) -> None:
    """In the emulator: whatever function or task container it creates gets the limits of its kind, and this cloud's label."""
    from docker.models.containers import ContainerCollection

    create: Callable[..., Any] = ContainerCollection.create

    def confined(self: Any, image: str, command: Any = None, **words: Any) -> Any:
        if words.get("labels", {}).get("ministack") in ("lambda", "ecs"):
            words |= limits(words["environment"]) | {"labels": {**words["labels"], LABEL: containers.label}}
        return create(self, image, command, **words)

    ContainerCollection.create = confined


def refuse_missing_images(execute: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose image is gone is refused by the name that AWS has for it. Nothing is fetched: an image's id means nothing to a registry."""
    from docker.errors import ImageNotFound
    from docker.models.images import ImageCollection

    def pull(_: Any, repository: str, *__: Any, **___: Any) -> Any:
        raise ImageNotFound(f"the engine has no image {repository}")

    def refused(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = execute(func, event, request_id)
        config = func.get("config") or func
        if answer.get("error") and str(answer["body"].get("errorMessage", "")).startswith(NO_IMAGE):
            words = f"the image {config['ImageUri']} of the function {config['FunctionName']} is not there any more"
            answer["body"] = {"errorType": IMAGE_DELETED, "errorMessage": words}
        return answer

    ImageCollection.pull = pull
    return refused


def limits(environment: Mapping[str, str]) -> dict[str, Any]:
    """The engine's words for what a function or task of so much memory may do."""
    memory_mb = int(environment.get("FLOWZA_MEMORY_MB") or environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
    processors = min(memory_mb / MB_PER_PROCESSOR, os.cpu_count() or 1)
    return {
        "mem_limit": f"{memory_mb}m",
        # No swap: what does not fit ends.
        "memswap_limit": f"{memory_mb}m",
        "nano_cpus": int(processors * 1e9),
        "pids_limit": MAX_PROCESSES,
        "read_only": True,
        "tmpfs": {"/tmp": "mode=1777"},  # noqa: S108 inside the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
    }


def sweep(containers: Containers) -> int:
    """Remove every container of this cloud; how many there were. An engine that is gone has none."""
    from docker.errors import APIError
    from requests.exceptions import RequestException

    from infra.images.engine import NoEngine, connect

    try:
        found = connect().containers.list(all=True, filters={"label": f"{LABEL}={containers.label}"}, ignore_removed=True)
    except (NoEngine, APIError, RequestException):
        return 0
    for container in found:
        try:
            container.remove(force=True, v=True)
        except (APIError, RequestException):  # somebody else is just removing it
            continue
    return len(found)
