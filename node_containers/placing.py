"""Params of an estimator that name columns of the table, and where those are in the matrix it learns from.

The estimator keeps the names: they mean the same in every fold, where a category more or less moves all that stands behind it. Only while it is fitted they
are replaced by places. A name means what came of the column; that must be one column of the matrix, because an order, or a set of categories, of several
says nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from node_containers.sdk import Context, NodeError
from node_containers.steps.encoding import Ordinal

if TYPE_CHECKING:
    from node_containers.recipe import Preparation

CONSTRAINTS, CATEGORIES, ENABLED = "monotone_constraints", "categorical_features", "enable_categorical"


def names_columns(estimator: Any) -> bool:
    """Whether a param of the estimator, or of one inside of it, names columns."""
    return bool(_naming(estimator))


@contextmanager
def placed(estimator: Any, preparation: "Preparation") -> Iterator[None]:
    """While inside, params that name columns hold their places in the matrix of the fitted `preparation`. A column that is left out is passed by.

    Raises `NodeError` column-many where a named column became several, column-unordered where a constraint names categories.
    """
    named = _naming(estimator)
    changes: dict[str, Any] = {}
    for param, value in named.items():
        owner, name = param.rpartition("__")[0::2]
        prefix = f"{owner}__" if owner else ""
        if name == ENABLED:
            changes[f"{prefix}feature_types"] = _kinds(preparation)
        elif name == CONSTRAINTS:
            coded = coded_columns(preparation) if named.get(f"{prefix}{ENABLED}") else []
            changes[param] = _signs(preparation, value, coded)
        else:
            changes[param] = [place for column in value if (place := _place(preparation, column, name)) is not None]
    known = estimator.get_params()
    estimator.set_params(**changes)
    try:
        yield
    finally:
        for param in changes:
            owner, name = param.rpartition("__")[0::2]
            # Not by `set_params`: XGBoost would hand the names to the booster that is fitted by now, which knows places only.
            setattr(known[owner] if owner else estimator, name, known[param])


def coded_columns(preparation: "Preparation") -> list[str]:
    """Columns that reach the estimator as codes of categories."""
    coded = [name for doing in preparation.actions_ if isinstance(doing, Ordinal) for name in doing.ranks_]
    return [name for name in coded if name in preparation.made_from_]


def tell_of_constraints(preparation: "Preparation", constraints: Mapping[str, int], context: Context) -> None:
    """Warn of constraints that hold for nothing, or for a part of what the model knows of a column only."""
    for name, sign in constraints.items():
        if sign and not preparation.places(name):
            context.warn("constraint-idle", f"The column “{name}” is no feature of the model: its constraint holds for nothing.")
        elif sign and (others := preparation.sharing(name)):
            words = ", ".join(f"“{other}”" for other in others[:4])
            context.warn(
                "constraint-partial", f"“{name}” went into {words}, too: the constraint holds for the column itself, not for those."
            )


def _naming(estimator: Any) -> dict[str, Any]:
    found = {}
    for param, value in estimator.get_params().items():
        name = param.rpartition("__")[2]
        lists = (name == CATEGORIES and isinstance(value, list)) or (name == CONSTRAINTS and isinstance(value, Mapping))
        # A param may be an ensemble that is not fitted: whether that is empty cannot be asked.
        if (lists or name == ENABLED) and value:
            found[param] = value
    return found


def _kinds(preparation: "Preparation") -> list[str]:
    """What XGBoost calls the columns of the matrix: c of categories, q of quantities."""
    coded = {place for name in coded_columns(preparation) for place in preparation.places(name)}
    return ["c" if place in coded else "q" for place in range(len(preparation.feature_names_out_))]


def _signs(preparation: "Preparation", constraints: Mapping[str, int], coded: list[str]) -> tuple[int, ...]:
    signs = [0] * len(preparation.feature_names_out_)
    for column, sign in constraints.items():
        if sign and column in coded:
            message = f"“{column}” is learned as categories, which have no order."
            raise NodeError("column-unordered", message, field=f"params.{CONSTRAINTS}", hint="Take its constraint away.")
        if sign and (place := _place(preparation, column, CONSTRAINTS)) is not None:
            signs[place] = sign
    return tuple(signs)


def _place(preparation: "Preparation", column: str, param: str) -> int | None:
    places = preparation.places(column)
    if len(places) > 1 or (places and column not in preparation.made_from_):
        became = f"{len(places)} columns" if column in preparation.made_from_ else "a part of others"
        message = f"“{column}” became {became} before the model: {_names(preparation, places)}."
        hint = "Leave it out of the step that turns it (Encode, Preprocess, Bin, PCA), or take it out of this param."
        raise NodeError("column-many", message, field=f"params.{param}", hint=hint)
    return places[0] if places else None


def _names(preparation: "Preparation", places: list[int]) -> str:
    names = [preparation.feature_names_out_[place] for place in places[:3]]
    return ", ".join(f"“{name}”" for name in names) + (" …" if len(places) > 3 else "")
