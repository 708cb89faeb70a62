"""Real Chromium against the embedded cloud."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import ROOT, Cloud

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WAIT_MS = 30_000
IMAGES = ROOT / "docs" / "images"
# Of many waits a busy machine makes one slow: none of them is shorter than this.
expect.set_options(timeout=WAIT_MS)


def chromium() -> str | None:
    known = ("chromium", "chromium-browser", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return next((path for name in known if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        assert not os.environ.get("CI"), "the browser tests need Chromium, and CI must run them"
        pytest.skip("NOT PROVEN HERE: the browser tests need Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, cloud: Cloud) -> Iterator[Callable[..., Page]]:
    """Opens a page, and counts all tabs of its context; at the end nothing may have been logged as an error and no dialog may have opened."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_one(address: str = "/", scheme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 860}, color_scheme=scheme, reduced_motion="reduce")
        contexts.append(context)
        context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page = context.new_page()
        page.goto(f"{cloud.client.url}/#{address}")
        return page

    yield open_one
    for context in contexts:
        context.close()
    # A refusal of the API (409, 422) is part of the product; the browser logs it as a failed resource.
    assert [one for one in complaints if "Failed to load resource" not in one] == []


def shoot(page: Page, name: str) -> None:
    """A picture for the docs; only where FLOWZA_SCREENSHOTS=write asks for it."""
    if os.environ.get("FLOWZA_SCREENSHOTS") == "write":
        Path(IMAGES).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(400)
        page.screenshot(path=str(IMAGES / f"{name}.png"))
