"""Same numbers everywhere, thinly: every model node on one of the datasets. `make parity` goes over all of them, and over every rerun."""

import pytest

from chalicelib.workflow import Workflow
from tests.nodes.parity import MODELS, NEAR, TARGETS, applies, lines_of, page


def assigned() -> dict[tuple[str, str], list[str]]:
    """Each model by dataset and task: the datasets in turn, until one fits."""
    found: dict[tuple[str, str], list[str]] = {}
    datasets = list(TARGETS)
    for task in ("classes", "quantities", "found"):
        for turn, (name, plain) in enumerate(MODELS.items()):
            fitting = [dataset for dataset in datasets[turn % 7 :] + datasets[: turn % 7] if applies(plain, dataset, task)]
            if fitting:
                found.setdefault((fitting[0], task), []).append(name)
    return found


ASSIGNED = assigned()


@pytest.mark.parametrize(("place", "names"), ASSIGNED.items(), ids=["-".join(place) for place in ASSIGNED])
def test_what_was_stored_is_what_is_served_and_what_a_plain_script_gives(place: tuple[str, str], names: list[str]) -> None:
    # Running everything twice is shown once here, and for all by `make parity`.
    lines = list(lines_of(*place, names, rerun=place == ("wine", "classes")))
    assert [line for line in lines if not line["ok"]] == []
    assert {line["id"].split(".")[1] for line in lines} >= {"served", "plain"}
    assert all(line["n"] > 0 for line in lines)


def test_every_model_node_is_among_them() -> None:
    from chalicelib.catalog import load
    from tests.nodes.parity import type_of

    trained = {name for name, entry in load().nodes.items() if entry.family == "train"}
    assert trained == {type_of(name) for name in MODELS}
    assert {name for names in ASSIGNED.values() for name in names} == set(MODELS)


def test_the_page_adds_up_what_was_printed() -> None:
    lines = [
        {"id": "parity.served.iris.train_tree", "value": 1.0, "n": 39},
        {"id": "parity.plain.iris.train_tree", "value": 2e-16, "n": 3},
        {"id": "parity.rerun.iris.train_tree", "value": 0.0, "n": 3},
        {"id": "parity.served.wine.train_knn", "value": 0.0, "n": 45},
        {"id": "parity.plain.wine.train_knn", "value": 0.0, "n": 3},
    ]
    last = page(lines).strip().split("\n")[-3:]
    assert last[0].startswith("| `train_knn` | 1 | 45 | 0 | 3 | 0.0e+00 |")
    assert last[1:] == ["| `train_tree` | 1 | 39 | 1 | 3 | 2.0e-16 | 3 | 0 |", "| all | 2 | 84 | 1 | 6 | 2.0e-16 | 3 | 0 |"]


def test_the_floor_of_the_benchmarks_does_the_same_work() -> None:
    """The plain script that the benchmarks divide by finds the very figures of the nine nodes."""
    from infra.bench import drawings, titanic
    from tests.nodes.conftest import PlannedRun, cloud_in_memory

    drawing = drawings.nine_nodes()
    for node in drawing["nodes"]:
        node["position"] = {"x": 0, "y": 0}
    with cloud_in_memory():
        run = PlannedRun(Workflow.model_validate(drawing))
        run.execute()
        nodes = [{"node": f"score_{model}", "metrics": run.manifest(f"score_{model}")["metrics"]} for model in drawings.MODELS]
    assert titanic.same_figures({"nodes": nodes}, titanic.plain()) < NEAR
