"""Train gradient boosted trees with XGBoost."""

from typing import Any

from pydantic import Field
from xgboost import XGBClassifier, XGBRegressor

from node_containers.fitting import Learnable, TrainParams, either, fit
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, node


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
    random_state: int = advanced(42, ge=0, le=2**31 - 1, title="Seed", description="The same seed grows the same trees.")


@node(title="XGBoost", group="Models", family="train", icon="trees")
def train_xgboost(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn classes or quantities with boosted trees, together with the recipe, on training rows only.

    The target decides: text, booleans and few whole numbers are classes, anything else is a quantity. Empty cells are taken as they are.
    """

    def make(learnable: Learnable) -> Any:
        # One thread: sums of floats in another order would give another model on another machine.
        return either(learnable, XGBClassifier, XGBRegressor, {**params.settings, "n_jobs": 1, "tree_method": "hist"})

    return fit(table, params.target or table.target, context, make, takes_missing=True, takes_scale=False)
