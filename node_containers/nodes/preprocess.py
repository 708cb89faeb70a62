"""Clean a table: drop incomplete rows, fill, scale, encode."""

from typing import Literal

from pydantic import Field

from node_containers.appending import WORDS
from node_containers.recipe import step
from node_containers.rows import keep
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, Step, node

SCALERS = {"standard": "scale", "minmax": "scale_minmax", "robust": "scale_robust", "power": "power", "quantile": "quantile"}


class Params(NodeParams):
    drop_nulls: bool = Field(False, title="Drop incomplete rows", description="Remove every row with an empty cell, at once and counted.")
    normalize: bool = Field(
        True, title="Scale numbers", description="Bring numbers to a common scale, as learned from the training rows; how is said below."
    )
    numeric: Literal["standard", "minmax", "robust", "power", "quantile"] = Field(
        "standard",
        title="How to scale",
        description="Mean 0 and deviation 1, range 0 to 1, median 0 with quartiles 1 apart, evened out by a power, or the place in the order.",
    )
    encode_categorical: bool = Field(
        True, title="Encode categories", description="Turn text into numbers by the categories seen in training; how is said below."
    )
    categorical: Literal["onehot", "ordinal", "target", "drop"] = Field(
        "onehot",
        title="How to encode",
        description="One column a category, its rank in the alphabet, the mean of the target for it, or leave such columns out.",
    )
    max_categories: int | None = Field(
        None,
        ge=1,
        le=10_000,
        title="Most categories",
        description="For “onehot”: so many columns for each column at most; rarer categories share the last.",
    )
    datetime: Literal["elapsed", "parts", "drop"] = Field(
        "elapsed", title="Dates", description="Days since 1970 as a number, parts (year, month, day, day of the week), or leave them out."
    )
    text: Literal["category", "tfidf", "drop"] = Field(
        "category",
        title="Long text",
        description="Free text of three words and more: like other text, one column a word by how telling it is, or leave it out.",
    )


@node(title="Preprocess", group="Prepare", family="feature", icon="wand", columns="same", learns=True)
def preprocess(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Fill empty cells, scale numbers and encode categories, without a look at the test rows.

    Dropping rows happens at once. Filling, scaling and encoding are only written into the table's recipe, whether the node stands before or
    behind the split; the training node fits them on the training rows, and serving applies the very same fitted steps.

    Each kind of column has its own way. A column of text is long text where the training rows hold more than 50 different texts, a tenth of the rows at least,
    with three words or more on average; other text is categories, and is left out with a warning where it names rows.
    """
    if params.drop_nulls:
        table = keep(table, table.view.notna().all(axis=1), context, "an empty cell")
        if not table.rows:
            raise NodeError(
                "data-no-rows",
                "Every row has an empty cell: nothing is left.",
                field="params.drop_nulls",
                hint="Switch it off; cells are filled.",
            )
    steps = [*_dates(params), *_long_text(params), step("impute")]
    steps += [step(SCALERS[params.numeric])] if params.normalize else []
    steps += [_encoder(params)] if params.encode_categorical else []
    context.summary = f"{', '.join(WORDS[one['step']] for one in steps)}; learned when a model trains"
    return table.with_steps(*steps)


def _dates(params: Params) -> list[Step]:
    """Dates that stay as they are count as days since 1970."""
    return {"elapsed": [], "parts": [step("dates")], "drop": [step("leave_out", kind="datetime")]}[params.datetime]


def _long_text(params: Params) -> list[Step]:
    """In front of filling: an empty text holds no word, and not the words of the most frequent one."""
    return {"category": [], "tfidf": [step("text", prose=True)], "drop": [step("leave_out", kind="prose")]}[params.text]


def _encoder(params: Params) -> Step:
    if params.categorical == "onehot":
        return step("encode", **({} if params.max_categories is None else {"max_categories": params.max_categories}))
    if params.categorical == "target":
        return step("encode_target", pass_identifiers=True)
    return step("encode_ordinal") if params.categorical == "ordinal" else step("leave_out", kind="text")
