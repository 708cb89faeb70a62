"""Rows of a request against the signature of the model: six outcomes, each with its code.

missing field   422 feature-missing, all of them named      text for a number   422 feature-type
unknown field   422 feature-unknown                         null                filled as in training, with a warning, or 422 feature-null
other order     the same answer                             unseen category     predicted, with a warning

Where the drawing says that an unseen category is an error, the fitted Encode refuses it: 422 category-unknown.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

MAX_ERRORS = 50


class Refusal(Exception):
    """A request that is not answered: HTTP status, code, and words for people."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        hint: str | None = None,
        errors: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.hint = hint
        self.errors = errors or []


@dataclass
class Prepared:
    """Columns as the recipe takes them (numbers float64 with NaN, text objects with None), and what is worth a warning."""

    rows: int
    columns: dict[str, np.ndarray]
    warnings: list[dict[str, Any]] = field(default_factory=list)


def prepare(signature: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> Prepared:
    """Check every row; raises `Refusal` 422 with all findings, the first as its headline."""
    features = signature["features"]
    errors: list[dict[str, Any]] = []
    prepared = Prepared(len(rows), {})
    known = {feature["name"] for feature in features}
    allowed = known | set(signature["ignored"]) | {signature["target"]["name"]}
    for number, row in enumerate(rows):
        missing = sorted(known - row.keys())
        if missing:
            errors.append(finding(number, missing[0], "feature-missing", f"row {number} lacks {', '.join(missing)}"))
        errors.extend(
            finding(number, name, "feature-unknown", f"row {number} has the unknown field “{name[:60]}”")
            for name in sorted(row.keys() - allowed)
        )
    for feature in features:
        values = [_value(number, row.get(feature["name"]), feature, prepared, errors) for number, row in enumerate(rows)]
        kind = object if feature["type"] == "text" else np.float64
        prepared.columns[feature["name"]] = np.array([*values, None], dtype=object)[:-1] if kind is object else np.array(values, dtype=kind)
    if errors:
        first = errors[0]
        hint = {"feature-missing": "Send every feature of the signature.", "feature-unknown": "Leave it out."}.get(
            first["code"], "Mend the value."
        )
        raise Refusal(422, first["code"], first["message"].capitalize() + ".", field=first["field"], hint=hint, errors=errors[:MAX_ERRORS])
    return prepared


def finding(row: int, name: str, code: str, message: str) -> dict[str, Any]:
    return {"row": row, "field": name[:80], "code": code, "message": message}


def _value(number: int, value: Any, feature: Mapping[str, Any], prepared: Prepared, errors: list[dict[str, Any]]) -> Any:
    name, kind = feature["name"], feature["type"]
    if value is None:
        if not feature["nullable"] and not feature["imputed"]:
            errors.append(finding(number, name, "feature-null", f"row {number}: “{name}” is null, and no row was in training"))
        else:
            prepared.warnings.append(
                finding(number, name, "feature-null", "filled as in training" if feature["imputed"] else "taken as missing")
            )
        return None if kind == "text" else math.nan
    try:
        converted = _CONVERT[kind](value)
    except (TypeError, ValueError, OverflowError):
        words = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "datetime": "a date such as 2026-01-31"}
        message = f"row {number}: “{name}” must be {words.get(kind, 'text')}, not {str(value)[:40]!r}"
        errors.append(finding(number, name, "feature-type", message))
        return None if kind == "text" else math.nan
    if kind == "text" and len(feature["categories"]) < 100 and converted not in feature["categories"]:
        prepared.warnings.append(finding(number, name, "unseen-category", f"“{converted[:60]}” was never seen in training"))
    elif kind in ("integer", "number") and feature["min"] is not None and not feature["min"] <= converted <= feature["max"]:
        prepared.warnings.append(finding(number, name, "out-of-range", f"training had {feature['min']:g} to {feature['max']:g}"))
    return converted


def number_of(value: Any) -> float:
    """A JSON number as a float. Raises `TypeError` or `OverflowError` for whatever is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _integer(value: Any) -> float:
    number = number_of(value)
    if number != int(number):
        raise ValueError
    return number


def _boolean(value: Any) -> float:
    if not isinstance(value, bool):
        raise TypeError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _datetime(value: Any) -> float:
    """Days since 1970, as in training."""
    instant = datetime.fromisoformat(_text(value))
    return (instant.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86_400


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "number": number_of,
    "integer": _integer,
    "boolean": _boolean,
    "text": _text,
    "datetime": _datetime,
}
