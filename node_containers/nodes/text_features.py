"""Words of a text as numbers."""

from typing import Literal

from pydantic import Field

from node_containers.appending import TEXT, append
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, columns, node


class Params(NodeParams):
    columns: list[str] = columns([], title="Columns", description="Columns of text, such as comments or titles.")
    max_features: int | None = Field(
        1_000,
        ge=1,
        le=50_000,
        title="Words",
        description="The most frequent so many. scikit-learn takes all: here every word is a full column.",
    )
    ngram_max: int = Field(
        1, ge=1, le=4, title="Words in a row", description="Runs of up to so many words count as words, too (ngram_range)."
    )
    min_df: float = Field(1.0, gt=0, le=1e9, title="In at least", description="Rows that hold the word; a count, or a share below 1.")
    max_df: float = Field(1.0, gt=0, le=1e9, title="In at most", description="Rows that hold the word; a share up to 1, or a count.")
    stop_words: Literal["english"] | None = Field(None, title="Stop words", description="Leave out frequent English words.")
    lowercase: bool = advanced(True, title="Lower case", description="Read “The” and “the” as one word.")
    sublinear_tf: bool = advanced(False, title="Dampen", description="Count a repeated word by the logarithm of how often it stands there.")


@node(title="Text features", group="Features", family="feature", icon="abc", columns="same", learns=True)
def text_features(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Turn texts into one column a word, weighed by how telling it is among the training rows (tf-idf).

    Only written into the recipe, before or behind the split alike; the training node learns the words, and serving knows the very same.
    """
    if not params.columns:
        raise NodeError("columns-missing", "No column of text is named.", field="params.columns", hint="Name one.")
    words = {"max_features": params.max_features, "ngram_range": [1, params.ngram_max], "min_df": params.min_df, "max_df": params.max_df}
    more = {"stop_words": params.stop_words, "lowercase": params.lowercase, "sublinear_tf": params.sublinear_tf}
    return append(table, context, "text", {**words, **more}, columns=params.columns, takes=TEXT)
