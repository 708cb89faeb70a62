"""A stack of two models and a forecast from lags, from the drawing to figures; the endpoint gives the stack's own."""

import io
import math
import urllib.request
from typing import Any

import numpy as np
import pandas as pd

from infra.local.client import Client
from tests.conftest import Cloud
from tests.e2e.test_engine import drawing, node


def table(cloud: Cloud, run: dict[str, Any], name: str) -> pd.DataFrame:
    """What came out of a node, from its download."""
    address = cloud.client.call("GET", f"/runs/{run['id']}/nodes/{name}")["downloads"]["table"]
    with urllib.request.urlopen(address, timeout=60) as reply:  # noqa: S310 loopback
        return pd.read_parquet(io.BytesIO(reply.read()))


def test_an_endpoint_gives_the_numbers_that_the_run_of_a_stack_stored(cloud: Cloud) -> None:
    nodes = {
        "load": ("sample_dataset", {"name": "titanic"}),
        "clean": ("preprocess", {}),
        "split": ("train_test_split", {"random_state": 7}),
        "line": ("train_logreg", {}),
        "forest": ("train_forest", {"n_estimators": 10}),
        "stack": ("train_stack", {"cv": 3}),
        "score": ("evaluate", {}),
        "said": ("predict", {}),
        "register": ("register_model", {"name": "stacked"}),
        "deploy": ("deploy_endpoint", {"name": "stacked"}),
    }
    wires = [
        "load>clean",
        "clean>split",
        "split.train>line",
        "split.train>forest",
        "split.train>stack",
        "line>stack.first",
        "forest>stack.second",
    ]
    more = [
        "stack>score",
        "stack>said.model",
        "split.test>said.table",
        "stack>register.model",
        "score>register.evaluation",
        "register>deploy",
    ]
    run = cloud.finish(cloud.client.start(drawing("stacked", nodes, *wires, *more)))
    assert run["status"] == "succeeded", run["error"]
    metrics = node(run, "score")["metrics"]
    assert metrics["accuracy"] > metrics["baseline_accuracy"] + 0.08

    stored = table(cloud, run, "said")
    endpoint = next(one for one in cloud.client.call("GET", "/endpoints")["items"] if one["name"] == "stacked")
    key = cloud.client.call("POST", f"/endpoints/{endpoint['id']}/keys")["key"]
    asked = [
        {name: None if pd.isna(row[name]) else row[name] for name in ("class", "age", "sex")} for row in stored.to_dict(orient="records")
    ]
    reply = Client(cloud.client.url, None).request("POST", endpoint["url"], {"rows": asked}, {"x-api-key": key})
    assert reply.status == 200, reply.body
    answers = reply.body["predictions"]
    assert [one["prediction"] for one in answers] == stored["predicted"].astype(str).tolist()
    for name in ("0", "1"):
        assert [one["probabilities"][name] for one in answers] == stored[f"predicted_{name}"].tolist()
    assert np.mean(stored["predicted"].astype(str) == stored["survived"].astype(str)) == metrics["accuracy"]


def test_a_forecast_from_lags_runs_from_typed_rows_to_its_error(cloud: Cloud) -> None:
    sold = [100 + 40 * math.sin(day * math.tau / 7) + day % 3 for day in range(140)]
    days = pd.date_range("2026-01-01", periods=140).strftime("%Y-%m-%d")
    rows = "day,sold\n" + "".join(f"{day},{count:.3f}\n" for day, count in zip(days, sold, strict=True))
    nodes = {
        "typed": ("enter_rows", {"rows": rows}),
        "lags": ("lags", {"columns": ["sold"], "lags": [1, 2, 7], "func": ["mean"], "window": 7, "order_by": "day"}),
        "whole": ("drop_missing", {}),
        "split": ("train_test_split", {"time_column": "day", "test_size": 0.2}),
        "line": ("train_linear", {"target": "sold"}),
        "score": ("evaluate", {}),
    }
    run = cloud.finish(
        cloud.client.start(drawing("forecast", nodes, "typed>lags", "lags>whole", "whole>split", "split.train>line", "line>score"))
    )
    assert run["status"] == "succeeded", run["error"]
    assert (node(run, "lags")["rows_out"], node(run, "whole")["rows_out"]) == (140, 133)
    assert node(run, "score")["metrics"]["r2"] > 0.95
