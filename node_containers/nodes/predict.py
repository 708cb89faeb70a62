"""Predict rows with a fitted model."""

from pydantic import Field

from node_containers.scoring.answers import prediction_columns
from node_containers.sdk import AnyModel, AnyTable, Context, NodeError, NodeParams, SameRows, Table, advanced, node


class Params(NodeParams):
    probabilities: bool = Field(True, title="Probabilities", description="Add one column a class with its probability.")
    keep_columns: bool = Field(True, title="Keep columns", description="Off: only the predictions are given, row by row.")
    prefix: str = advanced(
        "predicted",
        min_length=1,
        max_length=40,
        title="Column prefix",
        description="Name of the prediction column, and what those of the probabilities begin with.",
    )


@node(title="Predict", group="Evaluate", family="evaluate", icon="sparkles")
def predict(model: AnyModel, table: AnyTable, params: Params, context: Context) -> SameRows:
    """Predict each row of a table and give the rows with their predictions: a class with its probabilities, a quantity, a cluster.

    The same answers as Evaluate scores and an endpoint gives. For tables too large for one machine, take Batch score.
    """
    frame = table.frame
    if frame.empty:
        raise NodeError("data-no-rows", "The table has no rows to predict.", field="table", hint="Check the filters before this node.")
    found = prediction_columns(model, frame, params.prefix, probabilities=params.probabilities)
    kept = table.view if params.keep_columns else frame[[]]
    if taken := sorted(set(found) & {str(name) for name in kept.columns}):
        message = f"The table has a column “{taken[0]}” already."
        raise NodeError("column-exists", message, field="params.prefix", hint="Choose another prefix.")
    context.summary = f"{len(frame):,} rows predicted by {model.info['estimator']}"
    return Table(kept.assign(**found), role=table.role, target=table.target if table.target in kept.columns else None)
