"""Compare the rows of today with those of before."""

from typing import Literal

from pydantic import Field

from node_containers.charts import chart
from node_containers.drifting import Correction, Limits, compared, judged
from node_containers.sdk import AnyEvaluation, AnyTable, Context, Evaluation, NodeError, NodeParams, advanced, columns, node

ORDER = {"much": 0, "some": 1, "unknown": 2, "none": 3}


class Params(NodeParams):
    columns: list[str] = columns([], title="Columns", description="Which to compare; left open, all that both tables have.")
    some: float = Field(
        0.1, gt=0, le=10, title="Some drift", description="From this population stability index on a column has drifted somewhat."
    )
    much: float = Field(
        0.25, gt=0, le=10, title="Much drift", description="From this population stability index on a column has drifted much."
    )
    numbers: Literal["psi", "ks", "js"] = Field(
        "psi",
        title="Numbers by",
        description="What decides for numbers and times: the stability index, the Kolmogorov-Smirnov test, or the Jensen-Shannon distance.",
    )
    categories: Literal["psi", "chi2", "js"] = Field(
        "psi",
        title="Categories by",
        description="What decides for everything else: the stability index, the chi-squared test, or the Jensen-Shannon distance.",
    )
    correction: Correction = Field(
        "none",
        title="Correction",
        description="For many columns: bonferroni hardly ever raises one false alarm, benjamini_hochberg keeps the share of false alarms small.",
    )
    significance: float = advanced(
        0.01,
        gt=0,
        lt=1,
        title="Chance",
        description="A column has drifted only where chance makes as much this rarely, behind the correction.",
    )
    some_distance: float = advanced(
        0.1, gt=0, le=1, title="Some distance", description="From this Jensen-Shannon distance on a column has drifted somewhat."
    )
    much_distance: float = advanced(
        0.2, gt=0, le=1, title="Much distance", description="From this one on much; an index of 0.25 comes to about 0.2."
    )
    min_rows: int = Field(100, ge=20, le=1_000_000, title="Least rows", description="With fewer rows in either table there is no verdict.")


@node(
    title="Drift report",
    group="Evaluate",
    family="evaluate",
    icon="wave-sine",
    titles={"reference": "Reference rows", "current": "Current rows"},
)
def drift_report(reference: AnyTable, current: AnyTable, params: Params, context: Context) -> AnyEvaluation:
    """Say which columns look different from the reference, by how much, and whether that is more than chance.

    The verdict goes by the population stability index, an effect size, where there are rows enough and chance would hardly make as much; the
    Kolmogorov-Smirnov test (numbers) and the chi-squared test (categories) are shown beside it. Each of them, or the Jensen-Shannon distance, can decide
    instead; a test says whether a column has drifted, the index how much. Empty cells count. Rare categories are tested together.
    """
    names = params.columns or [str(name) for name in reference.view.columns if name in current.view.columns]
    if missing := [name for name in names if name not in current.view.columns]:
        message = f"The current rows have no column “{missing[0]}”."
        raise NodeError("column-unknown", message, field="params.columns", hint="Compare tables of the same source.")
    if not names:
        raise NodeError(
            "columns-differ", "The tables have no column in common.", field="current", hint="Compare tables of the same source."
        )
    limits = Limits(**params.model_dump(exclude={"columns"}))
    found = sorted(
        judged([compared(reference.view[name], current.view[name], limits) for name in names], limits),
        key=lambda one: (ORDER[one["verdict"]], -(one["psi"] or 0.0), one["name"]),
    )
    sizes = {"reference_rows": len(reference.view), "current_rows": len(current.view)}
    drawn = chart("drift", some=params.some, much=params.much, min_rows=params.min_rows, features=found, **sizes)
    context.charts.append(drawn)
    known = [one["psi"] for one in found if one["psi"] is not None]
    drifted = [one for one in found if one["verdict"] in ("some", "much")]
    metrics: dict[str, float | None] = {
        "drifted_columns": float(len(drifted)) if known else None,
        "drifted_share": len(drifted) / len(found) if known else None,
        "max_psi": max(known) if known else None,
    }
    undefined = {} if known else dict.fromkeys(metrics, f"fewer than {params.min_rows} rows in one of the tables")
    for name, value in metrics.items():
        context.metric(name, value)
    context.summary = _sentence(drifted, len(found), bool(known), params.min_rows)
    return Evaluation(metrics, [drawn], undefined, {**sizes, "rows": len(current.view), "sentence": context.summary})


def _sentence(drifted: list[dict[str, object]], columns: int, known: bool, min_rows: int) -> str:
    if not known:
        return f"no verdict: fewer than {min_rows} rows in one of the tables"
    if not drifted:
        return f"none of {columns} columns has drifted"
    first = drifted[0]
    return f"{len(drifted)} of {columns} columns {'has' if len(drifted) == 1 else 'have'} drifted, most of all “{first['name']}” (PSI {first['psi']:.2f})"
