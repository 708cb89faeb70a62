"""Hostile texts where no stored thing can put them: in the catalogue, in what the check says, in what a run says."""

import json
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.hands import RUN_MS, Open
from tests.browser.hostile import HOSTILE
from tests.conftest import Cloud
from tests.e2e.test_spine import TITANIC

pytestmark = pytest.mark.browser

# What the API says for people; ids, kinds, types and addresses are for the canvas and stay as they are.
SAID = {
    *("name", "description", "title", "summary", "help", "label", "message", "hint", "detail", "reason", "progress", "text", "filename"),
    *("log", "log_tail", "workflow_name", "group", "icon"),
}
# What must not come to be.
BROKEN_IN = "img[src='x'], iframe, object, embed, [onerror], [onload], [onfocus], [ontoggle], a[href^='javascript:'], #root form[action], #root script"
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));
"""


class Spoiler:
    """Answers of the API with hostile texts in every place that is shown, each text in turn."""

    def __init__(self) -> None:
        self.given = 0

    def __call__(self, route: Route) -> None:
        reply = route.fetch()
        body = reply.json() if "json" in reply.headers.get("content-type", "") else None
        if body is None:
            route.fulfill(response=reply)
        else:
            route.fulfill(response=reply, body=json.dumps(self._spoilt(body)))

    def _spoilt(self, value: Any, *, said: bool = False) -> Any:
        if isinstance(value, dict):
            return {key: self._spoilt(one, said=key in SAID) for key, one in value.items()}
        if isinstance(value, list):
            return [self._spoilt(one, said=said) for one in value]
        if not said or not isinstance(value, str):
            return value
        self.given += 1
        return HOSTILE[self.given % len(HOSTILE)]


def test_what_the_api_says_for_people_stays_text_on_the_canvas(open_page: Open, cloud: Cloud) -> None:
    run = cloud.finish(cloud.client.start(TITANIC))
    page = open_page("/settings")
    page.add_init_script(WATCH)
    spoil = Spoiler()
    page.route("**/api/**", spoil)
    page.goto("about:blank")
    page.goto(f"{cloud.client.url}/#/workflows/{run['workflow']}?run={run['id']}")
    expect(page.locator(".react-flow__node")).to_have_count(5, timeout=RUN_MS)
    expect(page.locator(".node-card:is(.succeeded, .cached)").first).to_be_visible(timeout=RUN_MS)
    for tab in ("Settings", "Result", "Log", "About"):
        page.locator(".react-flow__node").nth(4).click()
        page.get_by_role("tab", name=tab).click()
    page.keyboard.press("Escape")
    page.locator(".react-flow__pane").click(position={"x": 8, "y": 8})
    page.keyboard.press("/")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    page.keyboard.type("constructor")
    page.wait_for_load_state("networkidle")
    assert spoil.given > len(HOSTILE)
    assert page.locator(BROKEN_IN).count() == 0
    assert page.evaluate("[window.violations, window.struck ?? null]") == [[], None]
    page.goto(f"{cloud.client.url}/#/runs/{run['id']}")
    expect(page.locator("main")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.get_by_text("Something went wrong on this page").count() == 0
    assert page.locator(BROKEN_IN).count() == 0
    assert page.evaluate("[window.violations, window.struck ?? null]") == [[], None]
    # An answer on its way would be spoilt in the middle of the next test.
    page.unroute_all(behavior="wait")
