"""Everything the control plane reads from its environment, once. The variables are listed in `docs/contracts.md`, section 1."""

import json
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.utils import determine_content_length


@dataclass(frozen=True)
class Settings:
    stage: str
    bucket: str
    records_table: str
    runs_table: str
    serving_table: str
    node_functions: dict[str, str]
    serving_function: str
    platform_function: str
    task_target: dict[str, Any] | None
    fan_out: int
    prices: str | None
    machine_role: str
    session_role: str
    dead_letters: str
    tick_rule: str
    notices_topic: str
    environment: str
    public_url: str
    storage_url: str | None
    local: bool


@cache
def load() -> Settings:
    read = os.environ.get
    stage = read("FLOWZA_STAGE", "local")
    return Settings(
        stage=stage,
        bucket=read("FLOWZA_BUCKET", f"flowza-{stage}"),
        records_table=read("FLOWZA_RECORDS_TABLE", f"flowza-{stage}-records"),
        runs_table=read("FLOWZA_RUNS_TABLE", f"flowza-{stage}-runs"),
        serving_table=read("FLOWZA_SERVING_TABLE", f"flowza-{stage}-serving"),
        node_functions={
            "small": read("FLOWZA_NODE_FUNCTION_SMALL", f"flowza-{stage}-node-small"),
            "large": read("FLOWZA_NODE_FUNCTION_LARGE", f"flowza-{stage}-node-large"),
        },
        serving_function=read("FLOWZA_SERVING_FUNCTION", f"flowza-{stage}-serving"),
        platform_function=read("FLOWZA_PLATFORM_FUNCTION", f"flowza-{stage}-platform"),
        task_target=json.loads(read("FLOWZA_TASK_TARGET", "null")),
        fan_out=int(read("FLOWZA_FAN_OUT", "40")),
        prices=read("FLOWZA_PRICES"),
        machine_role=read("FLOWZA_MACHINE_ROLE", f"arn:aws:iam::000000000000:role/flowza-{stage}-machine"),
        session_role=read("FLOWZA_SESSION_ROLE", ""),
        dead_letters=read("FLOWZA_DEAD_LETTERS", ""),
        tick_rule=read("FLOWZA_TICK_RULE", ""),
        notices_topic=read("FLOWZA_NOTICES_TOPIC", ""),
        environment=read("FLOWZA_ENVIRONMENT", ""),
        public_url=read("FLOWZA_PUBLIC_URL", ""),
        storage_url=read("FLOWZA_STORAGE_URL"),
        local=stage == "local",
    )


# Bodies up to this size are sent without asking first.
ASK_ABOVE_BYTES = 1_000_000


@cache
def client(service: str) -> Any:
    """One boto3 client a service, made when it is first needed: a start-up that needs none pays for none."""
    config = Config(retries={"max_attempts": 5, "mode": "standard"}, max_pool_connections=32, tcp_keepalive=True)
    made = boto3.client(service, config=config)
    made.meta.events.register_last("before-call.s3", _send_at_once)
    return made


def _send_at_once(params: dict[str, Any], **_: Any) -> None:
    """The SDK asks S3 before each body whether it may send it. A plan or a definition is there before the answer would be."""
    length = determine_content_length(params["body"])
    if length is not None and length <= ASK_ABOVE_BYTES:
        params["headers"].pop("Expect", None)
