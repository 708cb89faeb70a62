"""What a node container reads from its environment, and its AWS clients."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.utils import determine_content_length


@dataclass(frozen=True)
class Settings:
    bucket: str
    # Empty in an exported workflow, which runs without the platform: what happens is said in the log.
    runs_table: str
    platform_function: str
    environment: str
    # `session`: the data is reached with credentials for one run, which the platform gives for the run's ticket.
    credentials: str
    memory_mb: int
    size: str
    stage: str
    sandbox_function: str
    # How many invocations of one node that fans out work beside each other.
    fan_out: int


@cache
def load() -> Settings:
    """Read once a process. `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` is set by Lambda itself, `FLOWZA_MEMORY_MB` by the task definition."""
    return Settings(
        bucket=os.environ["FLOWZA_BUCKET"],
        runs_table=os.environ.get("FLOWZA_RUNS_TABLE", ""),
        platform_function=os.environ.get("FLOWZA_PLATFORM_FUNCTION", ""),
        environment=os.environ.get("FLOWZA_ENVIRONMENT", ""),
        credentials=os.environ.get("FLOWZA_CREDENTIALS", ""),
        memory_mb=int(os.environ.get("FLOWZA_MEMORY_MB") or os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")),
        size=os.environ.get("FLOWZA_SIZE", "small"),
        stage=os.environ.get("FLOWZA_STAGE", ""),
        sandbox_function=os.environ.get("FLOWZA_SANDBOX_FUNCTION", ""),
        fan_out=int(os.environ.get("FLOWZA_FAN_OUT", "40")),
    )


# Bodies up to this size are sent without asking first.
ASK_ABOVE_BYTES = 1_000_000
# Clients of a run's data; the others work with the function's own role.
NARROWED = ("s3", "dynamodb", "secretsmanager")
_session: Any = None


@cache
def client(service: str) -> Any:
    """One client a service and process; an effect may take as long as API Gateway would wait, and is never sent twice by the SDK on its own."""
    retries = {"max_attempts": 1 if service == "lambda" else 5, "mode": "standard"}
    # Every artifact is checked against its own SHA-256: a second sum on the way would cost time and find nothing more.
    sums: Any = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
    config = Config(retries=retries, read_timeout=60, connect_timeout=5, max_pool_connections=16, tcp_keepalive=True, **sums)
    maker = _session if _session is not None and service in NARROWED else boto3
    made = maker.client(service, config=config)
    made.meta.events.register_last("before-call.s3", _send_at_once)
    return made


def _send_at_once(params: dict[str, Any], **_: Any) -> None:
    """The SDK asks S3 before each body whether it may send it. A small one is there before the answer would be."""
    length = determine_content_length(params["body"])
    if length is not None and length <= ASK_ABOVE_BYTES:
        params["headers"].pop("Expect", None)


def keys() -> Any:
    """The credentials that the data is reached with just now, of the session that its clients came from: a new one takes a third of a second to find them."""
    return (_session or boto3.DEFAULT_SESSION).get_credentials().get_frozen_credentials()


def narrow(session: Any) -> None:
    """From here on the data is reached with the credentials of this boto3 session."""
    global _session
    if session is not _session:
        _session = session
        client.cache_clear()
