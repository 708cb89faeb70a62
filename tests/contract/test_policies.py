"""Least privilege, as far as it can be read off the policies: who may do what, no wildcard without a reason, nothing over IAM's sizes."""

import json
from typing import Any

import pytest

from infra.lint.policies import INLINE_MAX_CHARACTERS, MANAGED_MAX_CHARACTERS, policies, size, wildcards
from infra.lint.reasons import DENIES, WILDCARDS
from infra.local.resources import load

KNOWN = policies()


def allowed(resource: str) -> set[str]:
    """Actions that the policies of a role, or a managed policy, allow."""
    found: set[str] = set()
    for policy in KNOWN:
        if policy.resource == resource:
            for statement in policy.document["Statement"]:
                actions = statement["Action"]
                found |= {actions} if isinstance(actions, str) else set(actions)
    return found


def test_every_reference_has_become_a_name() -> None:
    assert len(KNOWN) >= 15
    assert "${" not in json.dumps([policy.document for policy in KNOWN])


@pytest.mark.parametrize("policy", KNOWN, ids=lambda policy: f"{policy.resource}/{policy.name}")
def test_no_wildcard_without_a_written_reason(policy: Any) -> None:
    for sid, value in wildcards(policy.document):
        statement = next(one for one in policy.document["Statement"] if one.get("Sid", "") == sid)
        explained = sid in WILDCARDS or (sid in DENIES and statement["Effect"] == "Deny")
        assert explained, f"{policy.resource}: {value} needs a reason in infra/lint/reasons.py"


def test_no_reason_is_left_over() -> None:
    used = {sid for policy in KNOWN for sid, _ in wildcards(policy.document)}
    assert set(WILDCARDS) <= used


def test_policies_fit() -> None:
    inline: dict[str, int] = {}
    for policy in KNOWN:
        if policy.kind == "managed":
            assert size(policy.document) <= MANAGED_MAX_CHARACTERS
        if policy.kind == "inline":
            inline[policy.resource] = inline.get(policy.resource, 0) + size(policy.document)
    assert max(inline.values()) <= INLINE_MAX_CHARACTERS


def test_one_role_per_kind_of_function() -> None:
    functions = [one["Properties"] for one in load()["Resources"].values() if one.get("Type") == "AWS::Lambda::Function"]
    roles = {one["FunctionName"]: one["Role"] for one in functions}
    assert roles["flowza-${Stage}-serving"] != roles["flowza-${Stage}-node-small"] == roles["flowza-${Stage}-node-large"]


@pytest.mark.parametrize(("role", "more"), [("NodeRole", set()), ("TaskRole", {"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"})])
def test_a_node_reaches_no_data_by_itself(role: str, more: set[str]) -> None:
    found = {action for action in allowed(role) if action.startswith(("s3:", "dynamodb:", "sts:", "iam:", "states:"))}
    assert found == {f"states:{name}" for name in more}


def test_serving_reads_models_and_writes_its_own_table_and_can_delete_nothing() -> None:
    found = {action for action in allowed("ServingRole") if not action.startswith(("logs:", "xray:"))}
    assert found == {"s3:GetObject", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"}
    places = {
        json.dumps(one["Resource"])
        for policy in KNOWN
        if policy.resource == "ServingRole"
        for one in policy.document["Statement"]
        if "dynamodb:Query" in one["Action"]
    }
    assert len(places) == 1
    assert "serving" in places.pop().lower()


def test_nobody_may_change_roles_and_they_are_handed_on_to_one_service_each() -> None:
    every = {action for policy in KNOWN for action in allowed(policy.resource)}
    assert {action for action in every if action.startswith("iam:")} == {"iam:PassRole"}
    passed = [one for policy in KNOWN for one in policy.document["Statement"] if one["Action"] == "iam:PassRole"]
    services = {one["Condition"]["StringEquals"]["iam:PassedToService"] for one in passed}
    assert services == {"states.amazonaws.com", "ecs-tasks.amazonaws.com"}
    assert len(passed) == len(services)


@pytest.mark.parametrize("bucket", ["Bucket", "SiteBucket"])
def test_buckets_are_private_encrypted_and_refuse_plain_connections(bucket: str) -> None:
    resources = load()["Resources"]
    properties = resources[bucket]["Properties"]
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert properties["BucketEncryption"]
    policy = next(one.document for one in KNOWN if one.resource == f"{bucket}Policy")
    deny = next(one for one in policy["Statement"] if one["Effect"] == "Deny")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(deny["Resource"]) == 2


def test_only_our_distribution_reads_the_site() -> None:
    policy = next(one.document for one in KNOWN if one.resource == "SiteBucketPolicy")
    reading = next(one for one in policy["Statement"] if one["Effect"] == "Allow")
    assert reading["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "aws:SourceArn" in reading["Condition"]["StringEquals"]


def test_the_page_names_every_size() -> None:
    from infra.lint import policies as module

    text = module.PAGE.read_text("utf-8")
    assert module.page(text) == text, "run: make cost"
