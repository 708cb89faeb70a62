"""Reports: every kind of chart drawn, hostile words harmless, nothing loaded and nothing run."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node_containers.charts import KINDS, chart, page
from node_containers.nodes import report
from node_containers.reporting.page import SECTIONS, Matter, Section, Words, html_page
from node_containers.reporting.pictures import draw
from node_containers.sdk import Context, Evaluation
from tests.nodes.test_battery import fitted

HOSTILE = "</table><script>alert(1)</script><img src=x onerror='alert(2)'>\" onload=\"x"
PAGE = "html head meta title style body main h1 h2 h3 p pre div table thead tbody tr th td figure"
PICTURE = "svg path text rect circle polyline"
ALLOWED = {*PAGE.split(" "), *PICTURE.split(" ")}

MODEL = fitted()


class Reader(HTMLParser):
    """Tags and attributes of a page, and whether every tag that opens is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    found = Reader()
    found.feed(text)
    found.close()
    assert found.open == []
    return found


def hostile(value: Any) -> Any:
    """The same, with every text replaced."""
    if isinstance(value, dict):
        return {name: hostile(one) for name, one in value.items()}
    if isinstance(value, list):
        return [hostile(one) for one in value]
    return HOSTILE if isinstance(value, str) else value


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_chart_is_drawn_and_hostile_words_stay_words(kind: str) -> None:
    example = chart(kind, **page.examples()[kind])
    assert read(f"<main>{draw(example)}</main>").tags - {"main"}
    drawn = draw({**hostile(example), "kind": kind})
    assert "<script" not in drawn
    assert read(f"<main>{drawn}</main>").tags <= ALLOWED


def test_a_page_stands_alone() -> None:
    evaluation = Evaluation({"accuracy": 0.8}, [chart("roc", **page.examples()["roc"])], {}, {"sentence": "right for 80 of 100"})
    text = html_page(Matter(Words("Title", "for people", "not for pets"), [("Evaluation", evaluation)], MODEL))
    found = read(text)
    assert found.tags <= ALLOWED
    assert not {name for name, _ in found.attributes} & {"src", "href", "onload", "onerror", "action"}
    assert "default-src 'none'" in text
    assert all(words in text for words in ("right for 80 of 100", "not for pets", "LogisticRegression", "class", "sex"))


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=100))
def test_any_words_at_all(title: str, purpose: str, name: str) -> None:
    evaluation = Evaluation({name: None}, [chart("table", columns=[name], rows=[[purpose]])], {name: title}, {"sentence": purpose})
    assert read(html_page(Matter(Words(title or "x", purpose, name), [(name, evaluation)], None))).tags <= ALLOWED


# Of each section, words that stand nowhere else on the page.
MARKS: dict[Section, str] = {
    "summary": "class='lead'",
    "purpose": "for people",
    "limits": "not for pets",
    "model": "LogisticRegression",
    "features": "may be empty",
    "figures": "accuracy",
    "charts": "<svg",
}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(SECTIONS), unique=True))
def test_the_sections_that_were_chosen_stand_in_their_order_and_no_others(sections: list[Section]) -> None:
    evaluation = Evaluation({"accuracy": 0.8}, [chart("roc", **page.examples()["roc"])], {}, {"sentence": "right for 80 of 100"})
    text = html_page(Matter(Words("Title", "for people", "not for pets"), [("Evaluation", evaluation)], MODEL), sections)
    assert read(text).tags <= ALLOWED
    shown = {section: text.find(MARKS[section], text.index("<main>")) for section in SECTIONS}
    assert [section for section in sorted(shown, key=shown.__getitem__) if shown[section] >= 0] == sections


def test_figures_that_the_evaluation_drew_are_no_chart() -> None:
    tiles = chart("metrics", **{**page.examples()["metrics"], "title": "Tiles"})
    evaluation = Evaluation({"accuracy": 0.8}, [chart("roc", **page.examples()["roc"]), tiles], {}, {})
    matter = Matter(Words("Title", "", ""), [("Evaluation", evaluation)], None)
    figures, charts = html_page(matter, ["figures"]), html_page(matter, ["charts"])
    assert ("Tiles" in figures, "<svg" in figures) == (True, False)
    assert ("Tiles" in charts, "<svg" in charts) == (False, True)


def test_neighbours_share_a_heading() -> None:
    matter = Matter(Words("Title", "", ""), [("Evaluation", Evaluation({"accuracy": 0.8}, [], {}, {}))], MODEL)
    assert html_page(matter, ["features", "model", "figures", "charts"]).count("<h2>") == 2
    assert html_page(matter, ["features", "figures", "model", "charts"]).count("<h2>") == 4


def test_a_chosen_section_without_anything_to_show_is_said() -> None:
    context = Context(keep_file=lambda *_: {"name": "report.html", "object": "o/x", "sha256": "0" * 64, "bytes": 1})
    params = report.Params(sections=["limits", "features", "figures", "figures", "charts"])
    report.report(Evaluation({"accuracy": 0.1}, [], {}, {}), params, context)
    assert [one["message"].split("”")[0].split("“")[1] for one in context.warnings] == ["limits", "features", "charts"]
    assert {one["code"] for one in context.warnings} == {"section-empty"}
    quiet = Context(keep_file=lambda *_: {"name": "report.html", "object": "o/x", "sha256": "0" * 64, "bytes": 1})
    report.report(Evaluation({}, [], {}, {}), report.Params(), quiet)
    assert quiet.warnings == []


def test_the_node_keeps_a_file_and_hands_the_evaluation_on() -> None:
    kept: dict[str, str] = {}

    def keep(name: str, path: str, kind: str) -> dict[str, Any]:
        kept[name] = Path(path).read_text("utf-8")
        return {"name": name, "object": "o/x", "sha256": "0" * 64, "bytes": 1}

    first, second = (Evaluation({"accuracy": value}, [], {}, {"sentence": f"value {value}"}) for value in (0.1, 0.2))
    context = Context(keep_file=keep)
    assert report.report(first, report.Params(title="T"), context, second=second, model=MODEL) is first
    assert "value 0.1" in kept["report.html"]
    assert "Second evaluation" in kept["report.html"]
    assert context.files[0]["name"] == "report.html"
