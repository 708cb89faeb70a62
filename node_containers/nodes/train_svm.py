"""Train a support vector machine."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC, SVR

from node_containers.fitting import Learnable, TrainParams, fit
from node_containers.folding import folds_of
from node_containers.sdk import AnyModel, Context, TrainTable, advanced, node, seed

Width = Annotated[float, Field(gt=0, le=1e9)]


class Params(TrainParams):
    C: float = Field(1.0, gt=0, le=1e9, title="C", description="Inverse strength of the regularisation: smaller is stronger.")
    kernel: Literal["rbf", "linear", "poly", "sigmoid"] = Field("rbf", title="Kernel", description="The shape of the boundary it may draw.")
    gamma: Literal["scale", "auto"] | Width = advanced("scale", title="Gamma", description="How far one row reaches: larger is nearer.")
    degree: int = advanced(3, ge=1, le=10, title="Degree", description="Of the polynomial kernel.")
    class_weight: Literal["balanced"] | None = Field(None, title="Class weight", description="“balanced” weighs rare classes up.")
    epsilon: float = advanced(0.1, ge=0, le=1e9, title="Epsilon", description="Quantities only: errors smaller than this cost nothing.")
    tol: float = advanced(1e-3, gt=0, le=1, title="Tolerance", description="The search ends when gains fall below it.")
    random_state: int = seed(description="Decides which rows go to which fold of the calibration.")


@node(title="Support vector machine", group="Models", family="train", icon="vector")
def train_svm(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Learn the widest margin between classes, or a tube around quantities, on training rows only.

    A machine knows sides, not probabilities. They are added by sigmoid calibration over five folds; each fold fits recipe and machine anew on
    its own rows. Scale the columns first. The work grows with the square of the rows.
    """
    seen: list[Learnable] = []

    def make(learnable: Learnable) -> Any:
        settings = {name: value for name, value in params.settings.items() if name != "random_state"}
        if learnable.task == "regression":
            return SVR(**{name: value for name, value in settings.items() if name != "class_weight"})
        seen.append(learnable)
        return SVC(**{name: value for name, value in settings.items() if name != "epsilon"})

    def calibrated(pipeline: Any) -> Any:
        return CalibratedClassifierCV(pipeline, ensemble=False, cv=folds_of(seen[0], 5, params.random_state)) if seen else None

    return fit(table, params.target or table.target, context, make, by_distance=True, around=calibrated)
