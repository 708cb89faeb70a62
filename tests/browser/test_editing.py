"""Beginning, notes, groups, switching off, merging, versions, and problems that one click mends."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hands import RUN_MS, Open, node, open_saved, spread, until, violations
from tests.conftest import Cloud
from tests.e2e.test_spine import TITANIC

pytestmark = pytest.mark.browser


def saved(cloud: Cloud, workflow: str) -> dict[str, Any]:
    return dict(cloud.client.call("GET", f"/workflows/{workflow}")["document"])


def more(page: Page, item: str) -> None:
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name=item).click()


def test_an_empty_canvas_offers_ways_to_begin(open_page: Open, cloud: Cloud, tmp_path: Any) -> None:
    page = open_page()
    open_saved(page, cloud, {"name": "Untitled workflow", "nodes": [], "connections": []})
    page.get_by_label("Describe it").fill("make me rich")
    page.get_by_role("button", name="Draw it").click()
    expect(page.get_by_text("No node type is named in this sentence")).to_be_visible()
    page.get_by_label("Describe it").fill("A random forest on titanic")
    page.keyboard.press("Enter")
    nodes = page.locator(".react-flow__node")
    expect(nodes).to_have_count(5)
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    page.locator(".react-flow__pane").click(position={"x": 8, "y": 8})
    page.keyboard.press("Control+z")
    expect(nodes).to_have_count(0)
    page.get_by_role("button", name="Start from a template", exact=True).click()
    page.get_by_role("menuitem").first.click()
    expect(nodes.first).to_be_visible()
    page.keyboard.press("Control+z")
    path = tmp_path / "shop.csv"
    path.write_text("age,again\n" + "\n".join(f"{i},{i % 2}" for i in range(50)) + "\n")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload data").click()
    chooser.value.set_files(path)
    expect(node(page, "Load CSV")).to_be_visible(timeout=RUN_MS)


def test_notes_groups_and_switching_off(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, spread(TITANIC))
    page.keyboard.press("n")
    page.keyboard.type("Why we clean")
    page.locator(".react-flow__pane").click(position={"x": 8, "y": 8})
    until(page, lambda: [one["text"] for one in saved(cloud, workflow).get("notes", [])] == ["Why we clean"])
    node(page, "Load CSV").click()
    node(page, "Clean Data").click(modifiers=["Control"])
    page.keyboard.press("Control+g")
    page.get_by_label("Name of the group").fill("Prepare")
    expect(page.locator(".frame")).to_contain_text("Prepare")
    before = saved(cloud, workflow)
    frame = page.locator(".frame b").bounding_box()
    assert frame
    page.mouse.move(frame["x"] + 5, frame["y"] + 5)
    page.mouse.down()
    page.mouse.move(frame["x"] + 45, frame["y"] + 85, steps=5)
    page.mouse.up()
    until(page, lambda: saved(cloud, workflow)["nodes"][0]["position"] != before["nodes"][0]["position"])
    after = saved(cloud, workflow)
    assert after["groups"] == [{"id": "group", "label": "Prepare", "nodes": ["load_csv", "clean_data"]}]
    assert after["nodes"][2]["position"] == before["nodes"][2]["position"]
    node(page, "Evaluate").click()
    page.keyboard.press("d")
    expect(node(page, "Evaluate")).to_contain_text("off")
    until(page, lambda: saved(cloud, workflow)["nodes"][4]["data"].get("disabled") is True)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)
    done = re.compile("succeeded|cached")
    expect(node(page, "Train Model")).to_contain_text(done)
    expect(node(page, "Evaluate")).not_to_contain_text(done)


def test_two_people_who_change_different_things_keep_both(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, spread(TITANIC))
    theirs = saved(cloud, workflow)
    theirs["nodes"][4]["data"]["label"] = "Judge"
    cloud.client.call("PUT", f"/workflows/{workflow}", theirs, headers={"If-Match": '"1"'})
    node(page, "Train/Test Split").click()
    page.get_by_role("textbox", name="Test share").fill("0.3")
    expect(page.get_by_text("Both sets of changes were kept")).to_be_visible(timeout=RUN_MS)
    expect(node(page, "Judge")).to_be_visible()
    until(page, lambda: saved(cloud, workflow)["nodes"][2]["data"]["params"].get("test_size") == 0.3)
    assert saved(cloud, workflow)["nodes"][4]["data"]["label"] == "Judge"


def test_two_people_who_change_the_same_thing_choose(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, spread(TITANIC))
    theirs = saved(cloud, workflow)
    theirs["nodes"][2]["data"]["params"]["test_size"] = 0.4
    theirs["description"] = "from them"
    cloud.client.call("PUT", f"/workflows/{workflow}", theirs, headers={"If-Match": '"1"'})
    node(page, "Train/Test Split").click()
    page.get_by_role("textbox", name="Test share").fill("0.3")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Somebody saved in between", timeout=RUN_MS)
    expect(dialog.get_by_role("region", name="They changed")).to_contain_text("0.4")
    dialog.get_by_label("Theirs: 0.4").check()
    dialog.get_by_role("button", name="Keep both").click()
    until(page, lambda: saved(cloud, workflow)["nodes"][2]["data"]["params"] == {"test_size": 0.4})
    assert saved(cloud, workflow)["description"] == "from them"
    expect(page.get_by_role("textbox", name="Test share")).to_have_value("0.4")


def test_versions_have_names_a_difference_and_a_way_back(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    workflow = open_saved(page, cloud, spread(TITANIC))
    node(page, "Train/Test Split").click()
    page.get_by_role("textbox", name="Test share").fill("0.3")
    until(page, lambda: saved(cloud, workflow)["nodes"][2]["data"]["params"] != {})
    node(page, "Evaluate").click()
    page.keyboard.press("Delete")
    until(page, lambda: len(saved(cloud, workflow)["nodes"]) == 4)
    more(page, "Version history")
    page.get_by_label("Show every save").check()
    page.locator(".version").last.click()
    expect(page.locator(".changes")).to_contain_text("Evaluate removed")
    expect(page.locator(".changes")).to_contain_text("Train/Test Split: Test share")
    expect(page.get_by_role("img", name="The drawing with what was added")).to_be_visible()
    page.get_by_label("Name of this version").fill("As it began")
    page.keyboard.press("Enter")
    expect(page.locator(".version").filter(has_text="As it began")).to_be_visible()
    page.get_by_role("button", name="Restore this version").click()
    expect(page.locator(".react-flow__node")).to_have_count(5)
    until(page, lambda: len(saved(cloud, workflow)["nodes"]) == 5)
    page.keyboard.press("Control+z")
    expect(page.locator(".react-flow__node")).to_have_count(4)


def test_one_click_mends_a_problem(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    document = spread(TITANIC)
    document["connections"].append({"source": "train_test_split", "sourceHandle": "train", "target": "evaluate", "targetHandle": "table"})
    workflow = open_saved(page, cloud, document)
    problem = page.locator(".problem").filter(has_text="its figures will flatter the model")
    problem.get_by_role("button", name="Fix it").click()
    expect(page.locator(".problem").filter(has_text="flatter")).to_have_count(0)
    until(
        page,
        lambda: (
            {"source": "train_test_split", "sourceHandle": "test", "target": "evaluate", "targetHandle": "table"}
            in wired(saved(cloud, workflow))
        ),
    )


def test_one_click_mends_a_problem_of_the_plan(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    document = spread(TITANIC)
    document["connections"].append({"source": "train_test_split", "sourceHandle": "train", "target": "evaluate", "targetHandle": "table"})
    open_saved(page, cloud, document)
    page.get_by_role("button", name="Run in parts, and what it costs").click()
    plan = page.get_by_role("dialog")
    plan.locator(".problem").filter(has_text="flatter").get_by_role("button", name="Fix it").click()
    expect(plan.locator(".problem")).to_have_count(0)
    expect(plan.get_by_role("button", name="Run", exact=True)).to_be_enabled()


def wired(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if value is not None} for one in document["connections"]]


def test_another_language_is_chosen_once_and_kept(open_page: Open, cloud: Cloud) -> None:
    page = open_page("/settings")
    page.get_by_role("combobox", name="Language").click()
    page.get_by_role("option", name="Deutsch").click()
    expect(page.get_by_role("link", name="Einstellungen")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    open_saved(page, cloud, spread(TITANIC))
    expect(page.get_by_role("button", name="Ausführen", exact=True)).to_be_visible()
    node(page, "Train/Test Split").click()
    expect(page.get_by_role("tab", name="Ergebnis")).to_be_visible()


def test_code_is_written_with_the_columns_that_arrive(open_page: Open, cloud: Cloud) -> None:
    code = "def run(df, params):\n    return df"
    places = {"people": ("sample_dataset", {"name": "titanic"}), "own": ("custom_python", {"code": code}), "ask": ("sql_tables", {})}
    nodes = [
        {"id": name, "type": kind, "position": {"x": 0, "y": 0}, "data": {"label": name, "params": params}}
        for name, (kind, params) in places.items()
    ]
    wires = [{"source": "people", "target": "own"}, {"source": "people", "target": "ask", "targetHandle": "a"}]
    page = open_page()
    workflow = open_saved(page, cloud, spread({"name": "Own code", "nodes": nodes, "connections": wires}))
    node(page, "own").click()
    field = page.get_by_role("textbox", name="Code", exact=True)
    field.click()
    page.keyboard.press("Control+End")
    page.keyboard.type('.assign(old=df["a')
    page.get_by_role("option", name=re.compile("^age")).click()
    # Brackets and quotes were closed by themselves.
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.type(" > 60")
    until(page, lambda: '.assign(old=df["age"] > 60)' in saved(cloud, workflow)["nodes"][1]["data"]["params"]["code"])
    assert violations(page) == []
    page.get_by_role("button", name="Code in a large window").click()
    large = page.get_by_role("dialog").get_by_role("textbox", name="Code")
    expect(large).to_contain_text("assign(old=")
    page.keyboard.press("Escape")
    # Tab leaves the editor, as it leaves any other field.
    field.click()
    page.keyboard.press("Tab")
    expect(field).not_to_be_focused()
    node(page, "ask").click()
    page.get_by_role("textbox", name="SQL").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" WHERE a.s")
    page.get_by_role("option", name="sex").click()
    until(page, lambda: saved(cloud, workflow)["nodes"][2]["data"].get("params", {}).get("sql") == "SELECT * FROM a WHERE a.sex")


def test_an_answer_that_may_stay_open_is_yes_no_or_neither(open_page: Open, cloud: Cloud) -> None:
    page = open_page()
    card = {"id": "types", "type": "change_types", "position": {"x": 0, "y": 0}, "data": {"label": "Types", "params": {}}}
    workflow = open_saved(page, cloud, {"name": "Answers", "nodes": [card], "connections": []})

    def params() -> dict[str, Any]:
        return dict(saved(cloud, workflow)["nodes"][0]["data"]["params"])

    node(page, "Types").click()
    page.get_by_role("button", name="Advanced").click()
    answer = page.get_by_role("combobox", name="Day first")
    expect(answer).to_have_attribute("placeholder", "not set")
    for word, value in (("no", {"dayfirst": False}), ("yes", {"dayfirst": True}), ("yes", {})):
        answer.click()
        page.get_by_role("option", name=word, exact=True).click()
        until(page, lambda value=value: params() == value)
