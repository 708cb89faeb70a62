"""What a node container reads from its environment, and its AWS clients."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@dataclass(frozen=True)
class Settings:
    bucket: str
    runs_table: str
    platform_function: str
    environment: str
    memory_mb: int


@cache
def load() -> Settings:
    """Read once a process. `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` is set by Lambda itself."""
    return Settings(
        bucket=os.environ["FLOWZA_BUCKET"],
        runs_table=os.environ["FLOWZA_RUNS_TABLE"],
        platform_function=os.environ["FLOWZA_PLATFORM_FUNCTION"],
        environment=os.environ.get("FLOWZA_ENVIRONMENT", ""),
        memory_mb=int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")),
    )


@cache
def client(service: str) -> Any:
    """One client a service and process; an effect may take as long as API Gateway would wait, and is never sent twice by the SDK on its own."""
    retries = {"max_attempts": 1 if service == "lambda" else 5, "mode": "standard"}
    return boto3.client(
        service, config=Config(retries=retries, read_timeout=60, connect_timeout=5, max_pool_connections=16, tcp_keepalive=True)
    )
