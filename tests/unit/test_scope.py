"""Parts of a workflow: to here, from here, only this, and what is made anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.check import check
from chalicelib.errors import Invalid
from chalicelib.scope import Graph, Scope, Selection, behind, select
from tests.unit.drawings import CATALOG, CLASSIC, FACTS, graphs, workflow_of

GRAPH: Graph = check(CLASSIC, CATALOG, FACTS).graph
ALL = {"load", "clean", "halves", "model", "result"}


def chosen(cached: set[str] = frozenset(), **scope: object) -> Selection:  # type: ignore[assignment]
    return select(GRAPH, Scope(**scope), cached)  # type: ignore[arg-type]


def test_a_whole_run_runs_what_is_not_stored() -> None:
    assert chosen({"load", "clean"}) == Selection(frozenset({"halves", "model", "result"}), frozenset({"load", "clean"}))


def test_to_here_leaves_out_what_lies_behind() -> None:
    assert chosen(until="halves").run == {"load", "clean", "halves"}


def test_to_here_takes_what_is_stored_and_nothing_before_it() -> None:
    assert chosen({"clean"}, until="halves") == Selection(frozenset({"halves"}), frozenset({"clean"}))


def test_from_here_makes_everything_behind_anew_and_takes_the_rest() -> None:
    assert chosen(ALL, since="halves") == Selection(frozenset({"halves", "model", "result"}), frozenset({"clean"}))


def test_from_here_makes_what_is_missing_before_it() -> None:
    assert chosen(set(), since="model").run == ALL


def test_only_this_takes_its_inputs_as_they_are() -> None:
    assert chosen(ALL, only="model") == Selection(frozenset({"model"}), frozenset({"halves"}))


def test_only_this_without_inputs_is_refused_with_the_way_out() -> None:
    with pytest.raises(Invalid, match="“Model” cannot run alone: Halves has no stored result") as refused:
        chosen({"load"}, only="model")
    assert (refused.value.code, refused.value.field) == ("inputs-missing", "only")
    assert "Run to here" in str(refused.value.hint)


def test_a_refreshed_node_takes_those_behind_it_along() -> None:
    assert chosen(ALL, refresh=frozenset({"halves"})).run == {"halves", "model", "result"}


def test_two_scopes_or_an_unknown_node_are_refused() -> None:
    with pytest.raises(Invalid, match="until and only"):
        chosen(until="load", only="clean")
    for place in ("until", "since", "only"):
        with pytest.raises(Invalid, match="no node “ghost”") as refused:
            chosen(**{place: "ghost"})
        assert refused.value.field == place
    with pytest.raises(Invalid, match="ghost"):
        chosen(refresh=frozenset({"ghost"}))


@given(graphs(), st.data())
def test_whatever_the_scope_every_input_of_a_node_that_runs_is_there(graph: dict[str, list[str]], data: st.DataObject) -> None:
    resolved = check(workflow_of(graph), CATALOG, FACTS).graph
    names = sorted(resolved)
    cached = set(data.draw(st.lists(st.sampled_from(names), unique=True)))
    place, name = data.draw(st.sampled_from(["until", "since", None])), data.draw(st.sampled_from(names))
    refresh = frozenset(data.draw(st.lists(st.sampled_from(names), unique=True, max_size=3)))
    found = select(resolved, Scope(**({place: name} if place else {}), refresh=refresh), cached)
    assert not found.run & found.keep
    assert found.keep <= cached
    for node in found.run:
        assert {source.node for source in resolved[node].inputs.values()} <= found.run | found.keep
    if place == "since":
        assert behind(resolved, {name}) <= found.run
    if place is None:
        assert behind(resolved, set(refresh)) <= found.run == set(names) - found.keep
