"""Hold a table to what it promises."""

import re
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from node_containers.columns import column_type
from node_containers.numerals import numeral
from node_containers.recipe import number_values
from node_containers.rows import need_columns
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, column, node


class Expectation(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = column("", title="Column", description="The column that is looked at.")
    rule: Literal["not_null", "unique", "range", "in_set", "regex"] = Field("not_null", title="Rule", description="What must hold for it.")
    lower: float | None = Field(None, title="Least", description="For a range: the smallest value allowed.")
    upper: float | None = Field(None, title="Most", description="For a range: the largest value allowed.")
    values: list[str] = Field([], max_length=1_000, title="Values", description="For a set: the values allowed.")
    pattern: str = Field("", max_length=500, title="Pattern", description="For a regular expression: what the whole text must match.")


class Params(NodeParams):
    rules: list[Expectation] = Field([], max_length=100, title="Expectations", description="What must hold for the columns.")
    on_fail: Literal["stop", "warn"] = Field("stop", title="Otherwise", description="Stop the run at this node, or go on with a warning.")


@node(title="Validate data", group="Rows", family="row", icon="shield-check", columns="same", reads="named")
def validate_data(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Check what must hold for a table: no empty cells, no repetition, ranges, sets, patterns. The rows stay as they are.

    Empty cells break only the rule against them. What fails is named with its count and examples.
    """
    need_columns(table, (rule.column for rule in params.rules), "params.rules")
    failed: list[str] = []
    for rule in params.rules:
        broken = _broken(table.view[rule.column], rule)
        if broken.any():
            examples = ", ".join(str(cell)[:40] for cell in table.view[rule.column][broken].head(3))
            failed.append(f"“{rule.column}” {_words(rule)}: {int(broken.sum()):,} of {table.rows:,} rows do not ({examples})")
            context.log(failed[-1])
    context.metric("rules_failed", float(len(failed)))
    context.summary = (
        f"{len(params.rules) - len(failed)} of {len(params.rules)} expectations hold" if params.rules else "nothing is expected yet"
    )
    if failed and params.on_fail == "stop":
        more = f"; and {len(failed) - 1} more, see the log" if len(failed) > 1 else ""
        raise NodeError("expectation-failed", f"{failed[0]}{more}.", field="params.rules", hint="Mend the data, or let it warn only.")
    for words in failed:
        context.warn("expectation-failed", f"{words}.")
    return table


def _broken(series: pd.Series, rule: Expectation) -> np.ndarray:
    missing = series.isna().to_numpy()
    if rule.rule == "not_null":
        return missing
    if rule.rule == "unique":
        return series.duplicated(keep=False).to_numpy() & ~missing
    if rule.rule == "range":
        if column_type(series) not in ("integer", "number"):
            raise NodeError("column-type", f"“{rule.column}” holds no numbers.", field="params.rules", hint="Ask for a set or a pattern.")
        values = number_values(series)
        low, high = (rule.lower if rule.lower is not None else -np.inf), (rule.upper if rule.upper is not None else np.inf)
        return ((values < low) | (values > high)) & ~missing
    texts = ["" if gone else str(cell) for cell, gone in zip(series, missing, strict=True)]
    if rule.rule == "in_set":
        return np.asarray([text not in rule.values for text in texts]) & ~missing
    try:
        pattern = re.compile(rule.pattern)
    except re.error as wrong:
        message = f"“{rule.pattern[:60]}” is no regular expression: {wrong}."
        raise NodeError("pattern-invalid", message, field="params.rules", hint="Mend the pattern.") from wrong
    return np.asarray([pattern.fullmatch(text) is None for text in texts]) & ~missing


def _words(rule: Expectation) -> str:
    low, high = ("…" if end is None else numeral(end, 6) for end in (rule.lower, rule.upper))
    return {
        "not_null": "must not be empty",
        "unique": "must not repeat",
        "range": f"must lie between {low} and {high}",
        "in_set": f"must be one of {', '.join(rule.values[:8])}",
        "regex": f"must match {rule.pattern[:60]}",
    }[rule.rule]
