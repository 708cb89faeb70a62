"""Drawings of any size that look like what people draw: chains of steps behind a few sources, every tenth a branch."""

from typing import Any

CHAIN = 10
STEP_X, STEP_Y = 290, 190


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
    """A run of it as the API gives it, of which so many nodes have succeeded and the next one is at work."""

    def node(index: int) -> dict[str, Any]:
        status = "succeeded" if index < done else "running" if index == done else "queued"
        words: dict[str, Any] = dict.fromkeys(WORDS)
        return {**words, "node": f"n{index}", "status": status, "rows_out": 100 if index < done else None, "metrics": {}, "warnings": []}

    times = {"created_at": "2026-01-01T00:00:00.000Z", "started_at": "2026-01-01T00:00:01.000Z", "finished_at": None}
    words = {"workflow_name": "", "revision": 1, "status": "running", "seconds": None, "cost_usd": None, "error": None}
    return {"id": "run_measured", "workflow": workflow, **words, **times, "nodes": [node(index) for index in range(nodes)], "ledger": []}


WORDS = (
    *(
        "stage",
        "started_at",
        "finished_at",
        "heartbeat_at",
        "seconds",
        "progress",
        "rows_in",
        "dropped",
        "attempt",
        "memory_mb",
        "billed_ms",
    ),
    *("cost_usd", "reason", "error", "log_tail", "summary"),
)
