"""Bodies are read strictly: what is no I-JSON is refused by name, and nothing but a refusal ever comes out of bad bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.api.bodies import MAX_DEPTH, MAX_DIGITS, read_body
from chalicelib.errors import FlowzaError

JSON = {"content-type": "application/json"}
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(TEXT, VALUES, max_size=5), st.booleans())
def test_every_json_object_is_read_as_it_was_written(value: dict[str, object], ascii_only: bool) -> None:
    assert read_body(json.dumps(value, ensure_ascii=ascii_only).encode(), JSON) == value


@given(st.binary(max_size=200) | TEXT.map(str.encode) | st.text('[]{}",:0123456789.eE+-\\ntfu', max_size=60).map(str.encode))
def test_any_bytes_are_an_object_or_a_refusal(raw: bytes) -> None:
    try:
        assert isinstance(read_body(raw, JSON), dict)
    except FlowzaError as refused:
        assert refused.status in (400, 413, 415)
        assert refused.message


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize(("depth", "taken"), [(MAX_DEPTH - 1, True), (MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
def test_the_limit_of_nesting_is_exact(depth: int, taken: bool) -> None:
    assert code_of(nested(depth)) == (None if taken else "json-too-deep")


@pytest.mark.parametrize(
    "brackets", [b'{"a":"' + b"[" * 1_000 + b'"}', b'{"a":"\\"' + b"{" * 1_000 + b'"}'], ids=["in text", "behind a quote"]
)
def test_brackets_in_texts_are_no_nesting(brackets: bytes) -> None:
    assert code_of(brackets) is None


@pytest.mark.parametrize(("digits", "taken"), [(MAX_DIGITS, True), (MAX_DIGITS + 1, False)])
def test_the_limit_of_digits_is_exact(digits: int, taken: bool) -> None:
    assert code_of(b'{"a":' + b"9" * digits + b"}") == (None if taken else "number-too-large")


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("", False),
        ("application/jsonp", False),
        ("text/json", False),
        ("multipart/form-data; boundary=x", False),
    ],
)
def test_only_json_is_taken(kind: str, taken: bool) -> None:
    assert code_of(b"{}", {"content-type": kind}) == (None if taken else "content-type")


@pytest.mark.parametrize(
    "raw",
    [b'{"a":{"b":1,"b":2}}', b'[{"b":1,"b":2}]', b'{"a":1,"\\u0061":2}'],
    ids=["inside", "in a list", "spelled differently"],
)
def test_a_key_that_stands_twice_is_found_anywhere(raw: bytes) -> None:
    assert code_of(raw) == "json-duplicate-key"


def test_a_refusal_names_the_place() -> None:
    with pytest.raises(FlowzaError, match="line 2, column 7"):
        read_body(b'{"a":1,\n "b": }', JSON)


def code_of(raw: bytes, headers: dict[str, str] = JSON) -> str | None:
    """The code of the refusal, None where the body is taken."""
    try:
        read_body(raw, headers)
    except FlowzaError as refused:
        return refused.code
    return None
