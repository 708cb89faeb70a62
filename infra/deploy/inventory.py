"""What there is of a stage, asked of each service and not of the stack: also what was made at run time, and what a stack left behind."""

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy.doctor import stack_status
from infra.deploy.target import Target, client

# Kept by `make destroy` unless DATA=delete.
DATA = ("table", "bucket with data", "user pool")


def found(target: Target) -> dict[str, list[str]]:
    """Names by kind; kinds of which there is nothing are left out."""
    kinds: dict[str, Callable[[Target], Iterator[str]]] = {
        "stack": _stacks,
        "state machine": machines,
        "function": _functions,
        "log group": log_groups,
        "registry": _repositories,
        "bucket with template and code": lambda target: _bucket(target.workshop),
        "table": _tables,
        "bucket with data": lambda target: _bucket(target.bucket),
        "user pool": lambda target: (name for name, _ in pools(target)),
    }
    named = {kind: list(names(target)) for kind, names in kinds.items()}
    return {kind: names for kind, names in named.items() if names}


def without_data(known: dict[str, list[str]]) -> dict[str, list[str]]:
    return {kind: names for kind, names in known.items() if kind not in DATA}


def _stacks(target: Target) -> Iterator[str]:
    yield from (name for name in (target.stack, target.registry) if stack_status(target, name))


def machines(target: Target) -> Iterator[str]:
    """ARNs of the compiled state machines."""
    for page in client("stepfunctions").get_paginator("list_state_machines").paginate():
        yield from (one["stateMachineArn"] for one in page["stateMachines"] if one["name"].startswith(f"flowza-{target.stage}-"))


def _functions(target: Target) -> Iterator[str]:
    for page in client("lambda").get_paginator("list_functions").paginate():
        yield from (one["FunctionName"] for one in page["Functions"] if one["FunctionName"].startswith(f"flowza-{target.stage}-"))


def log_groups(target: Target) -> Iterator[str]:
    for prefix in (f"/aws/lambda/flowza-{target.stage}-", f"/flowza/{target.stage}/"):
        for page in client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
            yield from (one["logGroupName"] for one in page["logGroups"])


def _repositories(target: Target) -> Iterator[str]:
    for page in client("ecr").get_paginator("describe_repositories").paginate():
        yield from (one["repositoryName"] for one in page["repositories"] if one["repositoryName"].startswith(f"flowza-{target.stage}-"))


def _tables(target: Target) -> Iterator[str]:
    for page in client("dynamodb").get_paginator("list_tables").paginate():
        yield from (name for name in page["TableNames"] if name in target.tables)


def _bucket(name: str) -> Iterator[str]:
    try:
        client("s3").head_bucket(Bucket=name)
    except ClientError:
        return
    yield name


def pools(target: Target) -> Iterator[tuple[str, str]]:
    """Name and id of the stage's user pools: one that was kept, and the one of the stack."""
    start: dict[str, Any] = {}
    while True:
        page = client("cognito-idp").list_user_pools(MaxResults=60, **start)
        yield from ((one["Name"], one["Id"]) for one in page["UserPools"] if one["Name"] == f"flowza-{target.stage}")
        if "NextToken" not in page:
            return
        start = {"NextToken": page["NextToken"]}
