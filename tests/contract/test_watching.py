"""The clock runs while there is open work, and stops when there is none."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.contract.conftest import Api
from tests.contract.test_api import start

RULE = "flowza-test-tick"


@pytest.fixture
def rule(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A rule that is off, as the control plane is told of it; calling the fixture's value says how it stands."""
    from chalicelib import settings, watching

    events = boto3.client("events")
    events.put_rule(Name=RULE, ScheduleExpression="rate(1 minute)", State="DISABLED")
    monkeypatch.setenv("FLOWZA_TICK_RULE", RULE)
    monkeypatch.setattr(watching, "SECOND_LOOK_SECONDS", 0.01)
    settings.load.cache_clear()
    yield lambda: events.describe_rule(Name=RULE)["State"]
    monkeypatch.undo()
    settings.load.cache_clear()
    if RULE in [one["Name"] for one in events.list_rules()["Rules"]]:
        events.delete_rule(Name=RULE)


def test_a_run_that_begins_switches_it_on_and_it_stays_on_while_the_run_is_open(api: Api, rule: Any) -> None:
    from chalicelib import reconciling

    run = start(api)["id"]
    assert rule() == "ENABLED"
    reconciling.tick()
    assert rule() == "ENABLED"
    assert api("POST", f"/runs/{run}/cancel").status in (200, 202)


def test_where_nothing_is_open_it_goes_off(rule: Any) -> None:
    from chalicelib import watching

    watching.begin()
    assert watching.rest(lambda: False)
    assert rule() == "DISABLED"


def test_what_begins_while_it_goes_off_switches_it_on_again(rule: Any) -> None:
    from chalicelib import watching

    looks = iter([False, True])
    assert not watching.rest(lambda: next(looks))
    assert rule() == "ENABLED"


def test_the_daily_sweep_looks_after_a_run_that_lost_its_watch(api: Api, rule: Any) -> None:
    from chalicelib import reconciling, watching

    run = start(api)["id"]
    watching._events().disable_rule(Name=RULE)
    assert reconciling.watch() >= 1
    assert rule() == "ENABLED"
    api("POST", f"/runs/{run}/cancel")


def test_a_profile_that_was_ordered_is_open_work(api: Api) -> None:
    from chalicelib import datasets
    from chalicelib.tables import ProfilingItem, now

    order = ProfilingItem("profiling", "ds_WATCHED", owner="usr_alice", ordered_at=now(), tries=1)
    order.save()
    assert datasets.profiling()
    order.delete()


def test_a_run_starts_without_its_watch(api: Api, rule: Any) -> None:
    boto3.client("events").delete_rule(Name=RULE)
    run = start(api)
    assert run["status"] == "running"
    api("POST", f"/runs/{run['id']}/cancel")
