"""Which rows are held out: at random, by groups, or in order of time."""

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from node_containers.columns import column_type
from node_containers.recipe import number_values
from node_containers.sdk import NodeError

# A column parts the rows into groups when the other columns hardly change within one of its values.
MIN_GROUPS = 20
ROWS_IN_GROUP = (2.0, 100.0)
SAME_WITHIN = 0.1
MAX_ROWS_LOOKED_AT = 50_000


def groups_of(column: pd.Series) -> np.ndarray:
    """A code for each row, one for the rows of a group, in the order of their values, as scikit-learn numbers groups; a row without a group is its own."""
    codes = column.factorize(sort=True)[0]
    return np.where(codes < 0, np.arange(len(codes)) + codes.max(initial=-1) + 1, codes)


def hold_out(
    codes: np.ndarray, share: float, seed: int, shuffle: bool, strata: pd.Series | None, grouped: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Places of the rows that stay and of those that are held out.

    Where no row is tied to another, both come as scikit-learn's train_test_split gives them with the same seed, order included; else in the order of the table.
    """
    firsts = np.flatnonzero(~pd.Series(codes).duplicated())
    try:
        if grouped:
            return next(GroupShuffleSplit(1, test_size=share, random_state=seed).split(codes, groups=codes))
        labels = None if strata is None else strata.iloc[firsts]
        stay, held = train_test_split(firsts, test_size=share, random_state=seed if shuffle else None, shuffle=shuffle, stratify=labels)
    except ValueError as wrong:
        what = "groups" if grouped else "different rows"
        message = f"{len(firsts)} {what} cannot be split with a share of {share:g}: {wrong}"
        raise NodeError("split-too-small", message, field="params.test_size", hint="Take more rows or another share.") from wrong
    if len(firsts) == len(codes):
        return stay, held
    out = np.isin(codes, codes[held])
    return np.flatnonzero(~out), np.flatnonzero(out)


def latest(times: pd.Series, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Places of the rows before and from the time on that leaves the share behind it; rows of one time stay together."""
    values = number_values(times)
    border = np.sort(values)[len(values) - max(1, round(share * len(values)))] if len(values) else np.nan
    held = values >= border
    if held.all() or not held.any():
        message = f"“{times.name}” has too few different times for a share of {share:g}."
        raise NodeError("split-too-small", message, field="params.test_size", hint="Take another share, or split at random.")
    return np.flatnonzero(~held), np.flatnonzero(held)


def groups_across(frame: pd.DataFrame, held: np.ndarray) -> tuple[str, int, int, list[str]] | None:
    """A column whose values lie on both sides while others hardly change within one of them: (column, values on both sides, values, the others)."""
    if len(frame) > MAX_ROWS_LOOKED_AT:
        frame, held = frame.iloc[:MAX_ROWS_LOOKED_AT], held[:MAX_ROWS_LOOKED_AT]
    numbers = {str(name): number_values(frame[name]) for name in frame.columns if column_type(frame[name]) == "number"}
    for name in frame.columns:
        if column_type(frame[name]) not in ("text", "integer"):
            continue
        codes = frame[name].factorize()[0]
        groups = codes.max(initial=-1) + 1
        if groups < MIN_GROUPS or not ROWS_IN_GROUP[0] <= len(frame) / groups <= ROWS_IN_GROUP[1]:
            continue
        same = [other for other, values in numbers.items() if _within(values, codes) < SAME_WITHIN]
        if same and len(same) * 2 >= len(numbers):
            both = len(np.intersect1d(codes[held & (codes >= 0)], codes[~held & (codes >= 0)]))
            if both:
                return str(name), both, int(groups), same
    return None


def _within(values: np.ndarray, codes: np.ndarray) -> float:
    """Share of the variance that lies within groups; 1 where there is none, or nothing repeats."""
    known = (codes >= 0) & ~np.isnan(values)
    series, by = pd.Series(values[known]), codes[known]
    total = float(series.var(ddof=0)) if len(series) else 0.0
    if total <= 0 or pd.Series(by).nunique() > len(by) / 1.5:
        return 1.0
    spread = series - series.groupby(by).transform("mean")
    # Small groups look closer than they are: their own mean takes one of their rows.
    return float((spread**2).sum() / (len(by) - pd.Series(by).nunique())) / total
