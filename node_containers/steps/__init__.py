"""The steps a recipe may have, by the name that is stored. `balance` is none of them: it changes rows, not columns (`balancing.py`)."""

from typing import Any

from node_containers.steps import choosing, combining, encoding, filling, kinds, outlying, scaling, stateless
from node_containers.steps.action import Action
from node_containers.steps.balancing import BALANCE as BALANCE

STEPS: dict[str, type[Action]] = {
    "drop": stateless.Drop,
    "rename": stateless.Rename,
    "change_types": stateless.ChangeTypes,
    "formula": stateless.Compute,
    "date_parts": stateless.DateParts,
    "replace": stateless.Replace,
    "dates": kinds.Dates,
    "leave_out": kinds.LeaveOut,
    "impute": filling.Impute,
    "impute_knn": filling.ImputeNeighbours,
    "impute_iterative": filling.ImputeIterative,
    "encode": encoding.OneHot,
    "encode_ordinal": encoding.Ordinal,
    "codes": encoding.Codes,
    "encode_target": encoding.ByTarget,
    "text": encoding.Words,
    "scale": scaling.Standard,
    "scale_minmax": scaling.MinMax,
    "scale_robust": scaling.Robust,
    "power": scaling.Power,
    "quantile": scaling.Quantile,
    "bin": scaling.Bins,
    "outliers": scaling.Outliers,
    "outliers_forest": outlying.Isolated,
    "polynomial": combining.Powers,
    "pca": combining.Principal,
    "svd": combining.Singular,
    "select_best": choosing.Best,
    "select_variance": choosing.Varied,
    "select_rfe": choosing.Eliminated,
}


def action(step: Any) -> Action:
    """The step as an object, not yet fitted."""
    return STEPS[step["step"]](**step["params"])


def changes_rows(step: Any) -> bool:
    """Whether the estimator learns from other rows than those that are there: fitted by `FittingPipeline`."""
    return step["step"] == BALANCE or action(step).drops
