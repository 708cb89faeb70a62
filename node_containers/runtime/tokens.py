"""Answering a state machine that waits with a task token."""

import sys

from botocore.exceptions import BotoCoreError, ClientError

from node_containers.runtime.settings import client


def tell(call: str, **words: str) -> None:
    """`send_task_success`, `send_task_failure` or `send_task_heartbeat`. A machine that does not wait any more needs no answer."""
    try:
        getattr(client("stepfunctions"), call)(**words)
    except (ClientError, BotoCoreError) as gone:
        sys.stderr.write(f"{call}: {gone}\n")
