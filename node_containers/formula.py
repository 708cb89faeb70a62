"""Expressions over columns: a small, safe part of Python's own syntax, evaluated on arrays.

    age * 2 + 1        sex == "female" and age < 18        log1p(fare) if fare > 0 else 0        `odd name` in ("a", "b")

Only what is listed here exists: arithmetic, comparisons, `and or not in`, `x if condition else y`, numbers, texts, True, False, column names (in backticks
where they are no Python names) and the functions in `FUNCTIONS`. Nothing is looked up, called or imported besides. An empty cell makes the result empty,
except where a function says otherwise; what is not finite (a division by zero) is empty, too. Conditions know three answers: true, false, and empty where an
empty cell leaves it open.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from node_containers.cells import Cells, text_array
from node_containers.sdk import NodeError

MAX_PARTS = 300
MAX_TEXT = 100_000
QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Value:
    """A kind (`number boolean text datetime`) and its cells: an array, or one number or text for all rows."""

    kind: str
    cells: Any


class Formula:
    """A parsed expression. `columns` are the names it reads. Raises `NodeError` formula-invalid, saying what is not understood."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._quoted: list[str] = []
        plain = QUOTED.sub(self._quote, text.strip())
        try:
            tree = ast.parse(plain, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
            words = getattr(wrong, "msg", None) or "it cannot be read"
            raise _invalid(f"The expression “{text[:80]}” is not complete: {words}.") from wrong
        parts = list(ast.walk(tree))
        if len(parts) > MAX_PARTS:
            raise _invalid(f"The expression has {len(parts)} parts; {MAX_PARTS} are allowed.")
        for part in parts:
            self._allow(part)
        self._tree = tree.body
        called = {id(part.func) for part in parts if isinstance(part, ast.Call)}
        names = [self._name(part.id) for part in parts if isinstance(part, ast.Name) and id(part) not in called]
        self.columns = list(dict.fromkeys(names))

    def _quote(self, match: "re.Match[str]") -> str:
        self._quoted.append(match.group(1))
        return f"_quoted_{len(self._quoted) - 1}_"

    def _name(self, name: str) -> str:
        found = re.fullmatch(r"_quoted_(\d+)_", name)
        return self._quoted[int(found.group(1))] if found and int(found.group(1)) < len(self._quoted) else name

    def _allow(self, part: ast.AST) -> None:
        if isinstance(part, ast.Call):
            name = part.func.id if isinstance(part.func, ast.Name) else None
            if name not in FUNCTIONS or part.keywords:
                raise _invalid(f"There is no function {name or 'of that form'}.", hint=f"There is {', '.join(FUNCTIONS)}.")
            least, most = FUNCTIONS[name][:2]
            if not least <= len(part.args) <= most:
                raise _invalid(f"{name} takes {least if least == most else f'{least} to {most}'} values; it got {len(part.args)}.")
        elif isinstance(part, ast.Constant):
            if not isinstance(part.value, bool | int | float | str) or (isinstance(part.value, int | float) and abs(part.value) > 1e300):
                raise _invalid(f"{str(part.value)[:40]!r} is no number, text, True or False.")
        elif not isinstance(part, ALLOWED):
            raise _invalid(f"{type(part).__name__} is not part of the expressions that are allowed here.")

    def evaluate(self, columns: Mapping[str, Cells], rows: int) -> Value:
        """The value for every row. Raises `NodeError` formula-type where kinds do not go together, column-unknown for a column that is not there."""
        with np.errstate(all="ignore"):
            return _spread(_Evaluation(self, columns).value(self._tree), rows)

    def holds(self, columns: Mapping[str, Cells], rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Where the condition is true, and where an empty cell leaves it open."""
        found = self.evaluate(columns, rows)
        if found.kind == "text":
            raise NodeError("formula-type", f"“{self.text[:80]}” gives text, not true or false.", hint="Compare it with something.")
        undecided = np.isnan(found.cells)
        return (found.cells != 0) & ~undecided, undecided


def _invalid(message: str, hint: str = "See the help of the node for what an expression may hold.") -> NodeError:
    return NodeError("formula-invalid", message, field="params.expr", hint=hint)


def _spread(value: Value, rows: int) -> Value:
    if value.kind == "text":
        return value if isinstance(value.cells, np.ndarray) else Value("text", text_array([value.cells] * rows))
    cells = np.asarray(value.cells, dtype=float)
    cells = np.full(rows, float(cells)) if cells.ndim == 0 else cells
    return Value(value.kind, np.where(np.isfinite(cells), cells, np.nan))


class _Evaluation:
    def __init__(self, formula: Formula, columns: Mapping[str, Cells]) -> None:
        self.formula = formula
        self.columns = columns

    def value(self, part: ast.expr) -> Value:
        method: Callable[[Any], Value] = getattr(self, f"_{type(part).__name__.lower()}")
        return method(part)

    def _constant(self, part: ast.Constant) -> Value:
        kind = "boolean" if isinstance(part.value, bool) else "text" if isinstance(part.value, str) else "number"
        return Value(kind, part.value if kind == "text" else float(part.value))  # type: ignore[arg-type]

    def _name(self, part: ast.Name) -> Value:
        name = self.formula._name(part.id)
        if name not in self.columns:
            raise NodeError("column-unknown", f"There is no column “{name}”.", field="params.expr", hint="Name a column of the table.")
        cells = self.columns[name]
        if cells.values.ndim == 2:
            raise NodeError("formula-type", f"“{name}” has become several columns.", field="params.expr", hint="Move the formula up.")
        return Value("number" if cells.kind == "integer" else cells.kind, cells.values)

    def _unaryop(self, part: ast.UnaryOp) -> Value:
        value = self.value(part.operand)
        if isinstance(part.op, ast.Not):
            return Value("boolean", 1.0 - _truth(value))
        return Value("number", _number(value) * (-1.0 if isinstance(part.op, ast.USub) else 1.0))

    def _binop(self, part: ast.BinOp) -> Value:
        left, right = self.value(part.left), self.value(part.right)
        if isinstance(part.op, ast.Add) and left.kind == right.kind == "text":
            return Value("text", _texts(lambda a, b: a + b, left, right))
        if isinstance(part.op, ast.Sub) and left.kind == right.kind == "datetime":
            return Value("number", left.cells - right.cells)
        kind = "datetime" if "datetime" in (left.kind, right.kind) and isinstance(part.op, ast.Add | ast.Sub) else "number"
        return Value(kind, ARITHMETIC[type(part.op)](_number(left), _number(right)))

    def _compare(self, part: ast.Compare) -> Value:
        left, found = self.value(part.left), None
        for sign, other in zip(part.ops, part.comparators, strict=True):
            if isinstance(sign, ast.In | ast.NotIn):
                answer = _any(self._equal(left, self.value(one)) for one in _listed(other))
                answer = 1.0 - answer if isinstance(sign, ast.NotIn) else answer
            else:
                right = self.value(other)
                answer = self._equal(left, right) if isinstance(sign, ast.Eq) else _ordered(sign, left, right)
                left = right
            found = answer if found is None else _and(found, answer)
        return Value("boolean", found)

    @staticmethod
    def _equal(left: Value, right: Value) -> Any:
        return _ordered(ast.Eq(), left, right)

    def _boolop(self, part: ast.BoolOp) -> Value:
        values = [_truth(self.value(one)) for one in part.values]
        found = values[0]
        for value in values[1:]:
            found = _and(found, value) if isinstance(part.op, ast.And) else 1.0 - _and(1.0 - found, 1.0 - value)
        return Value("boolean", found)

    def _ifexp(self, part: ast.IfExp) -> Value:
        condition, then, other = _truth(self.value(part.test)), self.value(part.body), self.value(part.orelse)
        if then.kind == other.kind == "text":
            return Value("text", _texts(lambda c, a, b: a if c else b, Value("number", condition), then, other))
        kind = then.kind if then.kind == other.kind else "number"
        return Value(kind, np.where(np.isnan(condition), np.nan, np.where(condition != 0, _number(then), _number(other))))

    def _call(self, part: ast.Call) -> Value:
        assert isinstance(part.func, ast.Name)  # noqa: S101 seen by `_allow`
        return FUNCTIONS[part.func.id][2](*(self.value(one) for one in part.args))

    def _tuple(self, part: ast.expr) -> Value:
        raise NodeError("formula-type", "A list stands only behind “in”.", field="params.expr", hint='Write x in ("a", "b").')

    _list = _tuple


def _listed(part: ast.expr) -> list[ast.expr]:
    if isinstance(part, ast.Tuple | ast.List) and part.elts:
        return part.elts
    raise NodeError("formula-type", "Behind “in” stands a list.", field="params.expr", hint='Write x in ("a", "b").')


def _any(answers: Any) -> Any:
    found: Any = 0.0
    for answer in answers:
        found = 1.0 - _and(1.0 - found, 1.0 - answer)
    return found


def _and(left: Any, right: Any) -> Any:
    """Three-valued: false decides, an empty side leaves it open."""
    false = (np.asarray(left) == 0) | (np.asarray(right) == 0)
    return np.where(false, 0.0, np.where(np.isnan(left) | np.isnan(right), np.nan, 1.0))


def _number(value: Value) -> Any:
    if value.kind == "text":
        raise NodeError(
            "formula-type",
            "Text stands where a number is needed.",
            field="params.expr",
            hint="Change the column's type first; + joins text with text.",
        )
    return value.cells


def _truth(value: Value) -> Any:
    cells = np.asarray(_number(value), dtype=float)
    return np.where(np.isnan(cells), np.nan, (cells != 0).astype(float))


def _ordered(sign: ast.cmpop, left: Value, right: Value) -> Any:
    if {left.kind, right.kind} == {"datetime", "text"}:
        left, right = _instant(left), _instant(right)
    if left.kind == right.kind == "text":
        return np.asarray(_texts(lambda a, b: float(COMPARISONS[type(sign)](a, b)), left, right, missing=np.nan), dtype=float)
    if "text" in (left.kind, right.kind):
        raise NodeError(
            "formula-type", "Text is compared with a number.", field="params.expr", hint="Put the number in quotes, or change a type."
        )
    a, b = np.asarray(left.cells, dtype=float), np.asarray(right.cells, dtype=float)
    return np.where(np.isnan(a) | np.isnan(b), np.nan, COMPARISONS[type(sign)](a, b).astype(float))


def _instant(value: Value) -> Value:
    if value.kind == "datetime":
        return value
    if isinstance(value.cells, str):
        try:
            return Value("datetime", days(value.cells))
        except ValueError as wrong:
            raise NodeError("formula-type", f"“{value.cells[:40]}” is no date.", field="params.expr", hint="Write 2026-01-31.") from wrong
    raise NodeError("formula-type", "A column of text is compared with dates.", field="params.expr", hint="Change its type first.")


def days(text: str) -> float:
    """An ISO date or instant as days since 1970."""
    return days_of(datetime.fromisoformat(text))


def days_of(instant: datetime) -> float:
    """An instant as days since 1970; UTC is meant where it has no zone."""
    instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86_400


def _texts(function: Callable[..., Any], *values: Value, missing: Any = None) -> Any:
    """The function cell by cell; an empty cell makes the result empty. One text for all rows stays one."""
    lists = [value.cells for value in values]
    lengths = [len(cells) for cells in lists if isinstance(cells, np.ndarray) and cells.ndim]
    for value in values:
        if value.kind not in ("text", "number", "boolean"):
            raise NodeError("formula-type", "A date stands where text is needed.", field="params.expr", hint="Change its type first.")
    if not lengths:
        return _short(function(*lists))
    spread = [cells if isinstance(cells, np.ndarray) and cells.ndim else [cells] * lengths[0] for cells in lists]
    return text_array(
        missing if any(cell is None or cell != cell for cell in row) else _short(function(*row)) for row in zip(*spread, strict=True)
    )


def _short(cell: Any) -> Any:
    """A text that doubles with every call in a row of calls must end somewhere."""
    if isinstance(cell, str) and len(cell) > MAX_TEXT:
        raise NodeError(
            "formula-too-long", f"A text grows beyond {MAX_TEXT:,} characters.", field="params.expr", hint="Replace less at a time."
        )
    return cell


def _numeric(function: Callable[..., Any]) -> Callable[..., Value]:
    return lambda *values: Value("number", function(*(np.asarray(_number(value), dtype=float) for value in values)))


def _textual(function: Callable[..., Any], kind: str = "text") -> Callable[..., Value]:
    def call(*values: Value) -> Value:
        if values[0].kind != "text":
            raise NodeError(
                "formula-type", "A number stands where text is needed.", field="params.expr", hint="Change the column's type first."
            )
        found = _texts(function, *values, missing=None if kind == "text" else np.nan)
        return Value(kind, found if kind == "text" else np.asarray(found, dtype=float))

    return call


def _is_missing(value: Value) -> Value:
    if isinstance(value.cells, str):
        return Value("boolean", 0.0)
    if value.kind == "text":
        return Value("boolean", np.asarray([float(cell is None) for cell in value.cells]))
    return Value("boolean", np.isnan(np.asarray(value.cells, dtype=float)).astype(float))


def _coalesce(value: Value, other: Value) -> Value:
    if isinstance(value.cells, str):
        return value
    if value.kind == other.kind == "text":
        fills = [other.cells] * len(value.cells) if isinstance(other.cells, str) else other.cells
        return Value("text", text_array(fill if cell is None else cell for cell, fill in zip(value.cells, fills, strict=True)))
    left, right = np.asarray(_number(value), dtype=float), np.asarray(_number(other), dtype=float)
    return Value(value.kind, np.where(np.isnan(left), right, left))


ALLOWED = (
    ast.Expression, ast.Name, ast.Load, ast.UnaryOp, ast.USub, ast.UAdd, ast.Not, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod,
    ast.Pow, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.BoolOp, ast.And, ast.Or, ast.IfExp, ast.Tuple, ast.List,
)  # fmt: skip
ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
# Fewest and most values, and what it does with them.
FUNCTIONS: dict[str, tuple[int, int, Callable[..., Value]]] = {
    "abs": (1, 1, _numeric(np.abs)),
    "round": (1, 2, _numeric(lambda x, digits=0.0: np.round(x * 10**digits) / 10**digits)),
    "floor": (1, 1, _numeric(np.floor)),
    "ceil": (1, 1, _numeric(np.ceil)),
    "sqrt": (1, 1, _numeric(np.sqrt)),
    "exp": (1, 1, _numeric(np.exp)),
    "log": (1, 1, _numeric(np.log)),
    "log10": (1, 1, _numeric(np.log10)),
    "log1p": (1, 1, _numeric(np.log1p)),
    "sin": (1, 1, _numeric(np.sin)),
    "cos": (1, 1, _numeric(np.cos)),
    "min": (2, 2, _numeric(np.minimum)),
    "max": (2, 2, _numeric(np.maximum)),
    "clip": (3, 3, _numeric(np.clip)),
    "is_missing": (1, 1, _is_missing),
    "coalesce": (2, 2, _coalesce),
    "length": (1, 1, _textual(lambda a: float(len(a)), "number")),
    "lower": (1, 1, _textual(str.lower)),
    "upper": (1, 1, _textual(str.upper)),
    "strip": (1, 1, _textual(str.strip)),
    "contains": (2, 2, _textual(lambda a, b: float(b in a), "boolean")),
    "starts_with": (2, 2, _textual(lambda a, b: float(a.startswith(b)), "boolean")),
    "ends_with": (2, 2, _textual(lambda a, b: float(a.endswith(b)), "boolean")),
    "replace": (3, 3, _textual(lambda a, b, c: a.replace(b, c))),
    "first_word": (1, 1, _textual(lambda a: a.split()[0] if a.split() else "")),
}
