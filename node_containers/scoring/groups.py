"""Figures by group of rows: values of a column, or ranges of a number."""

import itertools
from typing import Any

import numpy as np
import pandas as pd

from node_containers.charts import chart
from node_containers.columns import column_type
from node_containers.numerals import numeral
from node_containers.recipe import number_values
from node_containers.scoring.answers import Classified, Measured
from node_containers.scoring.measures import class_measures, quantity_measures

RANGES = 4
MAX_GROUPS = 20
FEW_ROWS = 30
SHOWN = ("accuracy", "precision", "recall", "f1", "roc_auc", "r2", "mae", "rmse")


def group_names(series: pd.Series) -> np.ndarray:
    """The group of each row: quarters of a number with many values, else the value itself; rare values are “other”, missing ones “empty”."""
    if column_type(series) in ("number", "integer", "datetime") and series.nunique() > MAX_GROUPS:
        return _ranges(series)
    names = series.astype("str").astype(object).where(series.notna(), "empty").to_numpy(dtype=str)
    values, counts = np.unique(names, return_counts=True)
    if len(values) > MAX_GROUPS:
        kept = values[np.argsort(-counts, kind="stable")[: MAX_GROUPS - 1]]
        names = np.where(np.isin(names, kept), names, "other")
    return names


def _ranges(series: pd.Series) -> np.ndarray:
    numbers = number_values(series)
    edges = np.unique(np.nanquantile(numbers, np.linspace(0, 1, RANGES + 1)[1:-1]))
    texts = [numeral(edge, 6) for edge in edges]
    if column_type(series) == "datetime":
        texts = [str(np.datetime64("1970-01-01") + np.timedelta64(int(edge), "D")) for edge in edges]
    labels = [f"up to {texts[0]}", *(f"{low} to {high}" for low, high in itertools.pairwise(texts)), f"above {texts[-1]}"]
    places = np.searchsorted(edges, np.nan_to_num(numbers, nan=np.inf), "left")
    return np.where(np.isnan(numbers), "empty", np.asarray(labels)[np.minimum(places, len(labels) - 1)])


def by_group(said: Classified | Measured, series: pd.Series) -> dict[str, Any]:
    """A table of figures for each group of one column, the largest group first; small groups say so."""
    rated = said.rated if isinstance(said, Classified) else said
    keep = said.truth >= 0 if isinstance(said, Classified) else np.ones(len(said.truth), bool)
    names = group_names(series)[keep]
    measures = class_measures(rated) if isinstance(rated, Classified) else quantity_measures(rated)
    shown = [name for name in SHOWN if name in measures]
    groups, counts = np.unique(names, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    weights = (names[None, :] == groups[order][:, None]).astype(float)
    values = {name: measures[name](weights) for name in shown}
    lines = [
        [str(groups[at]), int(counts[at]), *(None if np.isnan(values[name][line]) else float(values[name][line]) for name in shown)]
        for line, at in enumerate(order)
    ]
    note = f" (groups below {FEW_ROWS} rows say little)" if (counts < FEW_ROWS).any() else ""
    return chart("table", title=f"By {str(series.name)[:120]}{note}", columns=[str(series.name), "rows", *shown], rows=lines)
