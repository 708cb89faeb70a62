"""The API is down, slow, or says no, the browser keeps nothing, a document is of another time: calm words, nothing lost, and a way on."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.hands import RUN_MS, Open, node, open_saved, spread, until
from tests.conftest import Cloud
from tests.e2e.test_spine import TITANIC

pytestmark = pytest.mark.browser

WORDS = {401: "Sign in again.", 409: "Somebody was faster.", 422: "This cannot be.", 500: "Something broke."}
OUTAGES = ["down", "page", 401, 409, 422]


def answer(what: Any) -> Callable[[Route], None]:
    """What the API does on a bad day: nothing, a gateway's own page, or a refusal."""

    def refuse(route: Route) -> None:
        if what == "down":
            route.abort()
        elif what == "page":
            route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")
        else:
            body = {
                "type": "urn:x",
                "title": "No",
                "status": what,
                "code": "bad-day",
                "detail": WORDS[what],
                "errors": [],
                "request_id": "r",
            }
            route.fulfill(status=what, content_type="application/problem+json", body=json.dumps({**body, "field": None, "hint": None}))

    return refuse


def saved(cloud: Cloud, workflow: str) -> dict[str, Any]:
    return dict(cloud.client.call("GET", f"/workflows/{workflow}")["document"])


@pytest.mark.parametrize("what", OUTAGES)
def test_a_save_that_fails_is_said_and_made_up_for(open_page: Open, cloud: Cloud, what: Any) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, spread(TITANIC))
    page.route(f"**/api/workflows/{workflow}", lambda route: answer(what)(route) if route.request.method == "PUT" else route.continue_())
    page.get_by_label("Workflow name").fill("drawn on a bad day")
    expect(page.locator(".save-words")).to_contain_text(
        WORDS[what] if what in (401, 409, 422) else "the server cannot be reached", timeout=RUN_MS
    )
    page.unroute(f"**/api/workflows/{workflow}")
    if what in (401, 409, 422):
        page.get_by_label("Workflow name").fill("drawn on a better day")
    until(page, lambda: saved(cloud, workflow)["name"].startswith("drawn on a"))
    expect(page.locator(".save-words")).to_have_text("Saved")


def test_what_was_never_saved_comes_back(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, spread(TITANIC))
    page.route(f"**/api/workflows/{workflow}", lambda route: route.abort() if route.request.method == "PUT" else route.continue_())
    node(page, "Evaluate").click()
    page.keyboard.press("Delete")
    expect(page.locator(".save-words")).to_contain_text("the server cannot be reached", timeout=RUN_MS)
    again = page.context.new_page()
    page.close()
    again.goto(f"{cloud.client.url}/#/workflows/{workflow}")
    expect(again.get_by_text("What had not been saved the last time is back")).to_be_visible(timeout=RUN_MS)
    expect(again.locator(".react-flow__node")).to_have_count(4)
    until(again, lambda: len(saved(cloud, workflow)["nodes"]) == 4)


@pytest.mark.parametrize("what", ["down", 409, 422, 500])
def test_a_run_that_cannot_start_says_why(open_page: Open, cloud: Cloud, what: Any) -> None:
    page = open_page()
    open_saved(page, cloud, spread(TITANIC))
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    page.route("**/api/workflows/*/runs", answer(what))
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text=WORDS.get(what, ""))).to_be_visible(timeout=RUN_MS)
    page.unroute("**/api/workflows/*/runs")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)


def test_drawing_goes_on_while_the_check_never_answers_or_fails(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    page.route("**/api/workflows/check", lambda _: None)
    workflow = open_saved(page, cloud, spread(TITANIC))
    node(page, "Evaluate").click()
    page.keyboard.press("Control+d")
    expect(page.locator(".react-flow__node")).to_have_count(6)
    until(page, lambda: len(saved(cloud, workflow)["nodes"]) == 6)
    page.unroute("**/api/workflows/check")
    page.route("**/api/workflows/check", answer(422))
    page.keyboard.press("Control+d")
    page.locator(".react-flow__pane").click(position={"x": 8, "y": 8})
    expect(page.get_by_text("The check cannot be asked now: This cannot be.")).to_be_visible(timeout=RUN_MS)
    until(page, lambda: len(saved(cloud, workflow)["nodes"]) == 7)


def test_a_browser_without_room_forgets_and_works_on(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };")
    page.goto("about:blank")
    workflow = open_saved(page, cloud, spread(TITANIC))
    page.keyboard.press("m")
    page.get_by_label("Workflow name").fill("no room")
    until(page, lambda: saved(cloud, workflow)["name"] == "no room")
    page.get_by_role("link", name="Settings").click()
    page.get_by_text("Dark", exact=True).click()
    expect(page.locator(":root")).to_have_attribute("data-mantine-color-scheme", "dark")


def test_params_of_another_version_are_kept_until_somebody_removes_them(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    document = spread(TITANIC)
    document["nodes"][2]["data"]["params"] = {"ratio": 0.8, "test_size": 0.3}
    workflow = open_saved(page, cloud, document)
    node(page, "Train/Test Split").click()
    left = page.get_by_role("region", name="Settings this version does not know")
    expect(left).to_contain_text("ratio: 0.8")
    left.get_by_role("button", name="Remove ratio").click()
    expect(left).to_have_count(0)
    until(page, lambda: saved(cloud, workflow)["nodes"][2]["data"]["params"] == {"test_size": 0.3})
    page.get_by_role("textbox", name="Test share").press("Control+Enter")
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)
