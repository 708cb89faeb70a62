"""What every train node does: take the target apart, fit recipe and estimator on the training rows, describe the result."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from node_containers.columns import column_type
from node_containers.explaining.learned import Fitted, charts_of
from node_containers.placing import placed
from node_containers.progress import watched
from node_containers.recipe import Preparation, build_pipeline, number_values, step, without_target
from node_containers.sdk import Context, Model, NodeError, NodeParams, Step, Table
from node_containers.sdk import target as target_param
from node_containers.steps.balancing import balanced, fit_estimator
from node_containers.stopping import settle_rounds
from node_containers.suspicion import warn_of_leaks, warn_of_scales
from node_containers.threads import one_thread
from node_containers.view import view

# A whole-number target with more different values than this is a quantity, not a class.
MAX_CLASSES = 30
SIGNATURE_CATEGORIES = 100
# A larger share of outliers than this is worth a warning.
MANY_DROPPED = 0.25
# Of a number in a signature: where the marks of a slider stand.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LIBRARIES = ("scikit-learn", "xgboost-cpu", "pandas", "numpy", "joblib")


class TrainParams(NodeParams):
    """Base of the params of every node that learns a target."""

    target: str | None = target_param(title="Target", description="The column to learn; left open, the one the dataset declares.")

    @property
    def settings(self) -> dict[str, Any]:
        """What goes to the estimator."""
        return self.model_dump(exclude={"target"})


class Learnable(NamedTuple):
    """Training rows taken apart: features as they are, the target as codes (classification) or numbers, and the class names."""

    features: pd.DataFrame
    y: np.ndarray
    task: str
    classes: list[str]
    recipe: list[Step] = []  # noqa: RUF012 a NamedTuple's default is never changed


def take_apart(table: Table, target: str | None, context: Context) -> Learnable:
    """Separate the target from the features, and what the recipe does to it from what it does to them.

    Rows without a target are dropped and entered into the ledger.
    """
    seen = table.view
    if target is None or target not in seen.columns:
        message = "The target column is not known." if target is None else f"There is no column “{target}” to learn."
        raise NodeError("target-unknown", message, field="params.target", hint=f"Columns: {', '.join(map(str, seen.columns[:12]))}.")
    known = seen[target].notna()
    context.drop(f"no value in the target “{target}”", table.frame[~known])
    frame, truth = table.frame[known], seen[target][known]
    if frame.empty:
        raise NodeError(
            "target-empty", f"The target “{target}” has no value in any row.", field="params.target", hint="Choose another target."
        )
    task = task_of(truth)
    recipe, raw = without_target(table.recipe, target)
    features = frame.drop(columns=raw) if raw in frame.columns else frame
    if task == "regression":
        return Learnable(features, number_values(truth), task, [], recipe)
    names, codes = np.unique(labels(truth), return_inverse=True)
    if len(names) < 2:
        message = f"The target “{target}” has one class only: “{names[0]}”."
        raise NodeError("target-one-class", message, field="params.target", hint="Choose another target, or check filters and the split.")
    return Learnable(features, codes, task, [str(name) for name in names], recipe)


def truth_of(model: Model, table: Table) -> pd.Series:
    """The target of each row, as the model learned it: of the table, or made by the model's own recipe where that stands on the training branch alone.

    Raises `NodeError` target-unknown where the table has none.
    """
    target = model.info["target"]
    if target in table.view.columns:
        return table.view[target]
    steps = [one for one in model.pipeline.named_steps["recipe"].steps if one != step("drop", columns=[target])]
    made = view(table.frame, steps)
    if target not in made.columns:
        message = f"The rows have no column “{target}” to compare with."
        raise NodeError("target-unknown", message, field="table", hint="Score on a table of the same source.")
    return made[target]


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
    by_distance: bool = False,
    around: Callable[[Pipeline], Any] | None = None,
    lifted: Callable[[Any, Preparation, Learnable], None] | None = None,
    then: Sequence[Step] = (),
) -> Model:
    """Fit one pipeline on the training rows. `make` gives the estimator for the task at hand; `then` are steps that it wants behind those of the table.

    `around` puts an ensemble around the whole pipeline (calibration, stacking): its folds then fit the recipe anew, each on its own rows.
    `lifted` is called with that ensemble once the recipe, fitted on all rows, stands in front of it.
    `by_distance`: the model goes by how far rows are apart, so columns that decide that alone are warned of.
    """
    learnable = take_apart(table, target, context)
    warn_of_leaks(learnable.features, learnable.y, learnable.classes, context)
    pipeline = build_pipeline([*learnable.recipe, *then], make(learnable), takes_missing=takes_missing, takes_scale=takes_scale)
    if not takes_scale and any(one["step"] == "scale" for one in table.recipe):
        context.log("scaling is left out: it changes nothing in front of trees")
    context.progress(f"fitting on {len(learnable.y):,} rows")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        ensemble = around(pipeline) if around else None
        pipeline = _fit_around(ensemble, learnable, lifted) if ensemble is not None else _fit_parts(pipeline, learnable, context)
    if any(issubclass(one.category, ConvergenceWarning) for one in caught):
        context.warn("not-converged", "The optimiser stopped before it converged; raise max_iter or scale the columns.")
    if by_distance:
        warn_of_scales(pipeline.named_steps["recipe"], learnable.features, context)
    learns = f"{len(learnable.classes)} classes of" if learnable.task == "classification" else "quantities of"
    return _describe(pipeline, learnable, table.view[target], context, f"; learned {learns} “{target}”")


def fit_unsupervised(
    table: Table, context: Context, estimator: Any, *, task: str, gives: str, takes_scale: bool = True, by_distance: bool = False
) -> Model:
    """Fit a model that has no target. The column that the dataset declares as target is no feature of it."""
    recipe, raw = without_target(table.recipe, table.target)
    features = table.frame.drop(columns=raw) if raw in table.frame.columns else table.frame
    if raw in table.frame.columns:
        context.log(f"the declared target “{table.target}” is left out of the features")
    if features.empty:
        raise NodeError("data-no-rows", "There is no row to learn from.", field="table", hint="Check the filters in front of the training.")
    learnable = Learnable(features, np.zeros(len(features)), task, [], recipe)
    pipeline = build_pipeline(recipe, estimator, takes_scale=takes_scale)
    context.progress(f"fitting on {len(features):,} rows")
    pipeline = _fit_parts(pipeline, learnable, context)
    if by_distance:
        warn_of_scales(pipeline.named_steps["recipe"], features, context)
    return _describe(pipeline, learnable, pd.Series([0], name=gives), context, "")


def _fit_parts(pipeline: Pipeline, learnable: Learnable, context: Context) -> Pipeline:
    """What `pipeline.fit` does, with words about the progress of the estimator, and on one thread: sums of floats keep their order."""
    preparation, estimator = pipeline.named_steps["recipe"], pipeline.named_steps["model"]
    supervised = learnable.task in ("classification", "regression")
    with watched(estimator, context), one_thread(), refusing():
        stopped = settle_rounds(preparation, estimator, learnable.features, learnable.y)
    with one_thread(), refusing():
        matrix, kept = preparation.fit_rows(learnable.features, learnable.y if supervised else None)
    y = learnable.y[kept]
    with placed(estimator, preparation), watched(estimator, context), one_thread(), refusing():
        given = balanced(matrix, y, learnable.recipe)
        # Boosted trees keep a record of their loss only where they are asked for it.
        recorded = {"eval_set": [(given.matrix, given.y)], "verbose": False} if type(estimator).__name__.startswith("XGB") else {}
        fit_estimator(estimator, given, **recorded)
    if stopped is not None:
        context.metric("rounds", float(stopped.best))
        context.log(
            f"{stopped.best} of {len(stopped.losses)} rounds were worth it on a tenth of the training rows; all rows are learned with so many"
        )
    if not kept.all():
        _tell_of_dropped(len(kept) - len(y), len(kept), context)
    if given.matrix is not matrix or given.weights is not None:
        context.log(f"balanced for the fit alone: {len(matrix):,} rows became {len(given.matrix):,}")
    history = vars(estimator).pop("evals_result_", {})
    features = [str(name) for name in preparation.get_feature_names_out()]
    fitted = Fitted(estimator, matrix, y, learnable.classes, history, stopped)
    context.charts.extend(charts_of(fitted, features, preparation.sources()))
    return Pipeline(pipeline.steps)


def _tell_of_dropped(dropped: int, rows: int, context: Context) -> None:
    words = f"{dropped:,} of {rows:,} training rows count as outliers and were left out of the fit"
    if dropped > MANY_DROPPED * rows:
        context.warn("outliers-many", f"{words}: so many are hardly exceptions.")
    else:
        context.log(words)


def _fit_around(ensemble: Any, learnable: Learnable, lifted: Callable[[Any, Preparation, Learnable], None] | None) -> Pipeline:
    """Fit an ensemble of whole pipelines, then lift the recipe (the same in all of them) out in front."""
    with one_thread(), refusing():
        ensemble.fit(learnable.features, learnable.y)
    members = getattr(ensemble, "estimators_", None) or ensemble.calibrated_classifiers_
    for position, member in enumerate(members):
        if isinstance(member, Pipeline):
            recipe, members[position] = member.named_steps.values()
        else:
            recipe, member.estimator = member.estimator.named_steps.values()
    # What it was made from is of no use any more, and would be stored with it.
    ensemble.set_params(**_bare(ensemble))
    if isinstance(ensemble.get_params(deep=False).get("cv"), list):
        # Places of rows are of no use to whoever fits it anew on others.
        ensemble.set_params(cv=len(ensemble.cv))
    for name in ("feature_names_in_", "n_features_in_", "named_estimators_"):
        vars(ensemble).pop(name, None)
    if lifted:
        with one_thread(), refusing():
            lifted(ensemble, recipe, learnable)
    return Pipeline([("recipe", recipe), ("model", ensemble)])


def _bare(ensemble: Any) -> dict[str, Any]:
    """The ensemble's params with pipelines replaced by their unfitted estimators, as they were settled on all rows."""
    if "estimators" in ensemble.get_params(deep=False):
        names = [name for name, _ in ensemble.estimators]
        return {"estimators": [(name, clone(fitted)) for name, fitted in zip(names, ensemble.estimators_, strict=True)]}
    return {"estimator": clone(ensemble.calibrated_classifiers_[0].estimator)}


@contextmanager
def refusing() -> Iterator[None]:
    """A library's refusal of these data is the user's to mend, not a crash."""
    try:
        yield
    except NodeError:
        raise
    except ValueError as wrong:
        words = str(wrong).strip().split("\n")[0][:300]
        raise NodeError(
            "fit-refused", f"The model cannot learn from these rows: {words}", hint="Mend the column or the param it names."
        ) from wrong


def _describe(pipeline: Pipeline, learnable: Learnable, target: pd.Series, context: Context, learned: str) -> Model:
    preparation: Preparation = pipeline.named_steps["recipe"]
    for name, reason in preparation.left_out_.items():
        context.warn("column-identifier", f"The column “{name}” is left out: {reason}.")
    estimator = name_of(pipeline.named_steps["model"])
    context.summary = f"{estimator} on {len(learnable.y):,} rows, {len(preparation.feature_names_out_)} features{learned}"
    info = {
        "estimator": estimator,
        "task": learnable.task,
        "target": str(target.name) if learnable.task in ("classification", "regression") else None,
        "classes": learnable.classes,
        "signature": signature(learnable, preparation, target),
        "libraries": _versions(),
    }
    return Model(pipeline, info)


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}


def name_of(estimator: Any) -> str:
    """The estimator's name; one that calibrates another is called after what it calibrates."""
    inner = getattr(estimator, "estimator", None)
    return f"{type(inner).__name__}, calibrated" if type(estimator).__name__ == "CalibratedClassifierCV" else type(estimator).__name__


def either(learnable: Learnable, classifier: Any, regressor: Any, settings: dict[str, Any], *, classes_only: tuple[str, ...] = ()) -> Any:
    """The estimator for the task at hand; params in `classes_only` mean nothing to the one that learns quantities."""
    if learnable.task == "classification":
        return classifier(**settings)
    return regressor(**{name: value for name, value in settings.items() if name not in classes_only})


def members_of(first: Model, second: Model, third: Model | None) -> list[tuple[str, Model]]:
    """The models of an ensemble by name. They must learn the same thing."""
    members = [(name, model) for name, model in (("first", first), ("second", second), ("third", third)) if model is not None]
    same_task(members)
    return members


def same_task(models: list[tuple[str, Model]]) -> None:
    """Models that are looked at together must learn the same thing."""
    if len({(model.info["task"], str(model.info["target"]), tuple(model.info["classes"])) for _, model in models}) > 1:
        learned = ", ".join(f"{model.info['task']} of “{model.info['target']}”" for _, model in models)
        raise NodeError(
            "models-differ", f"The models learn different things: {learned}.", field="second", hint="Train all on the same target."
        )


def need_classes(learnable: Learnable, target: str | None, what: str) -> None:
    if learnable.task != "classification":
        message = f"“{target}” is a quantity; {what} learns classes."
        raise NodeError("task-mismatch", message, field="params.target", hint="Use a model that learns quantities too, such as XGBoost.")


def need_quantities(learnable: Learnable, target: str | None, what: str) -> None:
    if learnable.task != "regression":
        message = f"“{target}” has {len(learnable.classes)} classes; {what} learns quantities."
        raise NodeError(
            "task-mismatch", message, field="params.target", hint="Use logistic regression, or another model that learns classes."
        )


def signature(learnable: Learnable, preparation: Preparation, target: pd.Series) -> dict[str, Any]:
    """What a prediction request must carry: every feature the pipeline uses, with a value that is typical for it."""
    used = [_feature(learnable.features[name], kind, name in preparation.imputed_) for name, kind in preparation.inputs_.items()]
    known = {"name": str(target.name), "type": column_type(target), **_learned(learnable)}
    return {"features": used, "ignored": preparation.unused_, "target": known, "example": _example(learnable.features, used)}


def _example(features: pd.DataFrame, used: list[dict[str, Any]]) -> dict[str, Any]:
    """A row of the training rows as a request carries it, complete if one is: what people copy to call an endpoint."""
    names = [feature["name"] for feature in used]
    complete = features[names].dropna()
    row = (complete if len(complete) else features[names]).iloc[0]
    kinds = {feature["name"]: feature["type"] for feature in used}
    return {name: _plain(row[name], kinds[name]) for name in names}


def _plain(value: Any, kind: str) -> Any:
    """A cell as JSON has it."""
    if pd.isna(value):
        return None
    return {"integer": int, "number": float, "boolean": bool}.get(kind, str)(value)


def _learned(learnable: Learnable) -> dict[str, Any]:
    """What the dummy baseline would know: the share of each class, or the mean, among the training rows."""
    if learnable.task == "classification":
        return {"shares": (np.bincount(learnable.y, minlength=len(learnable.classes)) / len(learnable.y)).tolist()}
    return {"mean": float(np.mean(learnable.y))} if learnable.task == "regression" else {}


def _feature(series: pd.Series, kind: str, filled: bool) -> dict[str, Any]:
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
    quantiles = [float(value) for value in np.quantile(numbers, QUANTILES)]
    return {**found, "min": float(numbers.min()), "max": float(numbers.max()), "default": default, "quantiles": quantiles}
