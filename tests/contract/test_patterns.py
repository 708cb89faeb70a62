"""Patterns of columns: what the canvas tells before a run is what RE2 says in the node."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib import patterns

PARTS = [
    *"abAZ1_ é.^$()|*+?{}[]-\\\n:",
    "(?:",
    "(?i)",
    "(?=",
    "[^",
    "[a-c]",
    "[@-Z]",
    "[]a]",
    "{2}",
    "{1,}",
    "{0,2}",
    "{,2}",
    "{3,1}",
    "{1001}",
]
PARTS += ["\\d", "\\W", "\\s", "\\.", "\\b", "\\1", "\\n", "[a\\d]", "??", "a|b", "(ab)"]
NAMES = [
    "",
    "a",
    "b",
    "ab",
    "aab",
    "abab",
    "A",
    "a1",
    "1",
    "_",
    "é",
    "É",
    "a b",
    "a\nb",
    "\n",
    "bbb",
    "aaaa",
    "-",
    "]",
    "}",
    "a{",
    "(",
    ".",
    "Z[",
    "\\",
]


def told_by_re2(pattern: str, names: list[str]) -> set[str] | None:
    """The names that match; None where it is no pattern."""
    try:
        found = pc.match_substring_regex(pa.array(names), pattern).to_pylist()
    except pa.ArrowInvalid:
        return None
    return {name for name, matches in zip(names, found, strict=True) if matches}


@settings(deadline=None, max_examples=1_500)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=8).map("".join), st.booleans())
@example("(?i)[^k]", False)
@example("(a|b)*a{2}$", False)
def test_what_is_told_is_what_re2_says(pattern: str, plain: bool) -> None:
    names = [name for name in NAMES if name.isascii()] if plain else NAMES
    theirs = told_by_re2(pattern, names)
    ours = patterns.matching(pattern, names)
    assert ours is None or ours == theirs
    try:
        patterns.check(pattern)
    except patterns.BadPattern:
        assert theirs is None


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("^(ab)+[0-9]?$", {"ab", "abab"}),
        ("(?i)^a", {"a", "ab", "aab", "abab", "A", "a1", "a b", "a\nb", "aaaa", "a{"}),
        ("é", {"é"}),
        (r"^\W$", None),
    ],
)
def test_usual_patterns_are_known(pattern: str, names: set[str] | None) -> None:
    given = [name for name in NAMES if name.isascii() or "(?i)" not in pattern]
    known = patterns.matching(pattern, given)
    assert known == (told_by_re2(pattern, given) if names is None else names)
    assert known


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a*)*b", "(a|aa)+$", ".*.*.*.*.*=", "(((a{9}){9}){9}){9}", "(" * 900 + "a" + ")" * 900, "a" * 5_000]
)
def test_hostile_patterns_take_few_steps(pattern: str) -> None:
    names = ["a" * 250 + f"!{i}" for i in range(200)]
    known = patterns.matching(pattern, names)
    assert known is None or known == told_by_re2(pattern, names)
