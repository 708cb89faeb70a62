"""`make bench-canvas`: one JSON line a figure; the exit code is 1 where one misses its goal."""

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from infra.canvas.speed import Bench
from infra.chaos.rig import Rig
from infra.figures import Figure, emit, keep

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m infra.canvas", description="Measure the canvas in a real browser, on a cloud of its own."
    )
    parser.add_argument(
        "--only",
        choices=("interactive", "drag", "status", "shift"),
        action="append",
        help="one kind of figure (may be given several times)",
    )
    parser.add_argument("--keep", action="store_true", help="put the figures on the page of benchmarks")
    options = parser.parse_args()
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        sys.stderr.write("bench-canvas: there is no Chromium on this machine\n")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped, too
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        rig = Rig(Path(folder)).start()
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            for figure in Bench(browser, rig.client).figures(options.only or ()):
                emit(figure)
                figures.append(figure)
        finally:
            browser.close()
            rig.stop()
    if options.keep:
        keep("Canvas", figures)
    return 0 if all(figure.ok for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
