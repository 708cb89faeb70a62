"""The policy of a run: always small enough, never about anybody else, and no wider than its graph."""

import fnmatch
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import session

BUCKET = "arn:aws:s3:::flowza-a12345678901234-123456789012-ap-southeast-2"
TABLE = "arn:aws:dynamodb:ap-southeast-2:123456789012:table/flowza-a12345678901234-runs"
OWNER, RUN = "usr_01JDGX5Q2V8K3M9ZB4T7W6Y1NC", "run_01JDGX5Q2V8K3M9ZB4T7W6Y1NC"
keys = st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    found = draw(st.lists(keys, min_size=1, max_size=60, unique=True))
    nodes = {}
    for number, key in enumerate(found):
        dataset = draw(st.sampled_from([None, {"ref": "sample:titanic"}, {"ref": "ds_1", "object": f"o/{OWNER}/datasets/ds_1/content"}]))
        nodes[f"n{number}"] = {"key": key, "dataset": dataset, "flow": draw(st.sampled_from([None, "fan_out", "gate"]))}
    return {"owner": OWNER, "run": RUN, "nodes": nodes}


def resources(policy: dict[str, Any], action: str) -> list[str]:
    return [one for statement in policy["Statement"] if action in statement["Action"] for one in statement["Resource"]]


def may(policy: dict[str, Any], action: str, arn: str) -> bool:
    return any(fnmatch.fnmatchcase(arn, pattern) for pattern in resources(policy, action))


@settings(max_examples=100)
@given(plans())
def test_it_fits_and_is_about_one_owner_and_one_run(plan: dict[str, Any]) -> None:
    policy = session.for_run(plan, BUCKET, TABLE)
    assert session.size(policy) <= session.POLICY_MAX_CHARACTERS
    objects = resources(policy, "s3:GetObject") + resources(policy, "s3:PutObject")
    assert all(one.startswith(f"{BUCKET}/o/{OWNER}/") for one in objects)
    items = next(one for one in policy["Statement"] if "dynamodb:Query" in one["Action"])
    assert items["Resource"] == [TABLE]
    assert items["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"run#{RUN}"]}}


@settings(max_examples=100)
@given(plans(), keys)
def test_its_own_results_may_be_written_and_a_small_graphs_neighbours_not(plan: dict[str, Any], other: str) -> None:
    policy = session.for_run(plan, BUCKET, TABLE)
    for node in plan["nodes"].values():
        assert may(policy, "s3:PutObject", f"{BUCKET}/o/{OWNER}/artifacts/{node['key']}/manifest.json")
    if len(plan["nodes"]) <= 6 and other[: session.KEY_DIGITS] not in {
        node["key"][: session.KEY_DIGITS] for node in plan["nodes"].values()
    }:
        assert not may(policy, "s3:PutObject", f"{BUCKET}/o/{OWNER}/artifacts/{other}/manifest.json")
    assert not may(policy, "s3:PutObject", f"{BUCKET}/o/{OWNER}/datasets/ds_1/content")
    assert not may(policy, "s3:GetObject", f"{BUCKET}/o/usr_other/artifacts/{other}/manifest.json")


@settings(max_examples=50)
@given(plans())
def test_only_what_the_graph_needs(plan: dict[str, Any]) -> None:
    policy = session.for_run(plan, BUCKET, TABLE)
    reads_data = any((node["dataset"] or {}).get("object") for node in plan["nodes"].values())
    assert may(policy, "s3:GetObject", f"{BUCKET}/o/{OWNER}/datasets/ds_1/content") is reads_data
    lists = any("s3:ListBucket" in statement["Action"] for statement in policy["Statement"])
    assert lists is any(node["flow"] == "fan_out" for node in plan["nodes"].values())


def test_a_look_at_a_file_reads_that_file() -> None:
    policy = session.for_dataset(OWNER, "ds_1", BUCKET)
    assert resources(policy, "s3:GetObject") == [f"{BUCKET}/o/{OWNER}/datasets/ds_1/content"]
    assert resources(policy, "s3:PutObject") == [
        f"{BUCKET}/o/{OWNER}/datasets/ds_1/profile.json",
        f"{BUCKET}/o/{OWNER}/datasets/ds_1/rows.parquet",
    ]


SECRETS = "arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:flowza/a12345678901234"


def test_a_run_may_look_up_the_secrets_it_names_and_no_others() -> None:
    def policy(*names: str) -> dict[str, Any]:
        nodes = {f"n{i}": {"key": f"{i:064x}", "dataset": None, "flow": "fan_out", "secrets": [name]} for i, name in enumerate(names)}
        found = session.for_run({"owner": OWNER, "run": RUN, "nodes": nodes}, BUCKET, TABLE, SECRETS)
        assert session.size(found) <= session.POLICY_MAX_CHARACTERS
        return found

    wanted = policy("warehouse", "w" * 64, "v" * 64)
    assert may(wanted, "secretsmanager:GetSecretValue", f"{SECRETS}/{OWNER}/warehouse-AbCdEf")
    for other in (f"{OWNER}/warehouse-2-AbCdEf", "usr_other/warehouse-AbCdEf", f"{OWNER}/mail-AbCdEf"):
        assert not may(wanted, "secretsmanager:GetSecretValue", f"{SECRETS}/{other}")
    many = policy(*(f"{i}{'x' * 60}" for i in range(60)))
    assert may(many, "secretsmanager:GetSecretValue", f"{SECRETS}/{OWNER}/anything-AbCdEf")
    assert not may(many, "secretsmanager:GetSecretValue", f"{SECRETS}/usr_other/anything-AbCdEf")
    assert resources(policy(), "secretsmanager:GetSecretValue") == []
