"""The documents name what is there: files, make tasks, tests, the number of node types."""

import re
from pathlib import Path

import pytest

from chalicelib.catalog import load

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_tasks_exist(page: Path) -> None:
    tasks = set(re.findall(r"^([a-z0-9-]+(?: [a-z0-9-]+)*):", (ROOT / "Makefile").read_text(), re.M))
    tasks = {task for names in tasks for task in names.split()}
    assert set(re.findall(r"`make ([a-z0-9-]+)", page.read_text())) <= tasks


def test_the_readme_names_tests_that_are_there() -> None:
    folder = ROOT
    for name in re.findall(r"`((?:tests/[a-z0-9]+/)?test_\w+\.py)`", (ROOT / "README.md").read_text()):
        path = ROOT / name if "/" in name else folder / name
        assert path.exists(), name
        folder = path.parent


def test_the_readme_counts_the_node_types() -> None:
    found = re.search(r"\*\*More than (\d+) node types\*\*", (ROOT / "README.md").read_text())
    assert found
    assert 0 < len(load().nodes) - int(found[1]) <= 20
