"""Describe every column of a table."""

import pandas as pd
from pydantic import Field

from node_containers.charts import chart
from node_containers.columns import column_type
from node_containers.numerals import numeral
from node_containers.picturing.frames import correlations
from node_containers.profiling import profile_column
from node_containers.sdk import AnyEvaluation, AnyTable, Context, Evaluation, NodeError, NodeParams, columns, node, seed

MAX_COLUMNS = 200


class Params(NodeParams):
    columns: list[str] = columns([], title="Columns", description="Which to describe; left open, all (the first 200).")
    sample: int | None = Field(
        None, ge=100, le=100_000_000, title="Rows", description="Draw so many rows at random; left open, all are described."
    )
    missing_share: float = Field(
        0.2, ge=0, le=1, title="Missing", description="A column with a larger share of empty cells is warned about."
    )
    correlation: float = Field(
        0.95, gt=0, le=1, title="Correlated", description="Two columns that go together at least so closely are warned about."
    )
    random_state: int = seed(description="Decides which rows are drawn.")


@node(title="Data profile", group="Explore", family="evaluate", icon="report-search")
def data_profile(table: AnyTable, params: Params, context: Context) -> AnyEvaluation:
    """Describe each column (type, gaps, range, histogram, most frequent values) and warn of what usually goes wrong.

    Warned about: columns that are empty, constant, name rows, have many gaps, or say the same as another; rows that repeat.
    """
    if table.frame.empty:
        raise NodeError("data-no-rows", "There is no row to describe.", field="table", hint="Check the filters before this node.")
    seen = table.view
    frame = seen if params.sample is None else seen.sample(min(params.sample, len(seen)), random_state=params.random_state)
    frame = frame[params.columns] if params.columns else frame.iloc[:, :MAX_COLUMNS]
    found = [profile_column(frame[name]) for name in frame.columns]
    charts = [chart("profile", rows=len(frame), columns=found)]
    if sum(column_type(frame[name]) in ("integer", "number", "boolean") for name in frame.columns) > 1:
        charts.append(correlations(frame, [str(name) for name in frame.columns]))
        _warn_of_twins(charts[-1], params.correlation, context)
    metrics = _metrics(frame)
    _warn_of_columns(found, len(frame), params.missing_share, context)
    if metrics["duplicate_rows"]:
        context.warn("duplicate-rows", f"{metrics['duplicate_rows']:,.0f} of {len(frame):,} rows repeat another row.")
    for name, value in metrics.items():
        context.metric(name, value)
    context.charts.extend(charts)
    empty = f"{numeral(100 * metrics['missing_share'], 2)} % of the cells empty" if metrics["missing_share"] else "no cell empty"
    words = f"{len(frame):,} rows, {len(frame.columns)} columns, {empty}"
    warned = len(context.warnings)
    context.summary = f"{words}; {warned or 'no'} warning{'s' if warned != 1 else ''}"
    return Evaluation(
        {**metrics}, charts, {}, {"rows": len(frame), "sentence": words, "warnings": [one["message"] for one in context.warnings]}
    )


def _metrics(frame: pd.DataFrame) -> dict[str, float]:
    twins = pd.util.hash_pandas_object(frame, index=False).duplicated().sum()
    return {
        "rows": float(len(frame)),
        "columns": float(len(frame.columns)),
        "missing_share": float(frame.isna().to_numpy().mean()),
        "duplicate_rows": float(twins),
    }


def _warn_of_columns(found: list[dict[str, object]], rows: int, missing_share: float, context: Context) -> None:
    words = {"empty": "is empty", "constant": "has one value only", "identifier": "has another value in every row: it names rows"}
    for one in found:
        for code in one["warnings"]:  # type: ignore[attr-defined]
            context.warn(f"column-{code}", f"“{one['name']}” {words[code]}.")
        share = int(str(one["missing"])) / rows
        if missing_share < share < 1:
            context.warn("column-missing", f"“{one['name']}” is empty in {100 * share:.0f} of 100 rows.")


def _warn_of_twins(heat: dict[str, list[object]], limit: float, context: Context) -> None:
    names, values = heat["x"], heat["values"]
    for at, name in enumerate(names):
        for other in range(at + 1, len(names)):
            value = values[at][other]  # type: ignore[index]
            if value is not None and abs(value) >= limit:
                context.warn("columns-alike", f"“{name}” and “{names[other]}” say nearly the same (correlation {value:.2f}).")
