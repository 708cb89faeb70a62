"""A workflow inside of another, by hand: its card is put in, its workflow chosen, wired, run in part and whole, and opened."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.hands import RUN_MS, Open, drag, node, open_saved, spread, until, violations
from tests.conftest import Cloud
from tests.e2e.test_nesting import CLEAN, CLEAN_WIRES, LOAD, TAIL, TAIL_WIRES, drawing

pytestmark = pytest.mark.browser
PLACES = {"load": (0, 0), "few": (290, 0), "split": (870, 0), "fit": (580, 260), "score": (870, 260)}


def outer() -> dict[str, Any]:
    """All but the card, with the gap where it belongs."""
    # A column fewer than in other tests of the same cloud: nothing of it is stored yet.
    few = {"few": ("select_columns", {"columns": ["class", "sex", "survived"]})}
    drawn = drawing("Around a card", {**LOAD, **few, **TAIL}, ["load>few", *TAIL_WIRES])
    for one in drawn["nodes"]:
        x, y = PLACES[one["id"]]
        one |= {"position": {"x": x, "y": y}, "data": {**one["data"], "label": one["id"].title()}}
    return drawn


def test_a_card_is_filled_wired_run_and_opened(open_page: Open, cloud: Cloud) -> None:
    inner = cloud.client.call("POST", "/workflows", spread(drawing("Clean, to be used", CLEAN, CLEAN_WIRES)))
    page = open_page()
    workflow = open_saved(page, cloud, outer())

    def saved() -> dict[str, Any]:
        return dict(cloud.client.call("GET", f"/workflows/{workflow}")["document"])

    node(page, "Few").click()
    page.keyboard.press("+")
    expect(page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
    page.keyboard.type("sub-workflow")
    page.keyboard.press("Enter")
    card = node(page, "Sub-workflow")
    expect(card).to_be_visible()
    expect(page.get_by_role("link", name="Open workflow")).to_have_count(0)
    choice = page.get_by_label("Workflow", exact=True).and_(page.locator("input"))
    choice.click()
    choice.fill("Clean, to")
    page.get_by_role("option", name="Clean, to be used").first.click()
    drag(
        page, card.locator("[data-handleid=table].react-flow__handle-right"), node(page, "Split").locator(".react-flow__handle-left").first
    )
    until(page, lambda: len(saved()["connections"]) == 5)
    assert [one["data"]["params"]["workflow"] for one in saved()["nodes"] if one["type"] == "sub_workflow"] == [inner["id"]]
    assert violations(page) == []
    # To here: what the card gives, and nothing behind it.
    card.locator("button.node-menu").click()
    page.get_by_role("menuitem", name="Run to here").click()
    plan = page.get_by_role("dialog")
    expect(plan).to_contain_text("Run to Sub-workflow")
    expect(plan.get_by_role("row").filter(has_text="Sub-workflow › fill")).to_contain_text("runs")
    expect(plan.get_by_role("row").filter(has_text="Split")).to_contain_text("not part")
    plan.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)
    expect(card).to_contain_text("succeeded")
    expect(node(page, "Split")).not_to_contain_text("succeeded")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(node(page, "Score")).to_contain_text("succeeded", timeout=RUN_MS)
    expect(card).to_contain_text("cached")
    # Its workflow by the link in its panel, its key, and its menu.
    card.click()
    expect(page.get_by_role("link", name="Open workflow")).to_have_attribute("href", f"#/workflows/{inner['id']}")
    card.focus()
    page.keyboard.press("w")
    expect(page.get_by_label("Workflow name")).to_have_value("Clean, to be used")
    page.go_back()
    expect(page.get_by_label("Workflow name")).to_have_value("Around a card")
    card.locator("button.node-menu").click()
    page.get_by_role("menuitem", name="Open workflow").click()
    expect(page.get_by_label("Workflow name")).to_have_value("Clean, to be used")
    node(page, "Impute").locator("button.node-menu").click()
    expect(page.get_by_role("menuitem", name="Run to here")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Open workflow")).to_have_count(0)
