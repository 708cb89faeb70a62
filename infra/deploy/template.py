"""The template as it is sent: code by its address in the workshop, and a version of the node functions for every image."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.deploy.target import Refused, Target, client

# CloudFormation takes so much from a bucket; in the request itself it would be 51,200.
TEMPLATE_MAX_BYTES = 1_048_576
IDENTIFIERS = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName", "AWS::Cognito::UserPool": "UserPoolId"}
VERSIONS = re.compile(r"\bNodeVersion(Small|Large)\b")


def pinned(text: str, node_image: str) -> str:
    """The template with logical names of the node versions that change with the image: CloudFormation then publishes a new version and keeps the old one."""
    mark = hashlib.sha256(node_image.encode()).hexdigest()[:10]
    return VERSIONS.sub(rf"NodeVersion\g<1>{mark}", text)


def kept_only(text: str, kept: Mapping[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """The template with nothing but what an earlier stage of this name has left, and how CloudFormation finds each of it. `kept`: type of resource and physical
    name, by logical name."""
    document = yaml.safe_load(text)
    resources = {name: document["Resources"][name] for name in kept}
    small = {**{key: document[key] for key in ("AWSTemplateFormatVersion", "Parameters", "Conditions")}, "Resources": resources}
    found = [
        {"ResourceType": one["Type"], "LogicalResourceId": name, "ResourceIdentifier": {IDENTIFIERS[one["Type"]]: kept[name]}}
        for name, one in resources.items()
    ]
    return yaml.safe_dump(small, sort_keys=False), found


def parameters(text: str) -> set[str]:
    """The parameters that a template asks for."""
    return set(yaml.safe_load(text)["Parameters"])


def upload(target: Target, folder: Path, node_image: str) -> tuple[str, str]:
    """Put zip and template into the workshop under their hashes; address and text of the template."""
    s3 = client("s3")
    code = (folder / "deployment.zip").read_bytes()
    name = f"code/{hashlib.sha256(code).hexdigest()}.zip"
    s3.put_object(Bucket=target.workshop, Key=name, Body=code)
    text = pinned((folder / "sam.yaml").read_text("utf-8"), node_image).replace("./deployment.zip", f"s3://{target.workshop}/{name}")
    data = text.encode()
    if len(data) > TEMPLATE_MAX_BYTES:
        raise Refused(f"The template has {len(data):,} bytes; CloudFormation takes {TEMPLATE_MAX_BYTES:,}.")
    key = f"template/{hashlib.sha256(data).hexdigest()}.yaml"
    s3.put_object(Bucket=target.workshop, Key=key, Body=data)
    return _address(target, key), text


def _address(target: Target, key: str) -> str:
    if target.endpoint:
        return f"{target.endpoint}/{target.workshop}/{key}"
    suffix = "amazonaws.com.cn" if target.partition == "aws-cn" else "amazonaws.com"
    return f"https://{target.workshop}.s3.{target.region}.{suffix}/{key}"
