"""What a deployment costs while nobody uses it, resource by resource: `make cost` (and `make package`) writes the table of `docs/cost.md`.

A resource type that is not in `IDLE` may not appear in the template: a test refuses it, so nothing that bills while idle slips in.
Prices: the public price lists of AWS for us-east-1, 2026; amounts are list prices, before any free allowance.
"""

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from infra.generated import put, show
from infra.local.resources import load

PAGE = Path(__file__).parents[1] / "docs" / "cost.md"
BEGIN = "<!-- generated: python -m infra.idle --write -->\n"


class Idle(NamedTuple):
    """Dollars a month while idle, and what a resource of the type bills by."""

    usd: float
    bills: str


FREE = 0.0
IDLE = {
    "AWS::DynamoDB::Table": Idle(FREE, "by request (on demand); storage, and its point-in-time backup, by gigabyte"),
    "AWS::S3::Bucket": Idle(FREE, "storage and requests"),
    "AWS::S3::BucketPolicy": Idle(FREE, "nothing"),
    "AWS::SQS::Queue": Idle(FREE, "by request"),
    "AWS::SQS::QueuePolicy": Idle(FREE, "nothing"),
    "AWS::Lambda::Function": Idle(FREE, "by request and millisecond"),
    "AWS::Lambda::Version": Idle(FREE, "nothing (the image is stored once, in the registry)"),
    "AWS::Lambda::Permission": Idle(FREE, "nothing"),
    "AWS::Logs::LogGroup": Idle(FREE, "by gigabyte taken in and stored; kept for 14 days"),
    "AWS::IAM::Role": Idle(FREE, "nothing"),
    "AWS::IAM::ManagedPolicy": Idle(FREE, "nothing"),
    "AWS::Scheduler::ScheduleGroup": Idle(FREE, "nothing"),
    "AWS::Scheduler::Schedule": Idle(FREE, "by invocation: the sweeper is one a day"),
    "AWS::SNS::Topic": Idle(FREE, "by message"),
    "AWS::SNS::TopicPolicy": Idle(FREE, "nothing"),
    "AWS::SNS::Subscription": Idle(FREE, "by message"),
    "AWS::CloudWatch::Alarm": Idle(0.10, "by alarm and month; the first ten of an account are always free"),
    "AWS::CloudWatch::Dashboard": Idle(3.00, "by dashboard and month; the first three of an account are always free"),
    "AWS::Budgets::Budget": Idle(FREE, "nothing without actions"),
    "AWS::Cognito::UserPool": Idle(FREE, "by user who signs in in a month"),
    "AWS::Cognito::UserPoolClient": Idle(FREE, "nothing"),
    "AWS::CloudFront::Distribution": Idle(FREE, "by request and gigabyte sent"),
    "AWS::CloudFront::OriginAccessControl": Idle(FREE, "nothing"),
    "AWS::CloudFront::ResponseHeadersPolicy": Idle(FREE, "nothing"),
    "AWS::CloudFront::Function": Idle(FREE, "by invocation"),
    "AWS::ECR::Repository": Idle(FREE, "storage of the images"),
    "AWS::ECS::Cluster": Idle(FREE, "nothing: tasks bill by second while they run"),
    "AWS::ECS::ClusterCapacityProviderAssociations": Idle(FREE, "nothing"),
    "AWS::ECS::TaskDefinition": Idle(FREE, "nothing"),
    "AWS::EC2::VPCEndpoint": Idle(FREE, "nothing for gateways, and there are only those"),
    "AWS::EC2::VPC": Idle(FREE, "nothing"),
    "AWS::EC2::Subnet": Idle(FREE, "nothing"),
    "AWS::EC2::InternetGateway": Idle(FREE, "by gigabyte"),
    "AWS::EC2::VPCGatewayAttachment": Idle(FREE, "nothing"),
    "AWS::EC2::RouteTable": Idle(FREE, "nothing"),
    "AWS::EC2::Route": Idle(FREE, "nothing"),
    "AWS::EC2::SubnetRouteTableAssociation": Idle(FREE, "nothing"),
    "AWS::EC2::SecurityGroup": Idle(FREE, "nothing"),
}
# What Chalice makes; it has no type in `infra/resources.yaml`.
MADE_BY_CHALICE = {
    "Functions of the API, authorizer, platform, tick and events": Idle(FREE, "by request and millisecond"),
    "REST API": Idle(FREE, "by request; no cache, which would bill by the hour"),
    "Rule `tick`": Idle(FREE, "by invocation of its function; it is off while no run is open"),
    "Rule `run-changed`": Idle(FREE, "events of AWS services are free"),
}
# The conditions of what is there only if it was asked for, with what asks.
ASKED = {
    "HasAlertEmail": "`--alert-email`",
    "HasNoticeEmail": "`--notice-email`",
    "HasDashboard": "`--dashboard`",
    "HasBudget": "`--monthly-budget`",
}


def types(asked: Collection[str] = tuple(ASKED)) -> Counter[str]:
    """How many resources of each type the template holds, with those that these conditions ask for."""
    found = (one for one in load()["Resources"].values() if "Type" in one)
    return Counter(one["Type"] for one in found if one.get("Condition") in (None, *asked))


def monthly(asked: Collection[str] = ()) -> float:
    """Dollars a month of a deployment that nobody uses, without storage, at list price, with what was asked for."""
    return sum(IDLE[name].usd * count for name, count in types(asked).items()) + sum(idle.usd for idle in MADE_BY_CHALICE.values())


def table() -> str:
    """The table of the page."""
    lines = ["| resource | number | $ a month while idle | bills |", "|---|---|---|---|"]
    for name, count in sorted(types(()).items()):
        lines.append(f"| `{name}` | {count} | {IDLE[name].usd * count:.2f} | {IDLE[name].bills} |")
    lines += [f"| {name} | | {idle.usd:.2f} | {idle.bills} |" for name, idle in MADE_BY_CHALICE.items()]
    lines.append(f"| **together** | | **{monthly():.2f}** | |")
    lines += [
        "",
        "What is there only if it was asked for:",
        "",
        "| asked by | resource | number | $ a month while idle | bills |",
        "|---|---|---|---|---|",
    ]
    for condition, words in ASKED.items():
        for name, count in sorted((types([condition]) - types(())).items()):
            lines.append(f"| {words} | `{name}` | {count} | {IDLE[name].usd * count:.2f} | {IDLE[name].bills} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with its table as the template is now."""
    return put(text, BEGIN, table())


if __name__ == "__main__":
    show(PAGE, page, table())
