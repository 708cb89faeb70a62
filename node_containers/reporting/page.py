"""A report as one HTML page that stands alone: opened from a mail or a folder, it loads nothing and runs nothing."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple, get_args

from node_containers.reporting.pictures import draw, number, table, text, title_of
from node_containers.sdk import Evaluation, Model

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.8rem;margin-bottom:.2rem}h2{margin-top:2.5rem;border-bottom:1px solid #d5dbe3}h3{font-size:1rem;margin:1.6rem 0 .4rem}
.lead{font-size:1.15rem}.note{color:#5a6675;font-size:.85rem}.scroll{overflow-x:auto}pre{white-space:pre-wrap;font:inherit}
table{border-collapse:collapse;font-size:.85rem}th,td{text-align:left;padding:.25rem .7rem;border-bottom:1px solid #e6eaef}
svg{width:100%;max-width:34rem;height:auto}svg text{font:11px system-ui,sans-serif;fill:#3d4856}.axis{stroke:#8b96a5;fill:none}
@media print{h2{break-before:page}figure,table{break-inside:avoid}}figure{margin:0}
"""
# Whatever a hostile name may hold, a browser loads nothing and runs nothing for this page.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

Section = Literal["summary", "purpose", "limits", "model", "features", "figures", "charts"]
SECTIONS: tuple[Section, ...] = get_args(Section)
# Sections that share a heading where they follow each other.
SUBJECTS: dict[Section, str] = {"model": "model", "features": "model", "figures": "evaluation", "charts": "evaluation"}


class Words(NamedTuple):
    """What people say of the model."""

    title: str
    purpose: str
    limits: str


class Matter(NamedTuple):
    """What a report is about: the words of people, one or more evaluations with their names, and the model they are of."""

    words: Words
    evaluations: Sequence[tuple[str, Evaluation]]
    model: Model | None


def html_page(matter: Matter, sections: Sequence[Section] = SECTIONS) -> str:
    """The whole page: the title, and below it the sections in their order. One that has nothing to show is left out."""
    title = text(matter.words.title, 200)
    subjects = groupby(sections, key=lambda section: SUBJECTS.get(section, section))
    body = "\n".join([f"<h1>{title}</h1>", *filter(None, (_subject(subject, [*parts], matter) for subject, parts in subjects))])
    head = f"<meta charset='utf-8'><meta http-equiv='Content-Security-Policy' content=\"{POLICY}\"><title>{title}</title>"
    view = "<meta name='viewport' content='width=device-width,initial-scale=1'>"
    return f"<!doctype html><html lang='en'><head>{head}{view}<style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"


def lacking(matter: Matter, sections: Sequence[Section]) -> dict[Section, str]:
    """Why a section has nothing to show, for each of which that is so."""
    found = [one for _, one in matter.evaluations]
    model = "" if matter.model else "no model is connected"
    why: dict[Section, str] = {
        "summary": "" if _sentence(matter) else "no evaluation says a sentence",
        "purpose": "" if matter.words.purpose else "its text is empty",
        "limits": "" if matter.words.limits else "its text is empty",
        "model": model,
        "features": model,
        "figures": "" if any(one.metrics for one in found) else "no evaluation has figures",
        "charts": "" if any(not _is_tiles(chart) for one in found for chart in one.charts) else "no evaluation has charts",
    }
    return {section: why[section] for section in sections if why[section]}


def _subject(subject: str, parts: list[Section], matter: Matter) -> str:
    match subject:
        case "summary":
            sentence = _sentence(matter)
            return f"<p class='lead'>{text(sentence, 400)}</p>" if sentence else ""
        case "purpose":
            return _said("What it is for", matter.words.purpose)
        case "limits":
            return _said("What to be careful with", matter.words.limits)
        case "model":
            return _model(matter.model, parts) if matter.model else ""
        case _:
            return "\n".join(_evaluation(name, one, parts) for name, one in matter.evaluations)


def _sentence(matter: Matter) -> str | None:
    return next((one.details["sentence"] for _, one in matter.evaluations if one.details.get("sentence")), None)


def _said(heading: str, words: str) -> str:
    return f"<h2>{heading}</h2><pre>{text(words, 10_000)}</pre>" if words else ""


def _model(model: Model, parts: list[Section]) -> str:
    """What the model is, and what it reads: the facts of a model card."""
    drawn = {"model": _facts, "features": _features}
    return "".join(["<h2>Model</h2>", *(drawn[part](model) for part in parts)])


def _facts(model: Model) -> str:
    info = model.info
    facts: list[tuple[str, Any]] = [("kind", info["estimator"]), ("task", info["task"]), ("target", info["target"])]
    facts += [("classes", ", ".join(info["classes"]))] if info["classes"] else []
    facts += [("registered as", f"{model.registered['name']} version {model.registered['version']}")] if model.registered else []
    facts += [("SHA-256", model.stored["sha256"]), ("size", f"{model.stored['bytes']:,} bytes")] if model.stored else []
    facts += [(name, version) for name, version in info["libraries"].items()]
    rows = "".join(f"<tr><th scope='row'>{text(name)}</th><td>{text(value, 300)}</td></tr>" for name, value in facts)
    return f"<table>{rows}</table>"


def _features(model: Model) -> str:
    features = [
        [
            one["name"],
            one["type"],
            one.get("min"),
            one.get("max"),
            len(one["categories"]) if one.get("categories") else None,
            one["nullable"],
        ]
        for one in model.info["signature"]["features"]
    ]
    listed = table(["feature", "type", "least", "greatest", "categories", "may be empty"], features)
    return f"<h3>Features</h3>{listed}"


def _evaluation(name: str, evaluation: Evaluation, parts: list[Section]) -> str:
    drawn = {"figures": _figures, "charts": _charts}
    return "\n".join([f"<h2>{text(name)}</h2>", *filter(None, (drawn[part](evaluation) for part in parts))])


def _figures(evaluation: Evaluation) -> str:
    """The sentence and the figures: as the evaluation drew them, or else as a table."""
    sentence = evaluation.details.get("sentence")
    parts = [f"<p>{text(sentence, 400)}</p>"] if sentence else []
    tiles = [_figure(chart) for chart in evaluation.charts if _is_tiles(chart)]
    if not tiles and evaluation.metrics:
        rows = [[figure, number(value), evaluation.undefined.get(figure, "")] for figure, value in evaluation.metrics.items()]
        parts.append(table(["figure", "value", ""], rows))
    return "\n".join(parts + tiles)


def _charts(evaluation: Evaluation) -> str:
    return "\n".join(_figure(chart) for chart in evaluation.charts if not _is_tiles(chart))


def _is_tiles(chart: dict[str, Any]) -> bool:
    return bool(chart["kind"] == "metrics")


def _figure(chart: dict[str, Any]) -> str:
    return f"<figure><h3>{text(title_of(chart), 200)}</h3>{draw(chart)}</figure>"
