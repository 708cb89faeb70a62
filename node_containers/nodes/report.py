"""Write a report."""

import tempfile
from pathlib import Path

from pydantic import Field

from node_containers.reporting.page import SECTIONS, Matter, Section, Words, html_page, lacking
from node_containers.sdk import AnyEvaluation, AnyModel, Context, NodeParams, node


class Params(NodeParams):
    title: str = Field("Report", min_length=1, max_length=200, title="Title", description="What stands above it.")
    purpose: str = Field(
        "", max_length=10_000, title="What it is for", description="Who should use the model for what; left open, the section is left out."
    )
    limits: str = Field(
        "", max_length=10_000, title="What to be careful with", description="Where the model should not be used, and why; may be left open."
    )
    sections: list[Section] = Field(
        [],
        max_length=len(SECTIONS),
        title="Sections",
        description="What the page shows, in this order; left open, all that there is: the sentence, the texts above, the model with its features, "
        "figures and charts.",
    )


@node(title="Report", group="Deliver", family="evaluate", icon="file-text")
def report(
    evaluation: AnyEvaluation,
    params: Params,
    context: Context,
    second: AnyEvaluation | None = None,
    third: AnyEvaluation | None = None,
    fourth: AnyEvaluation | None = None,
    model: AnyModel | None = None,
) -> AnyEvaluation:
    """Write figures and charts of up to four evaluations into one HTML page to download; with a model it is a model card.

    The page stands alone: it loads nothing and holds no script, so it can be mailed, printed and kept. The first evaluation is handed on.
    """
    connected = [("Evaluation", evaluation), ("Second evaluation", second), ("Third evaluation", third), ("Fourth evaluation", fourth)]
    chosen = [(name, one) for name, one in connected if one is not None]
    matter = Matter(Words(params.title, params.purpose, params.limits), chosen, model)
    for section, why in lacking(matter, params.sections).items():
        context.warn("section-empty", f"The section “{section}” is left out: {why}.")
    # A section that is named twice stands where it was named first.
    sections = tuple(dict.fromkeys(params.sections)) or SECTIONS
    page = html_page(matter, sections)
    with tempfile.TemporaryDirectory(prefix="flowza-") as place:
        path = Path(place) / "report.html"
        path.write_text(page, "utf-8")
        context.keep_file(path.name, str(path), "text/html; charset=utf-8")
    evaluations = f"{len(chosen)} evaluation{'s' if len(chosen) > 1 else ''}"
    context.summary = f"{evaluations}, {page.count('<figure>')} charts, {len(page.encode()) / 1024:.0f} kB to download"
    return evaluation
