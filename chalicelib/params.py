"""A node's params against the JSON Schema of its type: every finding at once, in words for people."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import ValidationError

from chalicelib.catalog import NodeType
from chalicelib.problem import Problem, did_you_mean, shorten

_KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "greater than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters long",
    "maxLength": "at most {} characters long",
    "minItems": "a list of at least {} entries",
    "maxItems": "a list of at most {} entries",
    "multipleOf": "a multiple of {}",
}
_FORMATS = {
    "re2": ("a regular expression", "Mend the pattern; a backslash lets the next sign stand for itself."),
    "requirement": ("met by what is there", "Code can install nothing: ask for what is there, or write it for that."),
}


def check_params(node: str, node_type: NodeType, params: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems `param-missing`, `param-unknown`, `param-type`, `param-range`, `param-value`, each with the param's path as its field."""
    if not params and "required" not in node_type.params:
        return
    for name, value in params.items():
        # JSON Schema bounds let NaN through: every comparison with it is false.
        if isinstance(value, float) and not math.isfinite(value):
            yield Problem("param-range", f"“{name}” of {node_type.title} must be a finite number; it is {value}.", node, f"params.{name}")
    for error in node_type.validator.iter_errors(dict(params)):
        yield from _problems(node, node_type, error)


def _problems(node: str, node_type: NodeType, error: ValidationError) -> Iterator[Problem]:
    error = _deepest(error)
    limit: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    path = ".".join(["params", *(str(part) for part in error.absolute_path)])
    known = node_type.params.get("properties", {})
    if error.validator == "additionalProperties":
        for name in sorted(set(value) - set(schema.get("properties", {}))):
            yield Problem(
                "param-unknown", f"{node_type.title} has no param {shorten(name)}.", node, f"{path}.{name}"[:300], did_you_mean(name, known)
            )
    elif error.validator == "required":
        for name in sorted(set(limit) - set(value)):
            yield Problem(
                "param-missing", f"{node_type.title} needs a value for “{name}”.", node, f"{path}.{name}", "Fill it in the node's form."
            )
    else:
        code, rule = _rule(error)
        hint = did_you_mean(value, limit) if error.validator == "enum" and isinstance(value, str) else None
        hint = _FORMATS[limit][1] if error.validator == "format" else hint
        yield Problem(
            code,
            f"“{path.removeprefix('params.')}” of {node_type.title} must be {rule}; it is {shorten(value)}.",
            node,
            path,
            hint,
        )


def _deepest(error: ValidationError) -> ValidationError:
    """For `anyOf` (a nullable param) the finding of the branch that is meant: not the one that only says "is not null"."""
    while error.context:
        branches = [found for found in error.context if found.validator_value != "null"]
        meant = [found for found in branches if found.validator != "type"] or branches
        if not meant:
            return error
        error = meant[0]
    return error


def _rule(error: ValidationError) -> tuple[str, str]:
    limit: Any = error.validator_value
    if error.validator == "type":
        kinds = [limit] if isinstance(limit, str) else limit
        return "param-type", " or ".join(_KINDS.get(kind, kind) for kind in kinds)
    if error.validator in _BOUNDS:
        return "param-range", _BOUNDS[error.validator].format(limit)
    if error.validator in ("enum", "const"):
        return "param-value", "one of " + ", ".join(f"{value!r}" for value in (limit if error.validator == "enum" else [limit]))
    if error.validator == "format":
        return "param-value", f"{_FORMATS[str(error.validator_value)][0]} ({error.cause})"
    if error.validator == "pattern":
        return "param-value", f"of the form {limit}"
    return "param-value", "a value the param can take"
