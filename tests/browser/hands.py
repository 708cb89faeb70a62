"""What tests do with the page again and again."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.conftest import ROOT, Cloud

Open = Callable[..., Page]
AXE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
RUN_MS = 60_000


def node(page: Page, text: str) -> Any:
    return page.locator(".react-flow__node").filter(has_text=text).first


def run(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("run-line")).to_contain_text("succeeded", timeout=RUN_MS)


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA. Evaluated through the debugger, so the page's own policy stays as strict as it is."""
    page.evaluate(AXE)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    return [f"{one['id']}: {', '.join(str(target['target']) for target in one['nodes'][:3])}" for one in found["violations"]]


def open_saved(page: Page, cloud: Cloud, document: dict[str, Any]) -> str:
    saved = cloud.client.call("POST", "/workflows", document)
    page.goto(f"{cloud.client.url}/#/workflows/{saved['id']}")
    expect(page.locator(".react-flow__node")).to_have_count(len(document["nodes"]))
    return str(saved["id"])


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for what autosave brings to the server: the page's own word “Saved” may still be that of the save before."""
    for _ in range(RUN_MS // 100):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("autosave did not bring it to the server")


def spread(document: dict[str, Any]) -> dict[str, Any]:
    """The nodes side by side, so that a mouse can reach each."""
    copy = json.loads(json.dumps(document))
    for index, one in enumerate(copy["nodes"]):
        one["position"] = {"x": 290 * (index % 3), "y": 190 * (index // 3)}
    return dict(copy)


def drag(page: Page, start: Any, end: Any, *, drop: bool = True) -> None:
    boxes = [handle.bounding_box() for handle in (start, end)]
    points = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move((points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2, steps=6)
    page.mouse.move(*points[1], steps=6)
    if drop:
        page.mouse.up()


# -- without a mouse --------------------------------------------------------------------------------------------------------

STEPS = 250


def reach(page: Page, thing: Any) -> None:
    """Walk there with Tab. What cannot be reached so cannot be reached by whoever has no mouse."""
    expect(thing).to_be_attached()
    for _ in range(STEPS):
        if thing.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{STEPS} times Tab, and not at {thing}")


def press(page: Page, thing: Any) -> None:
    reach(page, thing)
    page.keyboard.press("Enter")


def write(page: Page, field: Any, text: str) -> None:
    reach(page, field)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def command(page: Page, words: str) -> None:
    """What the command palette offers under these words."""
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    page.keyboard.type(words)
    option = dialog.get_by_role("option").filter(has=page.get_by_text(words, exact=True)).first
    expect(option).to_be_visible()
    while option.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("combobox")).to_have_count(0)
