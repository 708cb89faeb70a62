"""The page of all chart kinds, derived from their classes."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from node_containers.charts import KINDS

HEAD = """# Charts

Generated from `node_containers/charts` by `make catalog`; do not edit.

A node emits charts as data in its manifest (`charts`, see the contracts, section 8), and the canvas draws them. Every chart is an object with its `kind`;
these are all kinds there are. Numbers are always finite. Each kind may also carry `title` (what is shown, where the kind does not say it) and `model`
(whose figures they are, where a node compares models: charts of one kind with different `model` are drawn over each other).
"""


@cache
def examples() -> dict[str, dict[str, Any]]:
    """One chart of each kind, without its kind."""
    return dict(json.loads((Path(__file__).parent / "examples.json").read_text("utf-8")))


def docs_text() -> str:
    """The page of all chart kinds."""
    parts = [HEAD]
    for name, kind in KINDS.items():
        parts.append(f"\n## `{name}`\n\n{_words(kind)}\n\n{_fields(kind)}\n```json\n")
        parts.append(json.dumps({"kind": name, **examples()[name]}, ensure_ascii=False) + "\n```\n")
    return "".join(parts)


def _words(kind: type[BaseModel]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _fields(kind: type[BaseModel]) -> str:
    """Name, type and meaning of each field; below it those of the parts it is made of."""
    schema = kind.model_json_schema()
    parts = [_rows(schema)]
    for name, part in schema.get("$defs", {}).items():
        parts.append(f"\n`{name}`:\n\n{_rows(part)}")
    return "".join(parts)


def _rows(schema: dict[str, Any]) -> str:
    rows = ["| field | type | |\n|---|---|---|\n"]
    for name, field in schema["properties"].items():
        if name not in ("kind", "title", "model") or (name == "model" and "maxLength" not in str(field)):
            optional = "" if name in schema.get("required", []) else "may be left out. "
            rows.append(f"| `{name}` | {_type(field)} | {optional}{field.get('description', '')} |\n")
    return "".join(rows)


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(branch) for branch in field["anyOf"]))
    if "$ref" in field:
        return f"`{field['$ref'].rpartition('/')[2]}`"
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"object of {_type(field['additionalProperties'])}"
    return str(field.get("type", "any"))
