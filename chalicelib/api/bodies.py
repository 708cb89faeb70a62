"""Reading a JSON body strictly: everything Python's parser lets through silently is refused by name (RFC 8259 and I-JSON, RFC 7493)."""

import json
import math
from collections.abc import Mapping
from typing import Any

from chalicelib.errors import BadRequest, TooLarge, UnsupportedMediaType
from chalicelib.limits import BODY_MAX_BYTES

MAX_DEPTH = 64
MAX_DIGITS = 400


def read_body(raw: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """The body as an object. Codes: content-type, too-large, body-empty, json-invalid, json-duplicate-key, json-too-deep, number-not-finite,
    number-too-large, text-invalid-unicode, body-not-object."""
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise UnsupportedMediaType(f"The body must be application/json, not {kind[:60] or 'untyped'}.", hint="Set the Content-Type header.")
    if len(raw) > BODY_MAX_BYTES:
        raise TooLarge(f"The body has {len(raw):,} bytes; the limit is {BODY_MAX_BYTES:,}.", hint="Upload files as a dataset.")
    if headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType("Compressed bodies are not taken.", hint="Send the JSON as it is.")
    if not raw.strip():
        raise BadRequest("The body is empty.", code="body-empty", hint="Send a JSON object.")
    value = _parse(raw)
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.", code="body-not-object", hint='Start it with "{".')
    return value


def _parse(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BadRequest(f"The body is not UTF-8 at byte {wrong.start}.", code="json-invalid") from wrong
    _check_depth(text)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_integer)
    except json.JSONDecodeError as wrong:
        raise BadRequest(f"The body is not JSON: {wrong.msg} at line {wrong.lineno}, column {wrong.colno}.", code="json-invalid") from wrong
    try:
        # A lone surrogate parses, and breaks the first store or log that encodes it.
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as wrong:
        raise BadRequest("A text in the body holds half a character (a lone surrogate).", code="text-invalid-unicode") from wrong
    return value


def _check_depth(text: str) -> None:
    depth, in_string, escaped = 0, False, False
    for character in text:
        if in_string:
            escaped, in_string = (False, True) if escaped else (character == "\\", character != '"')
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise BadRequest(f"The body nests deeper than {MAX_DEPTH} levels.", code="json-too-deep")
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest(f"The key “{twice[:60]}” stands twice in one object.", code="json-duplicate-key", field=twice[:60])
    return found


def _no_constant(text: str) -> Any:
    raise BadRequest(f"{text} is no JSON number.", code="number-not-finite")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadRequest(f"{text[:40]} is too large for a number.", code="number-not-finite")
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise BadRequest(f"An integer in the body has {len(text):,} digits.", code="number-too-large")
    return int(text)
