"""Which deployment is meant, and what its things are called: `Target`. The account is never written down; whoever is signed in says it."""

import os
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")
# One tag on everything: whose it is, for the sweeper, the inventory and the bill.
TAG = "flowza:stage"
IMAGES = ("node", "task", "serving")


class Refused(Exception):
    """Why it cannot go on, in a sentence with the way out."""


@dataclass(frozen=True)
class Target:
    """A stage in an account and region; `endpoint` is None on AWS itself."""

    stage: str
    account: str
    region: str
    endpoint: str | None = None
    partition: str = "aws"

    @property
    def stack(self) -> str:
        return f"flowza-{self.stage}"

    @property
    def workshop(self) -> str:
        """The bucket that CloudFormation reads template and code from. It holds nothing of people."""
        return f"flowza-{self.stage}-deploy-{self.account}-{self.region}"

    @property
    def bucket(self) -> str:
        """The bucket with people's data."""
        return f"flowza-{self.stage}-{self.account}-{self.region}"

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(f"flowza-{self.stage}-{name}" for name in ("records", "runs", "serving"))

    @property
    def tags(self) -> list[dict[str, str]]:
        return [{"Key": TAG, "Value": self.stage}]

    @property
    def registry(self) -> str:
        """The stack of the images' registries: there before the functions are."""
        return f"flowza-{self.stage}-registry"


@cache
def client(service: str) -> Any:
    """One client a service. A deployment takes minutes: patient, but never for ever."""
    return boto3.client(service, config=Config(retries={"max_attempts": 6, "mode": "standard"}, connect_timeout=5, read_timeout=60))


def endpoint() -> str | None:
    return os.environ.get("AWS_ENDPOINT_URL") or None
