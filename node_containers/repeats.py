"""Which equal rows are copies of one another, and which are observations that happen to be alike.

A row that was copied must not be learned on one side of a split and scored on the other. In a table of few different values, though, many rows are equal
without being copies: 283 passengers are men of the third class whose age nobody knows. Put on one side together they make a test that is unlike what is
learned; and where rows are tied by their answer, too, the test holds just those answers that training has not seen (ADR 62).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

# So many different rows are not all there an even number of times by chance: two to the minus ten.
WHOLE_TABLE = 10
# A set of copies that is larger than this share of the rows makes the parts uneven, and is said.
LARGE_SET = 0.05


class Repeats(NamedTuple):
    """`codes` has a number for each row, the same for rows that must stay together; `copies` and `alike` count rows that repeat another one."""

    codes: np.ndarray
    copies: int = 0
    alike: int = 0
    why: str = "their values are so common that chance makes rows equal"

    def said(self, place: str) -> tuple[str, str] | None:
        """Code and words of the warning; `place` is where copies stay together. None where no row repeats another."""
        rows, repeated = len(self.codes), self.copies + self.alike
        if not repeated:
            return None
        if not self.alike:
            return "duplicate-rows", f"{repeated:,} of {rows:,} rows repeat another row; equal rows stay {place}.{self._large()}"
        alike = f"{self.alike:,} of them count as observations of their own: {self.why}."
        copies = f" The other {self.copies:,} stay {place} with the rows they equal.{self._large()}" if self.copies else ""
        return "rows-alike", f"{repeated:,} of {rows:,} rows have the same features as another row. {alike}{copies}"

    def _large(self) -> str:
        largest, rows = int(np.bincount(self.codes).max()), len(self.codes)
        if largest <= LARGE_SET * rows:
            return ""
        return f" The largest set has {largest:,} rows, {largest / rows:.0%} of all, which makes the parts uneven."


def sets_of(frame: pd.DataFrame) -> np.ndarray:
    """A number for each row, the same for equal rows, in the order of their first ones; two empty cells are equal."""
    return pd.factorize(pd.util.hash_pandas_object(frame, index=False).to_numpy())[0]


def find_repeats(features: pd.DataFrame, target: pd.Series | np.ndarray | None = None) -> Repeats:
    """The copies among rows whose features are equal.

    Equal rows are set loose where chance accounts for them: were the columns independent, at least one more row with these very values would be expected
    among the others. So are rows without any value. A table that is there several times as a whole is first taken back to one time.
    """
    codes = sets_of(features)
    if not _repeated(codes):
        return Repeats(codes)
    units = _units(codes, target)
    firsts = np.flatnonzero(~pd.Series(units).duplicated())
    tied = _loosened(features.iloc[firsts], codes[firsts])[units]
    return Repeats(tied, _repeated(tied), _repeated(codes) - _repeated(tied))


def all_together(features: pd.DataFrame) -> Repeats:
    codes = sets_of(features)
    return Repeats(codes, _repeated(codes))


def none_together(features: pd.DataFrame) -> Repeats:
    return Repeats(np.arange(len(features)), alike=_repeated(sets_of(features)), why="so it was chosen")


def _repeated(codes: np.ndarray) -> int:
    return len(codes) - int(codes.max(initial=-1)) - 1


def _units(codes: np.ndarray, target: pd.Series | np.ndarray | None) -> np.ndarray:
    """A number for each row, in the order of first ones: rows of one number are the same row of a table that is there several times; else each has its own."""
    whole = codes if target is None else sets_of(pd.DataFrame({"row": codes, "target": np.asarray(target)}))
    counts = np.bincount(whole)
    times = int(np.gcd.reduce(counts))
    if times < 2 or len(counts) < WHOLE_TABLE:
        return np.arange(len(codes))
    place = pd.Series(whole).groupby(whole).cumcount().to_numpy() // times
    return pd.factorize(whole * len(codes) + place)[0]


def _loosened(features: pd.DataFrame, codes: np.ndarray) -> np.ndarray:
    """The codes, with one of its own for each row of a set that chance accounts for."""
    codes = pd.factorize(codes)[0]
    firsts, sizes = np.flatnonzero(~pd.Series(codes).duplicated()), np.bincount(codes)
    several = np.flatnonzero(sizes > 1)
    if not len(several):
        return codes
    own = sizes[several]
    others = len(codes) - own
    expected = others.astype(float)
    for place in range(features.shape[1]):
        values = features.iloc[:, place].factorize(use_na_sentinel=False)[0]
        expected *= (np.bincount(values)[values[firsts[several]]] - own) / np.maximum(others, 1)
        # It only becomes less with every column, and one of different numbers settles it.
        if expected.max() < 1:
            break
    # A row without any value says nothing that could have been copied.
    empty = features.iloc[firsts[several]].isna().all(axis=1).to_numpy()
    loose = np.isin(codes, several[(expected >= 1) | empty])
    return pd.factorize(np.where(loose, len(codes) + np.arange(len(codes)), codes))[0]
