"""Clip, flag or leave out what is extreme."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from node_containers.appending import NUMBERS, append
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, columns, node, seed

FOREST = "isolation_forest"
Half = Annotated[float, Field(gt=0, le=0.5)]
Share = Annotated[float, Field(gt=0, le=1)]
# Whole rows have no limit to be brought to: the check says so before a run.
UNCLIPPED: dict[str, Any] = {
    "if": {"properties": {"method": {"const": FOREST}}, "required": ["method"]},
    "then": {"properties": {"action": {"enum": ["flag", "drop"]}}, "required": ["action"]},
}


class Params(NodeParams):
    model_config = ConfigDict(json_schema_extra=UNCLIPPED)

    columns: list[str] | None = columns(title="Columns", description="Columns of numbers; open: all of them.")
    method: Literal["iqr", "zscore", "isolation_forest"] = Field(
        "iqr",
        title="Limits",
        description="By the distance of the quartiles, by the standard deviation, or whole rows that trees easily cut off from the others.",
    )
    threshold: float = Field(
        1.5,
        gt=0,
        le=1_000,
        title="Threshold",
        description="For “iqr” and “zscore”: how many of these distances are allowed (3 is usual for “zscore”).",
    )
    contamination: Literal["auto"] | Half = Field(
        "auto",
        title="Contamination",
        description="For “isolation_forest”: the share of training rows that count as outliers; “auto” is the rule of the original paper.",
    )
    action: Literal["clip", "flag", "drop"] = Field(
        "clip",
        title="Then",
        description="Bring numbers to the limit, say so in a further column, or learn without these rows (no row that is scored is dropped).",
    )
    n_estimators: int = advanced(100, ge=1, le=10_000, title="Trees", description="For “isolation_forest”: how many there are.")
    max_samples: Literal["auto"] | Share = advanced(
        "auto", title="Row share", description="For “isolation_forest”: rows a tree sees; “auto” is 256 or all."
    )
    random_state: int = seed(description="For “isolation_forest”: the same seed grows the same trees.")


@node(title="Outliers", group="Features", family="feature", icon="chart-scatter", columns="same", learns=True)
def outliers(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Clip or flag numbers beyond limits that the training rows give, or let a model learn without such rows. Drop outliers drops by limits that you give.

    Flags are columns: one for each column of numbers, or one for the whole row with an isolation forest, which cannot clip. Dropping happens while a model
    learns and at no other time: every fold leaves out rows of its own, later steps do not see them either, and test rows and requests are all scored.
    Only written into the recipe, before or behind the split alike; the training node learns the limits, and serving applies the very same.
    """
    if params.method == FOREST and params.action == "clip":
        message = "An isolation forest judges whole rows: there is no limit to bring a number to."
        raise NodeError("param-value", message, field="params.action", hint="Take “flag” or “drop”, or limits by “iqr” or “zscore”.")
    if params.method == FOREST:
        name, words = (
            "outliers_forest",
            params.model_dump(include={"action", "contamination", "n_estimators", "max_samples", "random_state"}),
        )
    else:
        name, words = "outliers", params.model_dump(include={"method", "threshold", "action"})
    found = append(table, context, name, words, columns=params.columns, takes=NUMBERS)
    if params.action == "drop":
        context.summary = "leave rows unlike the others out of the training; learned when a model trains"
    return found
