"""How fast the canvas is in a real browser: until it can be used, while something is dragged, when a status changes, and whether anything jumps.

Frames are counted by the page itself (requestAnimationFrame), the mouse is a real one. Machines without a graphics card draw in software, so the figures are
lower bounds.
"""

import json
import statistics
from collections.abc import Collection, Iterator
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize

from infra.canvas.drawings import large, run_of
from infra.figures import Figure, measured
from infra.local.client import Client

SIZE: ViewportSize = {"width": 1440, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
ROUNDS = 3
DRAG_STEPS = 90
COMMAND = "make bench-canvas"

# Reports the sum of all layout shifts since the page began.
SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(one => { if (!one.hadRecentInput) window.shifted += one.value; }))
  .observe({type: 'layout-shift', buffered: true});
"""
FRAMES = """
() => {
  window.frames_at = [];
  const tick = at => { window.frames_at.push(at); window.ticking = requestAnimationFrame(tick); };
  window.ticking = requestAnimationFrame(tick);
}
"""
# From the answer with another status to the frame that shows it.
STATUS = """
() => { window.changed = new Promise(resolve => {
  const before = document.querySelectorAll('.node-card.succeeded').length;
  new MutationObserver((_, watch) => {
    if (document.querySelectorAll('.node-card.succeeded').length === before) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - window.answered)));
  }).observe(document.querySelector('.react-flow'), {subtree: true, attributes: true, childList: true});
}); }
"""
# When the body of the newest answer about the run had been read.
ANSWERS = """
const ask = window.fetch;
window.fetch = async (...given) => {
  const reply = await ask(...given);
  if (String(given[0].url ?? given[0]).includes('/runs/run_measured')) {
    const text = await reply.clone().text();
    window.answered = performance.now();
    return new Response(text, {status: reply.status, headers: reply.headers});
  }
  return reply;
};
"""


class Bench:
    """Measures against one running cloud with one browser."""

    def __init__(self, browser: Browser, client: Client) -> None:
        self.browser = browser
        self.client = client

    def figures(self, only: Collection[str]) -> Iterator[Figure]:
        """Everything, or only the kinds that are named."""
        if not only or "interactive" in only:
            yield self._interactive(100)
        if not only or "drag" in only:
            yield from (self._drag(nodes, goal) for nodes, goal in ((500, 40), (2_000, 20)))
        if not only or "status" in only:
            yield from (self._status(nodes) for nodes in (500, 2_000))
        if not only or "shift" in only:
            yield from self._shifts()

    def _page(self, *scripts: str, size: ViewportSize = SIZE) -> Page:
        context = self.browser.new_context(viewport=size)
        page = context.new_page()
        for script in (SHIFTS, *scripts):
            page.add_init_script(script)
        return page

    def _open(self, page: Page, nodes: int, search: str = "") -> str:
        workflow = str(self.client.call("POST", "/workflows", large(nodes))["id"])
        page.goto(f"{self.client.url}/#/workflows/{workflow}{search}")
        page.locator(".react-flow__node").first.wait_for()
        return workflow

    def _interactive(self, nodes: int) -> Figure:
        """From the address to a canvas on which a click has chosen a node: cold, nothing cached."""
        workflow = str(self.client.call("POST", "/workflows", large(nodes))["id"])
        seconds = []
        for _ in range(ROUNDS):
            page = self._page()
            page.goto(f"{self.client.url}/#/workflows/{workflow}", wait_until="commit")
            # The page clicks as soon as it can, so that the way to here and back does not count.
            seconds.append(page.evaluate(CLICKED) / 1_000)
            page.context.close()
        return self._figure(
            f"canvas-interactive-{nodes}",
            statistics.median(seconds),
            "s",
            ROUNDS,
            f"{nodes} nodes: from the address to a chosen node",
            "<= 1.5",
        )

    def _drag(self, nodes: int, goal: int) -> Figure:
        page = self._page()
        self._open(page, nodes)
        page.wait_for_timeout(2_000)
        rates = [_frames_a_second(page) for _ in range(ROUNDS)]
        page.context.close()
        return self._figure(
            f"canvas-drag-{nodes}",
            statistics.median(rates),
            "fps",
            ROUNDS,
            f"{nodes} nodes: frames a second while one is dragged",
            f">= {goal}",
        )

    def _status(self, nodes: int) -> Figure:
        done = 3
        page = self._page(ANSWERS)
        page.route(
            "**/api/runs/run_measured",
            lambda route: route.fulfill(content_type="application/json", body=json.dumps(run_of("wf", nodes, done))),
        )
        self._open(page, nodes, "?run=run_measured")
        page.locator(".node-card.succeeded").first.wait_for()
        took = []
        for _ in range(ROUNDS * 2):
            page.evaluate(STATUS)
            done += 1
            took.append(page.evaluate("() => window.changed"))
        page.context.close()
        return self._figure(
            f"canvas-status-{nodes}",
            statistics.median(took),
            "ms",
            len(took),
            f"{nodes} nodes: from the answer to the frame that shows a changed status",
            "<= 30",
        )

    def _shifts(self) -> Iterator[Figure]:
        workflow = str(self.client.call("POST", "/workflows", large(20))["id"])
        for name, address, size in (("home", "/", SIZE), ("home-phone", "/", PHONE), ("canvas", f"/workflows/{workflow}", SIZE)):
            page = self._page(size=size)
            page.goto(f"{self.client.url}/#{address}")
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(2_500)
            yield self._figure(
                f"canvas-shift-{name}",
                page.evaluate("() => window.shifted"),
                "",
                1,
                f"layout shift while {name} loads (0.1 is called good)",
                "<= 0.01",
            )
            page.context.close()

    def _figure(self, name: str, value: float, unit: str, n: int, what: str, goal: str) -> Figure:
        return measured(name, value, unit, n, what, goal=goal, command=COMMAND)


CLICKED = """
() => new Promise(resolve => {
  const look = () => {
    const card = document.querySelector('.react-flow__node-card');
    if (!card || document.querySelectorAll('.react-flow__node-card').length < 10) return requestAnimationFrame(look);
    card.click();
    const chosen = () => document.querySelector('.react-flow__node.selected') ? resolve(performance.now()) : requestAnimationFrame(chosen);
    chosen();
  };
  look();
})
"""


def _frames_a_second(page: Page) -> float:
    """Drag one node in a circle with the mouse, and count the frames that were drawn meanwhile."""
    box: Any = page.locator(".react-flow__node-card .node-head").first.bounding_box()
    x, y = box["x"] + 60, box["y"] + 10
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(FRAMES)
    for step in range(DRAG_STEPS):
        page.mouse.move(x + (step % 30) * 6, y + (step % 20) * 6)
    at: list[float] = page.evaluate("() => { cancelAnimationFrame(window.ticking); return window.frames_at; }")
    page.mouse.up()
    page.mouse.move(10, 10)
    return (len(at) - 1) / ((at[-1] - at[0]) / 1_000)
