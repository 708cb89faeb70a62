"""The hands of the canvas, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.hands import RUN_MS, Open, drag, node, open_saved, spread, until
from tests.conftest import Cloud
from tests.e2e.test_spine import TITANIC

pytestmark = pytest.mark.browser


def test_a_wrong_connection_is_refused_while_dragging_with_the_reason(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    open_saved(page, cloud, spread(TITANIC))
    edges = page.locator(".react-flow__edge")
    expect(edges).to_have_count(5)  # four drawn, and the test rows that the check adds
    drag(
        page,
        node(page, "Evaluate").locator(".react-flow__handle-right"),
        node(page, "Clean Data").locator(".react-flow__handle-left"),
        drop=False,
    )
    expect(page.get_by_role("alert")).to_contain_text("Needs table, gets evaluation.")
    page.mouse.up()
    drag(
        page,
        node(page, "Train/Test Split").locator("[data-handleid=test]"),
        node(page, "Train Model").locator(".react-flow__handle-left"),
        drop=False,
    )
    expect(page.get_by_role("alert")).to_contain_text("Test rows must not be learned from")
    page.mouse.up()
    expect(edges).to_have_count(5)


def test_free_ports_of_one_kind_are_in_sight_when_a_line_may_go_there(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    open_saved(page, cloud, spread(TITANIC))
    third = node(page, "Evaluate").locator("[data-handleid=third]")
    expect(node(page, "Evaluate").locator("[data-handleid=second]")).to_have_count(1)
    expect(third).to_have_count(0)
    output = node(page, "Train Model").locator(".react-flow__handle-right")
    drag(page, output, node(page, "Clean Data").locator(".react-flow__handle-left"), drop=False)
    expect(third).to_have_count(1)
    page.mouse.up()
    expect(third).to_have_count(0)
    node(page, "Evaluate").click()
    expect(third).to_have_count(1)
    drag(page, output, third)
    expect(page.locator(".react-flow__edge")).to_have_count(6)
    page.locator(".react-flow__pane").click(position={"x": 8, "y": 8})
    expect(third).to_have_count(1)  # it is fed now
    expect(node(page, "Evaluate").locator("[data-handleid=fourth]")).to_have_count(0)


def test_undo_redo_and_what_a_reload_keeps(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, spread(TITANIC))
    nodes = page.locator(".react-flow__node")
    node(page, "Evaluate").click()
    page.keyboard.press("Delete")
    expect(nodes).to_have_count(4)
    page.keyboard.press("Control+z")
    expect(nodes).to_have_count(5)
    page.keyboard.press("Control+Shift+z")
    expect(nodes).to_have_count(4)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+d")
    expect(nodes).to_have_count(10)
    until(page, lambda: len(cloud.client.call("GET", f"/workflows/{workflow}")["document"]["nodes"]) == 10)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()  # the page knows it, too, and asks nothing on leaving
    page.reload()
    expect(nodes).to_have_count(10)


def test_two_tabs_never_overwrite_each_other(open_page: Open, cloud: Cloud) -> None:
    first, second = open_page(), open_page()
    workflow = open_saved(first, cloud, spread(TITANIC))
    second.goto(f"{cloud.client.url}/#/workflows/{workflow}")
    expect(second.locator(".react-flow__node")).to_have_count(5)
    first.get_by_label("Workflow name").fill("from the first tab")
    until(first, lambda: cloud.client.call("GET", f"/workflows/{workflow}")["document"]["name"] == "from the first tab")
    second.get_by_label("Workflow name").fill("from the second tab")
    expect(second.get_by_text("Somebody saved in between")).to_be_visible(timeout=RUN_MS)
    second.get_by_role("button", name="Load theirs").click()
    expect(second.get_by_label("Workflow name")).to_have_value("from the first tab")


def test_problems_are_said_before_a_run_and_lead_to_the_node(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    document = spread(TITANIC)
    document["nodes"][2]["data"]["params"] = {"test_size": 3, "stratify": "sexx"}
    open_saved(page, cloud, document)
    page.get_by_role("button", name="2 things to fix").click()
    expect(page.get_by_role("combobox", name="Stratify by")).to_be_focused()
    page.locator(".react-flow__pane").click(position={"x": 10, "y": 10})
    page.locator(".problem-item").filter(has_text="sexx").click()
    expect(page.get_by_label("Label")).to_have_value("Train/Test Split")
    expect(page.get_by_role("combobox", name="Stratify by")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+F8")
    expect(page.get_by_role("textbox", name="Test share")).to_be_focused()
    expect(page.get_by_text("Must be less than 1")).to_be_visible()
    expect(page.get_by_text("Did you mean “sex”?")).to_be_visible()
    page.get_by_role("combobox", name="Stratify by").click()
    expect(page.get_by_role("option", name="survived")).to_be_visible()


def test_a_failed_node_says_what_and_what_now_and_a_reload_keeps_it(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    document = spread(TITANIC)
    document["nodes"] = [one for one in document["nodes"] if one["id"] != "clean_data"]
    kept = [one for one in document["connections"] if "clean_data" not in one.values()]
    document["connections"] = [{"source": "load_csv", "target": "train_test_split"}, *kept]
    open_saved(page, cloud, document)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("run-line")).to_contain_text("failed", timeout=RUN_MS)
    page.reload()
    expect(node(page, "Train Model")).to_contain_text("failed", timeout=RUN_MS)
    expect(node(page, "Evaluate")).to_contain_text("skipped")
    node(page, "Train Model").click()
    expect(page.get_by_role("complementary").get_by_role("alert")).to_contain_text("What to do: Put an Encode node, or Preprocess")


def test_the_target_is_asked_for_once(open_page: Open, cloud: Cloud, tmp_path: Any) -> None:
    path = tmp_path / "shop.csv"
    path.write_text("age,spent,again\n" + "\n".join(f"{i % 60},{i * 7 % 90},{i % 2}" for i in range(200)) + "\n")
    page = open_page("/data")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload data").first.click()
    chooser.value.set_files(path)
    expect(page.get_by_text("shop.csv · 200 rows, 3 columns")).to_be_visible(timeout=RUN_MS)
    dataset = page.url.rsplit("/", 1)[1]
    document = spread(TITANIC)
    document["nodes"][0]["data"]["params"] = {"dataset": dataset}
    open_saved(page, cloud, document)
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("dialog").get_by_role("combobox", name="Target column").click()
    page.get_by_role("option", name="again").click()
    page.get_by_role("dialog").get_by_role("button", name="Run").click()
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)
