"""Clip or flag extreme numbers."""

from typing import Literal

from pydantic import Field

from node_containers.appending import NUMBERS, append
from node_containers.sdk import AnyTable, Context, NodeParams, SameRows, columns, node


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Columns of numbers; open: all of them.")
    method: Literal["iqr", "zscore"] = Field(
        "iqr", title="Limits", description="By the distance of the quartiles, or by the standard deviation."
    )
    threshold: float = Field(
        1.5, gt=0, le=1_000, title="Threshold", description="How many of these distances are allowed (3 is usual for “zscore”)."
    )
    action: Literal["clip", "flag"] = Field("clip", title="Then", description="Bring them to the limit, or say so in a further column.")


@node(title="Outliers", group="Features", family="feature", icon="chart-scatter", columns="same", learns=True)
def outliers(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Clip or flag numbers beyond limits that the training rows give. Rows with given limits are dropped by Drop outliers.

    Only written into the recipe, before or behind the split alike; the training node learns the limits, and serving applies the very same.
    """
    words = {"method": params.method, "threshold": params.threshold, "action": params.action}
    return append(table, context, "outliers", words, columns=params.columns, takes=NUMBERS)
