"""`make deploy`: from a repository to an address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from infra import idle
from infra.deploy import doctor, images, site, smoke, stack, template
from infra.deploy.target import Refused, Target, client
from infra.package import package


@dataclass(frozen=True)
class Wishes:
    """What a person may choose. `images` is None where they are built here."""

    images: Mapping[str, str] | None = None
    alert_email: str = ""
    notice_email: str = ""
    dashboard: bool = False
    monthly_budget_usd: int = 0
    public_url: str = ""
    package: Path | None = None
    canvas: Path = site.DIST
    smoke: bool = True


def deploy(target: Target, wishes: Wishes, say: Callable[[str], None]) -> str:
    """Bring the stage up, or up to date; its address. Raises `Refused`, and then nothing that was not there before is left."""
    say(f"1/7 doctor: account {target.account}, region {target.region}" + (f", at {target.endpoint}" if target.endpoint else ""))
    problems = doctor.examine(target, build_images=wishes.images is None, canvas=wishes.canvas)
    if problems:
        raise Refused("\n".join(problems))
    fresh = _workshop(target)
    try:
        say("2/7 images" + (": as given" if wishes.images else ": building and pushing"))
        chosen = wishes.images or _images(target, say)
        say(f"3/7 package: {wishes.package}" if wishes.package else "3/7 package")
        folder = _package(wishes)
        say("4/7 upload")
        url, text = template.upload(target, folder, chosen["node"])
        say("5/7 stack")
        outputs = _apply(target, url, text, chosen, wishes, say)
    except (Refused, ClientError):
        if fresh and doctor.stack_status(target) is None:
            # The first try of this stage came to nothing: its workshop goes too.
            from infra.deploy.down import remove_workshop

            remove_workshop(target)
        raise
    say(f"6/7 canvas: {site.upload(outputs['SiteBucketName'], wishes.canvas)} files")
    if wishes.smoke:
        say("7/7 smoke test: health, then the Titanic template")
        run = smoke.test(target, outputs)
        say(f"the Titanic run succeeded in {run['seconds']:.1f} s")
    else:
        say("7/7 smoke test: skipped as asked")
    address = smoke.address(target, outputs)
    asked = {"HasAlertEmail"} if wishes.alert_email else set()
    usd = idle.monthly(asked | ({"HasDashboard"} if wishes.dashboard else set()))
    say(f"it is at {address}")
    say(f"while nobody uses it, it costs ${usd:.2f} a month beside storage{' at list price' if usd else ''}: docs/cost.md")
    return address


def _apply(target: Target, url: str, text: str, chosen: Mapping[str, str], wishes: Wishes, say: Callable[[str], None]) -> dict[str, str]:
    """The stack, twice where the address is new: functions must know it, and CloudFront gives it only once they are there."""
    wanted = {
        "Stage": target.stage,
        **{f"{name.title()}ImageUri": uri for name, uri in chosen.items()},
        "AlertEmail": wishes.alert_email,
        "NoticeEmail": wishes.notice_email,
        "Dashboards": "on" if wishes.dashboard else "off",
        "MonthlyBudgetUsd": str(wishes.monthly_budget_usd),
        "PublicUrl": wishes.public_url or _known_address(target),
    }
    values = {name: value for name, value in wanted.items() if name in template.parameters(text)}
    outputs = stack.apply(target, url, text, values, say)
    if not values["PublicUrl"]:
        say("telling the functions their address")
        outputs = stack.apply(target, url, text, {**values, "PublicUrl": outputs["Address"]}, say)
    return outputs


def _known_address(target: Target) -> str:
    return "" if doctor.stack_status(target) in (None, *doctor.HALF_CREATED) else stack.outputs(target.stack).get("Address", "")


def _package(wishes: Wishes) -> Path:
    if wishes.package is None:
        return package().parent
    if not all((wishes.package / name).exists() for name in ("sam.yaml", "deployment.zip")):
        raise Refused(f"There is no package at {wishes.package}: `make package` writes sam.yaml and deployment.zip to dist/aws.")
    return wishes.package


def _images(target: Target, say: Callable[[str], None]) -> dict[str, str]:
    return images.build_and_push(target, stack.registry(target, say))


def _workshop(target: Target) -> bool:
    """Make the bucket for template and code; whether it is new. What lies in it is gone after a month."""
    s3 = client("s3")
    place = {} if target.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": target.region}}
    fresh = True
    try:
        s3.head_bucket(Bucket=target.workshop)
        fresh = False
    except ClientError:
        s3.create_bucket(Bucket=target.workshop, **place)
    closed = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    s3.put_public_access_block(Bucket=target.workshop, PublicAccessBlockConfiguration=closed)
    old = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    rules = [{**old, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]
    s3.put_bucket_lifecycle_configuration(Bucket=target.workshop, LifecycleConfiguration={"Rules": rules})
    s3.put_bucket_tagging(Bucket=target.workshop, Tagging={"TagSet": target.tags})
    return fresh
