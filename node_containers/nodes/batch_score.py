"""Predict every row of a large table, in chunks beside each other."""

from typing import Any

import pandas as pd
from pydantic import Field

from node_containers.scoring.answers import prediction_columns
from node_containers.sdk import AnyModel, AnyTable, Context, FanOut, NodeError, NodeParams, SameRows, Table, advanced, node


class Params(NodeParams):
    chunk_rows: int = Field(
        50_000,
        ge=100,
        le=5_000_000,
        title="Chunk",
        description="Rows that one invocation predicts; chunks are worked on beside each other.",
    )
    probabilities: bool = Field(True, title="Probabilities", description="Add one column a class with its probability.")
    prefix: str = advanced(
        "predicted",
        min_length=1,
        max_length=40,
        title="Column prefix",
        description="Name of the prediction column, and what those of the probabilities begin with.",
    )


@node(title="Batch score", group="Deliver", family="evaluate", icon="table-export", flow="distributed")
def batch_score(model: AnyModel, table: AnyTable, params: Params, context: Context) -> FanOut[SameRows]:
    """Predict every row of a table with a fitted model, chunk by chunk, and give the rows with their predictions.

    A chunk that fails is named with its rows, and tried again when the run is resumed; those that are done are not.
    """
    total = table.rows
    if total == 0:
        raise NodeError("data-no-rows", "The table has no rows to predict.", field="table", hint="Check the filters before this node.")
    if params.prefix in _names(table):
        raise NodeError(
            "column-exists", f"The table has a column “{params.prefix}” already.", field="params.prefix", hint="Choose another prefix."
        )

    def propose(results: list[dict[str, Any]]) -> list[Any]:
        if results:
            return []
        return [{"start": start, "stop": min(total, start + params.chunk_rows)} for start in range(0, total, params.chunk_rows)]

    def work(chunk: dict[str, int]) -> dict[str, Any]:
        part = table.read(chunk["start"], chunk["stop"])
        scored = part.view.assign(**prediction_columns(model, part.frame, params.prefix, probabilities=params.probabilities))
        return {"part": context.keep(f"rows-{chunk['start']:012}", scored), "rows": len(scored)}

    def gather(results: list[dict[str, Any]]) -> SameRows:
        failed = [result for result in results if result["error"]]
        if failed:
            first = failed[0]["item"]
            message = f"{len(failed)} of {len(results)} chunks failed, the first with rows {first['start']:,} to {first['stop']:,}: {failed[0]['error']}"
            raise NodeError("chunks-failed", message, hint="Look at these rows, then resume the run.")
        frame = pd.concat([context.kept(result["result"]["part"]) for result in results], ignore_index=True)
        context.summary = (
            f"{len(frame):,} row{'s' if len(frame) != 1 else ''} predicted in {len(results)} chunk{'s' if len(results) != 1 else ''}"
        )
        return Table(frame)

    return FanOut(propose, work, gather)


def _names(table: AnyTable) -> set[str]:
    return {str(name) for name in table.read(0, 1).view.columns}
