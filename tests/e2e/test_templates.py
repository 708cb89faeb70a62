"""Every template runs green on the shared cloud and reaches the figures of `docs/templates.md`; served answers are those the run stored.

`make templates` rewrites the page from the runs.
"""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from infra.local.client import Client
from tests.conftest import Cloud

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "templates.md"
TEMPLATES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "chalicelib" / "templates").glob("*.json"))}
SHOWN = (
    "accuracy",
    "roc_auc",
    "average_precision",
    "r2",
    "mae",
    "adjusted_rand",
    "silhouette",
    "odd_share",
    "max_psi",
    "drifted_columns",
    "lead",
)
# What is known beforehand: no template is worth less than guessing, and the made-up data hold what they were made with.
AT_LEAST = {
    ("titanic", "roc_auc"): 0.8,
    ("iris_two_models", "accuracy"): 0.9,
    ("digits_preprocessed_twice", "accuracy"): 0.95,
    ("diabetes", "r2"): 0.35,
    ("house_prices", "r2"): 0.8,
    ("churn", "roc_auc"): 0.75,
    ("tickets", "accuracy"): 0.85,
    ("clusters", "adjusted_rand"): 0.6,
    ("anomalies", "roc_auc"): 0.7,
    ("drift_check", "drifted_columns"): 1,
}

NUMBER = re.compile(r"(?<![A-Za-z])-?[0-9]+(?:[.][0-9]+)?")

HEAD = """# Templates

Generated from runs on the embedded cloud by `make templates`; do not edit. Each template is a drawing in `chalicelib/templates`; in `statemachines` it
lies beside the state machine it compiles to. Figures are those of the test rows, with the seed 42 everywhere (split, model, resamples); an interval is
a 95 % bootstrap interval. A test runs them all and fails where a figure differs.

| template | data | figures | in words |
|---|---|---|---|
"""


@pytest.fixture(scope="module")
def finished(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """All templates, started beside each other; the runs when they are final."""
    started = {name: cloud.client.start(template["workflow"], cache=False) for name, template in TEMPLATES.items()}
    return {name: cloud.finish(run) for name, run in started.items()}


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_runs_green(finished: dict[str, dict[str, Any]], name: str) -> None:
    run = finished[name]
    assert run["status"] == "succeeded", [node.get("error") for node in run["nodes"] if node["status"] == "failed"]
    closed = {node["node"] for node in run["nodes"] if node["status"] != "succeeded"}
    assert closed == set(), closed


@pytest.mark.parametrize(("place", "least"), AT_LEAST.items(), ids=["-".join(place) for place in AT_LEAST])
def test_it_finds_what_is_there(finished: dict[str, dict[str, Any]], place: tuple[str, str], least: float) -> None:
    values = [node["metrics"][place[1]] for node in finished[place[0]]["nodes"] if place[1] in (node.get("metrics") or {})]
    assert values
    assert all(value >= least for value in values), values


def test_the_page_holds_the_figures(finished: dict[str, dict[str, Any]], cloud: Cloud) -> None:
    text = HEAD + "".join(_line(name, finished[name], cloud) for name in sorted(TEMPLATES, key=lambda one: TEMPLATES[one]["order"]))
    if os.environ.get("TEMPLATES") == "write":
        PAGE.write_text(text, "utf-8")
    page = PAGE.read_text("utf-8")
    assert NUMBER.sub("#", page) == NUMBER.sub("#", text), "run `make templates` and read the difference"
    # Another processor sums floats in another order: the last digits may differ, and with them a row that lies on the edge.
    assert [float(one) for one in NUMBER.findall(text)] == pytest.approx([float(one) for one in NUMBER.findall(page)], rel=0.05, abs=0.02)


def _line(name: str, run: dict[str, Any], cloud: Cloud) -> str:
    template = TEMPLATES[name]
    sources = [node["data"].get("params", {}) for node in template["workflow"]["nodes"] if node["type"] in ("sample_dataset", "csv_loader")]
    data = sorted({str(params.get("name", "titanic")) for params in sources})
    figures, words = [], []
    for node in sorted(run["nodes"], key=lambda one: one["node"]):
        kind = next(one["type"] for one in template["workflow"]["nodes"] if one["id"] == node["node"])
        if kind in ("evaluate", "compare_models", "drift_report", "cross_validate"):
            detail = cloud.client.call("GET", f"/runs/{run['id']}/nodes/{node['node']}")["manifest"]
            figures += _figures(node["node"], detail)
            words.append(detail["summary"])
    return f"| **{template['name']}**: {template['description']} | {', '.join(data)} | {'<br>'.join(figures) or 'no model'} | {'<br>'.join(words)} |\n"


def _figures(node: str, manifest: dict[str, Any]) -> list[str]:
    """Figures of a node, each with its interval where it has one, and those of a second model beside them."""
    tiles = [chart for chart in manifest["charts"] if chart["kind"] == "metrics"]
    found = []
    for tile in tiles:
        who = tile.get("model", node)
        parts = [_figure(one) for one in tile["metrics"] if one["name"] in SHOWN and one["value"] is not None]
        found.append(f"{who}: {', '.join(parts)}")
    if not tiles:
        found.append(
            f"{node}: "
            + ", ".join(f"{name} {value:.4g}" for name, value in manifest["metrics"].items() if name in SHOWN and value is not None)
        )
    return found


def _figure(tile: dict[str, Any]) -> str:
    between = f" ({tile['low']:.3f} to {tile['high']:.3f})" if tile["low"] is not None and abs(tile["value"]) <= 1 else ""
    return f"{tile['name']} {tile['value']:.4g}{between}"


# -- same numbers through HTTP ----------------------------------------------------------------------------------------------

SERVED = [("titanic", "train_xgboost", "survived"), ("iris", "train_forest", "species"), ("diabetes", "train_ridge", "progression")]


@pytest.mark.parametrize(("sample", "model", "target"), SERVED, ids=[f"{sample}-{model}" for sample, model, _ in SERVED])
def test_predictions_that_were_stored_come_back_from_the_endpoint(cloud: Cloud, sample: str, model: str, target: str) -> None:
    """Through the registry, a deployment and `POST /predict`: the rows of the run's own predictions, bit for bit."""
    name = f"parity-{sample}"
    kinds = {"load": ("sample_dataset", {"name": sample}), "clean": ("preprocess", {}), "halves": ("train_test_split", {})}
    kinds |= {"model": (model, {"target": target}), "rows": ("predict", {}), "register": ("register_model", {"name": name})}
    kinds |= {"deploy": ("deploy_endpoint", {"name": name})}
    lines = "load.table clean.table,clean.table halves.table,halves.train model.table,model.model rows.model,halves.test rows.table"
    lines += ",model.model register.model,register.model deploy.model"
    ends = [[one.split(".") for one in line.split(" ")] for line in lines.split(",")]
    drawn = [{"id": i, "type": t, "position": {"x": 0, "y": 0}, "data": {"label": i, "params": p}} for i, (t, p) in kinds.items()]
    wired = [{"source": s[0], "sourceHandle": s[1], "target": t[0], "targetHandle": t[1]} for s, t in ends]
    run = cloud.finish(cloud.client.start({"name": name, "nodes": drawn, "connections": wired}))
    assert run["status"] == "succeeded", run["error"]
    stored = _stored_rows(cloud, run["id"])
    found = next(one for one in cloud.client.call("GET", "/endpoints")["items"] if one["name"] == name)
    key = cloud.client.call("POST", f"/endpoints/{found['id']}/keys")["key"]
    time.sleep(2.1)  # serving keeps a deployment record for two seconds
    asked = [{column: cell for column, cell in row.items() if column != target and not column.startswith("predicted")} for row in stored]
    reply = Client(cloud.client.url, None).request("POST", found["url"], {"rows": asked}, {"x-api-key": key})
    assert reply.status == 200, reply
    assert len(reply.body["predictions"]) == len(stored) > 30
    for answer, row in zip(reply.body["predictions"], stored, strict=True):
        assert answer["prediction"] == row["predicted"]
        assert all(share == row[f"predicted_{label}"] for label, share in answer.get("probabilities", {}).items())


def _stored_rows(cloud: Cloud, run: str) -> list[dict[str, Any]]:
    """The table at the output of “rows”, as it lies in the bucket."""
    import io
    from urllib.parse import urlsplit

    import pandas as pd

    address = urlsplit(cloud.client.call("GET", f"/runs/{run}/nodes/rows")["downloads"]["table"])
    reply = Client(f"{address.scheme}://{address.netloc}", None).request("GET", f"{address.path}?{address.query}")
    assert reply.status == 200
    frame = pd.read_parquet(io.BytesIO(reply.body))
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): cell.item() if hasattr(cell, "item") else cell for name, cell in row.items()} for row in rows]
