"""What a careful colleague would ask about the features, each with its figure. Looked at on training rows only; the run goes on."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.tree import DecisionTreeClassifier

from node_containers.columns import column_type
from node_containers.recipe import SCALES, Preparation, number_values, text_values
from node_containers.sdk import Context

LEAK_AUC = 0.98
LEAK_ACCURACY = 0.98
LEAK_CORRELATION = 0.999
# Fewer rows say nothing, and more say nothing else.
MIN_ROWS = 30
MAX_ROWS = 20_000
IDENTIFIER_SHARE = 0.95
# The area under a curve that cannot be drawn: it says nothing.
TRUTHLESS = 0.5
# So much of all distances is nearly all.
DISTANCE_SHARE = 0.9
SCALED = (*SCALES, "power", "quantile")


def warn_of_leaks(features: pd.DataFrame, y: np.ndarray, classes: list[str], context: Context) -> None:
    """Warnings `leak-suspect` (a column that nearly tells the target by itself is more often a copy of it than a discovery) and `column-identifier`."""
    if len(y) < MIN_ROWS:
        return
    features, y = features.iloc[:MAX_ROWS], y[:MAX_ROWS]
    for name in features.columns:
        kind = column_type(features[name])
        figure = _figure(_ranks(features[name], kind, y), y, classes)
        if figure:
            context.warn("leak-suspect", f"“{name}” alone predicts the target with {figure}: is it known at prediction time?")
        if kind == "integer" and (words := _identifies(features[name])):
            context.warn("column-identifier", f"“{name}” looks like a number that names rows: {words}. Drop it unless it means something.")


def warn_of_scales(preparation: Preparation, features: pd.DataFrame, context: Context) -> None:
    """Warning `scale-differs`: unscaled columns that nearly alone decide how far rows are from each other, for models that go by distances.

    The mean squared distance of two rows is twice the sum of the variances of the columns, so their shares in it are the shares of their variances.
    """
    if len(features) < MIN_ROWS or len(preparation.layout_) < 2 or any(one["step"] in SCALED for one in preparation.steps):
        return
    variances = np.nanvar(np.asarray(preparation.transform(features.iloc[:MAX_ROWS])), axis=0)
    ends = np.cumsum([width for _, width in preparation.layout_])[:-1]
    shares = {name: float(part.sum()) for (name, _), part in zip(preparation.layout_, np.split(variances, ends), strict=True)}
    wide, found, total = list[str](), 0.0, sum(shares.values())
    for name in sorted(shares, key=shares.__getitem__, reverse=True):
        if found < DISTANCE_SHARE * total:
            wide.append(name)
            found += shares[name]
    # What is wide in all its columns together (words, indicators) or made from others (components) is meant to be; and no flag is too wide.
    if 2 * len(wide) <= len(shares) and all(name in features.columns and shares[name] > 1 for name in wide) and len(shares) > len(wide):
        names = ", ".join(f"“{name[:60]}”" for name in wide[:5]) + (" …" if len(wide) > 5 else "")
        rest = len(shares) - len(wide)
        message = (
            f"{names} makes up {100 * found / total:.1f} % of the (squared) distances between rows: the other {rest} columns hardly count."
        )
        context.warn("scale-differs", f"{message} Put a Scale node before the training.")


def _ranks(series: pd.Series, kind: str, y: np.ndarray) -> np.ndarray | None:
    """The column as numbers; text by the mean of the target for each value. None where nearly every value is another, which tells anything."""
    if kind != "text":
        return np.nan_to_num(number_values(series), nan=0.0)
    values = pd.Series(text_values(series)).fillna("")
    if values.nunique() > 0.5 * len(values):
        return None
    return pd.Series(y.astype(float)).groupby(values).transform("mean").to_numpy()


def _figure(values: np.ndarray | None, y: np.ndarray, classes: list[str]) -> str | None:
    """How well the column alone tells the target, in words; None where not suspiciously well."""
    if values is None or np.ptp(values) == 0:
        return None
    if len(classes) == 2:
        auc = _auc(values, y == 1)
        return f"an AUC of {max(auc, 1 - auc):.3f}" if max(auc, 1 - auc) > LEAK_AUC else None
    if classes:
        tree = DecisionTreeClassifier(max_leaf_nodes=2 * len(classes), random_state=0).fit(values[:, None], y)
        accuracy = float(tree.score(values[:, None], y))
        return f"an accuracy of {accuracy:.3f}" if accuracy > LEAK_ACCURACY else None
    if np.ptp(y) == 0:
        return None
    correlation = abs(float(np.corrcoef(values, y)[0, 1]))
    return f"a correlation of {correlation:.4f}" if correlation > LEAK_CORRELATION else None


def _auc(values: np.ndarray, positive: np.ndarray) -> float:
    """The area under the ROC curve, from ranks (Mann and Whitney): a table may have thousands of columns to look at."""
    ones = int(positive.sum())
    if ones in (0, len(positive)):
        return TRUTHLESS
    return float((rankdata(values)[positive].sum() - ones * (ones + 1) / 2) / (ones * (len(positive) - ones)))


def _identifies(series: pd.Series) -> str | None:
    """Whole numbers that are nearly all different and close together count rows rather than something."""
    present = series.dropna()
    distinct = present.nunique()
    if distinct <= IDENTIFIER_SHARE * len(series) or int(present.max()) - int(present.min()) > 3 * len(series):
        return None
    return f"{distinct:,} different values in {len(series):,} rows"
