"""The page of figures: written from lines, a part at a time."""

from pathlib import Path

import pytest

from infra.figures import Figure, keep, measured


@pytest.mark.parametrize(
    ("value", "goal", "met"),
    [(0.2, "<= 0.25", True), (0.3, "<= 0.25", False), (3.0, ">= 3", True), (0, "= 0", True), (1, "= 0", False), (9, "", None)],
)
def test_a_figure_is_judged_by_its_goal(value: float, goal: str, met: bool | None) -> None:
    assert measured("x", value, "s", 1, "words", goal=goal).ok is met


def test_a_part_replaces_its_own_lines_and_leaves_the_others(tmp_path: Path) -> None:
    lines, page = tmp_path / "lines", tmp_path / "page"
    first, other = Figure("a", 1.0, "<= 2", "s", 1, True, command="make bench-canvas"), Figure("b", 5.0, "<= 2", "s", 1, False)
    keep("One", [first], lines, page)
    keep("Two", [other], lines, page)
    keep("One", [first._replace(value=2.0)], lines, page)
    assert len(lines.read_text().splitlines()) == 2
    text = page.read_text()
    assert "| a | 2 s | <= 2 | yes |" in text
    assert "| b | 5 s | <= 2 | **no** |" in text
    assert text.index("## One") < text.index("Measured by `make bench-canvas`.") < text.index("## Two")
    assert text.count("Measured by") == 1
