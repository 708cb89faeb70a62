"""Train histogram gradient boosting."""

from typing import Any, Literal

from pydantic import Field
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from node_containers.fitting import Learnable, TrainParams, either, fit
from node_containers.recipe import step
from node_containers.rows import need_columns
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, columns, node, seed

# One bin of a column's 255 for each.
MAX_CATEGORIES = 255


class Params(TrainParams):
    max_iter: int = Field(100, ge=1, le=10_000, title="Rounds", description="How many trees are grown, one after the other.")
    learning_rate: float = Field(0.1, gt=0, le=1, title="Learning rate", description="How much each tree corrects those before it.")
    max_leaf_nodes: int | None = Field(31, ge=2, le=10_000, title="Leaves", description="How many leaves a tree may have; open: no limit.")
    max_depth: int | None = advanced(
        None, ge=1, le=1_000, title="Depth", description="How many questions deep a tree may go; open: no limit."
    )
    min_samples_leaf: int = advanced(20, ge=1, le=1_000_000, title="Rows in a leaf", description="Smaller leaves are not made.")
    l2_regularization: float = advanced(0.0, ge=0, le=1e9, title="L2", description="L2 regularisation of the leaf weights.")
    max_features: float = advanced(1.0, gt=0, le=1, title="Column share", description="Share of the columns each question may choose from.")
    early_stopping: Literal["auto"] | bool = advanced(
        "auto", title="Early stopping", description="End when held-out rows gain nothing; “auto” does so above 10,000 rows."
    )
    class_weight: Literal["balanced"] | None = Field(None, title="Class weight", description="“balanced” weighs rare classes up.")
    categorical_features: list[str] | None = columns(
        title="Categories",
        description="Columns learned as categories, with no Encode before; one unseen or missing is an empty cell. Open: none.",
    )
    random_state: int = seed(description="The same seed grows the same trees.")


@node(title="Histogram gradient boosting", group="Models", family="train", icon="trees")
def train_hist_boosting(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn classes or quantities with scikit-learn's boosted trees: quick on many rows, on training rows only.

    The target decides: text, booleans and few whole numbers are classes, anything else is a quantity. Empty cells are taken as they are.

    A column of categories must reach the model as one column: one that was encoded into many is refused.
    """
    categories = params.categorical_features or []
    need_columns(table, categories, "params.categorical_features")

    def make(learnable: Learnable) -> Any:
        # The library's own default takes categories from the types of a data frame, which the matrix of a recipe has not.
        settings = {**params.settings, "categorical_features": categories or None}
        return either(learnable, HistGradientBoostingClassifier, HistGradientBoostingRegressor, settings, classes_only=("class_weight",))

    then = [step("codes", columns=categories, most=MAX_CATEGORIES)] if categories else []
    return fit(table, params.target or table.target, context, make, takes_missing=True, takes_scale=False, then=then)
