"""The five-minute path as one test; its pictures are the ones in the docs (`make screenshots`)."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import shoot
from tests.browser.hands import RUN_MS, Open, node, run
from tests.conftest import Cloud

pytestmark = pytest.mark.browser


# A value of its own for each turn: what one has stored, the other would find.
CHANGED = {"light": "0.05", "dark": "0.02"}


@pytest.mark.parametrize("scheme", CHANGED)
def test_from_the_first_page_to_a_comparison(open_page: Open, cloud: Cloud, scheme: str) -> None:
    page = open_page("/", scheme)
    expect(page.get_by_test_id("idle-cost")).to_contain_text("$0.00/h")
    shoot(page, f"home-{scheme}")

    page.get_by_role("button", name="Titanic, deployed").click()
    expect(page.locator(".react-flow__node")).to_have_count(7)
    workflow = page.url.split("/workflows/")[1].split("?")[0]
    run(page)
    for name in ("Register", "Deploy"):
        expect(node(page, name)).to_contain_text("succeeded")
    read_the_result(page, scheme)
    read_the_run(page, scheme)
    endpoint = register_and_deploy(page, scheme)
    predict(page, endpoint, scheme)
    change_and_run_again(page, cloud, workflow, scheme)
    compare(page, scheme)


def read_the_result(page: Page, scheme: str) -> None:
    node(page, "Evaluate").click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_text("always guessing").first).to_be_visible()
    expect(page.locator("table.confusion td")).to_have_count(4)
    expect(panel.locator(".plot[data-drawn=true] svg").first).to_be_visible()
    shoot(page, f"canvas-{scheme}")
    wrong = page.locator(".confusion button.cell").nth(1)
    count = int(wrong.inner_text())
    wrong.click()
    drawer = page.get_by_role("region", name="Data of the port")
    expect(drawer.get_by_text(f"{count} row", exact=False).first).to_be_visible()
    expect(drawer.get_by_text("only rows that are 0 and were taken for 1")).to_be_visible()
    shoot(page, f"rows-{scheme}")
    page.get_by_role("button", name="Close the data drawer").click()
    slider = panel.get_by_role("slider", name="Threshold", exact=True)
    slider.fill(str(int(slider.get_attribute("max") or "0") // 4))
    expect(page.locator("table.confusion button.cell")).to_have_count(0)
    panel.get_by_role("button", name="As reported").click()
    expect(wrong).to_have_text(str(count))


def read_the_run(page: Page, scheme: str) -> None:
    page.get_by_test_id("run-line").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Run of Titanic, deployed")).to_be_visible()
    page.get_by_role("tab", name="Timeline").click()
    expect(page.get_by_text("Decided the end after")).to_be_visible()
    shoot(page, f"timeline-{scheme}")
    page.get_by_role("tab", name="Results").click()
    expect(page.locator(".plot[data-drawn=true] svg")).not_to_have_count(0)
    shoot(page, f"results-{scheme}")
    page.get_by_role("tab", name="Code").click()
    page.get_by_text("Python", exact=True).click()
    expect(page.get_by_role("region", name="Titanic-deployed.py")).to_contain_text("'train_logreg'")


def register_and_deploy(page: Page, scheme: str) -> str:
    page.get_by_role("link", name="Models").click()
    page.get_by_role("link", name="titanic").first.click()
    expect(page.get_by_role("button", name="Alias…").first).to_be_visible()
    page.get_by_role("tab", name="Where it comes from").click()
    expect(page.get_by_role("link", name="sample:titanic")).to_be_visible()
    shoot(page, f"lineage-{scheme}")
    page.get_by_role("tab", name="Versions", exact=True).click()
    page.get_by_role("button", name="Deploy").first.click()
    page.get_by_label("Endpoint name").fill(f"from-browser-{scheme}")
    page.get_by_role("dialog").get_by_role("button", name="Deploy").click()
    expect(page.get_by_role("heading", name=f"from-browser-{scheme}")).to_be_visible()
    return page.url.split("/endpoints/")[1].split("?")[0]


def predict(page: Page, endpoint: str, scheme: str) -> None:
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_test_id("prediction")).to_contain_text("%", timeout=RUN_MS)
    expect(page.get_by_role("figure", name="What made this answer").locator("svg").first).to_be_visible()
    shoot(page, f"endpoint-{scheme}")
    page.get_by_role("tab", name="Call it").click()
    page.get_by_role("button", name="New key").click()
    expect(page.get_by_text("Copy it now")).to_be_visible()
    expect(page.get_by_test_id("call")).to_contain_text(f"/predict/{endpoint}")
    page.get_by_role("tab", name="Prediction log").click()
    expect(page.locator("table tbody tr")).not_to_have_count(0)


def change_and_run_again(page: Page, cloud: Cloud, workflow: str, scheme: str) -> None:
    page.goto(f"{cloud.client.url}/#/workflows/{workflow}")
    node(page, "Train Model").click()
    page.get_by_role("tab", name="Settings").click()
    page.get_by_role("textbox", name="C", exact=True).fill(CHANGED[scheme])
    page.get_by_role("button", name="Run in parts, and what it costs").click()
    before = page.get_by_role("dialog", name="Before the run")
    expect(before.get_by_test_id("plan-words")).to_contain_text("3 of 7 nodes are stored")
    shoot(page, f"plan-{scheme}")
    link = page.get_by_test_id("run-line").get_by_role("link")
    first = link.get_attribute("href") or ""
    before.get_by_role("button", name="Run", exact=True).click()
    # The first run has succeeded as well: what follows is said of the second.
    expect(link).not_to_have_attribute("href", first)
    expect(node(page, "Evaluate")).to_contain_text("succeeded", timeout=RUN_MS)
    expect(node(page, "Clean Data")).to_contain_text("cached")
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)


def compare(page: Page, scheme: str) -> None:
    page.get_by_test_id("run-line").get_by_role("link").click()
    page.get_by_role("link", name="Compare with the run before").click()
    expect(page.get_by_role("row", name="Train Model · ").first).to_contain_text(CHANGED[scheme])
    expect(page.get_by_role("row", name="Evaluate · accuracy")).to_be_visible()
    expect(page.locator(".plot[data-drawn=true] svg")).not_to_have_count(0)
    shoot(page, f"compare-{scheme}")
