"""`python -m infra.reference`: the API as a page for people, `docs/api.md`, written from the OpenAPI document."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "chalicelib" / "openapi.json"
PAGE = ROOT / "docs" / "api.md"
METHODS = ("get", "post", "put", "patch", "delete")


def page(document: Mapping[str, Any]) -> str:
    """Every operation by resource: what it takes, what it answers, who may call it. Then every schema with its fields."""
    parts = [
        "# The API\n\nGenerated from the routes by `make api`; do not edit. For machines: `chalicelib/openapi.json`, or `GET /api/openapi.json`.\n"
    ]
    operations = [
        (operation["tags"][0], path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    for tag in dict.fromkeys(tag for tag, *_ in operations):
        parts.append(f"\n## {tag.capitalize()}\n")
        parts += [_operation(path, method, operation) for other, path, method, operation in operations if other == tag]
    parts.append("\n## Schemas\n")
    parts += [_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return "".join(parts)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    lines = [f"\n### `{method.upper()} {path}`\n\n{operation['summary']}"]
    if not operation.get("security"):
        lines.append(" *Public.*")
    lines.append("\n\n")
    for parameter in operation.get("parameters", ()):
        needed = "" if parameter.get("required") else ", optional"
        words = parameter.get("description", "")
        lines.append(f"* `{parameter['name']}` ({parameter['in']}{needed}) {words}".rstrip() + "\n")
    if "requestBody" in operation:
        lines.append(f"* body: {_content(operation['requestBody'])}\n")
    lines += [
        f"* {status}: {_content(answer) or answer['description']}\n"
        for status, answer in operation["responses"].items()
        if status != "default"
    ]
    return "".join(lines)


def _content(message: Mapping[str, Any]) -> str:
    """The types of a body; nothing where it has none."""
    return ", ".join(_type(content["schema"]) for content in message.get("content", {}).values() if content.get("schema"))


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    words = schema.get("description", "").strip()
    text = f"\n### {name}\n" + (f"\n{words}\n" if words else "")
    needed = set(schema.get("required", ()))
    rows = [
        f"| `{field}`{'' if field in needed else ' (optional)'} | {_type(kind)} | {_cell(kind.get('description', ''))} |"
        for field, kind in schema.get("properties", {}).items()
    ]
    return text + ("\n| field | type | |\n|---|---|---|\n" + "\n".join(rows) + "\n" if rows else "")


def _type(schema: Mapping[str, Any]) -> str:
    """A JSON Schema in a word or two; a named one as a link to its section."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{re.sub(r'[^a-z0-9_-]', '', name.lower())})"
    branches = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if branches:
        return _one_of(_type(branch) for branch in branches)
    if "enum" in schema or "const" in schema:
        return _one_of(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    values = schema.get("additionalProperties")
    if schema.get("type") == "object" and isinstance(values, Mapping):
        return f"map of {_type(values)}"
    kind = schema.get("type", "any")
    return _one_of(kind) if isinstance(kind, list) else str(kind)


def _one_of(words: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(words))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(DOCUMENT.read_text("utf-8"))), "utf-8")
