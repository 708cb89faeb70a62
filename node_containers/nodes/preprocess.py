"""Clean a table: drop incomplete rows, fill, scale, encode."""

from pydantic import Field

from node_containers.appending import WORDS
from node_containers.recipe import step
from node_containers.rows import keep
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, node


class Params(NodeParams):
    drop_nulls: bool = Field(False, title="Drop incomplete rows", description="Remove every row with an empty cell, at once and counted.")
    normalize: bool = Field(
        True, title="Scale numbers", description="Bring numbers to mean 0 and deviation 1, as learned from the training rows."
    )
    encode_categorical: bool = Field(
        True, title="Encode categories", description="Turn text into one column per category seen in training."
    )


@node(title="Preprocess", group="Prepare", family="feature", icon="wand", columns="same", learns=True)
def preprocess(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Fill empty cells, scale numbers and encode categories, without a look at the test rows.

    Dropping rows happens at once. Filling, scaling and encoding are only written into the table's recipe, whether the node stands before or
    behind the split; the training node fits them on the training rows, and serving applies the very same fitted steps.
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
    steps = [step("impute")]
    steps += [step("scale")] if params.normalize else []
    steps += [step("encode")] if params.encode_categorical else []
    context.summary = f"{', '.join(WORDS[one['step']] for one in steps)}; learned when a model trains"
    return table.with_steps(*steps)
