"""Do the same for each value of a list, or for each group of rows."""

from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field
from sklearn.model_selection import cross_val_score

from node_containers.fitting import take_apart
from node_containers.folding import folds_of
from node_containers.metrics import usual_scoring
from node_containers.recipe import build_pipeline
from node_containers.sdk import (
    AllRows,
    AnyModel,
    Context,
    FanOut,
    NodeError,
    NodeParams,
    Table,
    TrainTable,
    advanced,
    column,
    max_parallel,
    node,
    seed,
)
from node_containers.stopping import unsettled
from node_containers.threads import one_thread

Value = str | int | float | bool
MAX_VALUES = 1_000


class Params(NodeParams):
    column: str | None = column(
        None, title="Column", description="Each of its values is a group of rows; left open, the values go to a param."
    )
    param: str | None = Field(
        None, max_length=60, title="Param", description="A param of the connected model that takes each of the values, on all rows."
    )
    values: list[Value] = Field([], max_length=MAX_VALUES, title="Values", description="The list; left open, every value of the column.")
    cv: int = advanced(3, ge=2, le=20, title="Folds", description="Each model is fitted so many times and scored on the rows left out.")
    random_state: int = seed(description="Decides which rows go to which fold.")
    max_parallel: int | None = max_parallel()


@node(title="For each", group="Models", family="evaluate", icon="repeat", flow="fan_out")
def for_each(table: TrainTable, params: Params, context: Context, model: AnyModel | None = None) -> FanOut[AllRows]:
    """Do the same for each group of rows, or for each value of a list, beside each other, and gather one row for each in a table.

    With a model connected, one of its kind is learned and scored by folds: on the rows of each group alone (would a model of its own serve them better?), or
    on all rows with each value in the place of a param. Without one, each group is described. A value that cannot be done has the reason in its row.
    """
    each = _Each(table, params, model)
    values = each.values()

    def propose(results: list[dict[str, Any]]) -> list[Any]:
        return [] if results else [{"value": value} for value in values]

    def gather(results: list[dict[str, Any]]) -> AllRows:
        rows = [{each.name: one["item"]["value"], **(one["result"] or {}), "error": one["error"]} for one in results]
        failed = sum(one["error"] is not None for one in results)
        if failed:
            context.warn("values-failed", f"{failed} of {len(results)} values could not be done; their rows say why.")
        context.drop_count("gathered into the row of its value", table.rows - len(results))
        context.add("one row for each value", len(results) - table.rows)
        context.summary = f"done for {len(results) - failed} values of {each.name}"
        return Table(pd.DataFrame(rows).assign(error=pd.array([one["error"] for one in results], dtype="str")))

    return FanOut(propose, lambda item: each.work(item["value"]), gather)


class _Each:
    """What is done for one value."""

    def __init__(self, table: Table, params: Params, model: Any) -> None:
        self.table, self.params, self.model = table, params, model
        if (params.column is None) == (params.param is None):
            raise NodeError(
                "values-of-what", "For each needs a column or a param, and not both.", field="params.column", hint="Choose one."
            )
        if params.param is not None and (model is None or params.param not in self._estimator().get_params()):
            known = ", ".join(sorted(self._estimator().get_params())[:12]) if model is not None else "connect a model"
            message = f"There is no param “{params.param}” to take the values."
            raise NodeError("param-unknown", message, field="params.param", hint=f"It has: {known}.")

    @property
    def name(self) -> str:
        return str(self.params.column or self.params.param)

    def _estimator(self) -> Any:
        return self.model.pipeline.named_steps["model"]

    def values(self) -> list[Value]:
        """The list that is given, else the values of the column in their order."""
        if self.params.values or self.params.column is None:
            found: list[Value] = list(self.params.values)
        else:
            found = [one.item() if isinstance(one, np.generic) else one for one in self._column().dropna().unique()]
            found.sort(key=lambda value: (isinstance(value, str), value))
        if not 0 < len(found) <= MAX_VALUES:
            message = f"There are {len(found):,} values; 1 to {MAX_VALUES:,} can be done."
            raise NodeError("values-count", message, field="params.values", hint="Name the values, or choose another column.")
        return found

    def _column(self) -> pd.Series:
        if self.params.column not in self.table.frame.columns:
            message = f"The table has no column “{self.params.column}”."
            raise NodeError("column-unknown", message, field="params.column", hint="Choose one of its columns.")
        return self.table.frame[self.params.column]

    def work(self, value: Value) -> dict[str, Any]:
        if self.params.column is None:
            return self._learned(self.table, unsettled(self._estimator()).set_params(**{self.name: value}))
        frame = self.table.frame[self._column() == value].reset_index(drop=True)
        if frame.empty:
            raise NodeError("data-no-rows", f"No row has the value {value!r}.", field="params.values", hint="Look at the column's values.")
        if self.model is None:
            return _described(frame.drop(columns=self.name))
        return self._learned(self.table.with_frame(frame), unsettled(self._estimator()))

    def _learned(self, table: Table, estimator: Any) -> dict[str, Any]:
        """Mean and spread of the score over the folds: ROC AUC of two classes, accuracy of more, R² of quantities."""
        learnable = take_apart(table, self.model.info["target"], Context())
        recipe = self.model.pipeline.named_steps["recipe"]
        pipeline = build_pipeline(table.recipe, estimator, takes_missing=recipe.takes_missing, takes_scale=recipe.takes_scale)
        scoring = usual_scoring(learnable.task, len(learnable.classes))
        folds = folds_of(learnable, self.params.cv, self.params.random_state)
        with one_thread():
            scores = cross_val_score(pipeline, learnable.features, learnable.y, scoring=scoring, cv=folds)
        return {"rows": len(learnable.y), scoring: float(np.mean(scores)), "spread": float(np.std(scores))}


def _described(frame: pd.DataFrame) -> dict[str, Any]:
    """Rows, the share of empty cells, and the mean of every number."""
    means = frame.select_dtypes("number").mean()
    known = {f"mean of {name}": float(value) for name, value in means.items() if np.isfinite(value)}
    return {"rows": len(frame), "empty cells": float(frame.isna().to_numpy().mean()) if frame.size else 0.0, **known}
