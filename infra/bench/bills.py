"""What a run cost, reckoned a second time: from the execution's history and what each invocation wrote down, with prices of its own.

Nothing here uses the ledger's code or its price table. Prices: us-east-1, the pages of Lambda, Step Functions, S3 and DynamoDB as of January 2026.
"""

import math
from typing import Any

from infra.bench.cloud import Cloud

GB_SECOND = 0.0000166667
LAMBDA_REQUEST = 0.20 / 1e6
TRANSITION = 25 / 1e6
PUT, GET = 0.005 / 1e3, 0.0004 / 1e3
WRITE_UNIT = 0.625 / 1e6
GB_MONTH = 0.023


def recomputed(cloud: Cloud, run: dict[str, Any]) -> float:
    """Dollars of a run that used functions only."""
    history = events(cloud, run["id"])
    invocations = history.count("TaskScheduled")
    # AWS counts the start, every other state that is entered, and every try of a task. (The emulator does not note the entering of tasks in branches.)
    transitions = 1 + invocations + sum(kind.endswith("StateEntered") and kind != "TaskStateEntered" for kind in history)
    written = [_numbers(item) for item in _invocations(cloud, run["id"])]
    if len(written) != invocations:
        raise SystemExit(f"{invocations} invocations in the history, {len(written)} written down")
    return (
        transitions * TRANSITION
        + invocations * LAMBDA_REQUEST
        + sum(math.ceil(one["billed_ms"]) / 1000 * one["memory_mb"] / 1024 * GB_SECOND for one in written)
        + sum(
            one["puts"] * PUT + one["gets"] * GET + one["writes"] * WRITE_UNIT + one["stored_bytes"] / 2**30 * GB_MONTH for one in written
        )
    )


def events(cloud: Cloud, run: str) -> list[str]:
    """The types of all events of the run's first execution."""
    client = cloud.aws("stepfunctions")
    for machine in client.list_state_machines()["stateMachines"]:
        for execution in client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
            if execution["name"] == run:
                found = client.get_execution_history(executionArn=execution["executionArn"], maxResults=1000)["events"]
                return [event["type"] for event in found]
    raise SystemExit(f"{run} has no execution")


def _invocations(cloud: Cloud, run: str) -> list[dict[str, Any]]:
    values = {":pk": {"S": f"run#{run}"}, ":bill": {"S": "bill#"}}
    found = cloud.aws("dynamodb").query(
        TableName="flowza-local-runs", KeyConditionExpression="pk = :pk AND begins_with(sk, :bill)", ExpressionAttributeValues=values
    )
    items: list[dict[str, Any]] = found["Items"]
    return items


def _numbers(item: dict[str, Any]) -> dict[str, float]:
    return {name: float(value["N"]) for name, value in item.items() if "N" in value}
