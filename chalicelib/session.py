"""What one run may touch: a session policy compiled from its plan.

A stage gets the session role narrowed to this: it reads what is its owner's, and only of the kinds its graph needs; it writes its run's own results and
items. What the role allows and this does not is denied, and the other way round, so a plan that names somebody else's object gives nothing.
"""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.catalog import FANS_OUT

# AssumeRole takes no longer policy.
POLICY_MAX_CHARACTERS = 2_048
# So many digits of a node key name it: no two keys of an owner share them by chance.
KEY_DIGITS = 12
MAX_NAMED_SECRETS = 3


def for_run(plan: Mapping[str, Any], bucket: str, table: str, secrets: str = "") -> dict[str, Any]:
    """The policy of a run. `plan` is its plan document, `bucket` and `table` are ARNs, `secrets` is the beginning of those of secrets."""
    mine = f"{bucket}/o/{plan['owner']}"
    keys = sorted({node["key"][:KEY_DIGITS] for node in plan["nodes"].values()})
    named = _policy(plan, bucket, table, secrets, [f"{mine}/artifacts/{key}*" for key in keys])
    # A large graph has more keys than a policy has room: then it may write any result of its owner.
    return named if size(named) <= POLICY_MAX_CHARACTERS else _policy(plan, bucket, table, secrets, [f"{mine}/artifacts/*"])


def _policy(plan: Mapping[str, Any], bucket: str, table: str, secrets: str, results: list[str]) -> dict[str, Any]:
    owner, run, nodes = plan["owner"], plan["run"], list(plan["nodes"].values())
    mine = f"{bucket}/o/{owner}"
    own_data = any((node.get("dataset") or {}).get("object") for node in nodes)
    reads = [f"{mine}/artifacts/*", f"{mine}/runs/{run}/*", *([f"{mine}/datasets/*"] if own_data else [])]
    statements = [
        _allow(["s3:GetObject"], reads),
        _allow(["s3:PutObject", "s3:DeleteObject"], [*results, f"{mine}/runs/{run}/*"]),
        {
            **_allow(["dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [table]),
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"run#{run}"]}},
        },
    ]
    if names := sorted({name for node in nodes for name in node.get("secrets", ())}):
        # Secrets Manager adds six characters of its own to a name. Of many, a policy has room for the folder alone.
        patterns = [f"{name}-??????" for name in names] if len(names) <= MAX_NAMED_SECRETS else ["*"]
        statements.append(_allow(["secretsmanager:GetSecretValue"], [f"{secrets}/{owner}/{pattern}" for pattern in patterns]))
    if any(node.get("flow") in FANS_OUT for node in nodes):
        # Only what fans out looks for its parts.
        statements.append({**_allow(["s3:ListBucket"], [bucket]), "Condition": {"StringLike": {"s3:prefix": f"o/{owner}/artifacts/*"}}})
    return {"Version": "2012-10-17", "Statement": statements}


def for_dataset(owner: str, dataset: str, bucket: str) -> dict[str, Any]:
    """The policy of the look at one uploaded file."""
    place = f"{bucket}/o/{owner}/datasets/{dataset}"
    statements = [
        _allow(["s3:GetObject"], [f"{place}/content"]),
        _allow(["s3:PutObject"], [f"{place}/profile.json", f"{place}/rows.parquet"]),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def text(policy: Mapping[str, Any]) -> str:
    """As it is sent: without white space."""
    return json.dumps(policy, separators=(",", ":"))


def size(policy: Mapping[str, Any]) -> int:
    return len(text(policy))
