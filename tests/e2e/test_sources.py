"""Sources, writers and custom code through the real parts: a database, a sandbox of its own, secrets that nothing shows."""

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from infra.local.client import Refused
from tests.conftest import Cloud
from tests.postgres import PASSWORD, Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def opened(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud whose owner has opened the database, and nothing else of this machine."""
    cloud = Cloud(tmp_path_factory.mktemp("cloud"), FLOWZA_EGRESS_ALLOW=f"127.0.0.1:{database.port}").start()
    cloud.client.call("PUT", "/secrets/warehouse", {"value": database.address})
    yield cloud
    cloud.stop()


def node(name: str, kind: str, /, **params: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "position": {"x": 0, "y": 0}, "data": {"label": "", "params": params}}


def drawn(*nodes: dict[str, Any]) -> dict[str, Any]:
    """The nodes in a row."""
    wires = [{"source": before["id"], "target": after["id"]} for before, after in itertools.pairwise(nodes)]
    return {"name": "sources", "description": "", "nodes": list(nodes), "connections": wires}


def by_node(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["node"]: one for one in run["nodes"]}


CODE = """
def run(df, params):
    print("seen", len(df))
    return df.assign(double=df["n"] * params["by"])
"""
QUERY = node(
    "query",
    "sql_query",
    sql="SELECT n, 'NA' AS country FROM generate_series(1, :many) n",
    params={"many": 500},
    connection_secret="warehouse",
)


def test_from_a_query_through_own_code_into_a_table_and_a_dataset(opened: Cloud, database: Server) -> None:
    workflow = drawn(
        QUERY,
        node("code", "custom_python", code=CODE, params={"by": 2}),
        node("write", "save_to_postgres", table="doubled", connection_secret="warehouse", if_exists="replace"),
        node("save", "save_dataset", name="Doubled", format="csv", to="dataset"),
    )
    run = opened.finish(opened.client.start(workflow))
    assert run["status"] == "succeeded", run["error"]
    assert database.run("SELECT count(*), sum(double), min(country) FROM doubled") == [[500, 250_500, "NA"]]
    found = by_node(run)
    assert found["code"]["summary"] == "500 rows, 3 columns"
    # The sandbox function is billed like the stage that waits for it, and is no state of the machine.
    bill = {line["item"]: line["quantity"] for line in run["ledger"]}
    stages = len({one["stage"] for one in run["nodes"]})
    assert (bill["invocations"], bill["transitions"]) == (stages + 1, stages + 1)
    assert found["code"]["cost_usd"] > found["write"]["cost_usd"]
    detail = opened.client.call("GET", f"/runs/{run['id']}/nodes/code")
    assert "seen 500" in detail["log"]
    saved = opened.client.call("GET", f"/runs/{run['id']}/nodes/save")
    assert "Doubled.csv" in saved["downloads"]
    dataset = next(one for one in opened.client.call("GET", "/datasets")["items"] if one["name"] == "Doubled")
    ready = finished(opened, dataset["id"])
    assert (ready["status"], ready["rows"], [one["name"] for one in ready["columns"]]) == ("ready", 500, ["n", "country", "double"])


def finished(cloud: Cloud, dataset: str) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found: dict[str, Any] = cloud.client.call("GET", f"/datasets/{dataset}")
        if found["status"] in ("ready", "refused"):
            return found
        time.sleep(0.1)
    raise AssertionError("the dataset was never read")


def test_a_failure_of_own_code_names_its_line(opened: Cloud) -> None:
    run = opened.finish(
        opened.client.start(drawn(QUERY, node("code", "custom_python", code="def run(df, params):\n    x = 1\n    return df['nope']\n")))
    )
    error = by_node(run)["code"]["error"]
    assert (error["code"], error["message"]) == ("custom-failed", "Line 3: KeyError: 'nope' — return df['nope']")


def test_own_code_reaches_neither_the_cloud_nor_its_keys(opened: Cloud, database: Server) -> None:
    port = opened.client.url.rpartition(":")[2]
    tries = {
        "address": f"pd.read_csv('http://127.0.0.1:{port}/api/health')",
        "environment": "pd.read_csv('/proc/self/environ', header=None)",
        "token": f"pd.read_csv('{opened.state}/token', header=None)",
    }
    for words in tries.values():
        code = f"import pandas as pd\ndef run(df, params):\n    return {words}\n"
        run = opened.finish(opened.client.start(drawn(QUERY, node("code", "custom_python", code=code))))
        assert by_node(run)["code"]["error"]["code"] == "custom-failed", words


def test_the_secret_is_nowhere_but_in_its_own_row(opened: Cloud) -> None:
    """After all the runs above: no object, no log, no answer of the API holds the password; the journal alone does, so that it survives."""
    bad = drawn(node("query", "sql_query", sql="SELECT broken", connection_secret="warehouse"))
    run = opened.finish(opened.client.start(bad))
    assert by_node(run)["query"]["error"]["code"] == "sql-failed"
    answers = [
        opened.client.call("GET", path)
        for path in ("/secrets", "/runs", f"/runs/{run['id']}", f"/runs/{run['id']}/nodes/query", "/workflows")
    ]
    assert PASSWORD not in json.dumps(answers)
    holders = {path.name for path in opened.state.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()}
    assert holders <= {"journal.sqlite", "journal.sqlite-wal"}
    assert holders


def test_a_secret_survives_the_death_of_what_keeps_it(opened: Cloud, database: Server) -> None:
    opened.kill("emulator")
    time.sleep(1)
    opened.wait()
    run = opened.finish(opened.client.start(drawn(QUERY, node("save", "save_dataset"))))
    assert run["status"] == "succeeded", run["error"]
    with pytest.raises(Refused) as refused:
        opened.client.start(drawn(node("query", "sql_query", sql="SELECT 1", connection_secret="nobody")))
    assert "nobody" in str(refused.value)


def test_files_of_every_format_become_datasets(opened: Cloud, tmp_path: Path) -> None:
    frame = pd.DataFrame({"country": ["NA", "DE", "FR"], "n": [1, 2, 3]})
    files = {"csv": tmp_path / "a.csv", "parquet": tmp_path / "a.parquet", "json": tmp_path / "a.jsonl"}
    frame.to_csv(files["csv"], index=False)
    frame.to_parquet(files["parquet"])
    frame.to_json(files["json"], orient="records", lines=True)
    for form, path in files.items():
        found = finished(opened, opened.client.upload(path, form)["id"])
        assert (found["status"], found["format"], found["rows"]) == ("ready", form, 3), found["error"]
        assert found["profile"]["preview"]["rows"][0] == ["NA", 1]
        loaded = opened.finish(
            opened.client.start(drawn(node("load", f"{form}_loader", dataset=found["id"]), node("save", "save_dataset")))
        )
        assert loaded["status"] == "succeeded", loaded["error"]


def test_files_of_a_bucket_are_loaded_and_saved_with_somebodys_own_keys(opened: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    from node_containers.catalog import declarations
    from node_containers.connect import egress
    from node_containers.sdk import Context, NodeError, Table

    port = json.loads((opened.state / "instance.json").read_text())["ports"]["emulator"]
    keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "very-private"}
    s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", **keys)
    s3.create_bucket(Bucket="theirs")
    for i in range(3):
        s3.put_object(Bucket="theirs", Key=f"daily sales/part {i}.csv", Body=f"n,country\n{i},NA\n".encode())
    s3.put_object(Bucket="theirs", Key="daily sales/readme.txt", Body=b"no table")
    context = Context(secret=lambda _: json.dumps({**keys, "endpoint_url": f"http://127.0.0.1:{port}"}))

    def run(type_: str, table: Table | None = None, **params: Any) -> Table:
        declaration = declarations()[type_]
        given = {"table": table} if table else {}
        found: Table = declaration.function(**given, params=declaration.params(connection_secret="bucket", **params), context=context)
        return found

    with pytest.raises(NodeError) as refused:
        run("s3_loader", uri="s3://theirs/daily sales/")
    assert refused.value.code in ("port-not-allowed", "host-not-allowed"), "nobody has opened it"
    monkeypatch.setenv(egress.VARIABLE, f"127.0.0.1:{port}")
    table = run("s3_loader", uri="s3://theirs/daily sales/", pattern="*.csv")
    assert table.frame.to_dict("list") == {"n": [0, 1, 2], "country": ["NA"] * 3}
    assert run("s3_loader", uri="s3://theirs/daily sales/part 1.csv").frame["n"].tolist() == [1]
    run("save_dataset", table, to="s3", uri="s3://theirs/out/", name="all", format="parquet")
    pd.testing.assert_frame_equal(run("s3_loader", uri="s3://theirs/out/all.parquet").frame, table.frame)
    run("save_dataset", table, to="s3", uri="s3://theirs/once/", name="all", mode="fail")
    with pytest.raises(NodeError) as refused:
        run("save_dataset", table, to="s3", uri="s3://theirs/once/", name="all", mode="fail")
    assert refused.value.code == "object-exists"
    for uri, code in (("s3://theirs/nothing/", "no-objects"), ("s3://theirs/nothing.csv", "host-refused")):
        with pytest.raises(NodeError) as refused:
            run("s3_loader", uri=uri)
        assert refused.value.code == code
