"""Keys, stages and state machines: what depends on what, and what must not."""

import random
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.check import check
from chalicelib.compiler import Plan, Targets, definition_bytes, definition_text, keys, machine_name, plan, stage_ids, to_asl, to_machines
from chalicelib.facts import Facts
from chalicelib.limits import lint
from chalicelib.workflow import Workflow
from tests.unit.drawings import CATALOG, CLASSIC, FACTS, draw, graphs, workflow_of
from tests.unit.test_shape import closure

TARGETS = Targets({"small": "arn:small", "large": "arn:large"})
TASK = {"cluster": "c", "definition": "d", "container": "node", "subnets": ["n"], "security_groups": ["g"]}
FULL = replace(TARGETS, platform_function="platform", task=TASK, machines="arn:aws:states:r:1:stateMachine:")


def compiled(workflow: Workflow, facts: Facts = FACTS, cached: dict[str, str] | None = None, **options: Any) -> Plan:
    checked = check(workflow, CATALOG, facts)
    assert checked.ok, checked.problems
    return plan(checked, facts, keys(checked, facts, run="run_1"), cached or {}, **options)


def node_keys(workflow: Workflow, facts: Facts = FACTS, run: str = "run_1") -> dict[str, str]:
    return keys(check(workflow, CATALOG, facts), facts, run=run)


def redrawn(workflow: Workflow, seed: int) -> Workflow:
    """The same graph, drawn in another order, at other places, under other labels."""
    shuffle = random.Random(seed)
    document = workflow.model_dump(mode="json")
    shuffle.shuffle(document["nodes"])
    shuffle.shuffle(document["connections"])
    for node in document["nodes"]:
        node["position"] = {"x": shuffle.random() * 900, "y": shuffle.random() * 900}
        node["data"]["label"] = f"label {shuffle.random()}"
    return Workflow.model_validate(document)


def running(graph: dict[str, list[str]]) -> set[str]:
    """The nodes that run: where anything is connected, a node without a connection is a stray and does not."""
    touched = {end for name, sources in graph.items() for source in sources for end in (name, source)}
    return touched or set(graph)


def states_of(branch: dict[str, Any]) -> dict[str, Any]:
    found = dict(branch["States"])
    for state in branch["States"].values():
        for inner in state.get("Branches", []):
            found |= states_of(inner)
    return found


@given(graphs(), st.integers(0, 2**32))
def test_bytes_do_not_depend_on_drawing_order_labels_or_positions(graph: dict[str, list[str]], seed: int) -> None:
    drawn = workflow_of(graph)
    first, second = compiled(drawn), compiled(redrawn(drawn, seed))
    assert definition_text(to_asl(first, TARGETS)) == definition_text(to_asl(second, TARGETS))
    assert {name: node.key for name, node in first.nodes.items()} == {name: node.key for name, node in second.nodes.items()}
    assert first.stages == second.stages


@given(graphs(), st.booleans())
def test_every_node_runs_once_after_all_that_feed_it(graph: dict[str, list[str]], fusion: bool) -> None:
    planned = compiled(workflow_of(graph), fusion=fusion)
    assert sorted(name for stage in planned.stages for name in stage.nodes) == sorted(running(graph))
    assert list(stage_ids(planned.shape)) == [stage.id for stage in planned.stages]
    place = {name: (number, position) for number, stage in enumerate(planned.stages) for position, name in enumerate(stage.nodes)}
    assert all(place[source] < place[name] for source, name in closure(graph))
    if not fusion:
        assert all(len(stage.nodes) == 1 for stage in planned.stages)


@given(graphs())
def test_every_machine_is_within_the_limits_and_retries_and_catches(graph: dict[str, list[str]]) -> None:
    definition = to_asl(compiled(workflow_of(graph)), TARGETS)
    assert lint(definition) == []
    tasks = [state for state in states_of(definition).values() if state["Type"] == "Task"]
    assert all(state["Retry"][0]["JitterStrategy"] == "FULL" and state["Catch"] and state["TimeoutSeconds"] for state in tasks)


@given(graphs(), st.data())
def test_cached_nodes_are_in_no_stage_and_a_fully_cached_stage_is_no_state(graph: dict[str, list[str]], data: st.DataObject) -> None:
    cached = dict.fromkeys(data.draw(st.lists(st.sampled_from(sorted(running(graph))), unique=True)), "same data, same params")
    planned = compiled(workflow_of(graph), cached=cached)
    assert sorted(name for stage in planned.stages for name in stage.nodes) == sorted(running(graph) - set(cached))
    document = planned.to_document(run="r", owner="o", workflow="w")
    assert {name for name, node in document["nodes"].items() if node["cached"]} == set(cached)


def test_a_line_of_nodes_is_one_stage_and_one_state() -> None:
    planned = compiled(CLASSIC)
    assert [stage.nodes for stage in planned.stages] == [("load", "clean", "halves", "model", "result")]
    definition = to_asl(planned, TARGETS)
    assert [state["Type"] for state in definition["States"].values()] == ["Task", "Task", "Fail"]


def test_independent_branches_run_beside_each_other() -> None:
    drawn = draw(
        {"l": "load", "s": "split", "m1": "fit", "e1": "score", "m2": "fit", "e2": "score"}, "l>s", "s>m1", "m1>e1", "s>m2", "m2>e2"
    )
    planned = compiled(drawn)
    assert planned.shape == ["s1", (["s2"], ["s3"])]
    assert [stage.nodes for stage in planned.stages] == [("l", "s"), ("m1", "e1"), ("m2", "e2")]


def test_fusion_off_gives_one_state_a_node() -> None:
    definition = to_asl(compiled(CLASSIC, fusion=False), TARGETS)
    assert [name.split()[0] for name in definition["States"] if not name.endswith(" on large")] == ["s1", "s2", "s3", "s4", "s5", "Failed"]


def test_params_do_not_change_the_machine_but_the_graph_does() -> None:
    tuned = draw({"a": "load", "b": ("tidy", {"share": 0.1})}, "a>b")
    plain = draw({"a": "load", "b": "tidy"}, "a>b")
    longer = draw({"a": "load", "b": "tidy", "c": "tidy"}, "a>b", "b>c")
    names = [machine_name("test", definition_bytes(to_asl(compiled(w), TARGETS))) for w in (tuned, plain, longer)]
    assert names[0] == names[1] != names[2]
    assert all(len(name) <= 80 for name in names)


def test_a_changed_param_changes_its_key_and_those_behind_it_only() -> None:
    before = node_keys(draw({"a": "load", "b": "tidy", "c": "tidy", "d": "tidy"}, "a>b", "b>c", "a>d"))
    after = node_keys(draw({"a": "load", "b": ("tidy", {"share": 0.1}), "c": "tidy", "d": "tidy"}, "a>b", "b>c", "a>d"))
    assert {name for name in before if before[name] != after[name]} == {"b", "c"}


def test_writing_out_a_default_keeps_the_key() -> None:
    assert node_keys(draw({"a": "load", "b": ("tidy", {"share": 0.5})}, "a>b")) == node_keys(draw({"a": "load", "b": "tidy"}, "a>b"))


@pytest.mark.parametrize(
    "other",
    [
        Facts(FACTS.datasets, "e2"),
        Facts({**FACTS.datasets, "sample:people": FACTS.datasets["sample:people"]._replace(sha256="c" * 64)}, "e1"),
    ],
    ids=["image", "data"],
)
def test_image_and_data_change_every_key(other: Facts) -> None:
    before, after = node_keys(CLASSIC), node_keys(CLASSIC, other)
    assert all(before[name] != after[name] for name in before)


def test_an_answered_target_changes_the_keys_from_training_on() -> None:
    before, after = node_keys(CLASSIC), node_keys(CLASSIC, Facts(FACTS.datasets, "e1", {"target": "age"}))
    assert {name for name in before if before[name] != after[name]} == {"model", "result"}


def test_an_effect_has_a_key_of_its_run() -> None:
    drawn = draw({"l": "load", "m": "fit", "p": "publish"}, "l>m", "m>p")
    first, second = node_keys(drawn, run="run_1"), node_keys(drawn, run="run_2")
    assert {name for name in first if first[name] != second[name]} == {"p"}


def test_an_id_is_not_part_of_a_key() -> None:
    assert node_keys(draw({"x": "load"}))["x"] == node_keys(draw({"y": "load"}))["y"]


def test_a_stage_ends_where_the_size_changes_and_starts_at_its_own() -> None:
    planned = compiled(CLASSIC, sizes={"model": "large", "result": "large"})
    assert [(stage.nodes, stage.size) for stage in planned.stages] == [
        (("load", "clean", "halves"), "small"),
        (("model", "result"), "large"),
    ]
    states = to_asl(planned, TARGETS)["States"]
    assert [name for name in states if name.startswith("s2")] == ["s2 fit + score"]
    assert states["s2 fit + score"]["Parameters"]["FunctionName"] == "arn:large"


def test_a_stage_that_is_too_small_goes_one_size_up_to_the_end() -> None:
    states = to_asl(compiled(CLASSIC), FULL)["States"]
    small, large, task = (name for name in states if name != "Failed")
    assert (large, task) == (f"{small} on large", f"{small} as a task")
    caught = [[catch["Next"] for catch in states[name]["Catch"]] for name in (small, large, task)]
    assert caught == [[large, "Failed"], [task, "Failed"], ["Failed"]]
    assert "Runtime.OutOfMemory" in states[small]["Catch"][0]["ErrorEquals"]
    assert not any("StageFailed" in catch["ErrorEquals"] for catch in states[small]["Catch"])
    assert states[task]["Resource"].endswith("runTask.waitForTaskToken")
    assert states[task]["HeartbeatSeconds"] < states[task]["TimeoutSeconds"]


def test_a_node_that_fans_out_is_a_loop_around_a_map() -> None:
    drawn = draw({"l": "load", "s": "split", "t": "search", "e": "score"}, "l>s", "s>t", "t>e")
    planned = compiled(drawn)
    assert [(stage.nodes, stage.kind) for stage in planned.stages] == [(("l", "s"), "work"), (("t",), "fan_out"), (("e",), "work")]
    definition = to_asl(planned, TARGETS)
    assert lint(definition) == []
    states = definition["States"]
    mapped = states["s2 search: items"]
    assert [choice["Next"] for choice in states["s2 search: more?"]["Choices"]] == ["s2 search: items apart", "s2 search: items"]
    assert states["s2 search: items apart"]["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert mapped["ItemProcessor"]["ProcessorConfig"]["Mode"] == "INLINE"
    assert mapped["ItemProcessor"]["States"]["s2 search: item"]["Parameters"]["Payload"]["phase"] == "item"


@pytest.mark.parametrize(("asked", "given"), [(None, 10), (1, 1), (3.0, 3), (1_000, 10)])
def test_how_many_items_go_beside_each_other_is_in_the_machine_and_in_the_plan_but_in_no_key(asked: float | None, given: int) -> None:
    def searched(**params: Any) -> tuple[Any, dict[str, str]]:
        drawn = draw({"l": "load", "s": "split", "t": ("search", params), "e": "score"}, "l>s", "s>t", "t>e")
        return compiled(drawn), keys(check(drawn, CATALOG, FACTS), FACTS, run="r")

    planned, found = searched(max_parallel=asked)
    assert type(planned.stages[1].max_parallel) is not float
    states = to_asl(planned, TARGETS)["States"]
    assert [states[f"s2 search: {name}"]["MaxConcurrency"] for name in ("items", "items apart")] == [given, given]
    assert [stage.get("max_parallel") for stage in planned.to_document(run="r", owner="o", workflow="w")["stages"]] == [None, asked, None]
    assert found == searched()[1]
    assert found["t"] != searched(depth=4)[1]["t"]


def test_a_person_is_asked_by_a_callback_and_a_gate_ends_its_stage() -> None:
    drawn = draw({"l": "load", "m": "fit", "g": "gate", "w": "wait", "p": "publish"}, "l>m", "m>g", "g>w", "w>p")
    planned = compiled(drawn)
    assert [(stage.nodes, stage.kind) for stage in planned.stages] == [(("l", "m", "g"), "work"), (("w",), "approval"), (("p",), "work")]
    definition = to_asl(planned, FULL)
    assert lint(definition) == []
    asked = definition["States"]["s2 wait"]
    assert asked["Resource"].endswith(".waitForTaskToken")
    assert asked["Parameters"]["Payload"]["approval"]["token.$"] == "$$.Task.Token"


@pytest.mark.parametrize("shape", ["line", "wide", "tangle"])
def test_a_graph_over_the_limits_is_cut_into_machines_that_start_each_other(shape: str) -> None:
    count = 1_200
    graph: dict[str, list[str]] = {"n0000": []}
    shuffle = random.Random(7)
    for i in range(1, count):
        sources = {"line": [i - 1], "wide": [0], "tangle": shuffle.sample(range(i), min(i, 2))}[shape]
        graph[f"n{i:04}"] = [f"n{source:04}" for source in sorted(sources)]
    planned = compiled(workflow_of(graph), fusion=False)
    machines = to_machines(planned, FULL)
    assert machines.parts
    assert [lint(machine) for machine in (machines.main, *machines.parts.values())] == [[]] * (1 + len(machines.parts))
    texts = [definition_text(machine) for machine in (machines.main, *machines.parts.values())]
    run = sorted(stage for text in texts for stage in set(re.findall(r'"stage":"(s\d+)"', text)))
    assert run == sorted(stage.id for stage in planned.stages)
    started = set(re.findall(r"stateMachine:(flowza-[a-z0-9-]+)", " ".join(texts)))
    assert started == set(machines.parts)


@pytest.mark.parametrize(("rows", "length"), [(2, 60), (3, 99), (9, 51)])
def test_parts_that_are_too_heavy_to_go_together_are_cut_off_one_by_one(rows: int, length: int) -> None:
    """Branches of more than a quarter of a machine, beside each other and then below each other: no two fit into half of one."""
    beside: dict[str, list[str]] = {"root": []}
    for row in range(rows):
        for place in range(length):
            beside[f"n{row}-{place:03}"] = ["root" if place == 0 else f"n{row}-{place - 1:03}"]
    below: dict[str, list[str]] = {"j000": []}
    for row in range(rows):
        for arm in range(5):
            for place in range(length // 5):
                below[f"a{row}-{arm}-{place}"] = [f"j{row:03}" if place == 0 else f"a{row}-{arm}-{place - 1}"]
        below[f"j{row + 1:03}"] = [f"a{row}-{arm}-{length // 5 - 1}" for arm in range(5)]
    for graph in (beside, below):
        planned = compiled(workflow_of(graph), fusion=False)
        machines = to_machines(planned, FULL)
        texts = [definition_text(machine) for machine in (machines.main, *machines.parts.values())]
        assert [lint(machine) for machine in (machines.main, *machines.parts.values())] == [[]] * len(texts)
        run = sorted(stage for text in texts for stage in set(re.findall(r'"stage":"(s[0-9]+)"', text)))
        assert run == sorted(stage.id for stage in planned.stages)


def test_a_plan_without_stages_has_no_machine() -> None:
    with pytest.raises(ValueError, match="every node is cached"):
        to_asl(compiled(draw({"a": "load"}), cached={"a": "same"}), TARGETS)


@settings(max_examples=5)
@given(st.integers(1, 2**32))
def test_a_large_tangled_graph_compiles_within_the_limits(seed: int) -> None:
    shuffle = random.Random(seed)
    graph = {f"n{i:04}": sorted(shuffle.sample([f"n{j:04}" for j in range(i)], min(i, shuffle.randint(0, 2)))) for i in range(300)}
    assert lint(to_asl(compiled(workflow_of(graph)), TARGETS)) == []


TWO_MODELS = draw(
    {"l": "load", "s": "split", "m1": "fit", "e1": "score", "m2": "fit", "e2": "score"}, "l>s", "s>m1", "m1>e1", "s>m2", "m2>e2"
)


def test_branches_that_are_known_to_be_short_share_a_stage() -> None:
    short = dict.fromkeys(("l", "s", "m1", "e1", "m2", "e2"), 0.1)
    assert [stage.nodes for stage in compiled(TWO_MODELS, seconds=short).stages] == [("l", "s", "m1", "e1", "m2", "e2")]
    long = {**short, "m1": 2.0, "m2": 2.0}
    assert len(compiled(TWO_MODELS, seconds=long).stages) == 3
    # One long branch beside a short one: side by side would save no more than the short one takes.
    assert len(compiled(TWO_MODELS, seconds={**short, "m1": 60.0}).stages) == 1
    assert len(compiled(TWO_MODELS, seconds={"m1": 0.1}).stages) == 3, "what nobody knows is not taken for short"
    assert len(compiled(TWO_MODELS, seconds=short, fusion=False).stages) == 6
    # Where a start usually takes three seconds, a stage that saves two is not worth one.
    assert len(compiled(TWO_MODELS, seconds=long, start_seconds=3.0).stages) == 1
    assert len(compiled(TWO_MODELS, seconds=long, start_seconds=1.0).stages) == 3


@given(graphs(), st.data())
def test_short_branches_keep_the_order_whatever_is_known(graph: dict[str, list[str]], data: st.DataObject) -> None:
    seconds = data.draw(st.dictionaries(st.sampled_from(sorted(graph)), st.sampled_from([0.0, 0.1, 0.3, 5.0])))
    planned = compiled(workflow_of(graph), seconds=seconds)
    assert sorted(name for stage in planned.stages for name in stage.nodes) == sorted(running(graph))
    place = {name: (number, position) for number, stage in enumerate(planned.stages) for position, name in enumerate(stage.nodes)}
    assert all(place[source] < place[name] for source, name in closure(graph))
    assert lint(to_asl(planned, TARGETS)) == []
