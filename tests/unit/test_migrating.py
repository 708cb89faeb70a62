"""Old forms are read, new ones refused, and nothing is changed in place."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import migrating
from chalicelib.errors import Conflict

# Two releases from now: nodes get a list of tags, then the list becomes text.
STEPS = {
    1: lambda document: {**document, "nodes": [{**node, "tags": []} for node in document["nodes"]]},
    2: lambda document: {**document, "nodes": [{**node, "tags": ",".join(node["tags"])} for node in document["nodes"]]},
}
documents = st.fixed_dictionaries({"name": st.text(), "nodes": st.lists(st.fixed_dictionaries({"id": st.text()}))})


@given(documents)
def test_a_document_goes_through_every_step_and_the_old_one_stays_as_it_is(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    found = migrating.upgrade(document, 1, STEPS)
    assert document == before
    assert [node["tags"] for node in found["nodes"]] == [""] * len(document["nodes"])
    assert migrating.upgrade(migrating.upgrade(document, 1, {1: STEPS[1]}), 2, STEPS) == found


@given(documents)
def test_the_newest_form_is_left_alone(document: dict[str, Any]) -> None:
    assert migrating.upgrade(document, migrating.SCHEMA) == document
    assert migrating.upgrade(document, 3, STEPS) == document


def test_a_newer_form_is_refused() -> None:
    with pytest.raises(Conflict, match="saved by a newer Flowza") as refused:
        migrating.upgrade({}, migrating.SCHEMA + 1)
    assert refused.value.code == "schema-newer"


def test_every_form_that_was_released_has_its_step() -> None:
    assert sorted(migrating.STEPS) == list(range(1, migrating.SCHEMA))
