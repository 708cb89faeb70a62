"""Drawing: by keyboard alone, quick add, clipboard, import, undo, outline, command palette."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hands import RUN_MS, Open, node, open_saved, spread, until
from tests.conftest import Cloud
from tests.e2e.test_spine import TITANIC

pytestmark = pytest.mark.browser


def pick(page: Page, words: str) -> None:
    """Type into the finder that is open and take what it puts first."""
    expect(page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_five_minute_path_by_keyboard_alone(open_page: Open) -> None:
    page = open_page()
    expect(page.get_by_role("button", name="Empty canvas").first).to_be_visible()
    page.keyboard.press("Control+k")
    pick(page, "home")
    page.get_by_role("button", name="Empty canvas").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".canvas-empty")).to_be_visible()
    expect(page.get_by_role("button", name="Load CSV")).to_be_visible()
    page.keyboard.press("/")
    pick(page, "sample")
    page.keyboard.press("+")
    pick(page, "preprocess")
    page.keyboard.press("+")
    pick(page, "split")
    page.keyboard.press("+")
    pick(page, "logistic")
    page.keyboard.press("+")
    pick(page, "evaluate")
    expect(page.locator(".react-flow__node")).to_have_count(5)
    expect(page.locator(".react-flow__edge")).to_have_count(5)  # four drawn, and the test rows that the check adds
    page.keyboard.press("o")
    expect(page.locator(".outline button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Label")).to_be_focused()
    expect(page.get_by_label("Label")).to_have_value("Sample dataset")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)
    expect(page.get_by_test_id("announcement")).to_contain_text("Run succeeded, 5 of 5 nodes done")
    page.keyboard.press("Control+k")
    pick(page, "go evaluate")
    page.get_by_role("tab", name="Settings").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("table.confusion")).to_be_visible()


def test_connecting_renaming_and_disconnecting_by_keyboard(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    document = spread(TITANIC)
    document["connections"] = document["connections"][:-1]
    workflow = open_saved(page, cloud, document)
    node(page, "Evaluate").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Label")).to_be_focused()
    node(page, "Evaluate").focus()
    page.keyboard.press("c")
    pick(page, "train model")
    until(page, lambda: len(saved(cloud, workflow)["connections"]) == 4)
    page.keyboard.press("F2")
    page.keyboard.type("Judge")
    page.keyboard.press("Enter")
    expect(node(page, "Judge")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(node(page, "Judge")).to_have_count(0)
    page.keyboard.press("o")
    remove = page.get_by_role("button", name="Remove the connection from Train Model to Evaluate")
    remove.press("Enter")
    expect(remove).to_have_count(0)
    until(page, lambda: len(saved(cloud, workflow)["connections"]) == 3)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next problem")


def saved(cloud: Cloud, workflow: str) -> dict[str, Any]:
    return dict(cloud.client.call("GET", f"/workflows/{workflow}")["document"])


def test_a_plus_on_a_port_offers_only_what_fits(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    open_saved(page, cloud, spread(TITANIC))
    node(page, "Train/Test Split").hover()
    page.get_by_role("button", name="Add a node at Test of Train/Test Split").click()
    offered = page.get_by_role("dialog").get_by_role("option")
    expect(offered.filter(has_text="Evaluate")).to_have_count(1)
    expect(offered.filter(has_text="Logistic regression")).to_have_count(0)
    expect(offered.filter(has_text="Load CSV")).to_have_count(0)
    pick(page, "preprocess")
    expect(page.locator(".react-flow__node")).to_have_count(6)
    page.keyboard.press("Control+z")
    expect(page.locator(".react-flow__node")).to_have_count(5)


def test_nodes_travel_as_json_text_between_workflows(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_saved(page, cloud, spread(TITANIC))
    node(page, "Load CSV").click()
    node(page, "Clean Data").click(modifiers=["Control"])
    expect(page.get_by_text("2 nodes selected")).to_be_visible()
    page.keyboard.press("Control+c")
    text = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert [one["type"] for one in text["nodes"]] == ["csv_loader", "preprocess"]
    open_saved(page, cloud, {"name": "another", "nodes": [], "connections": []})
    expect(page.get_by_label("Workflow name")).to_have_value("another")
    page.keyboard.press("Control+v")
    expect(page.locator(".react-flow__node")).to_have_count(2)
    expect(page.locator(".react-flow__edge")).to_have_count(1)
    page.keyboard.press("Control+x")
    expect(page.locator(".react-flow__node")).to_have_count(0)
    page.evaluate("navigator.clipboard.writeText('Dear Sir, please find attached')")
    page.keyboard.press("Control+v")
    expect(page.get_by_text("The clipboard holds no Flowza nodes.")).to_be_visible()
    expect(page.locator(".react-flow__node")).to_have_count(0)


def test_a_hundred_steps_back_and_forth_and_a_word_is_one_step(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    open_saved(page, cloud, spread(TITANIC))
    node(page, "Evaluate").click()
    for _ in range(105):
        page.keyboard.press("Control+d")
    expect(page.get_by_text("1 of 110")).to_have_count(0)
    nodes = page.evaluate("document.querySelectorAll('.react-flow__node').length")
    assert nodes == 110
    for _ in range(105):
        page.keyboard.press("Control+z")
    expect(page.locator(".react-flow__node")).to_have_count(5)
    for _ in range(3):
        page.keyboard.press("Control+Shift+z")
    expect(page.locator(".react-flow__node")).to_have_count(8)
    page.get_by_label("Workflow name").press_sequentially(" of mine")
    page.locator(".react-flow__pane").click(position={"x": 8, "y": 8})
    page.keyboard.press("Control+z")
    expect(page.get_by_label("Workflow name")).to_have_value(TITANIC["name"])


def test_an_unknown_type_stays_and_says_so(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    document = spread(TITANIC)
    document["nodes"][1] |= {"type": "from_the_future"}
    workflow = open_saved(page, cloud, document)
    strange = node(page, "Clean Data")
    expect(strange).to_contain_text("unknown node type")
    expect(page.locator(".react-flow__edge").filter(has=page.locator("[marker-end]"))).to_have_count(4)
    strange.click()
    expect(page.get_by_text("does not know the node type “from_the_future”").first).to_be_visible()
    page.get_by_label("Label").fill("Kept")
    until(page, lambda: saved(cloud, workflow)["nodes"][1]["data"]["label"] == "Kept")
    assert saved(cloud, workflow)["nodes"][1]["type"] == "from_the_future"


BROKEN = {
    "empty.json": ("", "The file is empty."),
    "table.csv": ("a,b\n1,2\n", "This is not JSON"),
    "other.json": ('{"hello": [1, 2]}', "no Flowza workflow"),
    "huge.json": ('{"x": "' + "a" * (5 * 2**20) + '"}', "too large"),
    "hostile.json": ('{"nodes": [{"id": "<img src=x onerror=alert(1)>", "type": "a"}], "connections": []}', "Node number 1 cannot be read"),
}


def test_import_takes_what_export_gave_and_refuses_calmly(open_page: Open, cloud: Cloud, tmp_path: Path) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, spread(TITANIC))

    def more(item: str) -> None:
        page.get_by_role("button", name="More").click()
        page.get_by_role("menuitem", name=item).click()

    def take(path: Path) -> None:
        with page.expect_file_chooser() as chooser:
            more("Import JSON")
        chooser.value.set_files(path)

    for name, (text, words) in BROKEN.items():
        (tmp_path / name).write_text(text)
        take(tmp_path / name)
        expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    assert page.url.endswith(workflow)
    expect(page.locator(".react-flow__node")).to_have_count(5)
    with page.expect_download() as download:
        more("Export as JSON")
    download.value.save_as(tmp_path / "good.json")
    take(tmp_path / "good.json")
    page.wait_for_url(lambda url: not url.endswith(workflow))
    expect(page.locator(".react-flow__node")).to_have_count(5)
    copy = saved(cloud, page.url.rsplit("/", 1)[1])
    assert copy == saved(cloud, workflow)


def test_tidy_align_and_the_outline(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, spread(TITANIC))
    page.keyboard.press("l")
    until(page, lambda: len({one["position"]["x"] for one in saved(cloud, workflow)["nodes"]}) == 5)
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Align in a column").click()
    until(page, lambda: len({one["position"]["x"] for one in saved(cloud, workflow)["nodes"]}) == 1)
    page.keyboard.press("Control+z")
    page.keyboard.press("o")
    lines = page.locator(".outline-node")
    expect(lines).to_have_text(["Load CSV", "Clean Data", "Train/Test Split", "Train Model", "Evaluate"])
    lines.nth(1).click()
    lines.nth(3).click(modifiers=["Control"])
    expect(page.get_by_text("2 nodes selected")).to_be_visible()
