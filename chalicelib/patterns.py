"""Regular expressions over names, in time that grows with the length of the name and never faster.

Nodes match with RE2, which this side does not have, and Python's own engine may take for ever (`(a+)+$`). So the part of RE2's language that people use for
names is matched here by an automaton: all ways through the pattern at once, one character after the other. A pattern outside of that part is not guessed:
nothing is known before a run. Pure; the same is tested against RE2.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

LONGEST = 1_000
# Instructions of a pattern, and steps over all names; beyond, nothing is known.
MOST_INSTRUCTIONS = 1_000
MOST_STEPS = 200_000

Ranges = tuple[tuple[int, int], ...]
DIGITS: Ranges = ((48, 57),)
WORDS: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACES: Ranges = ((9, 10), (12, 13), (32, 32))
LAST = 0x10FFFF
NOT_LINE_END: Ranges = ((0, 9), (11, LAST))
FOLDING = "(?i)"
CONTROLS = {"t": 9, "n": 10, "f": 12, "r": 13}


class BadPattern(ValueError):
    """It is no regular expression, to RE2 neither."""


class _NotHere(Exception):
    """RE2 may know what stands there; this side does not."""


class _Set(NamedTuple):
    ranges: Ranges


class _Edge(NamedTuple):
    end: bool


class _Row(NamedTuple):
    parts: tuple[Any, ...]


class _Either(NamedTuple):
    branches: tuple[Any, ...]


class _Repeat(NamedTuple):
    part: Any
    least: int
    most: int | None


def check(pattern: str) -> None:
    """Raise `BadPattern` where it is surely none."""
    try:
        _Parser(pattern).whole()
    except (_NotHere, RecursionError):
        return


def matching(pattern: str, names: Iterable[str]) -> set[str] | None:
    """The names in which the pattern matches somewhere; None where that is not known here. An empty pattern matches none."""
    if not pattern:
        return set()
    try:
        automaton = _Automaton(_Parser(pattern).whole())
        chosen = [*names]
        if pattern.startswith(FOLDING) and not "".join([pattern, *chosen]).isascii():
            # Which letters are the same is a book of its own beyond the English ones.
            return None
        return {name for name in chosen if automaton.matches(name)}
    except (_NotHere, BadPattern, RecursionError):
        return None


# -- reading ----------------------------------------------------------------------------------------------------------------


@dataclass
class _Parser:
    pattern: str
    at: int = 0
    # Large and small letters are the same.
    folding: bool = False

    def whole(self) -> Any:
        if len(self.pattern) > LONGEST:
            raise _NotHere
        if self.pattern.startswith(FOLDING):
            self.at, self.folding = len(FOLDING), True
        found = self._either()
        if self.at < len(self.pattern):
            raise BadPattern("a closing parenthesis that none opens")
        return found

    def _next(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self) -> str:
        one = self._next()
        self.at += 1
        return one

    def _either(self) -> Any:
        branches = [self._row()]
        while self._next() == "|":
            self.at += 1
            branches.append(self._row())
        return branches[0] if len(branches) == 1 else _Either(tuple(branches))

    def _row(self) -> _Row:
        parts: list[Any] = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(self._part()))
        return _Row(tuple(parts))

    def _part(self) -> Any:
        if self._bounds() is not None:
            raise BadPattern("nothing stands before a repetition")
        one = self._take()
        if one == "(":
            return self._group()
        if one == "[":
            return self._class()
        if one == "\\":
            return _Set(self._folded(self._escaped()))
        if one in "^$":
            return _Edge(end=one == "$")
        return _Set(NOT_LINE_END if one == "." else self._folded(_alone(one)))

    def _folded(self, ranges: Ranges) -> Ranges:
        if not self.folding:
            return ranges
        letters = [(max(low, first), min(high, first + 25), 32 if first == 65 else -32) for low, high in ranges for first in (65, 97)]
        return (*ranges, *((low + other, high + other) for low, high, other in letters if low <= high))

    def _group(self) -> Any:
        if self._next() == "?":
            if self.pattern.startswith(("?=", "?!", "?<=", "?<!"), self.at):
                raise BadPattern("looking ahead or behind is not possible")
            if not self.pattern.startswith("?:", self.at):
                raise _NotHere
            self.at += 2
        found = self._either()
        if self._take() != ")":
            raise BadPattern("a parenthesis is not closed")
        return found

    def _repeated(self, part: Any) -> Any:
        bounds = self._bounds()
        if bounds is None:
            return part
        if self._next() == "?":
            # As few as possible: what matches is the same.
            self.at += 1
        if isinstance(part, _Edge) or self._bounds() is not None:
            raise _NotHere
        return _Repeat(part, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        """How often the part before may stand, where that is said here."""
        one = self._next()
        if one and one in "*+?":
            self.at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[one]
        closing = self.pattern.find("}", self.at)
        if one != "{" or closing < 0:
            return None
        least, comma, most = self.pattern[self.at + 1 : closing].partition(",")
        if not _is_number(least) or not (_is_number(most) or not most):
            return None
        self.at = closing + 1
        bounds = int(least), int(most) if most else (None if comma else int(least))
        if max(bounds[0], bounds[1] or 0) > 1_000 or (bounds[1] is not None and bounds[0] > bounds[1]):
            raise BadPattern("a repetition goes beyond 1,000, or ends before it begins")
        return bounds

    def _escaped(self) -> Ranges:
        one = self._take()
        if not one:
            raise BadPattern("a backslash stands at the end")
        if one in "123456789" and not self._next().isdigit():
            raise BadPattern("a pattern cannot refer to what a group has matched")
        known = {"d": DIGITS, "w": WORDS, "s": SPACES}.get(one.lower())
        if known:
            return known if one.islower() else _all_but(known)
        if one in CONTROLS:
            return ((CONTROLS[one], CONTROLS[one]),)
        if one.isalnum() or not one.isascii():
            raise _NotHere
        return _alone(one)

    def _class(self) -> _Set:
        without = self._next() == "^"
        self.at += without
        found: list[tuple[int, int]] = []
        first = True
        while first or self._next() != "]":
            found += self._entry(first=first)
            first = False
        self.at += 1
        ranges = self._folded(tuple(found))
        return _Set(_all_but(ranges) if without else ranges)

    def _entry(self, *, first: bool) -> Ranges:
        one = self._take()
        if not one:
            raise BadPattern("a bracket is not closed")
        if one == "[" and self._next() == ":":
            raise _NotHere
        if one == "-" and not first and self._next() != "]":
            raise _NotHere
        start = self._escaped() if one == "\\" else _alone(one)
        if self._next() != "-" or self.pattern[self.at + 1 : self.at + 2] in ("]", ""):
            return start
        self.at += 1
        last = self._take()
        end = self._escaped() if last == "\\" else _alone(last)
        if len(start) > 1 or len(end) > 1 or start[0][0] != start[0][1] or end[0][0] != end[0][1] or last == "[":
            raise _NotHere
        if start[0][0] > end[0][0]:
            raise BadPattern(f"the range {chr(start[0][0])}-{chr(end[0][0])} is empty")
        return ((start[0][0], end[0][0]),)


def _is_number(text: str) -> bool:
    return 0 < len(text) <= 9 and text.isascii() and text.isdigit()


def _alone(one: str) -> Ranges:
    return ((ord(one), ord(one)),)


def _all_but(ranges: Ranges) -> Ranges:
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


# -- matching ---------------------------------------------------------------------------------------------------------------


@dataclass
class _Automaton:
    """Instructions: a set of characters and where it leads, an edge and where it leads, a fork, or the end."""

    tree: Any
    code: list[tuple[Any, ...]] = field(default_factory=list)
    steps: int = 0
    known: dict[tuple[frozenset[int], str], frozenset[int]] = field(default_factory=dict)
    ended: dict[frozenset[int], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._write(self.tree)
        self.code.append(("found",))
        self.last = len(self.code) - 1
        self.anywhere = self._closed([0])
        self.first = self._closed([0], start=True)
        self.empty = self.last in self._closed([0], start=True, end=True)

    def matches(self, text: str) -> bool:
        now = self.first
        for one in text:
            if self.last in now:
                return True
            if (now, one) not in self.known:
                self.known[now, one] = self._after(now, ord(one))
            now = self.known[now, one]
        if now not in self.ended:
            self.ended[now] = self.last in self._closed(now, end=True)
        return self.ended[now] if text else self.empty

    def _after(self, now: frozenset[int], one: int) -> frozenset[int]:
        """Where a character leads; a match may begin anywhere."""
        led = []
        for at in now:
            kind, *words = self.code[at]
            if kind == "set":
                self.steps += len(words[0])
                if any(low <= one <= high for low, high in words[0]):
                    led.append(at + 1)
        return self._closed(led) | self.anywhere

    def _closed(self, places: Iterable[int], *, start: bool = False, end: bool = False) -> frozenset[int]:
        """All places that can be reached without a character."""
        found: set[int] = set()
        waiting = list(places)
        while waiting:
            at = waiting.pop()
            if at in found:
                continue
            found.add(at)
            waiting += self._free(at, start, end)
        self.steps += len(found)
        if self.steps > MOST_STEPS:
            raise _NotHere
        return frozenset(found)

    def _free(self, at: int, start: bool, end: bool) -> Iterator[int]:
        kind, *words = self.code[at]
        if kind == "fork":
            yield from words
        elif kind == "edge" and (end if words[0] else start):
            yield at + 1

    def _write(self, tree: Any) -> None:
        match tree:
            case _Set(ranges):
                self._say("set", ranges)
            case _Edge(end):
                self._say("edge", end)
            case _Row(parts):
                for part in parts:
                    self._write(part)
            case _Either(branches):
                self._write_either(branches)
            case _Repeat(part, least, most):
                self._write_repeat(part, least, most)

    def _say(self, *words: Any) -> int:
        if len(self.code) >= MOST_INSTRUCTIONS:
            raise _NotHere
        self.code.append(words)
        return len(self.code) - 1

    def _write_either(self, branches: tuple[Any, ...]) -> None:
        leaving = []
        for branch in branches[:-1]:
            fork = self._say("fork")
            self._write(branch)
            leaving.append(self._say("fork"))
            self.code[fork] = ("fork", fork + 1, len(self.code))
        self._write(branches[-1])
        for place in leaving:
            self.code[place] = ("fork", len(self.code))

    def _write_repeat(self, part: Any, least: int, most: int | None) -> None:
        for _ in range(least):
            self._write(part)
        forks = []
        for _ in range(1 if most is None else most - least):
            forks.append(self._say("fork"))
            self._write(part)
        if most is None:
            self._say("fork", forks[0])
        for fork in forks:
            self.code[fork] = ("fork", fork + 1, len(self.code))
