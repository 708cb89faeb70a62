"""What every train node does: take the target apart, fit recipe and estimator on the training rows, describe the result."""

import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score

from node_containers.reading import column_type
from node_containers.recipe import Preparation, build_pipeline, number_values, text_values
from node_containers.sdk import Context, Model, NodeError, Table

# A whole-number target with more different values than this is a quantity, not a class.
MAX_CLASSES = 30
LEAK_AUC = 0.98
SIGNATURE_CATEGORIES = 100
LIBRARIES = ("scikit-learn", "xgboost-cpu", "pandas", "numpy", "joblib")


class Learnable(NamedTuple):
    """Training rows taken apart: features as they are, the target as codes (classification) or numbers, and the class names."""

    features: pd.DataFrame
    y: np.ndarray
    task: str
    classes: list[str]


def take_apart(table: Table, target: str | None, context: Context) -> Learnable:
    """Separate the target from the features. Rows without a target are dropped and entered into the ledger."""
    if target is None or target not in table.frame.columns:
        message = "The target column is not known." if target is None else f"There is no column “{target}” to learn."
        raise NodeError("target-unknown", message, field="params.target", hint=f"Columns: {', '.join(map(str, table.frame.columns[:12]))}.")
    known = table.frame[target].notna()
    context.drop(f"no value in the target “{target}”", table.frame[~known])
    frame = table.frame[known]
    if frame.empty:
        raise NodeError(
            "target-empty", f"The target “{target}” has no value in any row.", field="params.target", hint="Choose another target."
        )
    task = task_of(frame[target])
    if task == "regression":
        return Learnable(frame.drop(columns=target), number_values(frame[target]), task, [])
    names, codes = np.unique(labels(frame[target]), return_inverse=True)
    if len(names) < 2:
        message = f"The target “{target}” has one class only: “{names[0]}”."
        raise NodeError("target-one-class", message, field="params.target", hint="Choose another target, or check filters and the split.")
    return Learnable(frame.drop(columns=target), codes, task, [str(name) for name in names])


def task_of(target: pd.Series) -> str:
    """`classification` for text, booleans and few whole numbers; `regression` for quantities."""
    kind = column_type(target)
    if kind in ("text", "boolean"):
        return "classification"
    return "classification" if kind == "integer" and target.nunique() <= MAX_CLASSES else "regression"


def labels(target: pd.Series) -> np.ndarray:
    """Class labels in their own type, so that 10 sorts behind 9."""
    kind = column_type(target)
    if kind == "text":
        return target.astype(object).to_numpy(dtype=str)
    return target.astype("bool" if kind == "boolean" else "int64").to_numpy()


def class_codes(target: pd.Series, classes: list[str]) -> np.ndarray:
    """Codes of the classes a model knows; -1 for a class it never saw."""
    index = {name: code for code, name in enumerate(classes)}
    return np.asarray([index.get(str(label), -1) for label in labels(target)])


def fit(
    table: Table,
    target: str | None,
    context: Context,
    make: Callable[[Learnable], Any],
    *,
    takes_missing: bool = False,
    takes_scale: bool = True,
) -> Model:
    """Fit one pipeline on the training rows. `make` gives the estimator for the task at hand."""
    learnable = take_apart(table, target, context)
    _warn_of_leaks(learnable, context)
    pipeline = build_pipeline(table.recipe, make(learnable), takes_missing=takes_missing, takes_scale=takes_scale)
    if not takes_scale and any(one["step"] == "scale" for one in table.recipe):
        context.log("scaling is left out: it changes nothing in front of trees")
    context.progress(f"fitting on {len(learnable.y):,} rows")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        pipeline.fit(learnable.features, learnable.y)
    if any(issubclass(one.category, ConvergenceWarning) for one in caught):
        context.warn("not-converged", "The optimiser stopped before it converged; raise max_iter or scale the columns.")
    preparation: Preparation = pipeline.named_steps["recipe"]
    for name, reason in preparation.left_out_.items():
        context.warn("column-identifier", f"The column “{name}” is left out: {reason}.")
    estimator = type(pipeline.named_steps["model"]).__name__
    context.summary = f"{estimator} on {len(learnable.y):,} rows, {len(preparation.feature_names_out_)} features"
    info = {
        "estimator": estimator,
        "task": learnable.task,
        "target": target,
        "classes": learnable.classes,
        "signature": signature(learnable, preparation, table.frame[target]),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    return Model(pipeline, info)


def signature(learnable: Learnable, preparation: Preparation, target: pd.Series) -> dict[str, Any]:
    """What a prediction request must carry: every feature the pipeline uses, with a value that is typical for it."""
    used = [_feature(learnable.features[name], kind, operations) for name, kind, operations in preparation.columns_]
    return {"features": used, "ignored": sorted(preparation.left_out_), "target": {"name": str(target.name), "type": column_type(target)}}


def _feature(series: pd.Series, kind: str, operations: list[tuple[str, Any]]) -> dict[str, Any]:
    filled = any(what == "fill" for what, _ in operations)
    found: dict[str, Any] = {"name": str(series.name), "type": kind, "nullable": bool(series.isna().any()), "imputed": filled}
    if kind == "text":
        counts = series.value_counts()
        return {
            **found,
            "categories": sorted(map(str, counts.index[:SIGNATURE_CATEGORIES])),
            "default": str(counts.index[0]) if len(counts) else None,
        }
    values = series.dropna()
    if kind == "datetime":
        return {**found, "min": str(values.min()), "max": str(values.max()), "default": str(values.iloc[0]) if len(values) else None}
    numbers = number_values(values)
    if not len(numbers):
        return {**found, "min": None, "max": None, "default": None}
    middle = float(np.median(numbers))
    default: Any = bool(middle >= 0.5) if kind == "boolean" else round(middle) if kind == "integer" else middle
    return {**found, "min": float(numbers.min()), "max": float(numbers.max()), "default": default}


def _warn_of_leaks(learnable: Learnable, context: Context) -> None:
    """A single column that nearly tells the target by itself is more often a copy of it than a discovery."""
    if len(learnable.classes) != 2 or len(learnable.y) < 30:
        return
    for name in learnable.features.columns:
        series = learnable.features[name]
        if column_type(series) == "text":
            values = text_values(series)
            if len(set(values)) > 0.5 * len(values):
                continue
            share = pd.Series(learnable.y).groupby(pd.Series(values).fillna("")).transform("mean").to_numpy()
        else:
            share = np.nan_to_num(number_values(series), nan=0.0)
        auc = float(roc_auc_score(learnable.y, share))
        if max(auc, 1 - auc) > LEAK_AUC:
            context.warn(
                "leak-suspect",
                f"“{name}” alone predicts the target with an AUC of {max(auc, 1 - auc):.3f}: is it known at prediction time?",
            )
