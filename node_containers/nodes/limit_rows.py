"""Take some of the rows."""

from typing import Literal

import numpy as np
from pydantic import Field

from node_containers.rows import keep, need_columns, told
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, column, node, seed


class Params(NodeParams):
    method: Literal["first", "last", "random"] = Field("first", title="Which", description="The first rows, the last, or some at random.")
    n: int | None = Field(1_000, ge=1, le=1_000_000_000, title="Rows", description="How many; open: take the share.")
    frac: float | None = Field(None, gt=0, le=1, title="Share", description="Share of the rows, where no number is given.")
    stratify: str | None = column(title="Stratify by", description="At random: keep the shares of this column's values.")
    random_state: int = seed(description="The same seed takes the same rows.")


@node(title="Limit or sample", group="Rows", family="row", icon="cut", columns="same", reads="named")
def limit_rows(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Keep the first or last rows, or a sample at random, in the order they had."""
    if params.n is None and params.frac is None:
        raise NodeError("limit-missing", "Neither a number nor a share is given.", field="params.n", hint="Fill one of them in.")
    need_columns(table, [params.stratify] if params.stratify else [], "params.stratify")
    total = table.rows
    wanted = min(total, params.n if params.n is not None else round(total * float(params.frac or 0)))
    kept = np.zeros(total, dtype=bool)
    if params.method == "random":
        kept[_at_random(table, wanted, params)] = True
    else:
        kept[slice(wanted) if params.method == "first" else slice(total - wanted, None)] = True
    return told(keep(table, kept, context, "not in the sample"), total, context)


def _at_random(table: AnyTable, wanted: int, params: Params) -> np.ndarray:
    draw = np.random.default_rng(params.random_state)
    if params.stratify is None:
        return draw.choice(table.rows, wanted, replace=False)
    codes = table.view[params.stratify].astype("str").fillna("").factorize()[0]
    counts = np.bincount(codes)
    shares = counts * wanted / max(1, table.rows)
    sizes = np.floor(shares).astype(int)
    # What rounding leaves over goes to the groups that lost most by it.
    for code in np.argsort(sizes - shares, kind="stable")[: wanted - sizes.sum()]:
        sizes[code] += 1
    return np.concatenate([draw.choice(np.flatnonzero(codes == code), size, replace=False) for code, size in enumerate(sizes)])
