"""How the answer moves with one column."""

from pydantic import Field

from node_containers.explaining.dependence import dependence
from node_containers.numerals import numeral
from node_containers.sdk import (
    AnyEvaluation,
    AnyModel,
    AnyTable,
    Context,
    Evaluation,
    Model,
    NodeError,
    NodeParams,
    advanced,
    columns,
    node,
    seed,
)


class Params(NodeParams):
    features: list[str] = columns([], title="Columns", description="The columns to vary; left open, the first three that the model uses.")
    grid: int = Field(20, ge=2, le=100, title="Values", description="How many values of a number are tried.")
    positive_class: str | None = advanced(
        None,
        max_length=200,
        title="Class",
        description="Whose probability is shown; left open, the second of two classes or the first of more.",
    )
    rows: int = advanced(
        500, ge=10, le=10_000, title="Rows", description="Drawn at random from the table; each is asked about every value."
    )
    random_state: int = seed(description="Decides which rows are drawn.")


@node(title="Partial dependence", group="Explain", family="evaluate", icon="chart-dots")
def partial_dependence(model: AnyModel, table: AnyTable, params: Params, context: Context) -> AnyEvaluation:
    """Set one column to each of its values in all rows and see how the model's mean answer moves, with the middle 80 % of the rows around it.

    Where two columns go together (size and weight), some of the rows made this way cannot exist: read the curve with care.
    """
    used = [feature["name"] for feature in model.info["signature"]["features"]]
    if strangers := [name for name in params.features if name not in used]:
        message = f"The model does not use the column “{strangers[0]}”."
        raise NodeError("column-unknown", message, field="params.features", hint=f"It uses {', '.join(used[:12])}.")
    if table.frame.empty:
        raise NodeError("data-no-rows", "There is no row to vary.", field="table", hint="Check the filters before this node.")
    frame = table.frame.sample(min(params.rows, len(table.frame)), random_state=params.random_state)
    positive = _class(model, params.positive_class)
    charts = []
    for feature in params.features or used[:3]:
        context.progress(f"varying {feature}"[:80])
        charts.append(dependence(model, frame, feature, params.grid, positive))
    context.charts.extend(charts)
    reach = {one["feature"]: max(one["average"]) - min(one["average"]) for one in charts}
    widest = max(reach, key=lambda name: reach[name])
    context.summary = f"“{widest}” moves the {charts[0]['output']} by {numeral(reach[widest], 3)}"
    return Evaluation(
        {f"reach_{name}": value for name, value in reach.items()}, charts, {}, {"rows": len(frame), "sentence": context.summary}
    )


def _class(model: Model, wanted: str | None) -> int:
    classes = model.info["classes"]
    if wanted is None or not classes:
        return 1 if len(classes) == 2 else 0
    if wanted not in classes:
        message = f"The model knows no class “{wanted}”."
        raise NodeError("class-unknown", message, field="params.positive_class", hint=f"It knows {', '.join(classes[:12])}.")
    return int(classes.index(wanted))
