"""Make what AWS would have from CloudFormation: tables, bucket, topic, functions, rules, and the built-in user.

The emulator forgets all but journalled tables and stored objects when it ends, so this runs after each of its starts; it changes nothing that is there.
"""

import contextlib
import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.layout import (
    ACCOUNT,
    MEMORY_MB,
    NODE_LARGE,
    NODE_SMALL,
    NODE_TASK,
    NOTICES,
    OWNER,
    PLATFORM,
    REGION,
    SANDBOX,
    SERVING,
    SIZE_OF,
    TASK_TARGET,
    TIMEOUT_SECONDS,
    Layout,
    function_arn,
)
from infra.local.resources import tables

EXISTS = ("ResourceInUseException", "BucketAlreadyOwnedByYou", "BucketAlreadyExists", "ResourceConflictException", "EntityAlreadyExists")


def bootstrap(layout: Layout) -> None:
    """Needs the tree's environment variables to be set in this process."""
    _tables()
    with _unless_there():
        _client("s3").create_bucket(Bucket=f"flowza-{layout.environment()['FLOWZA_STAGE']}")
    _client("sns").create_topic(Name=NOTICES)
    _functions(layout)
    _tasks(layout)
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
    for name in (NODE_SMALL, NODE_LARGE, SERVING, PLATFORM, SANDBOX):
        image, variables = f"{name}:local", {"MINISTACK_LAMBDA_PROXY_URL": platform if name == PLATFORM else pool}
        command: dict[str, Any] = {}
        if layout.images and name != PLATFORM:
            image = layout.images.serving if name == SERVING else layout.images.node
            variables = _variables(layout, name) if name != SANDBOX else {}
            command = {"ImageConfig": {"Command": ["node_containers.sandbox.handler.handler"]}} if name == SANDBOX else {}
        with _unless_there():
            _client("lambda").create_function(
                FunctionName=name,
                PackageType="Image",
                Code={"ImageUri": image},
                Role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
                Timeout=TIMEOUT_SECONDS[name],
                MemorySize=MEMORY_MB.get(name, 1024),
                Environment={"Variables": variables},
                **command,
            )


def _variables(layout: Layout, name: str) -> dict[str, str]:
    """What a container of ours is told, as `infra/resources.yaml` tells it on AWS."""
    shared = ("STAGE", "BUCKET", "RUNS_TABLE", "SERVING_TABLE", "PLATFORM_FUNCTION", "SANDBOX_FUNCTION", "ENVIRONMENT")
    told = {f"FLOWZA_{one}": layout.environment()[f"FLOWZA_{one}"] for one in shared}
    return told | ({"FLOWZA_SIZE": SIZE_OF[name]} if name in SIZE_OF else {})


def _tasks(layout: Layout) -> None:
    """Cluster and task definition, where tasks run in containers."""
    if layout.images is None:
        return
    client, memory = _client("ecs"), MEMORY_MB[NODE_TASK]
    keys = {name: layout.environment()[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION")}
    told = {**_variables(layout, NODE_TASK), **keys, "FLOWZA_MEMORY_MB": str(memory)}
    client.create_cluster(clusterName=TASK_TARGET["cluster"])
    client.register_task_definition(
        family=NODE_TASK,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="4096",
        memory=str(memory),
        containerDefinitions=[
            {
                "name": TASK_TARGET["container"],
                "image": layout.images.task,
                "essential": True,
                "environment": [{"name": name, "value": value} for name, value in told.items()],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "/flowza/local/task", "awslogs-region": REGION, "awslogs-stream-prefix": "task"},
                },
            }
        ],
    )


def _rules() -> None:
    events = _client("events")
    pattern = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}
    events.put_rule(Name="run-changed", EventPattern=json.dumps(pattern), State="ENABLED")
    events.put_targets(Rule="run-changed", Targets=[{"Id": "platform", "Arn": function_arn(PLATFORM)}])
    events.put_rule(Name="tick", ScheduleExpression="rate(1 minute)", State="ENABLED")
    events.put_targets(Rule="tick", Targets=[{"Id": "platform", "Arn": function_arn(PLATFORM), "Input": json.dumps({"tick": True})}])
    events.put_rule(Name="sweep", ScheduleExpression="rate(1 day)", State="ENABLED")
    events.put_targets(Rule="sweep", Targets=[{"Id": "platform", "Arn": function_arn(PLATFORM), "Input": json.dumps({"sweep": True})}])


def _user(layout: Layout) -> None:
    """The one built-in user: signed in by the browser's session, and by programs with the token in the state folder."""
    from chalicelib import access

    token = layout.secret("token")
    if access.identify(f"Bearer {token}") is None:
        access.issue(OWNER, "this machine", token=token)
