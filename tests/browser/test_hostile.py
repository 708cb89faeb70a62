"""Three hundred hostile texts through every display path: no dialog, no violation of the page's policy, nothing but text."""

import pytest
from playwright.sync_api import expect

from tests.browser.hands import Open
from tests.browser.hostile import Spoiler, texts
from tests.conftest import Cloud

pytestmark = pytest.mark.browser

# What must not come to be, on any page.
BROKEN_IN = "img[src='x'], iframe, object, embed, [onerror], [onload], [onfocus], [ontoggle], a[href^='javascript:'], form[action], base, #root script"
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));
"""


def test_three_hundred_hostile_texts_stay_text_on_every_page(open_page: Open, cloud: Cloud, places: dict[str, str]) -> None:
    pool = texts()
    assert len(pool) >= 300
    page = open_page("/settings")
    page.add_init_script(WATCH)
    spoil = Spoiler(pool)
    page.route("**/api/**", spoil)
    for name, address in places.items():
        began, rounds = spoil.given, 0
        while spoil.given - began < len(pool) and rounds < 12:
            rounds += 1
            page.goto("about:blank")
            page.goto(f"{cloud.client.url}/#{address}")
            expect(page.locator("main"), name).to_be_visible()
            page.wait_for_load_state("networkidle")
            assert page.locator(BROKEN_IN).count() == 0, name
            assert page.evaluate("window.violations") == [], name
            assert page.evaluate("window.hurt") is None, name
            assert page.get_by_text("Something went wrong on this page").count() == 0, name
    assert spoil.given > len(pool) * 3


def test_hostile_texts_of_a_drawing_stay_text_on_the_canvas(open_page: Open, cloud: Cloud) -> None:
    """Stored for real: labels, notes, groups, params and the name of the workflow."""
    pool = [text for text in texts() if len(text) < 190]
    nodes = [
        {
            "id": f"n{index}",
            "type": "preprocess" if index % 2 else text[:80] or "x",
            "position": {"x": index % 20 * 280, "y": index // 20 * 160},
            "data": {"label": text},
        }
        for index, text in enumerate(pool)
    ]
    notes = [{"id": f"t{index}", "text": text, "position": {"x": index * 240, "y": -200}} for index, text in enumerate(pool[:60])]
    groups = [{"id": f"g{index}", "label": text, "nodes": [f"n{index}"]} for index, text in enumerate(pool[:60])]
    document = {"name": pool[0], "description": pool[1], "nodes": nodes, "connections": [], "notes": notes, "groups": groups}
    saved = cloud.client.call("POST", "/workflows", document)
    page = open_page("/settings")
    page.add_init_script(WATCH)
    page.goto("about:blank")
    page.goto(f"{cloud.client.url}/#/workflows/{saved['id']}")
    expect(page.locator(".react-flow__node").first).to_be_visible()
    page.keyboard.press("o")
    expect(page.locator(".outline-node").first).to_be_visible()
    assert page.locator(".outline > li").count() == len(pool) + 120
    page.locator(".outline-node").nth(5).click()
    page.wait_for_load_state("networkidle")
    assert page.locator(BROKEN_IN).count() == 0
    assert page.evaluate("[window.violations, window.hurt ?? null]") == [[], None]
