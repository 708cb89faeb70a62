"""Choose the probability from which a class is decided."""

from dataclasses import replace
from typing import Literal

from pydantic import Field
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from node_containers.fitting import name_of, refusing, take_apart
from node_containers.folding import folds_of, unfitted
from node_containers.numerals import numeral
from node_containers.sdk import AnyModel, Context, NodeError, NodeParams, TrainTable, node, seed
from node_containers.threads import one_thread


class Params(NodeParams):
    scoring: Literal["balanced_accuracy", "f1", "accuracy", "precision", "recall"] = Field(
        "balanced_accuracy", title="Make the most of", description="The figure that the threshold shall bring to its highest."
    )
    thresholds: int = Field(100, ge=2, le=1_000, title="Thresholds", description="How many are tried between the lowest and the highest.")
    cv: int = Field(5, ge=2, le=20, title="Folds", description="Each fold is predicted by a model that has not seen its rows.")
    random_state: int = seed(description="Decides which rows go to which fold.")


@node(title="Tune threshold", group="Models", family="train", icon="adjustments-horizontal")
def tune_threshold(model: AnyModel, table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Choose the probability from which the second of two classes is decided; the fitted model stays as it is.

    Connect the training rows the model learned from. The threshold is found on folds: each is predicted by a pipeline that was fitted anew on the other rows.
    Evaluate, prediction tables and endpoints then decide by it.
    """
    if len(model.info["classes"]) != 2:
        message = "A threshold parts two classes; this model does not learn two."
        raise NodeError("task-mismatch", message, field="model", hint="Connect a model of two classes.")
    learnable = take_apart(table, model.info["target"], context)
    folds = folds_of(learnable, params.cv, params.random_state)
    context.progress(f"trying {params.thresholds} thresholds on {len(learnable.y):,} rows")
    anew = unfitted(model)
    search = TunedThresholdClassifierCV(
        anew,
        scoring=params.scoring,
        thresholds=params.thresholds,
        cv=folds,
        refit=True,
    )
    with one_thread(), refusing():
        threshold = float(search.fit(learnable.features, learnable.y).best_threshold_)
    recipe, estimator = model.pipeline.named_steps.values()
    fixed = FixedThresholdClassifier(FrozenEstimator(estimator), threshold=threshold)
    fixed.fit(recipe.transform(learnable.features), learnable.y)
    context.metric("threshold", threshold)
    context.metric(params.scoring, float(search.best_score_))
    context.summary = f"“{model.info['classes'][1][:60]}” from a probability of {numeral(threshold, 3)} on"
    info = {**model.info, "estimator": f"{name_of(estimator)}, threshold {threshold:.3f}"}
    return replace(model, pipeline=Pipeline([("recipe", recipe), ("model", fixed)]), info=info, registered=None, stored=None)
