"""The tables as `infra/resources.yaml` describes them: one source of truth for AWS and for the embedded cloud."""

from functools import cache
from typing import Any

import yaml

from infra.local.layout import ROOT, STAGE


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags (`!Ref`, `!Sub`) as plain values."""


def _tag(loader: _Loader, suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _tag)


@cache
def load() -> dict[str, Any]:
    """The template with its tags read as plain text."""
    template: dict[str, Any] = yaml.load((ROOT / "infra" / "resources.yaml").read_text("utf-8"), Loader=_Loader)  # noqa: S506 a SafeLoader
    return template


def tables() -> list[dict[str, Any]]:
    """CreateTable requests of every table."""
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    found = []
    for resource in load()["Resources"].values():
        if resource.get("Type") == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            name = properties["TableName"].replace("${Stage}", STAGE)
            found.append({"TableName": name, **{key: properties[key] for key in wanted if key in properties}})
    return found
