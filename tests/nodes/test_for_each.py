"""For each: a row for every value, and a value that cannot be done does not end the others."""

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from chalicelib.workflow import Workflow
from node_containers.fitting import fit
from node_containers.nodes.for_each import Params, for_each
from node_containers.runtime.fan_out import _Queue
from node_containers.runtime.invocation import run_stage
from node_containers.sdk import Context, NodeError, Table
from tests.nodes.conftest import PlannedRun, cloud_in_memory
from tests.nodes.test_battery import titanic


def test_each_group_of_rows_is_described() -> None:
    frame = pd.DataFrame({"town": ["a", "b", "a", None], "price": [1.0, 5.0, None, 9.0]})
    found = for_each(Table(frame), Params(column="town"), Context()).run().frame
    assert found["town"].tolist() == ["a", "b"]
    assert found["rows"].tolist() == [2, 1]
    assert found["empty cells"].tolist() == [0.5, 0.0]
    assert found["mean of price"].tolist() == [1.0, 5.0]
    assert found["error"].isna().all()


def test_each_group_gets_a_model_of_its_own_and_each_value_is_tried_on_all_rows() -> None:
    table = titanic("train")
    model = fit(table, "survived", Context(), lambda _: LogisticRegression())
    context = Context()
    groups = for_each(table, Params(column="class"), context, model).run().frame
    assert groups["class"].tolist() == ["*", "1st", "2nd", "3rd"]
    assert groups["roc_auc"].dropna().between(0.5, 1).all()
    assert groups["error"].notna().tolist() == [True, False, False, False], "one passenger of unknown class teaches nothing"
    assert context.summary == "done for 3 values of class"
    assert context.warnings[0]["code"] == "values-failed"
    tried = for_each(table, Params(param="C", values=[0.001, 1.0]), Context(), model).run().frame
    assert tried["rows"].tolist() == [len(table.frame)] * 2
    assert tried["roc_auc"].nunique() == 2


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "values-of-what"),
        ({"column": "class", "param": "C"}, "values-of-what"),
        ({"column": "ghost"}, "column-unknown"),
        ({"param": "C", "values": [1]}, "param-unknown"),
        ({"column": "name"}, "values-count"),
    ],
)
def test_what_cannot_be_done_for_any_value_is_refused_at_once(params: dict[str, object], code: str) -> None:
    with pytest.raises(NodeError) as refused:
        for_each(titanic("train"), Params(**params), Context()).run()  # type: ignore[arg-type]
    assert refused.value.code == code


def test_an_empty_list_is_refused_whether_it_is_given_or_found() -> None:
    table = titanic("train")
    model = fit(table, "survived", Context(), lambda _: LogisticRegression())
    without = table.with_frame(table.frame.assign(**{"class": None}))
    for rows, params, connected in (
        (table, Params(param="C", values=[]), model),
        (table.with_frame(table.frame.head(0)), Params(column="class"), None),
        (without, Params(column="class"), None),
    ):
        with pytest.raises(NodeError, match="There are 0 values") as refused:
            for_each(rows, params, Context(), connected).run()
        assert (refused.value.code, refused.value.field) == ("values-count", "params.values")


@pytest.mark.parametrize(("values", "apart"), [(128, False), (129, True)])
def test_more_items_than_a_history_bears_have_an_execution_each(values: int, apart: bool) -> None:
    nodes = {
        "load": ("csv_loader", {}),
        "clean": ("preprocess", {}),
        "model": ("train_logreg", {}),
        "each": ("for_each", {"param": "C", "values": list(range(1, values + 1))}),
    }
    drawn = [{"id": name, "type": kind, "data": {"label": name, "params": params}} for name, (kind, params) in nodes.items()]
    wires = [("load", "clean", "table"), ("clean", "model", "table"), ("clean", "each", "table"), ("model", "each", "model")]
    lines = [{"source": source, "target": target, "targetHandle": port} for source, target, port in wires]
    with cloud_in_memory():
        run = PlannedRun(Workflow.model_validate({"nodes": drawn, "connections": lines}))
        *before, last = run.document["stages"]
        for stage in before:
            run_stage(run.invocation(stage["id"]))
        answer = run_stage({**run.invocation(last["id"]), "phase": "prepare"})
    assert (len(answer["items"]), answer["more"], answer["apart"]) == (40, True, apart)


def sharing(run: str = "run_1", **more: int) -> PlannedRun:
    """A node with six values, up to where its round is shared."""
    nodes = {"load": ("csv_loader", {}), "each": ("for_each", {"column": "age", "values": [20, 21, 22, 23, 24, 25], **more})}
    drawn = [{"id": name, "type": kind, "data": {"label": name, "params": params}} for name, (kind, params) in nodes.items()]
    lines = [{"source": "load", "target": "each"}]
    planned = PlannedRun(Workflow.model_validate({"nodes": drawn, "connections": lines}), run)
    run_stage(planned.invocation(planned.document["stages"][0]["id"]))
    return planned


def test_lanes_share_a_round_and_what_a_dead_lane_leaves_is_shared_anew_then_named_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWZA_FAN_OUT", "2")
    with cloud_in_memory():
        run = sharing()
        told = run.invocation(run.document["stages"][-1]["id"])
        answer = run_stage({**told, "phase": "prepare"})
        assert [item["lane"] for item in answer["items"]] == [0, 1]
        # One lane has begun, taken two of the six, and died with its worker.
        dead = _Queue(run.id, "each", 1, answer["items"][0]["round"])
        assert (dead.begin(0), dead.take(), dead.take()) == (True, 0, 1)
        for item in answer["items"]:
            run_stage({**told, "phase": "item", "item": item})
        assert run.items()["each"]["items_done"] == "4"
        again = run_stage({**told, "phase": "gather"})
        # Two are left for two lanes: each has an invocation of its own.
        assert [item["number"] for item in again["items"]] == [0, 1]
        run_stage({**told, "phase": "item", "item": again["items"][0]})
        for item in run_stage({**told, "phase": "gather"})["items"]:
            run_stage({**told, "phase": "item", "item": item})
        assert not run_stage({**told, "phase": "gather"})["more"]
        assert run.items()["each"]["status"] == "succeeded"
        assert run.manifest("each")["rows"]["out"] == 6


@pytest.mark.parametrize(("asked", "lanes"), [(1, 1), (2, 2), (5, 3)])
def test_a_round_has_no_more_lanes_than_the_node_asks_for(monkeypatch: pytest.MonkeyPatch, asked: int, lanes: int) -> None:
    monkeypatch.setenv("FLOWZA_FAN_OUT", "3")
    with cloud_in_memory():
        run = sharing(max_parallel=asked)
        told = run.invocation(run.document["stages"][-1]["id"])
        items = run_stage({**told, "phase": "prepare"})["items"]
        assert [item["lane"] for item in items] == list(range(lanes))
        for item in items:
            run_stage({**told, "phase": "item", "item": item})
        assert not run_stage({**told, "phase": "gather"})["more"]
        assert run.manifest("each")["rows"]["out"] == 6


@pytest.mark.parametrize("taken", [0, 2], ids=["before the first item", "in the midst"])
def test_where_every_lane_has_died_each_item_has_an_invocation_of_its_own(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    monkeypatch.setenv("FLOWZA_FAN_OUT", "2")
    with cloud_in_memory():
        run = sharing()
        told = run.invocation(run.document["stages"][-1]["id"])
        lanes = run_stage({**told, "phase": "prepare"})["items"]
        for lane in lanes:
            dead = _Queue(run.id, "each", 1, lane["round"])
            assert dead.begin(lane["lane"])
            for _ in range(taken):
                dead.take()
        for lane in lanes:
            run_stage({**told, "phase": "item", "item": lane})
        answer = run_stage({**told, "phase": "gather"})
        assert [item["number"] for item in answer["items"]] == list(range(6))
        for item in answer["items"]:
            run_stage({**told, "phase": "item", "item": item})
        assert not run_stage({**told, "phase": "gather"})["more"]
        assert run.manifest("each")["rows"]["out"] == 6


def test_a_clock_that_jumps_back_between_two_phases_makes_no_time_negative() -> None:
    with cloud_in_memory():
        run = sharing()
        told = run.invocation(run.document["stages"][-1]["id"])
        items = run_stage({**told, "phase": "prepare"})["items"]
        run.set("each", started_at="2126-01-01T00:00:00.000+00:00")
        for item in items:
            run_stage({**told, "phase": "item", "item": item})
        while (answer := run_stage({**told, "phase": "gather"}))["more"]:
            for item in answer["items"]:
                run_stage({**told, "phase": "item", "item": item})
        found = run.items()["each"]
        assert found["status"] == "succeeded"
        assert 0 <= float(found["seconds"]) < 3_600
