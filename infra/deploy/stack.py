"""The stack: by change sets, with progress, rolled back where it fails."""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.deploy import inventory, template
from infra.deploy.doctor import HALF_CREATED, stack_status
from infra.deploy.target import Refused, Target, client
from infra.package import ROOT

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
REGISTRY = ROOT / "infra" / "registry.yaml"
NOTHING = ("didn't contain changes", "No updates are to be performed", "no changes")
POLL_SECONDS = 2.0
# CloudFront alone may take a quarter of an hour.
WAIT_SECONDS = 3600
# What CloudFormation says, and what a person can do about it.
WAYS_OUT = (
    (
        r"MemorySize.*3008|less than or equal to 3008",
        "Functions of this account may have 3,008 MB at most. Ask AWS support to raise its memory limit for Lambda.",
    ),
    (
        r"(?i)limit exceeded|quota|LimitExceeded|TooMany",
        "A quota of the account is used up. Raise it in Service Quotas, or destroy a stage nobody needs.",
    ),
    (
        r"(?i)already exist",
        "Something of that name is there that this stage does not own. Choose another STAGE, or see what `make destroy` lists.",
    ),
    (r"(?i)not authorized|AccessDenied|UnauthorizedOperation", "The user who deploys lacks this right. docs/deploy.md lists them."),
    (
        r"(?i)image.*(not exist|not found|InvalidImage)|Source image",
        "The image is not in the registry of this account and region. Push it, or have it built.",
    ),
)


def apply(target: Target, url: str, text: str, values: Mapping[str, str], say: Callable[[str], None]) -> dict[str, str]:
    """Create or update the stack and wait for its end; its outputs. Nothing to change is no failure. Raises `Refused` after a rollback."""
    status = stack_status(target)
    if status in HALF_CREATED:
        say(f"the stack {target.stack} was left half made ({status}): removing it first")
        delete(target, say)
        status = None
    if status is None:
        status = _adopt(target, text, values, say)
    kind = "UPDATE" if status else "CREATE"
    name = _change_set(target, kind, values, TemplateURL=url)
    if name is not None:
        _execute(target, name, kind, say)
    else:
        say("nothing has changed")
    return outputs(target.stack)


def _adopt(target: Target, text: str, values: Mapping[str, str], say: Callable[[str], None]) -> str | None:
    """Take over the data that an earlier stage of this name has left; the stack's status then, None where there is nothing."""
    tables = dict(zip(("RecordsTable", "RunsTable", "ServingTable"), target.tables, strict=True))
    known = inventory.found(target)
    kept = {logical: name for logical, name in tables.items() if name in known.get("table", [])}
    kept.update(("Bucket", name) for name in known.get("bucket with data", []))
    # Of several pools, which only hands can have made, the first is taken.
    kept.update(("Users", identity) for _, identity in list(inventory.pools(target))[:1])
    if not kept:
        return None
    say(f"taking over what an earlier {target.stack} has left: {', '.join(kept)}")
    small, found = template.kept_only(text, kept)
    name = _change_set(target, "IMPORT", values, TemplateBody=small, ResourcesToImport=found)
    if name is not None:
        _execute(target, name, "IMPORT", say)
    return stack_status(target)


def registry(target: Target, say: Callable[[str], None]) -> dict[str, str]:
    """Make the stack of the images' registries, or bring it up to date; its outputs."""
    cloudformation = client("cloudformation")
    words = {"StackName": target.registry, "TemplateBody": REGISTRY.read_text("utf-8"), "Tags": target.tags}
    values = [{"ParameterKey": "Stage", "ParameterValue": target.stage}]
    try:
        cloudformation.create_stack(**words, Parameters=values, OnFailure="DELETE")
    except ClientError as answer:
        if answer.response["Error"]["Code"] != "AlreadyExistsException":
            raise Refused(f"CloudFormation refuses the registries: {answer.response['Error']['Message']}") from answer
        try:
            cloudformation.update_stack(**words, Parameters=values)
        except ClientError as same:
            if not any(said in str(same) for said in NOTHING):
                raise Refused(f"The registries cannot be brought up to date: {same.response['Error']['Message']}") from same
    identity = _identity(target.registry)
    ended = _follow(target, identity, say)
    if ended not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise Refused(f"The registries could not be made ({ended}). {_reasons(identity)}")
    return outputs(target.registry)


def outputs(name: str) -> dict[str, str]:
    (found,) = client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def delete(target: Target, say: Callable[[str], None], name: str = "") -> None:
    """Delete the stage's stack, or another of its stacks, and wait until it is gone. Raises `Refused` where something of it stays."""
    name = name or target.stack
    identity = _identity(name)
    client("cloudformation").delete_stack(StackName=name)
    ended = _follow(target, identity, say)
    if ended not in ("DELETE_COMPLETE", None):
        raise Refused(f"The stack {name} could not be deleted whole ({ended}). {_reasons(identity)}")


def _change_set(target: Target, kind: str, values: Mapping[str, str], **what: Any) -> str | None:
    """Name of a change set that is ready; None where nothing would change."""
    cloudformation, name = client("cloudformation"), f"flowza-{uuid.uuid4().hex[:12]}"
    words: dict[str, Any] = {"ChangeSetType": kind, "Capabilities": CAPABILITIES}
    if kind != "IMPORT":  # it may not bring tags: the update behind it does
        words["Tags"] = target.tags
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(values.items())]
    try:
        cloudformation.create_change_set(StackName=target.stack, ChangeSetName=name, Parameters=given, **words, **what)
    except ClientError as refused:
        raise Refused(f"CloudFormation refuses the template: {refused.response['Error']['Message']}. {_way_out(str(refused))}") from refused
    deadline = time.monotonic() + 300
    while True:
        found = cloudformation.describe_change_set(StackName=target.stack, ChangeSetName=name)
        if found["Status"] in ("CREATE_COMPLETE", "FAILED") or time.monotonic() > deadline:
            break
        time.sleep(min(POLL_SECONDS, 0.2 if target.endpoint else POLL_SECONDS))
    if found["Status"] == "CREATE_COMPLETE":
        return name
    reason = found.get("StatusReason", "it was not ready within five minutes")
    cloudformation.delete_change_set(StackName=target.stack, ChangeSetName=name)
    if any(words in reason for words in NOTHING):
        return None
    if kind != "UPDATE":
        # An empty stack in review bills nothing, but stands in the way of the next try.
        cloudformation.delete_stack(StackName=target.stack)
    raise Refused(f"CloudFormation cannot work out the changes: {reason} {_way_out(reason)}".strip())


def _execute(target: Target, name: str, kind: str, say: Callable[[str], None]) -> None:
    identity = _identity(target.stack)
    # What is kept on purpose is not kept where its very creation failed.
    client("cloudformation").execute_change_set(StackName=target.stack, ChangeSetName=name, RetainExceptOnCreate=kind != "IMPORT")
    ended = _follow(target, identity, say)
    if ended in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        return
    why = _reasons(identity)
    if kind != "UPDATE":
        say("rolled back; removing what is left of the stack")
        delete(target, say)
        raise Refused(f"The deployment failed and was undone: nothing is left that bills. {why}")
    raise Refused(f"The update failed and was rolled back: the deployment is as it was before. {why}")


def _identity(name: str) -> str:
    (found,) = client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return str(found["StackId"])


def _follow(target: Target, identity: str, say: Callable[[str], None]) -> str | None:
    """Wait for the end of what the stack is doing, and say how it goes; the final status, None where the stack is gone."""
    deadline, pause, told = time.monotonic() + WAIT_SECONDS, 0.2 if target.endpoint else POLL_SECONDS, 0
    while time.monotonic() < deadline:
        try:
            (found,) = client("cloudformation").describe_stacks(StackName=identity)["Stacks"]
        except ClientError:
            return None
        done = _done(identity)
        if done > told:
            say(f"{found['StackStatus'].lower().replace('_', ' ')}: {done} resources done")
            told = done
        if not found["StackStatus"].endswith("_IN_PROGRESS"):
            return str(found["StackStatus"])
        time.sleep(pause)
    raise Refused(
        f"The stack {target.stack} was not done within an hour. Look at its events in the CloudFormation console, then try again."
    )


def _done(identity: str) -> int:
    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=identity)
    return sum(one["ResourceStatus"].endswith("_COMPLETE") for page in pages for one in page["StackResourceSummaries"])


def _reasons(identity: str) -> str:
    """What failed first, and what to do about it; the rest was cancelled because of it."""
    events = client("cloudformation").describe_stack_events(StackName=identity)["StackEvents"]
    failed = [
        event
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    words = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}." for event in failed[:3]]
    if any("DescribeEvents" in said for said in words):
        # What is refused before anything is made is told by another call.
        checks = client("cloudformation").describe_events(StackName=identity)["OperationEvents"]
        found = [event for event in checks if event["EventType"] == "VALIDATION_ERROR"]
        words = [f"{event['LogicalResourceId']}: {event.get('ValidationStatusReason', '')}." for event in found[:3]] or words
    return " ".join([*words, _way_out(" ".join(words))]).strip()


def _way_out(reason: str) -> str:
    return next((words for pattern, words in WAYS_OUT if re.search(pattern, reason)), "")
