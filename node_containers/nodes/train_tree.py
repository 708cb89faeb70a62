"""Train a decision tree."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from node_containers.fitting import Learnable, TrainParams, either, fit
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, node, seed

Share = Annotated[float, Field(gt=0, le=1)]


class Params(TrainParams):
    max_depth: int | None = Field(None, ge=1, le=1_000, title="Depth", description="How many questions deep a tree may go; open: no limit.")
    min_samples_split: int = advanced(2, ge=2, le=1_000_000, title="Rows to split", description="Groups with fewer rows are not split.")
    min_samples_leaf: int = advanced(1, ge=1, le=1_000_000, title="Rows in a leaf", description="Smaller leaves are not made.")
    max_features: Literal["sqrt", "log2"] | Share | None = advanced(
        None, title="Columns a question", description="How many columns each question may choose from; open: all of them."
    )
    criterion: Literal["gini", "entropy", "log_loss"] = advanced(
        "gini", title="Criterion", description="How the purity of classes is measured."
    )
    class_weight: Literal["balanced"] | None = Field(None, title="Class weight", description="“balanced” weighs rare classes up.")
    ccp_alpha: float = advanced(0.0, ge=0, le=1e9, title="Pruning", description="Branches that gain less than this are cut back.")
    random_state: int = seed(description="The same seed grows the same trees.")


@node(title="Decision tree", group="Models", family="train", icon="binary-tree")
def train_tree(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn classes or quantities as a tree of questions that a person can read, on training rows only.

    The target decides: text, booleans and few whole numbers are classes, anything else is a quantity. Empty cells are taken as they are.
    """

    def make(learnable: Learnable) -> Any:
        settings = params.settings
        return either(learnable, DecisionTreeClassifier, DecisionTreeRegressor, settings, classes_only=("criterion", "class_weight"))

    return fit(table, params.target or table.target, context, make, takes_missing=True, takes_scale=False)
