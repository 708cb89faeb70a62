"""Text into numbers: one column a category, a rank, the mean of the target, or the weight of words."""

import sys
import warnings
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from node_containers.cells import Cells, Target, Working, is_text, text_of
from node_containers.sdk import NodeError
from node_containers.steps.action import Action, Columns

# Text with more different values than this, most of them seen once, names rows rather than describing them.
IDENTIFIER_MIN_DISTINCT = 50
IDENTIFIER_MIN_SHARE = 0.5
# Text of which at least every tenth is another, with so many words on average, is told rather than chosen from a list.
PROSE_MIN_WORDS = 3
PROSE_MIN_SHARE = 0.1
MAX_CATEGORIES = 1_000
INFREQUENT = "(infrequent)"


def identifies(values: np.ndarray) -> str | None:
    """Why a column of text names rows rather than describing them; None where it does not."""
    present = [cell for cell in values if cell is not None]
    distinct = len(set(present))
    if distinct > IDENTIFIER_MIN_DISTINCT and distinct > IDENTIFIER_MIN_SHARE * len(present):
        return f"{distinct:,} different values in {len(present):,} rows: it names rows rather than describing them"
    return None


def is_prose(cells: Cells) -> bool:
    """Whether a column holds long, free text (comments, descriptions, full names) rather than categories: the one rule that tells them apart."""
    if not cells.is_text:
        return False
    present = [cell for cell in cells.values if cell is not None]
    distinct = len(set(present))
    many = distinct > IDENTIFIER_MIN_DISTINCT and distinct > PROSE_MIN_SHARE * len(present)
    return many and sum(len(cell.split()) for cell in present) >= PROSE_MIN_WORDS * len(present)


class _Categories(Action):
    """Base of the encoders that learn a list of categories. Columns that name rows are passed by where none is named. An empty cell is never unknown."""

    def __init__(self, columns: Columns = None) -> None:
        self.columns = columns

    def _choose(self, working: Working) -> list[str]:
        names = working.choose(self.columns, is_text, "text")
        return names if self.columns is not None else [name for name in names if not identifies(working.cells[name].values)]

    @staticmethod
    def _need_known(name: str, cells: Cells, known: Collection[str]) -> None:
        """Raises `NodeError` category-unknown, which names the raw column, where a cell holds what no training row had."""
        rows = [row for row, cell in enumerate(cells.values) if cell is not None and cell not in known]
        if rows:
            field = next(iter(cells.origins)) if len(cells.origins) == 1 else name
            share = f" Of {len(cells.values):,} rows {len(rows):,} hold such a category." if len(rows) > 1 else ""
            message = f"The column “{field}” holds “{cells.values[rows[0]][:60]}”, which no training row had.{share}"
            hint = "Mend the value, train with rows that have it, or let Encode take what is unseen (handle_unknown)."
            raise NodeError("category-unknown", message, field=field, hint=hint, rows=rows)


class OneHot(_Categories):
    """One column for each category seen in training; an unseen or missing one is all zeros.

    `handle_unknown`: “infrequent_if_exist” puts an unseen one in the column of the rare ones, where there is one; “error” refuses it.
    `min_frequency` (a count, or a share below 1) and `max_categories` gather the rarest in one column. `drop` leaves out the first category, or that of two.
    """

    def __init__(
        self,
        columns: Columns = None,
        drop: str | None = None,
        min_frequency: float | None = None,
        max_categories: int | None = None,
        handle_unknown: str = "ignore",
    ) -> None:
        super().__init__(columns)
        self.drop = drop
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.handle_unknown = handle_unknown

    def learn(self, working: Working, target: Target | None) -> None:
        # The column of each category, and of one that no training row had; -1 where it has none.
        self.places_: dict[str, dict[str, int]] = {}
        self.names_: dict[str, tuple[str, ...]] = {}
        self.unseen_: dict[str, int] = {}
        for name in self._choose(working):
            present = np.asarray([cell for cell in working.cells[name].values if cell is not None], dtype=str)
            distinct, counts = np.unique(present, return_counts=True)
            if len(distinct) > MAX_CATEGORIES and not (self.min_frequency or self.max_categories):
                message = f"The column “{name}” has {len(distinct):,} categories; {MAX_CATEGORIES:,} can become columns."
                hint = "Gather the rare ones with max_categories, encode by the target, or drop the column."
                raise NodeError("category-too-many", message, field=name, hint=hint)
            kept = self._kept(counts)
            labels = [str(category) for category, keep in zip(distinct, kept, strict=True) if keep]
            places = {category: place for place, category in enumerate(labels)}
            if not kept.all():
                places |= {str(category): len(labels) for category, keep in zip(distinct, kept, strict=True) if not keep}
                labels.append(INFREQUENT)
            skip = int(self.drop == "first" or (self.drop == "if_binary" and len(labels) == 2))
            self.places_[name] = {category: place - skip for category, place in places.items()}
            self.names_[name] = tuple(sys.intern(f"{name}={label}") for label in labels[skip:])
            self.unseen_[name] = -1 if kept.all() else len(self.names_[name]) - 1

    def _kept(self, counts: np.ndarray) -> np.ndarray:
        """Which categories have a column of their own."""
        least = self.min_frequency or 0
        kept = counts >= (least * counts.sum() if least < 1 else least)
        if self.max_categories and kept.sum() + (not kept.all()) > self.max_categories:
            order = np.argsort(-counts, kind="stable")
            kept[order[max(self.max_categories - 1, 0) :]] = False
        return np.asarray(kept)

    def apply(self, working: Working) -> None:
        for name, places in self.places_.items():
            if name in working.cells:
                cells = working.cells[name]
                if self.handle_unknown == "error":
                    self._need_known(name, cells, places)
                matrix = np.zeros((working.rows, len(self.names_[name])))
                unseen = self.unseen_[name] if self.handle_unknown == "infrequent_if_exist" else -1
                for row, cell in enumerate(cells.values):
                    place = -1 if cell is None else places.get(cell, unseen)
                    if place >= 0:
                        matrix[row, place] = 1.0
                working.cells[name] = Cells("indicators", matrix, cells.origins, self.names_[name])


class Ordinal(_Categories):
    """The rank of each category in the order of the alphabet.

    An unseen one gets `unknown_value`, or is refused (`handle_unknown`: “error”); a missing one stays empty, or gets `encoded_missing_value`.
    """

    def __init__(
        self,
        columns: Columns = None,
        unknown_value: float = -1,
        handle_unknown: str = "use_encoded_value",
        encoded_missing_value: float | None = None,
    ) -> None:
        super().__init__(columns)
        self.unknown_value = unknown_value
        self.handle_unknown = handle_unknown
        self.encoded_missing_value = encoded_missing_value

    @property
    def fills(self) -> Collection[str]:
        return self.ranks_ if self.encoded_missing_value is not None else ()

    def learn(self, working: Working, target: Target | None) -> None:
        self.ranks_: dict[str, dict[str, int]] = {}
        for name in self._choose(working):
            present = {cell for cell in working.cells[name].values if cell is not None}
            self.ranks_[name] = {category: rank for rank, category in enumerate(sorted(present))}
            if self.encoded_missing_value in self.ranks_[name].values():
                message = (
                    f"Empty cells of “{name}” would be {self.encoded_missing_value:g}, the rank of one of its {len(present):,} categories."
                )
                raise NodeError("param-range", message, field="params.encoded_missing_value", hint="Take a number below zero.")

    def apply(self, working: Working) -> None:
        missing = np.nan if self.encoded_missing_value is None else self.encoded_missing_value
        for name, ranks in self.ranks_.items():
            if name in working.cells:
                cells = working.cells[name]
                if self.handle_unknown == "error":
                    self._need_known(name, cells, ranks)
                values = [missing if cell is None else ranks.get(cell, self.unknown_value) for cell in cells.values]
                working.cells[name] = Cells("number", np.asarray(values, dtype=float), cells.origins)


class Codes(Ordinal):
    """A whole number for each category, for a model that takes categories as such; an unseen or missing one is empty.

    Columns that are no text any more are passed by. More than `most` categories are refused.
    """

    def __init__(self, columns: Columns = None, most: int | None = None) -> None:
        super().__init__(columns, np.nan)
        self.most = most

    def _choose(self, working: Working) -> list[str]:
        if self.columns is None:
            return super()._choose(working)
        return [name for name in self.columns if name in working.cells and working.cells[name].is_text]

    def learn(self, working: Working, target: Target | None) -> None:
        super().learn(working, target)
        for name, ranks in self.ranks_.items():
            if self.most is not None and len(ranks) > self.most:
                message = f"The column “{name}” has {len(ranks):,} categories; the model takes {self.most:,} as such."
                raise NodeError("category-too-many", message, field=name, hint="Encode it by the target, gather rare ones, or drop it.")


class ByTarget(_Categories):
    """scikit-learn's TargetEncoder: the smoothed mean of the target for each category.

    The training rows themselves are encoded by folds: none sees its own target. An unseen category gets the mean of all.
    `target_type` “auto” is as the model learns the target; “continuous” takes classes by their place in the order. Columns that name rows are encoded, too,
    unless `pass_identifiers` says otherwise.
    """

    def __init__(
        self,
        columns: Columns = None,
        smooth: str | float = "auto",
        cv: int = 5,
        random_state: int = 42,
        target_type: str = "auto",
        pass_identifiers: bool = False,
    ) -> None:
        super().__init__(columns)
        self.pass_identifiers = pass_identifiers
        self.smooth = smooth
        self.cv = cv
        self.random_state = random_state
        self.target_type = target_type

    def _choose(self, working: Working) -> list[str]:
        return super()._choose(working) if self.pass_identifiers else working.choose(self.columns, is_text, "text")

    def learn(self, working: Working, target: Target | None) -> None:
        self._fit(working, target)

    def learn_apply(self, working: Working, target: Target | None) -> None:
        for name, encoded in self._fit(working, target).items():
            self._put(working, name, encoded)

    def _fit(self, working: Working, target: Target | None) -> dict[str, np.ndarray]:
        """The encoders, and the training rows as their folds encode them."""
        if target is None:
            message = "Encoding by the target needs a target; this model learns none."
            raise NodeError("target-needed", message, field="params.method", hint="Encode one-hot or by rank.")
        from sklearn.preprocessing import TargetEncoder

        self.encoders_: dict[str, Any] = {}
        encoded = {}
        kind = self._type(target)
        for name in self._choose(working):
            encoder = TargetEncoder(target_type=kind, smooth=self.smooth, cv=self._folds(target, kind))
            with warnings.catch_warnings():
                # A class with fewer rows than folds is still encoded; the warning is for people who score on these folds.
                warnings.simplefilter("ignore", UserWarning)
                encoded[name] = encoder.fit_transform(_as_column(working.cells[name].values), target.y)
            self.encoders_[name] = encoder
        return encoded

    def _folds(self, target: Target, kind: str) -> Any:
        from sklearn.model_selection import KFold, StratifiedKFold

        if kind == "continuous":
            return KFold(min(self.cv, len(target.y)), shuffle=True, random_state=self.random_state)
        folds = max(2, min(self.cv, int(np.bincount(target.y).max())))
        return StratifiedKFold(folds, shuffle=True, random_state=self.random_state)

    def _type(self, target: Target) -> str:
        """What the target is encoded as. Raises `NodeError` task-mismatch where it is not what `target_type` says."""
        classes = 0 if target.task == "regression" else len(np.unique(target.y))
        found = "continuous" if target.task == "regression" else "binary" if classes <= 2 else "multiclass"
        if self.target_type in ("auto", "continuous", found):
            return found if self.target_type == "auto" else self.target_type
        has = f"{classes} classes" if classes else "quantities"
        message = f"The target holds {has}, which cannot be encoded as {self.target_type}."
        raise NodeError("task-mismatch", message, field="params.target_type", hint="Take “auto”: it goes by the target.")

    def apply(self, working: Working) -> None:
        for name, encoder in self.encoders_.items():
            if name in working.cells:
                self._put(working, name, encoder.transform(_as_column(working.cells[name].values)))

    def _put(self, working: Working, name: str, encoded: np.ndarray) -> None:
        cells = working.cells[name]
        if encoded.shape[1] == 1:
            working.cells[name] = Cells("number", encoded[:, 0], cells.origins)
        else:
            names = tuple(sys.intern(f"{name}→{place}") for place in range(encoded.shape[1]))
            working.cells[name] = Cells("numbers", encoded, cells.origins, names)


def _as_column(values: np.ndarray) -> np.ndarray:
    return np.asarray(text_of(values), dtype=object)[:, None]


class Words(Action):
    """scikit-learn's TfidfVectorizer: one column a word (or run of words), weighed by how telling it is. An empty cell holds no word.

    `prose` means the columns of long, free text, where none is named.
    """

    def __init__(
        self,
        columns: Columns = None,
        ngram_range: Sequence[int] = (1, 1),
        min_df: float = 1,
        max_df: float = 1.0,
        max_features: int | None = 1_000,
        stop_words: str | None = None,
        lowercase: bool = True,
        sublinear_tf: bool = False,
        prose: bool = False,
    ) -> None:
        self.columns = columns
        self.prose = prose
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.stop_words = stop_words
        self.lowercase = lowercase
        self.sublinear_tf = sublinear_tf

    def learn(self, working: Working, target: Target | None) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.vectorizers_: dict[str, Any] = {}
        self.names_: dict[str, tuple[str, ...]] = {}
        for name in working.choose(self.columns, is_prose if self.prose else is_text, "text"):
            vectorizer = TfidfVectorizer(
                ngram_range=tuple(self.ngram_range),
                min_df=int(self.min_df) if self.min_df >= 1 else self.min_df,
                max_df=self.max_df if self.max_df <= 1 else int(self.max_df),
                max_features=self.max_features,
                stop_words=self.stop_words,
                lowercase=self.lowercase,
                sublinear_tf=self.sublinear_tf,
            )
            try:
                vectorizer.fit(text_of(working.cells[name].values))
            except ValueError as wrong:
                message = f"The column “{name}” gives no words: {wrong}"
                raise NodeError("text-empty", message, field=name, hint="Lower min_df, raise max_df, or drop the column.") from wrong
            self.vectorizers_[name] = vectorizer
            self.names_[name] = tuple(sys.intern(f"{name}:{word}") for word in vectorizer.get_feature_names_out())

    def apply(self, working: Working) -> None:
        for name, vectorizer in self.vectorizers_.items():
            if name in working.cells:
                cells = working.cells[name]
                matrix = vectorizer.transform(text_of(cells.values)).toarray()
                working.cells[name] = Cells("indicators", matrix, cells.origins, self.names_[name])
