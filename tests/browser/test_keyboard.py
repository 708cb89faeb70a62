"""The five-minute path once more, without a mouse."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.hands import RUN_MS, Open, command, node, press, reach, write
from tests.conftest import Cloud

pytestmark = pytest.mark.browser

NAME = "By keyboard"
WATCH = "window.pointed = 0; window.addEventListener('pointerdown', () => { window.pointed += 1; }, true)"


def test_the_five_minutes_with_the_keyboard_alone(open_page: Open, cloud: Cloud) -> None:
    page = open_page("/")
    page.evaluate(WATCH)
    press(page, page.get_by_role("button", name="Titanic, deployed"))
    expect(page.locator(".react-flow__node")).to_have_count(7)
    write(page, page.get_by_role("textbox", name="Workflow name"), NAME)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)
    expect(page.get_by_test_id("announcement")).to_have_text("Run succeeded, 7 of 7 nodes done")
    read_the_result(page)
    read_the_run(page)
    deploy_and_predict(page)
    change_and_compare(page)
    # The listener is still there: no page was loaded anew, and nothing was pointed at.
    assert page.evaluate("window.pointed") == 0


def read_the_result(page: Page) -> None:
    command(page, "Evaluate")
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_label("Label")).to_be_focused()
    cell = page.locator(".confusion button.cell").nth(1)
    press(page, cell)
    drawer = page.get_by_role("region", name="Data of the port")
    expect(drawer).to_be_focused()
    expect(drawer.get_by_text("only rows that are 0 and were taken for 1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(cell).to_be_focused()
    reach(page, panel.get_by_role("slider", name="Threshold", exact=True))
    page.keyboard.press("End")
    expect(page.locator("table.confusion button.cell")).to_have_count(0)
    press(page, panel.get_by_role("button", name="As reported"))
    expect(page.locator("table.confusion button.cell")).to_have_count(4)


def read_the_run(page: Page) -> None:
    press(page, page.get_by_test_id("run-line").get_by_role("link"))
    expect(page.get_by_role("heading", name=f"Run of {NAME}")).to_be_visible()
    reach(page, page.get_by_role("tab", name="Summary"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Decided the end after")).to_be_visible()
    page.keyboard.press("End")
    python = page.get_by_role("radio", name="Python")
    reach(page, page.get_by_role("radio", name="Workflow"))
    page.keyboard.press("ArrowLeft")
    expect(python).to_be_checked()
    expect(page.get_by_role("region", name="By-keyboard.py")).to_contain_text("'train_logreg'")


def deploy_and_predict(page: Page) -> None:
    press(page, page.get_by_role("navigation").get_by_role("link", name="Models"))
    press(page, page.get_by_role("link", name="titanic").first)
    press(page, page.get_by_role("button", name="Deploy").first)
    expect(page.get_by_label("Endpoint name")).to_be_focused()
    write(page, page.get_by_label("Endpoint name"), "by-keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="by-keyboard")).to_be_visible()
    reach(page, page.get_by_role("slider", name="age"))
    page.keyboard.press("Home")
    press(page, page.get_by_role("button", name="Predict", exact=True))
    expect(page.get_by_test_id("prediction")).to_contain_text("%", timeout=RUN_MS)
    reach(page, page.get_by_role("tab", name="Try it"))
    page.keyboard.press("ArrowRight")
    press(page, page.get_by_role("button", name="New key"))
    expect(page.get_by_text("Copy it now")).to_be_visible()


def change_and_compare(page: Page) -> None:
    command(page, NAME)
    expect(page.locator(".react-flow__node")).to_have_count(7)
    command(page, "Train Model")
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_label("Label")).to_be_focused()
    reach(page, panel.get_by_role("tab", selected=True))
    page.keyboard.press("Home")
    write(page, page.get_by_role("textbox", name="C", exact=True), "0.07")
    command(page, "What will run, and what it costs")
    before = page.get_by_role("dialog", name="Before the run")
    expect(before.get_by_test_id("plan-words")).to_contain_text("3 of 7 nodes are stored")
    link = page.get_by_test_id("run-line").get_by_role("link")
    first = link.get_attribute("href") or ""
    press(page, before.get_by_role("button", name="Run", exact=True))
    # The first run has succeeded as well: what follows is said of the second.
    expect(link).not_to_have_attribute("href", first)
    expect(node(page, "Evaluate")).to_contain_text("succeeded", timeout=RUN_MS)
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)
    press(page, link)
    press(page, page.get_by_role("link", name="Compare with the run before"))
    expect(page.get_by_role("row", name="Train Model · ").first).to_contain_text("0.07")


def test_letters_typed_before_the_finder_is_there_are_not_lost(open_page: Open, cloud: Cloud) -> None:
    held: list[Route] = []
    page = open_page("/")
    page.route(re.compile(r"/assets/Finders-"), lambda route: held.append(route))
    press(page, page.get_by_role("button", name="Empty canvas Draw it yourself"))
    expect(page.get_by_role("button", name="Add the first node")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("eva")
    for route in held:
        route.continue_()
    page.unroute(re.compile(r"/assets/Finders-"))
    field = page.get_by_role("dialog").get_by_role("combobox")
    expect(field).to_be_focused()
    expect(field).to_have_value("eva")
    page.keyboard.type("luate")
    expect(field).to_have_value("evaluate")
    page.keyboard.press("Enter")
    expect(node(page, "Evaluate")).to_be_visible()
