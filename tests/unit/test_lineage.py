"""Lineage goes all the way in both directions, and nowhere else."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lineage import Served, Version, around, graph

NUMBERS = st.integers(0, 4)
VERSIONS = st.lists(
    st.builds(
        Version,
        model=NUMBERS.map("m{}".format),
        version=st.integers(1, 3),
        run=st.none() | NUMBERS.map("run_{}".format),
        workflow=st.none() | NUMBERS.map("wf_{}".format),
        datasets=st.lists(NUMBERS.map("ds_{}".format), max_size=2, unique=True).map(tuple),
    ),
    max_size=8,
)
SERVED = st.lists(
    st.builds(Served, endpoint=NUMBERS.map("e{}".format), name=st.just("e"), model=NUMBERS.map("m{}".format), version=st.integers(1, 3)),
    max_size=4,
)


def test_from_the_data_to_the_endpoint_and_back() -> None:
    versions = [
        Version("churn", 1, "run_1", "wf_1", ("ds_1",)),
        Version("churn", 2, "run_2", "wf_1", ("ds_1",)),
        Version("other", 1, "run_3", None, ("ds_2",)),
    ]
    whole = graph(versions, [Served("churn-abc", "churn", "churn", 2)], {"ds_1": "customers", "wf_1": "Churn"})
    names = {thing.id: thing.name for thing in whole.things}
    assert (names["dataset:ds_1"], names["run:run_1"], names["run:run_3"]) == ("customers", "Churn", "run_3")
    behind = {thing.id for thing in around(whole, ["dataset:ds_1"]).things}
    assert behind == {"dataset:ds_1", "run:run_1", "run:run_2", "version:churn/1", "version:churn/2", "endpoint:churn-abc"}
    assert {thing.id for thing in around(whole, ["endpoint:churn-abc"]).things} == {
        "dataset:ds_1",
        "run:run_2",
        "version:churn/2",
        "endpoint:churn-abc",
    }


@given(VERSIONS, SERVED, st.randoms(use_true_random=False))
def test_what_is_around_a_thing_is_linked_to_it(versions: list[Version], served: list[Served], random: object) -> None:
    whole = graph(versions, served, {})
    ids = [thing.id for thing in whole.things]
    assert len(ids) == len(set(ids))
    assert {end for link in whole.links for end in link} <= set(ids)
    for start in ids[:3]:
        found = around(whole, [start])
        assert start in {thing.id for thing in found.things}
        assert set(found.links) <= set(whole.links)
        for thing in found.things:
            assert start in {one.id for one in around(whole, [thing.id]).things}, "lineage is seen from both ends"
