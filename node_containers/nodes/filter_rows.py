"""Keep the rows that rules hold for."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from node_containers.columns import column_type
from node_containers.formula import Formula
from node_containers.rows import keep, need_columns, told
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, column, expression, node
from node_containers.view import cells_of

Cell = str | float | bool


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = column("", title="Column", description="The column that is looked at.")
    op: Literal["==", "!=", "<", "<=", ">", ">=", "in", "contains", "starts_with", "is_missing", "not_missing"] = Field(
        "==", title="Comparison", description="How its cell is compared."
    )
    value: Cell | list[Cell] | None = Field(None, title="Value", description="What it is compared with; a list for “in”.")


class Params(NodeParams):
    rules: list[Rule] = Field([], max_length=50, title="Rules", description="Conditions on single columns.")
    match: Literal["all", "any"] = Field("all", title="Together", description="Keep a row for which all rules hold, or any of them.")
    expr: str | None = expression(
        title="Expression", description='A condition over columns such as age >= 18 and sex == "female"; it must hold besides the rules.'
    )


@node(title="Filter rows", group="Rows", family="row", icon="filter", columns="same", reads="named")
def filter_rows(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Keep the rows for which rules and an expression hold; all others are dropped and counted.

    An empty cell leaves a rule open: such rows are dropped as well, and counted apart. The same rows are kept whatever other rows there are.
    """
    need_columns(table, (rule.column for rule in params.rules), "params.rules")
    tests = [_test(rule, column_type(table.view[rule.column])) for rule in params.rules]
    joined = f" {'and' if params.match == 'all' else 'or'} ".join(f"({test})" for test in tests)
    condition = " and ".join(f"({part})" for part in (joined, params.expr) if part)
    if not condition:
        raise NodeError("filter-empty", "No rule is set.", field="params.rules", hint="Add a rule or an expression.")
    formula = Formula(condition)
    need_columns(table, formula.columns, "params.expr")
    holds, undecided = formula.holds(cells_of(table.view[formula.columns]), table.rows)
    left = keep(table, ~undecided, context, "an empty cell leaves the rule open")
    return told(keep(left, holds[~undecided], context, "the rule does not hold"), table.rows, context)


def _test(rule: Rule, kind: str) -> str:
    """The rule as an expression."""
    if "`" in rule.column:
        raise NodeError("column-name", f"“{rule.column}” holds a backtick.", field="params.rules", hint="Rename the column first.")
    name = f"`{rule.column}`"
    if rule.op in ("is_missing", "not_missing"):
        return f"{'not ' if rule.op == 'not_missing' else ''}is_missing({name})"
    values = [_literal(value, kind, rule) for value in (rule.value if isinstance(rule.value, list) else [rule.value])]
    if rule.op == "in":
        return f"{name} in ({', '.join(values)},)"
    return f"{rule.op}({name}, {values[0]})" if rule.op in ("contains", "starts_with") else f"{name} {rule.op} {values[0]}"


def _literal(value: Any, kind: str, rule: Rule) -> str:
    """The value as the column's type reads it: 1 is “1” beside text, “1” is 1 beside numbers."""
    if value is None:
        raise NodeError("filter-value", f"The rule on “{rule.column}” has no value.", field="params.rules", hint="Fill it in.")
    if kind in ("text", "datetime"):
        return repr(str(int(value)) if isinstance(value, float) and value.is_integer() else str(value))
    if kind == "boolean" and str(value).casefold() in ("true", "false"):
        return str(value).casefold().capitalize()
    try:
        return repr(float(value))
    except ValueError as wrong:
        message = f"“{rule.column}” holds {kind}; “{str(value)[:40]}” is none."
        raise NodeError("filter-value", message, field="params.rules", hint="Compare it with a number.") from wrong
