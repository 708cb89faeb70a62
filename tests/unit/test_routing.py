"""The typed route: a declaration is complete or impossible, and cursors survive their way through an address."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.api import describing, routing
from chalicelib.api.paging import ListQuery, next_cursor
from chalicelib.api.problems import problem
from chalicelib.api.routing import route
from chalicelib.api.shapes import View
from chalicelib.errors import FlowzaError, NotFound


class Answer(View):
    value: int


@pytest.fixture(autouse=True)
def _no_trace() -> Any:
    """What a test declares is forgotten again."""
    before = list(routing.OPERATIONS)
    yield
    routing.OPERATIONS[:] = before


def test_a_route_that_does_not_say_who_may_call_it_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="access"):
        route("GET", "/open")  # type: ignore[call-arg]


def test_path_and_arguments_must_agree() -> None:
    def view(other: str) -> Answer:
        """Answer."""
        return Answer(value=1)

    with pytest.raises(AssertionError, match="arguments and path differ"):
        route("GET", "/things/{thing}", access="user")(view)


def test_what_is_declared_is_described() -> None:
    @route("GET", "/things/{thing}", access="user", etag="content", headers={"X-Odd": "Some words"})
    def look_at_thing(thing: str, query: ListQuery) -> Answer:
        """Look at it."""
        return Answer(value=1)

    found = describing.document()["paths"]["/api/things/{thing}"]["get"]
    assert found["operationId"] == "look_at_thing"
    assert found["security"] == [{"token": []}]
    assert {(one["name"], one["in"], one["required"]) for one in found["parameters"]} == {
        ("thing", "path", True),
        ("X-Odd", "header", False),
        ("limit", "query", False),
        ("cursor", "query", False),
    }
    limit = next(one["schema"] for one in found["parameters"] if one["name"] == "limit")
    assert limit == {"type": "integer", "default": 50, "minimum": 1, "maximum": 200}
    assert found["responses"].keys() == {"200", "304", "default"}


WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)


@given(st.dictionaries(WORDS, WORDS, min_size=1, max_size=5))
def test_a_cursor_comes_back_as_the_key_it_was_made_from(key: dict[str, str]) -> None:
    typed = {name: {"S": value} for name, value in key.items()}
    cursor = next_cursor(typed)
    assert cursor is not None
    assert ListQuery(cursor=cursor).start_key(*key) == typed
    with pytest.raises(FlowzaError, match="not one of this list"):
        ListQuery(cursor=cursor).start_key(*key, "more")


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_cursor(text: str) -> None:
    try:
        ListQuery(cursor=text).start_key("sk", pk="a")
    except FlowzaError as refused:
        assert (refused.status, refused.code) == (400, "page-token-invalid")


def test_the_last_page_has_no_cursor() -> None:
    assert next_cursor(None) is None
    assert ListQuery().start_key("sk", pk="a") is None


@pytest.mark.parametrize("limit", [0, -1, 201, 10**9, "many"])
def test_a_page_has_1_to_200_lines(limit: Any) -> None:
    with pytest.raises(ValidationError):
        ListQuery.model_validate({"limit": limit})


def test_a_problem_says_what_where_and_the_way_out() -> None:
    reply = problem(NotFound("There is no such run.", field="run", hint="Look at the list."), "01J")
    body = json.loads(reply.body)
    assert (reply.status_code, body["status"], body["code"], body["title"]) == (404, 404, "not-found", "Not found")
    assert (body["detail"], body["field"], body["hint"], body["request_id"]) == ("There is no such run.", "run", "Look at the list.", "01J")
