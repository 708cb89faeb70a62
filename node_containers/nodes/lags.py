"""Bring values of earlier rows into a row."""

from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from node_containers.columns import column_type
from node_containers.rows import need_columns, plain, rebuilt
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, column, node
from node_containers.sdk import columns as several

MAX_ADDED = 1_000
FLOW = [
    {"op": "add", "names": ["{columns}_lag_{lags}"], "type": "number"},
    {"op": "add", "names": ["{columns}_{func}_{window}"], "type": "number"},
]


class Params(NodeParams):
    columns: list[str] = several(
        [], title="Columns", description="Numbers whose earlier values are brought in; the target may be one of them."
    )
    lags: list[Annotated[int, Field(ge=1, le=10_000)]] = Field(
        [1], max_length=100, title="Lags", description="How many rows back, one new column for each: 1 is the row before."
    )
    func: list[Literal["mean", "min", "max", "sum", "std", "median"]] = Field(
        [], max_length=6, title="Over a window", description="What is told of the rows in the window, one new column for each."
    )
    window: int = Field(
        3, ge=2, le=10_000, title="Window", description="So many rows before the row itself; with fewer there, those that are."
    )
    order_by: str | None = column(None, title="In order of", description="A time or a number. Open: the rows are in order already.")
    group_by: list[str] = several([], title="Within", description="Values only come from rows that are equal here, such as one shop.")


@node(title="Lags", group="Rows", family="row", icon="history", columns=FLOW, reads="all")
def lags(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Add to each row what stood some rows before it, and means and the like over the rows before: what a forecast learns from.

    A row never sees itself or what follows, so that the target may be lagged, too. The rows stay where they are; the first ones have no earlier values, and
    empty cells. Split by time behind it. A model takes the new columns as features: whoever asks an endpoint gives them with the row.
    """
    frame = plain(table, "Lags")
    _check(table, frame, params)
    order = np.arange(len(frame)) if params.order_by is None else _order(frame[params.order_by])
    earlier = frame.iloc[order].reset_index(drop=True)
    found = pd.DataFrame(_brought(earlier, params)).iloc[np.argsort(order)].reset_index(drop=True)
    context.metric("columns", float(found.shape[1]))
    context.summary = f"{found.shape[1]} columns of earlier rows, {int(found.isna().any(axis=1).sum()):,} of {len(frame):,} rows lack one"
    return rebuilt(table, frame.assign(**{str(name): found[name].to_numpy() for name in found}))


def _check(table: AnyTable, frame: pd.DataFrame, params: Params) -> None:
    for field in ("columns", "group_by"):
        need_columns(table, getattr(params, field), f"params.{field}")
    need_columns(table, [params.order_by] if params.order_by else [], "params.order_by")
    if not params.columns or not (params.lags or params.func):
        raise NodeError(
            "columns-missing", "Nothing is to be brought in.", field="params.columns", hint="Name columns, and lags or a window."
        )
    wrong = next((name for name in params.columns if column_type(frame[name]) not in ("integer", "number", "boolean")), None)
    if wrong:
        message = f"“{wrong}” holds {column_type(frame[wrong])}; earlier values are of numbers."
        raise NodeError("column-type", message, field="params.columns", hint="Choose a column of numbers, or change its type first.")
    added = len(params.columns) * (len(set(params.lags)) + len(set(params.func)))
    if added > MAX_ADDED:
        message = f"That makes {added:,} new columns; the limit is {MAX_ADDED:,}."
        raise NodeError("columns-too-many", message, field="params.columns", hint="Take fewer columns or lags.")


def _order(times: pd.Series) -> np.ndarray:
    """Places of the rows from the earliest on; rows of one time stay in their order. Raises `NodeError` where a row has no time."""
    if column_type(times) not in ("datetime", "integer", "number"):
        message = f"“{times.name}” holds {column_type(times)}, which has no order of time."
        raise NodeError("column-type", message, field="params.order_by", hint="Change its type to datetime first.")
    if missing := int(times.isna().sum()):
        message = f"“{times.name}” is empty in {missing:,} rows: they stand nowhere in the order."
        raise NodeError("time-missing", message, field="params.order_by", hint="Drop these rows first.")
    return np.argsort(times.to_numpy(), kind="stable")


def _brought(earlier: pd.DataFrame, params: Params) -> dict[str, pd.Series]:
    """The new columns of rows in order, as doubles."""
    groups = earlier.groupby(params.group_by, dropna=False, sort=False).ngroup() if params.group_by else pd.Series(0, index=earlier.index)
    columns = {name: earlier[name].astype("Float64").astype("float64").groupby(groups, sort=False) for name in params.columns}
    found = {f"{name}_lag_{lag}": values.shift(lag) for name, values in columns.items() for lag in params.lags}
    for name, values in columns.items():
        before = values.shift(1).groupby(groups, sort=False).rolling(params.window, min_periods=1)
        found |= {f"{name}_{func}_{params.window}": getattr(before, func)().droplevel(0).sort_index() for func in params.func}
    return found
