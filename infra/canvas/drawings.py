"""Drawings of any size that look like what people draw: chains of steps behind a few sources, every tenth a branch."""

import json
from functools import cache
from typing import Any

from infra.local.layout import ROOT

CHAIN = 10
STEP_X, STEP_Y = 290, 190
# Rows of the drawing, and places of each, that are seen where it opens.
IN_SIGHT = 3


def large(nodes: int) -> dict[str, Any]:
    """A workflow of so many nodes, in rows of ten connected steps."""
    drawn = []
    wires = []
    for index in range(nodes):
        row, place = divmod(index, CHAIN)
        kind = "sample_dataset" if place == 0 else "preprocess"
        position = {"x": place * STEP_X, "y": row * STEP_Y}
        drawn.append({"id": f"n{index}", "type": kind, "position": position, "data": {"label": f"Step {index}", "params": {}}})
        if place:
            wires.append({"source": f"n{index - 1}", "sourceHandle": "table", "target": f"n{index}", "targetHandle": "table"})
    return {"name": f"{nodes} nodes", "description": "", "nodes": drawn, "connections": wires}


def run_of(workflow: str, nodes: int, done: int) -> dict[str, Any]:
    """A run of it in the shape of the API, of which so many nodes have succeeded and the next one is at work: first those in sight."""
    place = {index: at for at, index in enumerate(sorted(range(nodes), key=lambda index: (index // CHAIN >= IN_SIGHT, index % CHAIN)))}

    def node(index: int) -> dict[str, Any]:
        status = "succeeded" if place[index] < done else "running" if place[index] == done else "queued"
        return {**_blank("NodeRun"), "node": f"n{index}", "status": status, "rows_out": 100 if place[index] < done else None}

    about = {"id": "run_measured", "workflow": workflow, "revision": 1, "status": "running", "created_at": "2026-01-01T00:00:00.000Z"}
    return {**_blank("Run"), **about, "nodes": [node(index) for index in range(nodes)]}


@cache
def _blank(name: str) -> dict[str, Any]:
    """An answer of that name with nothing in it."""
    schemas = json.loads((ROOT / "chalicelib" / "openapi.json").read_text("utf-8"))["components"]["schemas"]
    empty: dict[str, Any] = {"array": [], "object": {}, "string": ""}
    return {field: empty.get(str(schema.get("type"))) for field, schema in schemas[name]["properties"].items()}
