"""Calibrate the probabilities of a model."""

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field
from sklearn.calibration import CalibratedClassifierCV

from node_containers.fitting import Learnable, fit, need_classes
from node_containers.folding import folds_of
from node_containers.sdk import AnyModel, Context, NodeParams, TrainTable, node, seed
from node_containers.stopping import unsettled


class Params(NodeParams):
    method: Literal["sigmoid", "isotonic"] = Field(
        "sigmoid", title="Method", description="sigmoid suits few rows; isotonic can mend any bend, and needs about a thousand rows."
    )
    cv: int = Field(5, ge=2, le=20, title="Folds", description="Each fold is predicted by a model that has not seen its rows.")
    random_state: int = seed(description="Decides which rows go to which fold.")


@node(title="Calibrate", group="Models", family="train", icon="adjustments")
def calibrate_model(model: AnyModel, table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn the model anew so that 70 of 100 rows with a probability of 0.7 are what was predicted.

    Connect the training rows the model learned from. Every fold fits recipe and model anew on its own rows; the curve is learned from the rows
    held out.
    """
    recipe, estimator = model.pipeline.named_steps.values()
    seen: list[Learnable] = []

    def make(learnable: Learnable) -> Any:
        need_classes(learnable, model.info["target"], "calibration")
        seen.append(learnable)
        return unsettled(estimator)

    def calibrated(pipeline: Any) -> Any:
        return CalibratedClassifierCV(pipeline, method=params.method, ensemble=False, cv=folds_of(seen[0], params.cv, params.random_state))

    same = replace(table, recipe=tuple(recipe.steps))
    flags = {"takes_missing": recipe.takes_missing, "takes_scale": recipe.takes_scale}
    return fit(same, model.info["target"], context, make, around=calibrated, **flags)
