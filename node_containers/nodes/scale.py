"""Bring numbers to a common scale."""

from typing import Annotated, Literal

from pydantic import Field

from node_containers.appending import append
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, columns, node

End = Annotated[float, Field(ge=-1e6, le=1e6)]
Percent = Annotated[float, Field(ge=0, le=100)]


class Params(NodeParams):
    columns: list[str] | None = columns(title="Columns", description="Columns of numbers; open: all of them.")
    method: Literal["standard", "minmax", "robust"] = Field(
        "standard", title="Method", description="Mean 0 and deviation 1, a fixed range, or median 0 and a range of quantiles 1."
    )
    with_mean: bool = advanced(True, title="Centre", description="For “standard” and “robust”: bring the middle to 0.")
    with_std: bool = advanced(True, title="Spread", description="For “standard” and “robust”: bring the spread to 1.")
    feature_range: list[End] = advanced([0.0, 1.0], min_length=2, max_length=2, title="Range", description="For “minmax”: both ends.")
    clip: bool = advanced(False, title="Clip", description="For “minmax”: values beyond those of training become the ends.")
    quantile_range: list[Percent] = advanced(
        [25.0, 75.0], min_length=2, max_length=2, title="Quantiles", description="For “robust”: both quantiles, in percent."
    )


@node(title="Scale", group="Features", family="feature", icon="arrows-vertical", columns="same", learns=True)
def scale(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Bring numbers to a common scale, as the training rows have it. Trees do without: in front of them it is left out.

    Only written into the recipe, before or behind the split alike; the training node learns it, and serving applies the very same.
    """
    if params.method == "minmax":
        _rises(params.feature_range, "feature_range")
        ends = {"feature_range": list(params.feature_range), "clip": params.clip}
        return append(table, context, "scale_minmax", ends, columns=params.columns)
    if params.method == "robust":
        _rises(params.quantile_range, "quantile_range")
        words = {"quantile_range": list(params.quantile_range), "with_centering": params.with_mean, "with_scaling": params.with_std}
        return append(table, context, "scale_robust", words, columns=params.columns)
    return append(table, context, "scale", {"with_mean": params.with_mean, "with_std": params.with_std}, columns=params.columns)


def _rises(ends: list[float], name: str) -> None:
    if ends[0] >= ends[1]:
        raise NodeError("param-range", f"The first end, {ends[0]:g}, is not below the second.", field=f"params.{name}", hint="Swap them.")
