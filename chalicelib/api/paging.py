"""Lists come in pages: how much of one is asked for, and where the last page ended."""

import base64
import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints, TypeAdapter

from chalicelib.api.shapes import Body
from chalicelib.errors import BadRequest

_Key = TypeAdapter(dict[str, Annotated[str, StringConstraints(min_length=1, max_length=1_000)]])


class ListQuery(Body):
    """How much of a list, and from where."""

    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = None

    def start_key(self, *names: str, **fixed: str) -> dict[str, Any] | None:
        """Where the last page ended: a key of the attributes `names` and `fixed`, the latter with these values.

        Raises for a cursor that is none of ours, or of another list."""
        if self.cursor is None:
            return None
        try:
            key = _Key.validate_json(base64.b64decode(self.cursor.encode(), altchars=b"-_", validate=True))
            if key.keys() != {*names, *fixed} or any(key[name] != value for name, value in fixed.items()):
                raise ValueError
        except ValueError:
            raise BadRequest(
                "The cursor is not one of this list.", field="cursor", code="page-token-invalid", hint="Start again without it."
            ) from None
        return {name: {"S": value} for name, value in key.items()}


def next_cursor(key: Mapping[str, Any] | None) -> str | None:
    """Where a page ended, as text. All our keys are text."""
    if key is None:
        return None
    plain = {name: value["S"] for name, value in key.items()}
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode()
