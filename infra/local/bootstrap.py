"""Make what AWS would have from CloudFormation: tables, bucket, functions, rules, and the built-in user.

The emulator forgets all but journalled tables and stored objects when it ends, so this runs after each of its starts; it changes nothing that is there.
"""

import contextlib
import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.layout import ACCOUNT, MEMORY_MB, NODE_LARGE, NODE_SMALL, OWNER, PLATFORM, SERVING, TIMEOUT_SECONDS, Layout, function_arn
from infra.local.resources import tables

EXISTS = ("ResourceInUseException", "BucketAlreadyOwnedByYou", "BucketAlreadyExists", "ResourceConflictException", "EntityAlreadyExists")


def bootstrap(layout: Layout) -> None:
    """Needs the tree's environment variables to be set in this process."""
    _tables()
    with _unless_there():
        _client("s3").create_bucket(Bucket=f"flowza-{layout.environment()['FLOWZA_STAGE']}")
    _functions(layout)
    _rules()
    _user(layout)


def _client(service: str) -> Any:
    # The emulator answered a moment ago. Where it does not now, it has died, and waiting for it would keep the supervisor from starting it.
    return boto3.client(service, config=Config(retries={"total_max_attempts": 2, "mode": "standard"}))


@contextlib.contextmanager
def _unless_there() -> Any:
    try:
        yield
    except ClientError as exists:
        if exists.response["Error"]["Code"] not in EXISTS:
            raise


def _tables() -> None:
    client = _client("dynamodb")
    known = set(client.list_tables()["TableNames"])
    for table in tables():
        if table["TableName"] not in known:
            client.create_table(**table)


def _functions(layout: Layout) -> None:
    pool, platform = (f"http://127.0.0.1:{port}/" for port in (layout.ports.pool, layout.ports.platform))
    for name in (NODE_SMALL, NODE_LARGE, SERVING, PLATFORM):
        address = platform if name == PLATFORM else pool
        with _unless_there():
            _client("lambda").create_function(
                FunctionName=name,
                PackageType="Image",
                Code={"ImageUri": f"{name}:local"},
                Role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
                Timeout=TIMEOUT_SECONDS[name],
                MemorySize=MEMORY_MB.get(name, 1024),
                Environment={"Variables": {"MINISTACK_LAMBDA_PROXY_URL": address}},
            )


def _rules() -> None:
    events = _client("events")
    pattern = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}
    events.put_rule(Name="run-changed", EventPattern=json.dumps(pattern), State="ENABLED")
    events.put_targets(Rule="run-changed", Targets=[{"Id": "platform", "Arn": function_arn(PLATFORM)}])
    events.put_rule(Name="tick", ScheduleExpression="rate(1 minute)", State="ENABLED")
    events.put_targets(Rule="tick", Targets=[{"Id": "platform", "Arn": function_arn(PLATFORM), "Input": json.dumps({"tick": True})}])


def _user(layout: Layout) -> None:
    """The one built-in user: signed in by the browser's session, and by programs with the token in the state folder."""
    from chalicelib import access

    token = layout.secret("token")
    if access.identify(f"Bearer {token}") is None:
        access.issue(OWNER, "this machine", token=token)
