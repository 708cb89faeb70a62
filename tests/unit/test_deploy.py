"""Parts of the deployment that need no cloud: what a push says, what CloudFormation means, how the template is pinned."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.deploy import images, site, stack, template
from infra.deploy.target import IMAGES, Refused, Target, client
from infra.deploy.up import Wishes, deploy

DIGEST = "sha256:" + "d" * 64


def test_a_push_ends_with_its_digest() -> None:
    said = [{"status": "Preparing"}, {"status": f"dev: digest: {DIGEST} size: 1234"}]
    assert images.push(said, "registry/node") == DIGEST


def cut_off() -> Any:
    yield {"status": "Pushing"}
    raise OSError("connection reset by peer")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([{"error": "denied: your authorization token has expired"}], "refused registry/node: denied"),
        (cut_off(), "broke off: connection reset"),
        ([{"status": "Pushing"}], "broke off before its digest"),
    ],
)
def test_a_push_that_breaks_off_deploys_nothing(said: Any, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        images.push(said, "registry/node")
    assert "Nothing was deployed. Try again" in str(refused.value)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 3008", "memory limit"),
        ("The maximum number of VPCs has been reached. (Service: Ec2, Error Code: VpcLimitExceeded)", "Service Quotas"),
        ("Specified ReservedConcurrentExecutions exceeds quota", "Service Quotas"),
        ("flowza-dev-records already exists in stack arn:aws:…", "Choose another STAGE"),
        ("User: arn:aws:iam::1:user/x is not authorized to perform: iam:CreateRole", "docs/deploy.md"),
        ("Source image 1.dkr.ecr.eu-central-1.amazonaws.com/flowza/node does not exist", "not in the registry"),
    ],
)
def test_what_aws_says_gets_a_way_out(reason: str, words: str) -> None:
    assert words in stack._way_out(reason)


def test_versions_are_named_by_their_image() -> None:
    text = "NodeVersionSmall: {}\nRef: NodeVersionLarge\nNodeFunctionSmall: {}\n"
    first, second = template.pinned(text, "image@a"), template.pinned(text, "image@b")
    assert first == template.pinned(text, "image@a") != second
    assert "NodeFunctionSmall" in first
    assert "NodeVersionSmall:" not in first


def test_a_template_over_the_limit_is_not_sent() -> None:
    assert template.TEMPLATE_MAX_BYTES == 1_048_576


def test_pages_are_asked_for_and_parts_are_kept(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    for name in ("index.html", "assets/a.js", "favicon.svg", ".built-from"):
        (tmp_path / name).write_text("x")
    names = [path.relative_to(tmp_path).as_posix() for path in site.files(tmp_path)]
    assert names[-1] == "index.html"
    assert ".built-from" not in names
    assert {name: site.cache_control(name) for name in names} == {
        "assets/a.js": "public, max-age=31536000, immutable",
        "favicon.svg": "public, max-age=3600",
        "index.html": "no-cache",
    }
    with pytest.raises(Refused, match="no built canvas"):
        site.files(tmp_path / "assets")


def test_without_a_canvas_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client.cache_clear()
    said: list[str] = []
    with mock_aws():
        with pytest.raises(Refused, match=r"no built canvas at .*make prepare-dev"):
            deploy(Target("dev", "123456789012", "us-east-1"), Wishes(images=dict.fromkeys(IMAGES, "r/n:1"), canvas=tmp_path), said.append)
        assert boto3.client("cloudformation").list_stacks()["StackSummaries"] == []
        assert boto3.client("s3").list_buckets()["Buckets"] == []
    client.cache_clear()
    assert len(said) == 1


def test_names_fit() -> None:
    longest = Target("x" * 16, "123456789012", "ap-southeast-2")
    assert len(longest.bucket) <= 63
    assert len(longest.workshop) <= 63
