"""One finding of the check, and the words that help to mend it."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "notice"]


class Fix(NamedTuple):
    """A change of the drawing that mends a problem with one click.

    `move-before`   take `node` out of its chain (what fed its port `port` now feeds what it fed) and put it in front of the node `before`
    `connect`       feed the port `port` of `node` from the port `source_port` of `source`, in place of what feeds it now
    `set-param`     give the param `param` of `node` the `value`
    """

    kind: Literal["move-before", "connect", "set-param"]
    node: str
    before: str | None = None
    port: str | None = None
    source: str | None = None
    source_port: str | None = None
    param: str | None = None
    value: str | float | bool | None = None


class Problem(NamedTuple):
    """`node` and `field` say where (a node id; `params.test_size`, `connections[3]`), `hint` says the way out. Only an error stops a run.

    `fix` is the way out as a change that the canvas can make, where there is one.
    """

    code: str
    message: str
    node: str | None = None
    field: str | None = None
    hint: str | None = None
    severity: Severity = "error"
    fix: Fix | None = None


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
