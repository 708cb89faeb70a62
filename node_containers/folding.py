"""Fitting a model anew on parts of its rows: which parts, and what is fitted."""

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit
from sklearn.pipeline import Pipeline

from node_containers.deciding import decide, threshold_of
from node_containers.fitting import Learnable, refusing
from node_containers.recipe import assembled, number_values
from node_containers.repeats import find_repeats
from node_containers.scoring.answers import Classified, Measured
from node_containers.sdk import Context, Model, NodeError
from node_containers.stopping import unsettled
from node_containers.threads import one_thread

Splitter = Literal["auto", "kfold", "stratified", "group", "time"]
Parts = list[tuple[np.ndarray, np.ndarray]]


def unfitted(model: Model) -> Pipeline:
    """The model's pipeline as it was before it learned anything, recipe included."""
    recipe, estimator = model.pipeline.named_steps.values()
    return assembled(clone(recipe), unsettled(estimator))


def parts_of(learnable: Learnable, splitter: Splitter, cv: int, seed: int, column: pd.Series | None, context: Context) -> Parts:
    """Rows to learn from and rows to score, fold by fold. `column` holds groups, or the order in time. Copies of a row stay in one fold."""
    rows = len(learnable.y)
    if rows < 2 * cv:
        raise NodeError("folds-too-many", f"{rows} rows are too few for {cv} folds.", field="params.cv", hint="Take fewer folds.")
    if splitter == "time":
        order = np.argsort(_instants(column), kind="stable")
        return [(order[train], order[test]) for train, test in TimeSeriesSplit(cv).split(order)]
    stratified = learnable.task == "classification" and splitter in ("auto", "stratified")
    groups = _groups(learnable, splitter, column, context)
    if groups is not None and len(np.unique(groups)) < cv:
        message = f"There are {len(np.unique(groups))} groups; {cv} folds need that many."
        raise NodeError("folds-too-many", message, field="params.cv", hint="Take fewer folds.")
    if stratified and (rarest := int(np.bincount(learnable.y).min())) < cv:
        message = f"The rarest class has {rarest} rows; {cv} folds need that many."
        raise NodeError("folds-too-many", message, field="params.cv", hint="Take fewer folds or more rows.")
    chosen = _splitter(stratified, groups is not None, cv, seed)
    return list(chosen.split(learnable.features, learnable.y, groups))


def _splitter(stratified: bool, grouped: bool, cv: int, seed: int) -> Any:
    if grouped:
        return (StratifiedGroupKFold if stratified else GroupKFold)(cv, shuffle=True, random_state=seed)
    return (StratifiedKFold if stratified else KFold)(cv, shuffle=True, random_state=seed)


def _groups(learnable: Learnable, splitter: Splitter, column: pd.Series | None, context: Context) -> np.ndarray | None:
    if splitter == "group":
        if column is None:
            raise NodeError("column-missing", "No column of groups is named.", field="params.column", hint="Name the column.")
        return pd.factorize(column.astype("str"), use_na_sentinel=False)[0]
    return _copies(learnable, context)


def _copies(learnable: Learnable, context: Context | None = None) -> np.ndarray | None:
    """A code for each row, the same for copies of one row; None where there are none."""
    found = find_repeats(learnable.features, learnable.y)
    if context and (words := found.said("in one fold")):
        context.warn(*words)
    return found.codes if found.copies else None


def folds_of(learnable: Learnable, cv: int, seed: int, context: Context | None = None) -> Any:
    """Folds with equal shares of the classes, for what scikit-learn fits on folds; never more of them than the rarest class has different rows.

    A splitter, or the folds themselves where copies of a row must stay in one of them.
    """
    groups = _copies(learnable, context)
    firsts = np.ones(len(learnable.y), bool) if groups is None else ~pd.Series(groups).duplicated().to_numpy()
    folds = min(cv, int(firsts.sum()))
    if stratified := learnable.task == "classification":
        counts = np.bincount(learnable.y[firsts], minlength=len(learnable.classes))
        folds = min(cv, int(counts.min()))
        if folds < 2:
            rare = int(counts.argmin())
            message = f"The class “{learnable.classes[rare]}” has {counts[rare]} different row; folds need two of each."
            raise NodeError("folds-too-few", message, field="params.target", hint="Merge rare classes, or take more rows.")
    splitter = _splitter(stratified, groups is not None, folds, seed)
    return splitter if groups is None else list(splitter.split(learnable.features, learnable.y, groups))


def shared_folds(learnable: Learnable, cv: int, seed: int) -> Parts:
    """The folds that all candidates of a search share: as many as asked for, even where a class has fewer rows. Copies of a row stay in one of them."""
    groups = _copies(learnable)
    splitter = _splitter(learnable.task == "classification", groups is not None, cv, seed)
    return list(splitter.split(learnable.features, learnable.y, groups))


def _instants(column: pd.Series | None) -> np.ndarray:
    if column is None:
        raise NodeError("column-missing", "No column of times is named.", field="params.column", hint="Name the column.")
    if column.isna().any():
        message = f"The column “{column.name}” has {int(column.isna().sum())} empty cells."
        raise NodeError("time-missing", message, field="params.column", hint="Drop these rows first.")
    if column.dtype.kind in "iufM":
        return number_values(column)
    raise NodeError("time-type", f"The column “{column.name}” holds no times.", field="params.column", hint="Change its type first.")


def answer(model: Model, learnable: Learnable, train: np.ndarray, test: np.ndarray) -> Classified | Measured:
    """What the model says about some rows when it has learned from others."""
    pipeline = unfitted(model)
    y = learnable.y
    with one_thread(), refusing():
        pipeline.fit(learnable.features.iloc[train], y[train])
    if learnable.task == "regression":
        return Measured(y[test], np.asarray(pipeline.predict(learnable.features.iloc[test]), dtype=float), float(np.mean(y[train])))
    said = np.asarray(pipeline.predict_proba(learnable.features.iloc[test]))
    # A fold without a class learns nothing of it.
    probabilities = np.zeros((len(test), len(learnable.classes)))
    probabilities[:, np.asarray(pipeline.classes_, dtype=int)] = said
    threshold = threshold_of(pipeline.named_steps["model"])
    shares = np.bincount(y[train], minlength=len(learnable.classes)) / len(train)
    return Classified(learnable.classes, y[test], decide(probabilities, threshold), probabilities, threshold, shares)
