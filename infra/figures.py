"""Figures that proofs and benchmarks measure: one JSON line each, kept beside the page that is written from them.

    a proof ──line──▶ docs/benchmarks.jsonl (one line a figure, the newest) ──▶ docs/benchmarks.md

A proof that is run in part replaces its own lines and leaves the others as they were.
"""

import json
import operator
import os
import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).parents[1] / "docs"
LINES, PAGE = DOCS / "benchmarks.jsonl", DOCS / "benchmarks.md"
SIGNS = {"<=": operator.le, ">=": operator.ge, "=": operator.eq}
HEAD = """# Figures

Written by `make bench`, `make chaos` and the other proofs from the lines in [benchmarks.jsonl](benchmarks.jsonl); do not edit. Ratios are taken within one
run, rounds in turn; absolute times depend on the machine and on what else it does.
"""


class Figure(NamedTuple):
    """One line. `ok` says whether the goal is met, and is None where there is no goal; `command` repeats the measurement."""

    id: str
    value: float
    goal: str
    unit: str
    n: int
    ok: bool | None
    what: str = ""
    command: str = ""


def measured(name: str, value: float, unit: str, n: int, what: str, *, goal: str = "", command: str = "") -> Figure:
    """A figure judged by its goal: `<= 0.25`, `>= 3`, `= 0`, or none."""
    return Figure(name, value, goal, unit, n, _met(value, goal), what, command)


def _met(value: float, goal: str) -> bool | None:
    if not goal:
        return None
    sign, _, bound = goal.partition(" ")
    return bool(SIGNS[sign](value, float(bound)))


def emit(figure: Figure) -> None:
    """Say the figure: one JSON line on standard output."""
    sys.stdout.write(text(figure) + "\n")
    sys.stdout.flush()


def text(figure: Figure) -> str:
    return json.dumps(_line(figure), ensure_ascii=False)


def _line(figure: Figure) -> dict[str, Any]:
    return {**figure._asdict(), "value": float(f"{figure.value:.5g}")}


def keep(section: str, figures: Iterable[Figure], lines: Path = LINES, page: Path = PAGE) -> None:
    """Put the figures in the place of those of the same name, and write the page anew."""
    about = {"section": section, "date": datetime.now(UTC).date().isoformat(), "machine": machine()}
    known = {line["id"]: line for line in _read(lines)}
    known.update({figure.id: {**about, **_line(figure)} for figure in figures})
    ordered = sorted(known.values(), key=lambda line: line["section"])
    lines.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in ordered), "utf-8")
    page.write_text(page_text(ordered), "utf-8")


def _read(lines: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.read_text("utf-8").splitlines()] if lines.exists() else []


def machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def page_text(lines: Iterable[dict[str, Any]]) -> str:
    """The page: a table a section, in the order of the lines."""
    known = list(lines)
    text, section = HEAD, None
    marks = {True: "yes", False: "**no**", None: ""}
    for line in known:
        if line["section"] != section:
            section = line["section"]
            text += f"\n## {section}\n{_commands(known, section)}\n| figure | value | goal | met | n | what | measured |\n|---|---|---|---|---|---|---|\n"
        value = f"{line['value']:,.5g} {line['unit']}"
        text += f"| {line['id']} | {value} | {line['goal']} | {marks[line['ok']]} | {line['n']} | {line['what']} | {line['date']} |\n"
    return text


def _commands(lines: Iterable[dict[str, Any]], section: str) -> str:
    """What measures the figures of a section anew."""
    found = sorted({line["command"] for line in lines if line["section"] == section and line.get("command")})
    return f"\nMeasured by {', '.join(f'`{one}`' for one in found)}.\n" if found else ""
