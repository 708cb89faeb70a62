"""A workflow inside of another, through the real parts: the same figures, the same stored results, and the newest save."""

from typing import Any

from tests.conftest import Cloud

CLEAN = {"in": ("workflow_input", {}), "fill": ("impute", {}), "code": ("encode", {}), "out": ("workflow_output", {})}
CLEAN_WIRES = ["in>fill", "fill>code", "code>out:table"]
TAIL = {"split": ("train_test_split", {}), "fit": ("train_logreg", {"max_iter": 500}), "score": ("evaluate", {})}
TAIL_WIRES = ["split>fit", "fit>score"]
LOAD = {"load": ("sample_dataset", {"name": "titanic"}), "few": ("select_columns", {"columns": ["class", "age", "sex", "survived"]})}


def drawing(name: str, nodes: dict[str, tuple[str, dict[str, Any]]], wires: list[str]) -> dict[str, Any]:
    ends = [[end.split(":") for end in wire.split(">")] for wire in wires]
    return {
        "name": name,
        "description": "",
        "nodes": [{"id": one, "type": kind, "position": {"x": 0, "y": 0}, "data": {"label": "", "params": params}} for one, (kind, params) in nodes.items()],
        "connections": [
            {"source": source[0], "target": target[0]} | ({"targetHandle": target[1]} if target[1:] else {}) for source, target in ends
        ],
    }  # fmt: skip


def test_a_card_runs_as_if_it_were_drawn_and_follows_its_workflow(cloud: Cloud) -> None:
    inner = cloud.client.call("POST", "/workflows", drawing("Clean", CLEAN, CLEAN_WIRES))
    tried = cloud.finish(cloud.client.start(drawing("Clean, tried", CLEAN, CLEAN_WIRES)))
    assert tried["status"] == "succeeded", tried
    card = {"c": ("sub_workflow", {"workflow": inner["id"]})}
    outer = drawing("Outer", {**LOAD, **card, **TAIL}, ["load>few", "few>c", "c>split", *TAIL_WIRES])
    run = cloud.finish(cloud.client.start(outer))
    assert run["status"] == "succeeded", run
    assert {"c.fill", "c.code"} < {node["node"] for node in run["nodes"]}
    accuracy = next(node["metrics"]["accuracy"] for node in run["nodes"] if node["node"] == "score")
    # Drawn by hand, everything is there already.
    flat = {**LOAD, "fill": ("impute", {}), "code": ("encode", {}), **TAIL}
    again = cloud.finish(cloud.client.start(drawing("Flat", flat, ["load>few", "few>fill", "fill>code", "code>split", *TAIL_WIRES])))
    assert {node["status"] for node in again["nodes"]} == {"cached"}
    assert next(node["metrics"]["accuracy"] for node in again["nodes"] if node["node"] == "score") == accuracy
    # Another save of the inner workflow: what it changes is made anew, what lies before it is not; the pinned revision stays as it was.
    changed = drawing("Clean", {**CLEAN, "code": ("encode", {"method": "ordinal"})}, CLEAN_WIRES)
    cloud.client.call("PUT", f"/workflows/{inner['id']}", changed, {"If-Match": f'"{inner["revision"]}"'})
    planned = cloud.client.call("POST", "/workflows/plan", {"workflow": outer})
    assert {node["id"]: node["cached"] for node in planned["nodes"]} == {
        "load": True, "few": True, "c.fill": True, "c.code": False, "split": False, "fit": False, "score": False
    }  # fmt: skip
    outer["nodes"][2]["data"]["params"]["revision"] = inner["revision"]
    pinned = cloud.client.call("POST", "/workflows/plan", {"workflow": outer})
    assert all(node["cached"] for node in pinned["nodes"])


def test_a_circle_is_refused_with_the_names_in_it(cloud: Cloud) -> None:
    inner = cloud.client.call("POST", "/workflows", drawing("Round", CLEAN, CLEAN_WIRES))
    round_nodes = {"in": ("workflow_input", {}), "c": ("sub_workflow", {"workflow": inner["id"]}), "out": ("workflow_output", {})}
    cloud.client.call(
        "PUT", f"/workflows/{inner['id']}", drawing("Round", round_nodes, ["in>c", "c>out:table"]), {"If-Match": f'"{inner["revision"]}"'}
    )
    outer = drawing("Outer", {**LOAD, "c": ("sub_workflow", {"workflow": inner["id"]})}, ["load>few", "few>c"])
    [problem] = [
        one for one in cloud.client.call("POST", "/workflows/check", {"workflow": outer})["problems"] if one["severity"] == "error"
    ]
    assert (problem["code"], problem["node"]) == ("sub-workflow-cycle", "c")
    assert "“Round” → “Round”" in problem["message"]
