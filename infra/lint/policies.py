"""Every IAM policy of `infra/resources.yaml`, with names in place of references: for parliament, for the size limits, and for the tests that enforce them."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from infra.generated import put, show
from infra.local.resources import load

PAGE = Path(__file__).parents[2] / "docs" / "deploy.md"
BEGIN = "<!-- generated: python -m infra.lint.policies --write -->\n"
# IAM refuses more: a managed policy, and all inline policies of one role together. White space does not count.
MANAGED_MAX_CHARACTERS = 6_144
INLINE_MAX_CHARACTERS = 10_240
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::ECS::Cluster": "arn:aws:ecs:{region}:{account}:cluster/{name}",
    "AWS::ECS::TaskDefinition": "arn:aws:ecs:{region}:{account}:task-definition/{name}:1",
    "AWS::ECR::Repository": "arn:aws:ecr:{region}:{account}:repository/{name}",
}
FUNCTION = "arn:aws:lambda:{region}:{account}:function:{name}"
NAMES = ("FunctionName", "BucketName", "TableName", "QueueName", "TopicName", "RoleName", "ClusterName", "RepositoryName", "Family")


class Policy(NamedTuple):
    """`resource` is the logical name, `kind` managed, inline or resource; `document` has names in place of references."""

    resource: str
    name: str
    kind: str
    document: dict[str, Any]


def policies(stage: str = "dev", account: str = "123456789012", region: str = "us-east-1") -> list[Policy]:
    """All policies of the template."""
    return [
        Policy(name, policy, kind, _resolved(document, stage, account, region))
        for name, resource in load()["Resources"].items()
        for policy, kind, document in _of(resource)
    ]


def _of(resource: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    properties = resource.get("Properties", {})
    for inline in properties.get("Policies", []) if isinstance(properties.get("Policies"), list) else []:
        yield inline["PolicyName"], "inline", inline["PolicyDocument"]
    if "PolicyDocument" in properties:
        managed = resource.get("Type") in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")
        yield "policy", "managed" if managed else "resource", properties["PolicyDocument"]


def _resolved(value: Any, stage: str, account: str, region: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _resolved(item, stage, account, region) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, stage, account, region) for item in value]
    if not isinstance(value, str):
        return value
    resources = load()["Resources"]
    bare = re.fullmatch(r"([A-Z]\w+)(\.\w+)?", value)
    if bare and bare[1] in resources:
        return _arn(bare[1], stage, account, region)
    return _fill(value, stage, account, region)


def _fill(text: str, stage: str, account: str, region: str) -> str:
    known = {"Stage": stage, "AWS::Partition": "aws", "AWS::Region": region, "AWS::AccountId": account, "AWS::StackName": f"flowza-{stage}"}
    resources = load()["Resources"]

    def one(found: re.Match[str]) -> str:
        name, dot, _ = found[1].partition(".")
        if found[1] in known:
            return known[found[1]]
        if name in resources:
            return _arn(name, stage, account, region) if dot else _name(name, stage, account, region)
        return found[0]

    return re.sub(r"\$\{([^}]+)\}", one, text)


def _name(logical: str, stage: str, account: str, region: str) -> str:
    properties = load()["Resources"][logical].get("Properties", {})
    given = next((properties[key] for key in NAMES if isinstance(properties.get(key), str)), f"flowza-{stage}-{logical}")
    return _fill(given, stage, account, region)


def _arn(logical: str, stage: str, account: str, region: str) -> str:
    # What Chalice makes has no type here: functions, and the roles that are called so.
    default = ARNS["AWS::IAM::Role"] if logical.endswith("Role") else FUNCTION
    pattern = ARNS.get(load()["Resources"][logical].get("Type", ""), default)
    return pattern.format(name=_name(logical, stage, account, region), account=account, region=region)


def size(document: Mapping[str, Any]) -> int:
    """Characters as IAM counts them: without white space."""
    return len(re.sub(r"\s", "", json.dumps(document)))


def wildcards(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Sid and wildcard of every statement that names all resources, or all actions of a service."""
    for statement in document["Statement"]:
        sid = statement.get("Sid", "")
        for key in ("Action", "Resource"):
            values = statement.get(key, [])
            yield from (
                (sid, value)
                for value in ([values] if isinstance(values, str) else values)
                if value == "*" or (value.endswith(":*") and key == "Action")
            )


def table() -> str:
    """How large every policy is, beside what IAM takes."""
    most = {"managed": MANAGED_MAX_CHARACTERS, "inline": INLINE_MAX_CHARACTERS}
    known = sorted((one for one in policies() if one.kind in most), key=lambda one: -size(one.document))
    rows = [f"| `{one.resource}` | {one.kind} | {size(one.document):,} | {most[one.kind]:,} |\n" for one in known]
    return "| policy of | kind | characters | IAM takes |\n|---|---|---|---|\n" + "".join(rows)


def page(text: str) -> str:
    """The page with its table as the template is now."""
    return put(text, BEGIN, table())


if __name__ == "__main__":
    show(PAGE, page, table())
