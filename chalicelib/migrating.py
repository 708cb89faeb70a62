"""Stored documents of older versions, as this version reads them.

    stored with schema n ─step n─▶ n+1 ─ … ─▶ SCHEMA

A document is migrated when it is read, and written in the new form with the next save: nothing has to be converted during an upgrade, and what an older
version wrote after the upgrade began is read as well. Steps are pure, and are never changed once released. A document of a newer version is refused.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.errors import Conflict

Document = dict[str, Any]
Step = Callable[[Document], Document]
# By the schema they read. Schema 1 is the first that was released.
STEPS: Mapping[int, Step] = {}
SCHEMA = 1 + len(STEPS)


def upgrade(document: Mapping[str, Any], schema: int, steps: Mapping[int, Step] = STEPS) -> Document:
    """The document in the newest form. Raises `Conflict` for a form that only a newer Flowza knows."""
    newest = 1 + len(steps)
    if schema > newest:
        raise Conflict(
            f"This was saved by a newer Flowza (form {schema}; this one reads {newest}).",
            code="schema-newer",
            hint="Deploy that version again.",
        )
    found = dict(document)
    for number in range(schema, newest):
        found = steps[number](found)
    return found
