"""What every node type must hold, whoever writes it; and that the generated files are fresh."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
from pydantic import ValidationError

from chalicelib.catalog import Column
from chalicelib.columns import flow
from node_containers import samples
from node_containers.catalog import CATALOG, CHARTS, DOCS, PROFILES, catalog_text, declarations, docs_text, profiles_text
from node_containers.charts import KINDS, chart, page
from node_containers.connect import egress
from node_containers.fitting import fit
from node_containers.nodes.train_xgboost import Params as TreeParams
from node_containers.profiling import MAX_PROFILED_COLUMNS, preview_table
from node_containers.reading import describe_columns
from node_containers.recipe import step
from node_containers.runtime.ledger import UNEXPLAINED, ledger
from node_containers.runtime.storage import pack
from node_containers.sandbox.process import run_apart
from node_containers.sdk import CLOSED, Context, Dataset, Declaration, Endpoint, Evaluation, FanOut, Model, NodeError, Table

DECLARATIONS = declarations()
# A person decides, or the card is opened before a plan: the function is never called.
CALLED = {name: declaration for name, declaration in DECLARATIONS.items() if declaration.flow not in ("approval", "nested")}
RUNS = pytest.mark.parametrize("declaration", CALLED.values(), ids=CALLED)
STRICT = pytest.mark.parametrize("declaration", DECLARATIONS.values(), ids=DECLARATIONS)


# Params that make a node small, or mean something on the Titanic rows, where its defaults do not.
EXAMPLES: dict[str, dict[str, Any]] = {
    **{name: {"target": "age"} for name in ("train_linear", "train_ridge", "train_lasso", "train_elastic_net")},
    **{name: {"n_estimators": 5} for name in ("train_forest", "train_extra_trees", "train_isolation_forest")},
    "train_hist_boosting": {"max_iter": 5},
    "fairness": {"sensitive_columns": ["sex"]},
    "learning_curve": {"steps": 2, "cv": 2},
    "for_each": {"column": "class"},
    "train_mlp": {"max_iter": 5, "hidden_layer_sizes": [8]},
    "filter_rows": {"rules": [{"column": "age", "op": ">=", "value": 18}], "expr": 'sex == "female"'},
    "drop_outliers": {"columns": ["age"], "lower": 1, "upper": 60},
    "sort_rows": {"by": ["class", "age"], "ascending": [False, True]},
    "fill_rows": {"columns": ["age"], "by": ["class"]},
    "lags": {"columns": ["age", "survived"], "lags": [1, 2], "func": ["mean"], "group_by": ["class"]},
    "limit_rows": {"method": "random", "n": 100, "stratify": "survived"},
    "join_tables": {"on": ["class", "sex"], "how": "left", "indicator": True},
    "group_aggregate": {"by": ["class", "sex"], "aggs": {"age": ["mean", "max", "count"], "survived": ["sum"]}},
    "pivot_table": {"index": ["class"], "columns": "sex", "values": "age"},
    "unpivot_table": {"id_vars": ["name"], "value_vars": ["age", "survived"]},
    "sql_tables": {"sql": "SELECT class, count(*) AS n FROM a GROUP BY class ORDER BY class"},
    "validate_data": {"rules": [{"column": "age", "rule": "range", "lower": 0, "upper": 120}]},
    "select_columns": {"columns": ["age", "sex", "survived"]},
    "rename_columns": {"names": {"age": "years", "survived": "alive"}},
    "change_types": {"dtype": {"age": "text", "survived": "boolean"}},
    "formula": {"name": "minor", "expr": "age < 18", "dtype": "boolean"},
    "date_parts": {"column": "born", "parts": ["year", "is_weekend", "elapsed_days"], "since": "1912-04-15"},
    "replace_values": {"columns": ["sex"], "to_replace": {"female": "woman", "male": "man"}},
    "text_features": {"columns": ["name"], "max_features": 50},
}


def titanic(role: str = "all") -> Table:
    recipe = (step("impute"), step("scale"), step("encode"))
    return Table(samples.load("titanic"), recipe, role, "survived")


def people(role: str = "all") -> Table:
    """Rows without a recipe yet, with a column of every type."""
    frame = samples.load("titanic").head(300)
    born = pd.Timestamp("1912-04-15") - pd.to_timedelta(frame["age"].fillna(0) * 365, unit="D")
    return Table(frame.assign(born=born.astype("datetime64[us]").mask(frame["age"].isna())), (), role, "survived")


def fitted() -> Model:
    from sklearn.linear_model import LogisticRegression

    model = fit(titanic("train"), "survived", Context(), lambda _: LogisticRegression())
    return Model(model.pipeline, model.info, {"name": "m", "version": 1}, {"object": "o/x", "sha256": "0" * 64, "bytes": 1, "key": "k"})


def arguments(declaration: Declaration) -> dict[str, Any]:
    """Inputs of the right kinds, and params that need nothing but the target."""
    rows = people if declaration.family in ("row", "feature") else titanic
    values: dict[str, Any] = {
        "table": rows,
        "model": fitted,
        "evaluation": lambda: Evaluation({"accuracy": 0.5}, details={"sentence": "right for 50 of 100 rows"}),
    }
    fields = declaration.params.model_fields
    # A search is the same with few candidates, and quicker.
    quick = {"n_iter": 2, "max_candidates": 6, "cv": 2, "n_estimators": 20}
    params: dict[str, Any] = {"target": "survived"} if "target" in fields else {}
    params |= {name: value for name, value in quick.items() if name in fields} | EXAMPLES.get(declaration.name, {})
    found: dict[str, Any] = {name: values[port.kind]() for name, (port, _) in declaration.inputs.items()}
    return {**found, "params": declaration.params(**params)}


def context() -> Context:
    answers = {
        "register_model": {"name": "m", "version": 1},
        "deploy_endpoint": {"endpoint": "m-1", "url": "/predict/m-1"},
        "save_dataset": {"dataset": "ds_1"},
        "send_notice": {"topic": "notices", "subscribed": 1, "note": ""},
    }
    return Context(
        dataset=Dataset("sample:titanic", sample="titanic"),
        effect=lambda kind, _: answers[kind],
        model=fitted(),
        secret=lambda name: SECRETS[name],
        keep_file=lambda name, path, kind: {"name": name, "object": "o/x", "sha256": "0" * 64, "bytes": 1},
        apart=run_apart,
        endpoint=Endpoint("m-1", "m", {"age": "number", "class": "text"}),
        asked=lambda *_: iter(LOGGED),
    )


LOGGED = [
    {
        "id": "r1",
        "at": "2026-11-20T10:00:00.000+00:00",
        "version": 1,
        "latency_ms": 2.5,
        "inputs": [{"age": 29, "class": "1st"}, {"age": None, "class": "3rd"}],
        "outputs": [
            {"prediction": "1", "probabilities": {"0": 0.25, "1": 0.75}},
            {"prediction": "0", "probabilities": {"0": 1.0, "1": 0.0}},
        ],
        "truth": {"1": "0"},
    }
]


# What the world outside is for the nodes that reach it; filled by `world`.
SECRETS: dict[str, str] = {}


@pytest.fixture(autouse=True)
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A web server, and a database where the node under test needs one; both opened by the owner of the installation."""
    name = (
        request.node.callspec.params["declaration"].name
        if hasattr(request.node, "callspec") and "declaration" in request.node.callspec.params
        else ""
    )
    if name in ("url_loader", "s3_loader", "notify"):
        port = request.getfixturevalue("site")
        EXAMPLES["url_loader"] = {"url": f"http://127.0.0.1:{port}/titanic.csv"}
        EXAMPLES["notify"] = {"address_secret": "hook"}
        SECRETS["hook"] = f"http://127.0.0.1:{port}/hook"
        EXAMPLES["s3_loader"] = {"uri": "s3://bucket/titanic.csv", "connection_secret": "bucket"}
        login = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "very-private", "endpoint_url": f"http://127.0.0.1:{port}"}
        SECRETS["bucket"] = json.dumps(login)
        monkeypatch.setenv(egress.VARIABLE, f"127.0.0.1:{port}")
    if name in ("sql_query", "save_to_postgres"):
        server = request.getfixturevalue("database")
        EXAMPLES["sql_query"] = {"sql": "SELECT n, n::text AS t FROM generate_series(1, 20) n", "connection_secret": "db"}
        EXAMPLES["save_to_postgres"] = {"table": "battery", "connection_secret": "db", "if_exists": "replace"}
        SECRETS["db"] = server.address
        monkeypatch.setenv(egress.VARIABLE, f"127.0.0.1:{server.port}")


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    """The sample at every address of a server on this machine."""
    data = (Path(samples.__file__).parent / "samples" / "titanic.csv").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def call(declaration: Declaration) -> dict[str, Any]:
    said = context()
    given = arguments(declaration) | ({"context": said} if declaration.takes_context else {})
    found = declaration.function(**given)
    outputs = declaration.name_outputs(found.run() if isinstance(found, FanOut) else found)
    for table in (value for value in outputs.values() if isinstance(value, Table)):
        shown = json.loads(json.dumps(preview_table(table), allow_nan=False))
        assert shown["row_count"] == table.rows
        assert [column["name"] for column in shown["columns"]] == list(table.view.columns)[:MAX_PROFILED_COLUMNS]
        assert all(len(row) == len(shown["columns"]) for row in shown["rows"])
    evaluations = [value for value in outputs.values() if isinstance(value, Evaluation)]
    assert said.summary, "the card needs words"
    assert said.summary.count("{") == 0
    assert all(one.details["sentence"] for one in evaluations if one.metrics or one.charts)
    for emitted in (*said.charts, *(one for evaluation in evaluations for one in evaluation.charts)):
        assert chart(**emitted)
    return outputs


def bytes_of(outputs: dict[str, Any]) -> dict[str, bytes | None]:
    return {port: None if value is CLOSED else pack(value)[2] for port, value in outputs.items()}


def test_the_catalogue_is_fresh() -> None:
    assert CATALOG.read_text("utf-8") == catalog_text(), "run `make catalog`"


def test_the_profiles_of_the_samples_are_fresh() -> None:
    assert PROFILES.read_text("utf-8") == profiles_text(), "run `make catalog`"


def test_the_page_of_nodes_is_fresh() -> None:
    assert DOCS.read_text("utf-8") == docs_text(), "run `make catalog`"


def test_the_page_of_charts_is_fresh() -> None:
    assert CHARTS.read_text("utf-8") == page.docs_text(), "run `make catalog`"


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_as_its_class_says_and_strangers_are_refused(kind: str) -> None:
    example = page.examples()[kind]
    assert chart(kind, **example).keys() == {"kind", *example}
    for wrong in ({**example, "misspelt": 1}, {**example, "title": 3}, dict(list(example.items())[1:])):
        with pytest.raises(ValidationError):
            chart(kind, **wrong)


def test_figures_of_a_chart_are_finite_and_lists_that_belong_together_have_one_length() -> None:
    for wrong in ({"auc": float("nan")}, {"fpr": [0.0]}, {"fpr": [0, float("inf"), 1]}):
        with pytest.raises(ValidationError):
            chart("roc", **{**page.examples()["roc"], **wrong})
    with pytest.raises(ValidationError):
        chart("speedometer", value=1)


def test_each_node_has_a_file_of_its_own() -> None:
    files = {path.stem for path in (Path(samples.__file__).parent / "nodes").glob("*.py")} - {"__init__"}
    assert files == set(DECLARATIONS)


@STRICT
def test_words_are_there_for_people(declaration: Declaration) -> None:
    entry = declaration.entry()
    assert entry["help"].endswith(".")
    assert entry["summary"].endswith(".")
    for name, schema in entry["params"].get("properties", {}).items():
        assert schema["title"] != schema["description"], name
        assert schema["description"].endswith((".", "?")), name


@STRICT
def test_defaults_are_valid_and_strangers_are_refused(declaration: Declaration) -> None:
    schema = declaration.entry()["params"]
    jsonschema.Draft202012Validator.check_schema(schema)
    defaults = {name: one["default"] for name, one in schema.get("properties", {}).items() if "default" in one}
    jsonschema.validate(defaults, schema)
    assert declaration.params(**defaults) == declaration.params()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"misspelt": 1}, schema)


@STRICT
def test_numbers_have_bounds(declaration: Declaration) -> None:
    for name, schema in declaration.entry()["params"].get("properties", {}).items():
        for branch in schema.get("anyOf", [schema]):
            if branch.get("type") in ("integer", "number"):
                assert branch.keys() & {"minimum", "exclusiveMinimum"}, name


@RUNS
def test_runs_on_a_sample_and_gives_the_same_bytes_again(declaration: Declaration) -> None:
    first, second = call(declaration), call(declaration)
    assert set(first) == set(second) == set(declaration.outputs)
    assert bytes_of(first) == bytes_of(second)


@RUNS
def test_inputs_are_left_as_they_were(declaration: Declaration) -> None:
    given = arguments(declaration) | ({"context": context()} if declaration.takes_context else {})
    before = {name: value.frame.copy() for name, value in given.items() if isinstance(value, Table)}
    declaration.function(**given)
    for name, frame in before.items():
        assert given[name].frame.equals(frame)


def columns_of(entry: dict[str, Any], params: dict[str, Any], tables: list[Table]) -> tuple[Column, ...] | None:
    """What the check knows before a run."""
    known = [tuple(Column(**column) for column in describe_columns(table.view)) for table in tables]
    if entry["columns"] == "same":
        return known[0] if known else None
    return None if isinstance(entry["columns"], str) else flow(entry["columns"], params, known)


@RUNS
def test_columns_are_as_declared_and_the_ledger_is_exact(declaration: Declaration) -> None:
    said = context()
    given = arguments(declaration)
    found = declaration.function(**given | ({"context": said} if declaration.takes_context else {}))
    outputs = declaration.name_outputs(found.run() if isinstance(found, FanOut) else found)
    tables = [given[name] for name, (port, _) in declaration.inputs.items() if port.kind == "table"]
    expected = columns_of(declaration.entry(), given["params"].model_dump(by_alias=True), tables)
    rows = ledger({name: value for name, value in given.items() if name in declaration.inputs}, outputs, said)
    for value in outputs.values():
        if isinstance(value, Table) and expected is not None:
            assert describe_columns(value.view) == [column._asdict() for column in expected]
    if rows["in"] is not None and rows["out"] is not None:
        lines = [*rows["dropped"], *rows["added"]]
        assert rows["in"] + sum(line["count"] for line in rows["added"]) == rows["out"] + sum(line["count"] for line in rows["dropped"])
        assert all(line["reason"] != UNEXPLAINED and line["count"] > 0 for line in lines), lines


def test_param_defaults_are_those_of_the_libraries() -> None:
    from sklearn.linear_model import LogisticRegression
    from xgboost import XGBClassifier

    from node_containers.nodes.train_logreg import Params as LinearParams

    ours, theirs = LinearParams().model_dump(), LogisticRegression().get_params()
    assert {name for name, value in ours.items() if name in theirs and theirs[name] != value} == {"random_state"}  # a seed is set, and said
    config = json.loads(XGBClassifier().fit([[0], [1]], [0, 1]).get_booster().save_config())["learner"]["gradient_booster"][
        "tree_train_param"
    ]
    trees = TreeParams().model_dump()
    names = ("learning_rate", "max_depth", "min_child_weight", "subsample", "colsample_bytree", "gamma", "reg_alpha", "reg_lambda")
    assert {name: float(config[name]) for name in names} == pytest.approx({name: float(trees[name]) for name in names})


def test_a_wrong_output_is_named() -> None:
    with pytest.raises(NodeError, match="must give Table") as wrong:
        DECLARATIONS["preprocess"].name_outputs("nonsense")
    assert wrong.value.code == "wrong-output"
