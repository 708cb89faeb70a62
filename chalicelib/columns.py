"""Which columns flow out of a node, before anything runs.

A node type declares it in the catalogue: one word, or a list of small operations that are read in order.

    "same"        the columns of the first table input            "source"   those of the dataset
    "none"        known after a run                               [ … ]      starts from the first table input; each operation is {"op": …, …}

    keep, drop    {"param"} a list of names · {"types"} a param that lists types · {"containing"} a param with a part of the name
                  · {"matching"} a param with a regular expression (`patterns.py`); known after a run where that cannot be told here
    rename        {"param"} a map from old to new name            retype     {"param"} a map from name to type
    add           {"names": ["{column}_{parts}"], "type"}: params stand in braces, a list gives one name for each of its entries; `type` may be "{param}"
    union         of all table inputs; {"join"} names the param that is `outer` or `inner`
    join          {"keys", "other_keys", "how", "suffixes"} name the params of a join of the two table inputs
    group         {"by", "aggregate"} name the grouping columns and the map from column to functions
    unpivot       {"keep", "value", "names", "cells"} name the params of an unpivot
    unknown       known after a run

`"when": {"mode": "drop"}` in an operation makes it count only where the params say so. Pure; the same is tested against what every node really gives.
"""

import ast
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from chalicelib import patterns
from chalicelib.catalog import Column

Columns = tuple[Column, ...]
Params = Mapping[str, Any]
Operation = Mapping[str, Any]
# What a grouped column becomes; functions that are not named here keep its type.
AGGREGATE_TYPES = {
    "count": "integer",
    "size": "integer",
    "nunique": "integer",
    "mean": "number",
    "median": "number",
    "std": "number",
    "var": "number",
}


def flow(operations: Sequence[Operation], params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    """The columns behind the operations; None where they are known after a run. `tables` holds those of every table input, in the order of the ports."""
    found = tables[0] if tables else None
    for operation in operations:
        if all(params.get(name) == value for name, value in operation.get("when", {}).items()):
            found = OPERATIONS[operation["op"]](found, operation, params, tables)
    return found


def named_columns(schema: Mapping[str, Any], params: Params) -> Iterator[tuple[str, str, str | None]]:
    """Every column that the params name, as (path, name, port): from widgets at any depth. `port` names the table, None for the first one."""
    definitions = schema.get("$defs", {})
    for name, one in schema.get("properties", {}).items():
        if name in params:
            yield from _named(one, params[name], f"params.{name}", definitions)


def _named(schema: Mapping[str, Any], value: Any, path: str, definitions: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    if "$ref" in schema:
        schema = {**definitions.get(schema["$ref"].rpartition("/")[2], {}), **schema}
    widget, port = schema.get("x-widget"), schema.get("x-table")
    if widget == "expression" and isinstance(value, str):
        yield from ((path, name, port) for name in expression_names(value))
        return
    if widget in ("column", "columns", "target", "column_map"):
        names = list(value) if isinstance(value, list | dict) else [value]
        yield from ((path, name, port) for name in names if isinstance(name, str))
        return
    for branch in schema.get("anyOf", ()):
        yield from _named(branch, value, path, definitions)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for position, entry in enumerate(value):
            yield from _named(schema["items"], entry, f"{path}.{position}", definitions)
    if isinstance(value, dict):
        for name, one in schema.get("properties", {}).items():
            if name in value:
                yield from _named(one, value[name], f"{path}.{name}", definitions)


def expression_names(text: str) -> list[str]:
    """The columns that an expression names, in order; none where it cannot be read. A name in backticks may hold anything."""
    quoted = re.findall(r"`([^`]+)`", text)
    plain = re.sub(r"`[^`]+`", "0", text)
    try:
        tree = ast.parse(plain.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    names = sorted(
        (node.lineno, node.col_offset, node.id) for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in called
    )
    return list(dict.fromkeys([*quoted, *(name for *_, name in names)]))


def _chosen(columns: Columns, operation: Operation, params: Params) -> set[str] | None:
    """Names of the columns that a keep or drop speaks of; None where they are known after a run."""
    if "param" in operation:
        named = params.get(operation["param"]) or ()
        return {named} if isinstance(named, str) else set(named)
    if "types" in operation:
        return {column.name for column in columns if column.type in (params.get(operation["types"]) or ())}
    if "matching" in operation:
        return patterns.matching(str(params.get(operation["matching"]) or ""), [column.name for column in columns])
    part = str(params.get(operation["containing"]) or "").casefold()
    return {column.name for column in columns if part and part in column.name.casefold()}


def _keep(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    chosen = None if columns is None else _chosen(columns, operation, params)
    return None if columns is None or chosen is None else tuple(column for column in columns if column.name in chosen)


def _drop(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    chosen = None if columns is None else _chosen(columns, operation, params)
    return None if columns is None or chosen is None else tuple(column for column in columns if column.name not in chosen)


def _rename(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    names = params.get(operation["param"]) or {}
    return None if columns is None else tuple(Column(str(names.get(column.name, column.name)), column.type) for column in columns)


def _retype(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    types = params.get(operation["param"]) or {}
    return None if columns is None else tuple(Column(column.name, str(types.get(column.name, column.type))) for column in columns)


def _add(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    if columns is None:
        return None
    kind = _filled(operation["type"], params)[0]
    found = {column.name: column for column in columns}
    for template in operation["names"]:
        # A name that is there already is replaced where it stands.
        found |= {name: Column(name, kind) for name in _filled(template, params)}
    return tuple(found.values())


def _filled(template: str, params: Params) -> list[str]:
    """The template with its params filled in, once for each entry of those that are lists."""
    wanted = [name for name in params if f"{{{name}}}" in template]
    choices = [params[name] if isinstance(params[name], list | tuple) else [params[name]] for name in wanted]
    filled = []
    for values in itertools.product(*choices):
        text = template
        for name, value in zip(wanted, values, strict=True):
            text = text.replace(f"{{{name}}}", str(value))
        filled.append(text)
    return filled


def _union(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    if any(table is None for table in tables):
        return None
    known = [table for table in tables if table is not None]
    types: dict[str, set[str]] = {}
    for column in itertools.chain(*known):
        types.setdefault(column.name, set()).add(column.type)
    shared = set.intersection(*({column.name for column in table} for table in known))
    names = types if params.get(operation["join"]) == "outer" else [column.name for column in known[0] if column.name in shared]
    return tuple(Column(name, _common(types[name])) for name in names)


def _common(types: Iterable[str]) -> str:
    """The type that holds all of these: numbers mix with whole numbers, anything else that differs becomes text."""
    found = set(types)
    return next(iter(found)) if len(found) == 1 else "number" if found == {"integer", "number"} else "text"


def _join(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    left, right = (*tables, None, None)[:2]
    if left is None or right is None:
        return None
    keys = list(params.get(operation["keys"]) or ())
    other_keys = list(params.get(operation["other_keys"]) or keys)
    merged = {key for key, other in zip(keys, other_keys, strict=False) if key == other}
    here, there = {column.name for column in left}, {column.name for column in right}
    clash = (here & there) - merged
    suffixes = list(params.get(operation["suffixes"]) or ("_x", "_y"))[:2]
    return tuple(
        [Column(column.name + (suffixes[0] if column.name in clash else ""), column.type) for column in left]
        + [
            Column(column.name + (suffixes[1] if column.name in clash else ""), column.type)
            for column in right
            if column.name not in merged
        ]
    )


def _group(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    if columns is None:
        return None
    types = {column.name: column.type for column in columns}
    by = [Column(name, types.get(name, "text")) for name in params.get(operation["by"]) or ()]
    aggregated = [
        Column(f"{name}_{function}", _aggregate_type(types.get(name, "number"), function))
        for name, functions in (params.get(operation["aggregate"]) or {}).items()
        for function in functions
    ]
    return (*by, *aggregated)


def _aggregate_type(kind: str, function: str) -> str:
    if function == "sum" and kind == "boolean":
        return "integer"
    return AGGREGATE_TYPES.get(function, kind)


def _unpivot(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    if columns is None:
        return None
    kept = list(params.get(operation["keep"]) or ())
    melted = list(params.get(operation["value"]) or (column.name for column in columns if column.name not in kept))
    types = {column.name: column.type for column in columns}
    names, cells = str(params.get(operation["names"])), str(params.get(operation["cells"]))
    value_type = _common(types[name] for name in melted if name in types) if any(name in types for name in melted) else "text"
    return (*(Column(name, types.get(name, "text")) for name in kept), Column(names, "text"), Column(cells, value_type))


def _unknown(columns: Columns | None, operation: Operation, params: Params, tables: Sequence[Columns | None]) -> Columns | None:
    return None


OPERATIONS: dict[str, Callable[[Columns | None, Operation, Params, Sequence[Columns | None]], Columns | None]] = {
    "keep": _keep,
    "drop": _drop,
    "rename": _rename,
    "retype": _retype,
    "add": _add,
    "union": _union,
    "join": _join,
    "group": _group,
    "unpivot": _unpivot,
    "unknown": _unknown,
}
