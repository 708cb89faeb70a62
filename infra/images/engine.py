"""The container engine: whatever answers at DOCKER_HOST (Docker, Podman, Colima, …), or at Docker's own address."""

import os
from typing import Any

import docker
from docker.errors import DockerException
from requests.exceptions import RequestException

BUILD_SECONDS = 1_800


class NoEngine(Exception):
    """No container engine can be used, in a sentence with the way out."""


def connect() -> Any:
    """A client of the engine. Raises `NoEngine` where none answers."""
    try:
        client = docker.from_env(timeout=BUILD_SECONDS)
        client.ping()
    except (DockerException, RequestException, OSError) as away:
        place = os.environ.get("DOCKER_HOST", "its usual address")
        message = (
            f"No container engine answers at {place}. Start Docker, or say where another one listens: DOCKER_HOST=unix:///…/docker.sock"
        )
        raise NoEngine(message) from away
    return client
