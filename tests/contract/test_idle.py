"""Nothing bills while idle: every kind of resource in the template is on the cost page, and the page is fresh."""

import pytest

from infra import idle
from infra.local.resources import load

# Resources that bill by the hour, wherever they stand.
NEVER = (
    "AWS::EC2::NatGateway",
    "AWS::EC2::Instance",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::KMS::Key",
    "AWS::WAFv2::WebACL",
    "AWS::SecretsManager::Secret",
)


def test_every_type_of_the_template_has_its_price() -> None:
    unknown = set(idle.types()) - set(idle.IDLE)
    assert not unknown, f"say in infra/idle.py what these cost while idle, then run `make cost`: {unknown}"


def test_the_page_is_fresh() -> None:
    text = idle.PAGE.read_text("utf-8")
    assert idle.page(text) == text, "run: make cost"


def test_idle_costs_nothing() -> None:
    """At list price, without any free allowance: what bills by the month is there only if it was asked for."""
    assert idle.monthly() == 0.0
    assert idle.monthly(["HasAlertEmail"]) == pytest.approx(0.6)
    assert {one.get("Condition") for one in load()["Resources"].values()} == {None, *idle.ASKED}


@pytest.mark.parametrize("kind", NEVER)
def test_what_bills_by_the_hour_is_not_there(kind: str) -> None:
    assert kind not in idle.types()


def test_nothing_is_kept_warm() -> None:
    for name, resource in load()["Resources"].items():
        properties = resource.get("Properties", {})
        assert "ProvisionedConcurrencyConfig" not in properties, name
        assert "ProvisionedThroughput" not in properties, name
        if resource.get("Type") == "AWS::EC2::VPCEndpoint":
            assert properties.get("VpcEndpointType", "Gateway") == "Gateway", name
