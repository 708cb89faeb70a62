"""`make destroy`: what there is of a stage is listed, then removed; data only when told."""

import contextlib
from collections.abc import Callable, Iterator

from botocore.exceptions import ClientError

from infra.deploy import inventory, stack
from infra.deploy.doctor import stack_status
from infra.deploy.target import Refused, Target, client

GONE = (
    "NoSuchBucket",
    "404",
    "NoSuchKey",
    "ResourceNotFoundException",
    "RepositoryNotFoundException",
    "StateMachineDoesNotExist",
    "ExecutionDoesNotExist",
    "ClusterNotFoundException",
)
SHOWN = 6


def destroy(
    target: Target, *, delete_data: bool, confirm: Callable[[dict[str, list[str]]], bool], say: Callable[[str], None]
) -> dict[str, list[str]]:
    """Remove the stage; what is left of it, which is its data or nothing. Raises `Refused` where something stays that should not."""
    known = inventory.found(target)
    doomed = known if delete_data else inventory.without_data(known)
    if not doomed:
        say("there is nothing to delete")
        return known
    if not confirm(doomed):
        raise Refused("Nothing was deleted.")
    _stop_work(target, say)
    if stack_status(target):
        _empty_site(target)
        stack.delete(target, say)
    if stack_status(target, target.registry):
        # Its registries are emptied with it.
        stack.delete(target, say, target.registry)
    remove_workshop(target)
    if delete_data:
        say("deleting the data")
        _delete_data(target)
    # Last of all: a function's last words make its log group again.
    for name in inventory.log_groups(target):
        with _unless_gone():
            client("logs").delete_log_group(logGroupName=name)
    left = inventory.found(target)
    stays = left if delete_data else inventory.without_data(left)
    if stays:
        raise Refused(f"This could not be deleted: {listing(stays)}. Run it again; what AWS is still deleting is gone in a minute.")
    return left


def listing(known: dict[str, list[str]]) -> str:
    """`2 tables (a, b), 1 stack (c)`."""
    words = []
    for kind, names in known.items():
        shown = ", ".join(name.rsplit(":", 1)[-1] for name in names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
        words.append(f"{len(names)} {kind}{'s' if len(names) > 1 else ''} ({shown})")
    return ", ".join(words)


def remove_workshop(target: Target) -> None:
    _empty(target.workshop)
    with _unless_gone():
        client("s3").delete_bucket(Bucket=target.workshop)


@contextlib.contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except ClientError as gone:
        if gone.response["Error"]["Code"] not in GONE:
            raise


def _stop_work(target: Target, say: Callable[[str], None]) -> None:
    """Runs are stopped first, so that nothing bills for work whose result nobody gets; compiled machines belong to no stack."""
    machines = list(inventory.machines(target))
    if machines:
        say(f"stopping work and deleting {len(machines)} state machines")
    client_ = client("stepfunctions")
    for arn in machines:
        with _unless_gone():
            for page in client_.get_paginator("list_executions").paginate(stateMachineArn=arn, statusFilter="RUNNING"):
                for one in page["executions"]:
                    client_.stop_execution(executionArn=one["executionArn"], error="Destroyed", cause="The stage is being destroyed")
            client_.delete_state_machine(stateMachineArn=arn)
    with _unless_gone():
        for task in client("ecs").list_tasks(cluster=target.stack).get("taskArns", []):
            client("ecs").stop_task(cluster=target.stack, task=task, reason="The stage is being destroyed")


def _empty_site(target: Target) -> None:
    """CloudFormation deletes empty buckets only."""
    for page in client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=target.stack):
        for one in page["StackResourceSummaries"]:
            if one["LogicalResourceId"] == "SiteBucket" and one.get("PhysicalResourceId"):
                _empty(one["PhysicalResourceId"])


def _empty(bucket: str) -> None:
    """Every object, every version, every marker, every upload that was begun."""
    s3 = client("s3")
    with _unless_gone():
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=entry["Key"])
        for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
            for upload in page.get("Uploads", []):
                s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def _delete_data(target: Target) -> None:
    for table in target.tables:
        with _unless_gone():
            client("dynamodb").delete_table(TableName=table)
            client("dynamodb").get_waiter("table_not_exists").wait(TableName=table)
    _empty(target.bucket)
    with _unless_gone():
        client("s3").delete_bucket(Bucket=target.bucket)
    for _, identity in list(inventory.pools(target)):
        with _unless_gone():
            client("cognito-idp").delete_user_pool(UserPoolId=identity)
