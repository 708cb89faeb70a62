"""The prediction function: keys, six documented outcomes, and never a 5xx of ours."""

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import joblib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from node_containers import samples
from node_containers.families import FAMILIES
from node_containers.fitting import fit, signature, take_apart
from node_containers.recipe import build_pipeline, step
from node_containers.runtime.invocation import run_stage
from node_containers.sdk import Context, Table
from node_containers.serving import handler, metering
from node_containers.serving.signature import prepare
from tests.nodes.conftest import BUCKET, SERVING, PlannedRun

pytestmark = pytest.mark.usefixtures("aws")
ROOT = Path(__file__).parents[2]
KEY = "fzk_secret"
ROW = {"class": "1st", "age": 29, "sex": "female"}


@pytest.fixture
def deployed(aws: None) -> dict[str, Any]:
    run = PlannedRun("titanic")
    run_stage(run.invocation())
    return deploy(run.manifest("train_model")["outputs"]["model"])


def deploy(model: dict[str, Any], **changes: str) -> dict[str, Any]:
    texts = {
        "pk": "endpoint#titanic-1",
        "sk": "deployment",
        "endpoint": "titanic-1",
        "status": "live",
        "model": "titanic",
        "object": model["stored"]["object"],
        "sha256": model["sha256"],
        "signature": json.dumps(model["signature"]),
        "classes": json.dumps(model["classes"]),
        "key_hashes": json.dumps([hashlib.sha256(KEY.encode()).hexdigest()]),
        **changes,
    }
    item = {name: {"S": value} for name, value in texts.items()} | {"version": {"N": "1"}}
    boto3.client("dynamodb").put_item(TableName=SERVING, Item=item)
    handler._deployments.clear()
    handler._meters.clear()
    return model


def ask(body: Any, *, key: str | None = KEY, endpoint: str = "titanic-1", kind: str = "application/json") -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": kind} | ({"X-Api-Key": key} if key else {})
    text = body if isinstance(body, str) else json.dumps(body)
    event = {"httpMethod": "POST", "pathParameters": {"endpoint": endpoint}, "headers": headers, "body": text, "isBase64Encoded": False}
    reply = handler.handler(event)
    return reply["statusCode"], json.loads(reply["body"])


@pytest.mark.usefixtures("deployed")
def test_a_prediction_names_its_version_and_is_logged() -> None:
    status, body = ask({"rows": [ROW]})
    assert status == 200
    assert body["model"] == {"name": "titanic", "version": 1}
    assert body["predictions"][0]["prediction"] == "1"
    assert sum(body["predictions"][0]["probabilities"].values()) == pytest.approx(1)
    assert body["logged"] is True
    logged = [item for item in boto3.client("dynamodb").scan(TableName=SERVING)["Items"] if "inputs" in item]
    assert json.loads(logged[0]["inputs"]["S"]) == [ROW]


@pytest.mark.usefixtures("deployed")
def test_what_is_served_is_counted_and_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metering, "FLUSH_SECONDS", 3_600.0)
    rates = {"requests": 0.5, "milliseconds": 0, "writes": 0.25}
    key = {"pk": {"S": "endpoint#titanic-1"}, "sk": {"S": "cap"}}
    boto3.client("dynamodb").put_item(TableName=SERVING, Item={**key, "cap": {"S": json.dumps({"usd": 1.5, "rates": rates})}})
    assert [ask({"rows": [ROW]})[0] for _ in range(3)] == [200, 200, 409]
    # Another process knows what was written by the first: one request; the second waits in the first to be written.
    handler._deployments.clear()
    handler._meters.clear()
    assert [ask({"rows": [ROW]})[0] for _ in range(2)] == [200, 409]
    items = boto3.client("dynamodb").scan(TableName=SERVING)["Items"]
    counted = next(item for item in items if item["sk"]["S"].startswith("served#"))
    assert (counted["requests"]["N"], counted["writes"]["N"]) == ("2", "2")


def test_served_equals_the_fitted_pipeline_bit_for_bit(deployed: dict[str, Any]) -> None:
    frame = samples.load("titanic").drop(columns="survived").head(200)
    rows = [{name: None if cell != cell or cell is None else cell for name, cell in row.items()} for row in frame.to_dict("records")]
    _, body = ask({"rows": rows})
    data = boto3.client("s3").get_object(Bucket=BUCKET, Key=deployed["stored"]["object"])["Body"].read()
    expected = joblib.load(io.BytesIO(data)).predict_proba(frame)
    assert [list(answer["probabilities"].values()) for answer in body["predictions"]] == expected.tolist()


OUTCOMES: dict[str, tuple[dict[str, Any], int, str | None, str | None]] = {
    "missing": ({"class": "1st"}, 422, "feature-missing", "age"),
    "extra": ({**ROW, "cabin": "C85"}, 422, "feature-unknown", "cabin"),
    "text for a number": ({**ROW, "age": "29"}, 422, "feature-type", "age"),
    "number for text": ({**ROW, "sex": 1}, 422, "feature-type", "sex"),
    "boolean for a number": ({**ROW, "age": True}, 422, "feature-type", "age"),
    "null": ({**ROW, "age": None}, 200, "feature-null", "age"),
    "unseen category": ({**ROW, "class": "4th"}, 200, "unseen-category", "class"),
    "out of range": ({**ROW, "age": 900}, 200, "out-of-range", "age"),
    "the target itself": ({**ROW, "survived": 1}, 200, None, None),
    "the name left out of training": ({**ROW, "name": "Allen"}, 200, None, None),
}


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(("row", "status", "code", "field"), OUTCOMES.values(), ids=OUTCOMES)
def test_the_documented_outcomes(row: dict[str, Any], status: int, code: str | None, field: str | None) -> None:
    found, body = ask({"rows": [ROW, row]})
    assert found == status
    if status == 422:
        assert (body["code"], body["field"], body["errors"][0]["row"]) == (code, field, 1)
        assert body["hint"]
    else:
        assert [(warning["code"], warning["field"], warning["row"]) for warning in body["warnings"]] == ([(code, field, 1)] if code else [])
        assert len(body["predictions"]) == 2


def test_an_unseen_category_is_a_422_where_the_drawing_says_that_it_is_an_error(deployed: dict[str, Any]) -> None:
    frame = samples.load("titanic").drop(columns="name")
    table = Table(frame, (step("impute"), step("encode", handle_unknown="error")), "train", "survived")
    model = fit(table, "survived", Context(), lambda _: LogisticRegression(max_iter=500))
    packed = io.BytesIO()
    joblib.dump(model.pipeline, packed)
    stored = {"object": "o/strict", "sha256": hashlib.sha256(packed.getvalue()).hexdigest()}
    boto3.client("s3").put_object(Bucket=BUCKET, Key="o/strict", Body=packed.getvalue())
    deploy(deployed, object="o/strict", sha256=stored["sha256"], signature=json.dumps(model.info["signature"]))
    assert ask({"rows": [ROW]})[0] == 200
    status, body = ask({"rows": [ROW, {**ROW, "class": "4th"}]})
    assert (status, body["code"], body["field"], [error["row"] for error in body["errors"]]) == (422, "category-unknown", "class", [1])
    assert "“4th”" in body["detail"]
    assert body["hint"]


@pytest.mark.usefixtures("deployed")
def test_order_of_fields_changes_nothing() -> None:
    assert ask({"rows": [dict(reversed(ROW.items()))]})[1]["predictions"] == ask({"rows": [ROW]})[1]["predictions"]


REFUSED: dict[str, tuple[Any, dict[str, Any], int, str]] = {
    "no key": ({"rows": [ROW]}, {"key": None}, 401, "key-invalid"),
    "wrong key": ({"rows": [ROW]}, {"key": "fzk_other"}, 401, "key-invalid"),
    "unknown endpoint": ({"rows": [ROW]}, {"endpoint": "nothing-1"}, 404, "endpoint-unknown"),
    "odd id": ({"rows": [ROW]}, {"endpoint": "../x"}, 404, "endpoint-unknown"),
    "not JSON": ("{", {}, 400, "json-invalid"),
    "NaN": ('{"rows": [{"age": NaN}]}', {}, 400, "json-invalid"),
    "deep": ("[" * 100_000, {}, 400, "json-invalid"),
    "no rows field": ({"data": []}, {}, 422, "rows-missing"),
    "rows is no list": ({"rows": ROW}, {}, 422, "rows-type"),
    "no row": ({"rows": []}, {}, 422, "rows-empty"),
    "too many": ({"rows": [{}] * 10_001}, {}, 413, "rows-too-many"),
    "other type": ({"rows": [ROW]}, {"kind": "application/x-pickle"}, 415, "content-type"),
    "large": ({"rows": [{"age": "x" * 3_000_000}]}, {}, 413, "body-too-large"),
}


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(("body", "options", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_bad_requests_are_refused_by_name(body: Any, options: dict[str, Any], status: int, code: str) -> None:
    found, problem = ask(body, **options)
    assert (found, problem["code"], problem["status"]) == (status, code, status)


@pytest.mark.usefixtures("deployed")
def test_an_answer_that_cannot_be_sent_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask({"rows": [ROW] * 20})[0] == 200
    monkeypatch.setattr(handler, "MAX_ANSWER_BYTES", 2_000)
    status, problem = ask({"rows": [ROW] * 20})
    assert (status, problem["code"], problem["field"]) == (413, "answer-too-large", "rows")
    assert "2,000" in problem["detail"]
    assert "in parts" in problem["hint"]


def test_bodies_have_one_limit_at_every_door() -> None:
    from chalicelib.limits import BODY_MAX_BYTES, LAMBDA_MAX_BYTES
    from infra.local import server

    assert handler.MAX_BODY_BYTES == BODY_MAX_BYTES == server.BODY_MAX_BYTES
    assert handler.MAX_ANSWER_BYTES == LAMBDA_MAX_BYTES


@pytest.mark.parametrize(("state", "status"), [("paused", 409), ("deleted", 410)])
def test_an_endpoint_that_is_not_live_says_so(deployed: dict[str, Any], state: str, status: int) -> None:
    deploy(deployed, status=state)
    assert ask({"rows": [ROW]})[0] == status


def test_an_altered_model_is_never_loaded(deployed: dict[str, Any]) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=deployed["stored"]["object"], Body=b"cos\nsystem\n(S'touch /tmp/canary'\ntR.")
    assert ask({"rows": [ROW]})[1]["code"] == "model-altered"


def test_a_log_that_cannot_be_written_costs_no_answer(deployed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    ask({"rows": [ROW]})
    boto3.client("dynamodb").delete_table(TableName=SERVING)
    before = handler.dropped_logs
    status, body = ask({"rows": [ROW]})
    assert (status, body["logged"], handler.dropped_logs) == (200, False, before + 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["class", "age", "sex", "x"]), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.usefixtures("deployed")
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_no_json_of_any_shape_makes_a_5xx(value: Any) -> None:
    assert ask({"rows": value})[0] < 500
    assert ask({"rows": [value]})[0] < 500


WITHOUT_PANDAS = """
import sys
for name in ("pandas", "pyarrow", "polars"):
    sys.modules[name] = None
import joblib
from node_containers.serving import handler, metering
for path in sys.argv[1:]:
    pipeline, prepared, classes = joblib.load(path)
    sys.stdout.write(repr(handler._outputs(pipeline, prepared, classes)) + "\\n")
"""


def test_every_family_answers_where_there_is_no_pandas(tmp_path: Path) -> None:
    """The serving image carries neither pandas nor pyarrow: all that a fitted pipeline refers to must import without them."""
    frame, rows = samples.load("titanic"), [ROW, {**ROW, "age": None, "sex": "male"}]
    steps = [step("impute"), step("scale"), step("encode")]
    expected, paths = [], []
    for name, family in FAMILIES.items():
        learnable = take_apart(Table(frame, tuple(steps)), "survived", Context())
        pipeline = build_pipeline(steps, family.make("classification", 0, {}), takes_missing=family.takes_missing)
        pipeline.fit(learnable.features, learnable.y)
        prepared = prepare(signature(learnable, pipeline.named_steps["recipe"], frame["survived"]), rows)
        expected.append(repr(handler._outputs(pipeline, prepared, learnable.classes)))
        paths.append(str(tmp_path / name))
        joblib.dump((pipeline, prepared, learnable.classes), paths[-1])
    found = subprocess.run([sys.executable, "-c", WITHOUT_PANDAS, *paths], capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == expected
