"""One finding of the check, and the words that help to mend it."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "notice"]


class Problem(NamedTuple):
    """`node` and `field` say where (a node id; `params.test_size`, `connections[3]`), `hint` says the way out. Only an error stops a run."""

    code: str
    message: str
    node: str | None = None
    field: str | None = None
    hint: str | None = None
    severity: Severity = "error"


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint naming the closest known words, or the whole list where it is short."""
    candidates = sorted(known)
    close = get_close_matches(word[:200], candidates, n=2, cutoff=0.6) or [
        name for name in candidates if name.casefold() == word.strip().casefold()
    ]
    if close:
        return "Did you mean " + " or ".join(f"“{name}”" for name in close) + "?"
    if 0 < len(candidates) <= 12:
        return "There is " + ", ".join(f"“{name}”" for name in candidates) + "."
    return None


def shorten(value: object, limit: int = 60) -> str:
    """A value as it may stand in a message: quoted if text, never longer than `limit` characters."""
    text = f"“{value}”" if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
