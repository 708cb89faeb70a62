"""Train gradient boosted trees with XGBoost."""

from typing import Any, Literal

from pydantic import Field
from xgboost import XGBClassifier, XGBRegressor

from node_containers.fitting import Learnable, TrainParams, either, fit
from node_containers.placing import coded_columns, tell_of_constraints
from node_containers.recipe import step
from node_containers.rows import need_columns
from node_containers.sdk import AnyModel, Context, NodeError, TrainTable, advanced, column_map, node

# Of the library's measures, those for two classes, for more, and for quantities.
MEASURES = {"two": ("logloss", "error", "auc"), "more": ("mlogloss", "merror", "auc"), "quantity": ("rmse", "mae")}


class Params(TrainParams):
    n_estimators: int = Field(100, ge=1, le=10_000, title="Trees", description="How many trees are grown, one after the other.")
    learning_rate: float = Field(0.3, gt=0, le=1, title="Learning rate", description="How much each tree corrects those before it.")
    max_depth: int = Field(6, ge=1, le=50, title="Depth", description="How many questions deep a tree may go.")
    min_child_weight: float = advanced(1.0, ge=0, le=1e6, title="Least child weight", description="Smaller leaves are not made.")
    subsample: float = advanced(1.0, gt=0, le=1, title="Row share", description="Share of the rows each tree sees.")
    colsample_bytree: float = advanced(1.0, gt=0, le=1, title="Column share", description="Share of the columns each tree sees.")
    gamma: float = advanced(0.0, ge=0, le=1e6, title="Gamma", description="Least gain that a further question must bring.")
    reg_alpha: float = advanced(0.0, ge=0, le=1e6, title="L1", description="L1 regularisation of the leaf weights.")
    reg_lambda: float = advanced(1.0, ge=0, le=1e6, title="L2", description="L2 regularisation of the leaf weights.")
    early_stopping_rounds: int | None = Field(
        None,
        ge=1,
        le=1_000,
        title="Stop early",
        description="End when a tenth of the training rows, held back, gains nothing for so many rounds; open: never.",
    )
    eval_metric: Literal["logloss", "error", "auc", "mlogloss", "merror", "rmse", "mae"] | None = advanced(
        None, title="Measured in", description="What the rounds are judged by; open: the loss that suits the target."
    )
    scale_pos_weight: float | None = advanced(
        None, gt=0, le=1e6, title="Positive weight", description="Two classes: how much more a row of the second counts; open: the same."
    )
    tree_method: Literal["hist", "exact", "approx"] = advanced(
        "hist", title="Tree method", description="How splits are found; “hist” is quick, and what the library chooses by itself."
    )
    enable_categorical: bool = Field(
        False,
        title="Take categories",
        description="Text that no step has turned, and text encoded by rank, is learned as categories; one unseen or missing is an empty cell.",
    )
    monotone_constraints: dict[str, Literal[-1, 0, 1]] | None = column_map(
        None,
        title="One direction",
        description="Columns that may only raise the answer (1) or lower it (-1), all else being equal; of two classes, the second one's probability.",
    )
    random_state: int = advanced(42, ge=0, le=2**31 - 1, title="Seed", description="The same seed grows the same trees.")


@node(title="XGBoost", group="Models", family="train", icon="trees")
def train_xgboost(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn classes or quantities with boosted trees, together with the recipe, on training rows only.

    The target decides: text, booleans and few whole numbers are classes, anything else is a quantity. Empty cells are taken as they are. Where it stops early,
    all training rows are learned anew with the rounds that were worth it.

    A constraint names a column as it reaches this node, and holds for the one column that the recipe makes of it. Where that is several (one for each
    category, components), it is refused; where others are made of it too (powers, a formula), a warning names them.
    """
    constraints = params.monotone_constraints or {}
    need_columns(table, constraints, "params.monotone_constraints")

    def make(learnable: Learnable) -> Any:
        settings = {**params.settings, "monotone_constraints": constraints or None, "n_jobs": 1}
        # One thread: sums of floats in another order would give another model on another machine.
        _check_measure(params.eval_metric, learnable)
        if any(constraints.values()) and len(learnable.classes) > 2:
            message = f"A direction needs a quantity or two classes; “{params.target or table.target}” has {len(learnable.classes)}."
            raise NodeError("task-mismatch", message, field="params.monotone_constraints", hint="Take the constraints away.")
        return either(learnable, XGBClassifier, XGBRegressor, settings, classes_only=("scale_pos_weight",))

    then = [step("codes")] if params.enable_categorical else []
    model = fit(table, params.target or table.target, context, make, takes_missing=True, takes_scale=False, then=then)
    preparation = model.pipeline.named_steps["recipe"]
    tell_of_constraints(preparation, constraints, context)
    if params.enable_categorical and not coded_columns(preparation):
        context.warn("categories-none", "No column holds categories: text was turned before. Leave it out of Encode and Preprocess.")
    return model


def _check_measure(name: str | None, learnable: Learnable) -> None:
    suits = MEASURES["quantity" if learnable.task == "regression" else "two" if len(learnable.classes) == 2 else "more"]
    if name is not None and name not in suits:
        message = f"{name} does not measure what is learned here."
        raise NodeError("metric-unknown", message, field="params.eval_metric", hint=f"Take one of {', '.join(suits)}, or leave it open.")
