"""A report as one HTML page that stands alone: opened from a mail or a folder, it loads nothing and runs nothing."""

from collections.abc import Sequence
from typing import Any, NamedTuple

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


class Words(NamedTuple):
    """What people say of the model."""

    title: str
    purpose: str
    limits: str


def html_page(words: Words, evaluations: Sequence[tuple[str, Evaluation]], model: Model | None) -> str:
    """The whole page."""
    parts = [f"<h1>{text(words.title, 200)}</h1>"]
    sentence = next((one.details.get("sentence") for _, one in evaluations if one.details.get("sentence")), None)
    parts += [f"<p class='lead'>{text(sentence, 400)}</p>"] if sentence else []
    for heading, words_of in (("What it is for", words.purpose), ("What to be careful with", words.limits)):
        parts += [f"<h2>{heading}</h2><pre>{text(words_of, 10_000)}</pre>"] if words_of else []
    parts += [_model(model)] if model else []
    parts += [_evaluation(name, one) for name, one in evaluations]
    head = f"<meta charset='utf-8'><meta http-equiv='Content-Security-Policy' content=\"{POLICY}\"><title>{text(words.title, 200)}</title>"
    view = "<meta name='viewport' content='width=device-width,initial-scale=1'>"
    body = "\n".join(parts)
    return f"<!doctype html><html lang='en'><head>{head}{view}<style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"


def _model(model: Model) -> str:
    """What the model is: the facts of a model card."""
    info = model.info
    facts: list[tuple[str, Any]] = [("kind", info["estimator"]), ("task", info["task"]), ("target", info["target"])]
    facts += [("classes", ", ".join(info["classes"]))] if info["classes"] else []
    facts += [("registered as", f"{model.registered['name']} version {model.registered['version']}")] if model.registered else []
    facts += [("SHA-256", model.stored["sha256"]), ("size", f"{model.stored['bytes']:,} bytes")] if model.stored else []
    facts += [(name, version) for name, version in info["libraries"].items()]
    rows = "".join(f"<tr><th scope='row'>{text(name)}</th><td>{text(value, 300)}</td></tr>" for name, value in facts)
    features = [
        [
            one["name"],
            one["type"],
            one.get("min"),
            one.get("max"),
            len(one["categories"]) if one.get("categories") else None,
            one["nullable"],
        ]
        for one in info["signature"]["features"]
    ]
    listed = table(["feature", "type", "least", "greatest", "categories", "may be empty"], features)
    return f"<h2>Model</h2><table>{rows}</table><h3>Features</h3>{listed}"


def _evaluation(name: str, evaluation: Evaluation) -> str:
    parts = [f"<h2>{text(name)}</h2>"]
    sentence = evaluation.details.get("sentence")
    parts += [f"<p>{text(sentence, 400)}</p>"] if sentence else []
    if not any(chart["kind"] == "metrics" for chart in evaluation.charts) and evaluation.metrics:
        rows = [[figure, number(value), evaluation.undefined.get(figure, "")] for figure, value in evaluation.metrics.items()]
        parts.append(table(["figure", "value", ""], rows))
    parts += [f"<figure><h3>{text(title_of(chart), 200)}</h3>{draw(chart)}</figure>" for chart in evaluation.charts]
    return "\n".join(parts)
