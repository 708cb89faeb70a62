"""What must hold before anything is made: all problems at once, each with the way out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from infra.deploy import site
from infra.deploy.target import STAGE, TAG, Refused, Target, client, endpoint

# Stages work beside each other: with fewer, the first fan-out waits for itself.
CONCURRENCY_MIN = 10
WRONG_CREDENTIALS = {
    "InvalidClientTokenId": "The access key is not known to AWS",
    "UnrecognizedClientException": "The access key is not known to AWS",
    "SignatureDoesNotMatch": "The secret does not belong to the access key",
    "ExpiredToken": "The session has expired",
    "ExpiredTokenException": "The session has expired",
    "AccessDenied": "The account refuses this user",
}
SIGN_IN = "Sign in first: `aws configure`, `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
BUSY = "_IN_PROGRESS"
# A stack that was never whole: it is deleted before the next try, because CloudFormation takes no update for it.
HALF_CREATED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED")


def identify(stage: str) -> Target:
    """The deployment that is meant. Raises `Refused` where the stage has no possible name, no region is set, or nobody is signed in."""
    if not STAGE.fullmatch(stage):
        raise Refused(f"{stage!r} is no name of a stage: lower-case letters and digits, beginning with a letter, at most 16.")
    try:
        session = boto3.session.Session()
        region, known = session.region_name, session.get_credentials()
    except ProfileNotFound as missing:
        raise Refused(f"{missing}. Unset AWS_PROFILE, or make it with `aws configure --profile …`.") from missing
    if not region:
        raise Refused("No region is set. Say where: AWS_REGION=eu-central-1, or `aws configure set region eu-central-1`.")
    if known is None:
        raise Refused(f"There are no AWS credentials on this machine. {SIGN_IN}")
    try:
        me = _who_am_i().get_caller_identity()
    except (NoCredentialsError, PartialCredentialsError) as missing:
        raise Refused(f"The AWS credentials are not complete ({missing}). {SIGN_IN}") from missing
    except ClientError as wrong:
        code = wrong.response["Error"]["Code"]
        raise Refused(f"{WRONG_CREDENTIALS.get(code, f'AWS refuses the credentials ({code})')}. {SIGN_IN}") from wrong
    except EndpointConnectionError as gone:
        raise Refused(f"AWS cannot be reached from here ({gone}). Check the network, and AWS_ENDPOINT_URL where it is set.") from gone
    except BotoCoreError as broken:
        raise Refused(f"AWS cannot be asked who you are: {broken}. {SIGN_IN}") from broken
    return Target(stage, me["Account"], region, endpoint(), me["Arn"].split(":")[1])


def _who_am_i() -> Any:
    """The first question: where nobody answers, a person hears it in seconds, not after the patience that a deployment has."""
    return boto3.client("sts", config=Config(retries={"total_max_attempts": 2, "mode": "standard"}, connect_timeout=5, read_timeout=20))


def examine(target: Target, *, build_images: bool, canvas: Path = site.DIST) -> list[str]:
    """Everything that stands in the way of a deployment; empty when nothing does. `canvas` is the folder of the built canvas."""
    return [*_stack(target), *_bucket(target), *_quotas(), *_canvas(canvas), *(_engine() if build_images else ())]


def stack_status(target: Target, name: str = "") -> str | None:
    """Status of the stage's stack, or of another of its stacks; None where there is none."""
    try:
        (found,) = client("cloudformation").describe_stacks(StackName=name or target.stack)["Stacks"]
    except ClientError as missing:
        if "does not exist" in str(missing):
            return None
        raise Refused(f"CloudFormation cannot be read: {missing.response['Error']['Message']}") from missing
    return None if found["StackStatus"] == "DELETE_COMPLETE" else str(found["StackStatus"])


def _stack(target: Target) -> Iterator[str]:
    status = stack_status(target)
    if status is None:
        return
    (found,) = client("cloudformation").describe_stacks(StackName=target.stack)["Stacks"]
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
    # One in review was never made, and one that has only taken data over has no tags yet.
    begun = status == "REVIEW_IN_PROGRESS" or status.startswith("IMPORT_")
    if tags.get(TAG, target.stage if begun else None) != target.stage:
        yield f"There is a stack {target.stack} that Flowza did not make. Choose another STAGE."
    elif status.endswith(BUSY) and status not in HALF_CREATED:
        yield f"The stack {target.stack} is being changed in this moment ({status}). Wait for it, then try again."
    elif status == "UPDATE_ROLLBACK_FAILED":
        yield f"The stack {target.stack} could not be rolled back. Continue its rollback in the CloudFormation console, then try again."


def _bucket(target: Target) -> Iterator[str]:
    """Names of buckets are the whole world's."""
    for name in (target.bucket, target.workshop):
        try:
            client("s3").head_bucket(Bucket=name)
        except ClientError as answer:
            if answer.response["ResponseMetadata"]["HTTPStatusCode"] in (301, 403):
                yield f"The bucket name {name} is taken by another account or region. Choose another STAGE."


def _quotas() -> Iterator[str]:
    try:
        limit = client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    except ClientError as refused:
        yield f"Lambda cannot be asked for its quotas ({refused.response['Error']['Code']}). The user needs the rights of docs/deploy.md."
        return
    if limit < CONCURRENCY_MIN:
        yield f"The account lets {limit} functions work at once; {CONCURRENCY_MIN} are needed. Ask for more in Service Quotas (Lambda, concurrent executions)."


def _canvas(folder: Path) -> Iterator[str]:
    """The canvas is uploaded last, and a stage without it is of no use: it must be there first."""
    try:
        site.files(folder)
    except Refused as missing:
        yield str(missing)


def _engine() -> Iterator[str]:
    from infra.deploy.images import engine

    try:
        engine()
    except Refused as missing:
        yield str(missing)
