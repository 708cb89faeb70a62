"""Small catalogues and drawings for the tests of check and compiler."""

from typing import Any

from hypothesis import strategies as st

from chalicelib.catalog import Catalog, Column
from chalicelib.facts import DatasetFacts, Facts
from chalicelib.workflow import Workflow

MERGE_INPUTS = 5


def port(name: str, kind: str, role: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "role": role, **more}


def node_type(
    name: str, family: str, inputs: list[Any], outputs: list[Any], properties: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    params = {"type": "object", "properties": properties or {}, "additionalProperties": False}
    return {
        "type": name,
        "version": 1,
        "title": name.title(),
        "family": family,
        "inputs": inputs,
        "outputs": outputs,
        "params": params,
        **more,
    }


# Types of every family, and `merge`, which takes any number of tables: enough to draw any graph.
CATALOG = Catalog(
    {
        "nodes": [
            node_type(
                "load",
                "source",
                [],
                [port("table", "table", "all")],
                {"dataset": {"type": "string", "default": "sample:people", "x-widget": "dataset"}},
                columns="source",
            ),
            node_type(
                "tidy",
                "feature",
                [port("table", "table", "any")],
                [port("table", "table", "same")],
                {
                    "columns": {
                        "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}],
                        "default": None,
                        "x-widget": "columns",
                    },
                    "depth": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "null"}], "default": None},
                    "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.5},
                    "mode": {"enum": ["mean", "median"], "default": "mean"},
                },
                columns="same",
            ),
            node_type(
                "split",
                "split",
                [port("table", "table", "any")],
                [port("train", "table", "train"), port("test", "table", "test")],
                columns="same",
            ),
            node_type(
                "fit",
                "train",
                [port("table", "table", "train")],
                [port("model", "model")],
                {"target": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "x-widget": "target"}},
            ),
            node_type(
                "score",
                "evaluate",
                [port("model", "model"), port("table", "table", "test", implied=True)],
                [port("evaluation", "evaluation")],
            ),
            node_type(
                "contrast",
                "evaluate",
                [port("model", "model"), *(port(name, "model", required=False) for name in ("second", "third"))],
                [port("evaluation", "evaluation")],
            ),
            node_type(
                "publish",
                "effect",
                [port("model", "model")],
                [port("model", "model")],
                {"name": {"type": "string", "default": "m", "x-unique": True}},
                cacheable=False,
            ),
            node_type(
                "fill",
                "feature",
                [port("table", "table", "any")],
                [port("table", "table", "same")],
                {"columns": {"default": None, "x-widget": "columns"}},
                columns="same",
                learns=True,
            ),
            node_type(
                "pick",
                "row",
                [port("table", "table", "any")],
                [port("table", "table", "same")],
                {"columns": {"default": None, "x-widget": "columns"}},
                columns=[{"op": "keep", "param": "columns"}],
            ),
            node_type(
                "search",
                "train",
                [port("table", "table", "train")],
                [port("model", "model")],
                {
                    "depth": {"type": "integer", "default": 3},
                    "max_parallel": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": None, "x-compute": True},
                },
                flow="fan_out",
            ),
            node_type("gate", "evaluate", [port("model", "model")], [port("model", "model")], flow="gate"),
            node_type("wait", "effect", [port("model", "model")], [port("model", "model")], flow="approval", cacheable=False),
            node_type(
                "merge",
                "row",
                [port(f"in{i}", "table", "any", required=False) for i in range(MERGE_INPUTS)],
                [port("table", "table", "all")],
            ),
        ]
    }
)

PEOPLE = DatasetFacts("a" * 64, 100, 5_000, (Column("age", "number"), Column("name", "text"), Column("alive", "integer")), "alive")
NO_TARGET = DatasetFacts("b" * 64, 10, 500, (Column("x", "number"), Column("y", "number")))
FACTS = Facts(datasets={"sample:people": PEOPLE, "ds_plain": NO_TARGET}, environment="e1")


def draw(nodes: dict[str, Any], *connections: str) -> Workflow:
    """`draw({"a": "load", "b": ("tidy", {"share": 0.1})}, "a>b", "a.table>b.table")`."""
    drawn = []
    for name, what in nodes.items():
        kind, params = what if isinstance(what, tuple) else (what, {})
        drawn.append({"id": name, "type": kind, "position": {"x": 0, "y": 0}, "data": {"label": name.title(), "params": params}})
    ends = [connection.split(">") for connection in connections]
    return Workflow.model_validate({"nodes": drawn, "connections": [_connection(*pair) for pair in ends]})


def _connection(source: str, target: str) -> dict[str, str]:
    drawn: dict[str, str] = {}
    for end, text, handle in (("source", source, "sourceHandle"), ("target", target, "targetHandle")):
        name, _, place = text.partition(".")
        drawn[end] = name
        if place:
            drawn[handle] = place
    return drawn


CLASSIC = draw(
    {"load": "load", "clean": "tidy", "halves": "split", "model": "fit", "result": "score"},
    "load>clean",
    "clean>halves",
    "halves>model",
    "model>result",
)


@st.composite
def graphs(draw_value: st.DrawFn, max_nodes: int = 14) -> dict[str, list[str]]:
    """A random acyclic graph as predecessors by node, ids in no telling order."""
    count = draw_value(st.integers(1, max_nodes))
    names = draw_value(st.permutations([f"n{i:02}" for i in range(count)]))
    graph: dict[str, list[str]] = {}
    for position, name in enumerate(names):
        earlier = names[:position]
        chosen = draw_value(st.lists(st.sampled_from(earlier), unique=True, max_size=MERGE_INPUTS)) if earlier else []
        graph[name] = sorted(chosen)
    return graph


def workflow_of(graph: dict[str, list[str]]) -> Workflow:
    """The graph drawn with `merge` nodes."""
    connections = [f"{source}.table>{name}.in{i}" for name, sources in graph.items() for i, source in enumerate(sources)]
    return draw(dict.fromkeys(graph, "merge"), *connections)
