"""What feature nodes do: look whether a step makes sense on this table, and write it into the recipe."""

from collections.abc import Mapping, Sequence
from typing import Any

from node_containers.columns import column_type
from node_containers.recipe import step
from node_containers.rows import need_columns
from node_containers.sdk import Context, NodeError, Table
from node_containers.view import view

NUMBERS = ("integer", "number", "boolean", "datetime")
TEXT = ("text",)
# What each step does, for the card of its node.
WORDS = {
    "impute": "fill empty cells",
    "impute_knn": "fill empty cells from similar rows",
    "impute_iterative": "fill empty cells as the other columns foretell",
    "encode": "one column for each category",
    "encode_ordinal": "categories as whole numbers",
    "encode_target": "categories as the mean of the target",
    "text": "one column for each word",
    "scale": "bring to mean 0 and deviation 1",
    "scale_minmax": "bring into a fixed range",
    "scale_robust": "bring to median 0 and a fixed spread",
    "power": "even out skewed numbers by a power",
    "quantile": "put numbers in their place in the order",
    "bin": "put numbers into intervals",
    "outliers": "hold numbers within limits",
    "outliers_forest": "flag rows unlike the others",
    "polynomial": "add powers and products",
    "pca": "few components for many columns",
    "svd": "few components for many columns",
    "select_best": "keep the features that tell most",
    "select_variance": "keep the features that vary",
    "select_rfe": "leave out the weakest features, round by round",
    "rename": "rename columns",
    "change_types": "read columns as other types",
    "formula": "compute a column",
    "date_parts": "take parts of a date",
    "replace": "replace values",
    "dates": "take parts of dates",
    "leave_out": "leave columns out",
}


def append(
    table: Table,
    context: Context,
    name: str,
    params: Mapping[str, Any],
    *,
    columns: Sequence[str] | None = None,
    takes: Sequence[str] | None = None,
) -> Table:
    """The table with one more step. Columns that are named must be there, and of the kinds the step `takes`; a step that learns nothing is tried at once.

    Open `columns` are not written down: the step then means all that suit it when it is fitted.
    """
    need_columns(table, columns or (), "params.columns")
    for column in columns or ():
        kind = column_type(table.view[column])
        # A name may mean what came of a column: text that was encoded before is numbers by now.
        if takes is not None and kind not in takes and not _turned(table, column):
            message = f"“{column}” holds {kind}; the step takes {' or '.join(takes)}."
            raise NodeError("column-type", message, field="params.columns", hint="Take it out, or change its type first.")
    one = step(name, **({} if columns is None else {"columns": list(columns)}), **params)
    of = f": {', '.join(columns[:4])}{' …' if len(columns) > 4 else ''}" if columns else ""
    context.summary = f"{WORDS[name]}{of}; learned when a model trains"
    return table.with_steps(one)


def _turned(table: Table, column: str) -> bool:
    return any(one["step"].startswith(("encode", "text")) and column in (one["params"].get("columns") or [column]) for one in table.recipe)


def apply_now(table: Table, context: Context, name: str, /, **params: Any) -> Table:
    """The table with one more step that learns nothing, tried on its rows so that a mistake is found here and not in the training."""
    one = step(name, **params)
    view(table.view, [one])
    context.summary = WORDS[name]
    return table.with_steps(one)
