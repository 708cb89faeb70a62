"""What a person sees first: nothing jumps while a page loads, and a drawing opens at a size that can be read."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from infra.canvas.speed import SHIFTS
from tests.browser.hands import Open
from tests.conftest import Cloud
from tests.e2e.test_spine import TITANIC

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}
READABLE = 0.75
PLACE = """() => {
  const { e, f } = new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform);
  return [e, f];
}"""


def test_nothing_moves_while_the_home_page_loads_on_a_phone(open_page: Open, cloud: Cloud) -> None:
    cloud.finish(cloud.client.start(TITANIC))
    page = open_page("/settings")
    page.set_viewport_size(PHONE)
    page.add_init_script(SHIFTS)
    page.goto(f"{cloud.client.url}/#/")
    page.reload()
    expect(page.get_by_test_id("idle-cost")).to_be_visible()
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("() => window.shifted") <= 0.01
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, {"width": 1280, "height": 720}])
def test_every_template_opens_where_it_begins_and_can_be_read(open_page: Open, cloud: Cloud, size: ViewportSize) -> None:
    page = open_page("/settings")
    page.set_viewport_size(size)
    for template in cloud.client.call("GET", "/templates")["items"]:
        workflow = cloud.client.call("POST", "/workflows", template["workflow"])["id"]
        page.goto(f"{cloud.client.url}/#/workflows/{workflow}")
        first = min(template["workflow"]["nodes"], key=lambda one: one["position"]["x"])
        expect(card(page, first["id"])).to_be_in_viewport(ratio=0.9)
        page.wait_for_function(f"() => ({PLACE})().some(one => one !== 0)")
        assert zoom(page) >= READABLE, template["id"]


def test_all_rows_of_a_dataset_are_there_to_sort_and_filter(open_page: Open, cloud: Cloud, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("age,city\n" + "\n".join(f"{number},{'Rome' if number % 3 else 'Bonn'}" for number in range(700)) + "\n")
    page = open_page(f"/data/{cloud.client.upload(path, 'seven hundred')['id']}")
    table = page.get_by_role("region", name="seven hundred")
    expect(page.get_by_text("700 rows, 2 columns", exact=True)).to_be_visible()
    page.get_by_role("textbox", name="Filter rows").fill("age = 699")
    expect(table.get_by_role("row")).to_have_count(2)
    expect(table.get_by_role("cell", name="699")).to_be_visible()


def card(page: Page, name: str) -> Locator:
    return page.locator(f'.react-flow__node[data-id="{name}"]')


def zoom(page: Page) -> float:
    found: Any = page.evaluate("() => new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform).a")
    return float(found)


def test_cards_and_lines_follow_the_run(open_page: Open, cloud: Cloud) -> None:
    run = cloud.finish(cloud.client.start(TITANIC))
    page = open_page(f"/workflows/{run['workflow']}?run={run['id']}")
    for one in run["nodes"]:
        expect(card(page, one["node"])).to_have_attribute("aria-label", re.compile("succeeded|cached"))
    expect(page.locator(".react-flow__edge-text").first).to_have_text("1,313")
    expect(page.locator("path.flows")).to_have_count(0)
