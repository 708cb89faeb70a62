"""The prediction function: keys, six documented outcomes, and never a 5xx of ours."""

import hashlib
import io
import json
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
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
from node_containers.serving import entries, feedback, handler, metering
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


def ask(
    body: Any,
    *,
    key: str | None = KEY,
    endpoint: str = "titanic-1",
    kind: str = "application/json",
    resource: str = "/predict/{endpoint}",
) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": kind} | ({"X-Api-Key": key} if key else {})
    text = body if isinstance(body, str) else json.dumps(body)
    event = {
        "httpMethod": "POST",
        "resource": resource,
        "pathParameters": {"endpoint": endpoint},
        "headers": headers,
        "body": text,
        "isBase64Encoded": False,
    }
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


def tell(truth: Any, **words: Any) -> tuple[int, dict[str, Any]]:
    """Say what turned out to be true."""
    return ask({"truth": truth}, resource=handler.FEEDBACK, **words)


def outcomes(truth: list[Any], **words: Any) -> list[str]:
    status, body = tell(truth, **words)
    assert status == 200, body
    assert body["counts"] == {name: [one["outcome"] for one in body["results"]].count(name) for name in feedback.OUTCOMES}
    return [one["outcome"] for one in body["results"]]


def entry_of(request: str, endpoint: str = "titanic-1") -> dict[str, Any]:
    """The entry of the log, its texts read."""
    key = entries.key(endpoint, request, entries.asked_at(request))
    item = boto3.client("dynamodb").get_item(TableName=SERVING, Key=key)["Item"]
    return {name: json.loads(item[name]["S"]) for name in ("outputs", "truth", "score") if name in item} | {"expires": item["expires"]}


@pytest.mark.usefixtures("deployed")
def test_truth_lies_beside_the_answer_and_the_same_again_changes_nothing() -> None:
    asked = ask({"rows": [ROW, {**ROW, "sex": "male", "class": "3rd"}]})[1]
    request, said = asked["request_id"], [one["prediction"] for one in asked["predictions"]]
    before = entry_of(request)
    assert outcomes([{"request_id": request, "row": 1, "value": said[1]}]) == ["stored"]
    assert entry_of(request)["truth"] == {"1": said[1]}
    assert entry_of(request)["expires"] == before["expires"], "it goes with the prediction"
    # Classes are texts; data of other programs have numbers.
    both = [{"request_id": request, "row": 1, "value": int(said[1])}, {"request_id": request, "value": float(said[0])}]
    assert outcomes(both) == ["unchanged", "stored"]
    assert entry_of(request)["score"] == {"truths": 2, "replaced": 0, "right": 2}
    other = "0" if said[0] == "1" else "1"
    assert outcomes([{"request_id": request, "row": 0, "value": other}] * 2) == ["replaced", "unchanged"]
    assert entry_of(request)["truth"] == {"0": other, "1": said[1]}
    assert entry_of(request)["score"] == {"truths": 2, "replaced": 1, "right": 1}


@pytest.mark.usefixtures("deployed")
def test_answers_and_limits_are_those_of_the_openapi_document() -> None:
    from chalicelib.api import serving

    asked = ask({"rows": [{**ROW, "age": None}]})[1]
    told = tell([{"request_id": asked["request_id"], "value": "1"}])[1]
    for view, body in ((serving.Predicted, asked), (serving.Feedback, told)):
        assert view.model_validate(body).model_dump() == body
    limits = {serving.PredictOrder: handler.MAX_ROWS, serving.FeedbackOrder: feedback.MAX_TRUTHS}
    for order, most in limits.items():
        [field] = order.model_json_schema()["properties"].values()
        assert field["maxItems"] == most
    assert serving.TruthItem.model_json_schema()["properties"]["request_id"]["maxLength"] == feedback.MAX_ID_CHARACTERS
    assert serving.SERVED[1].path == handler.FEEDBACK
    assert set(serving.FeedbackResult.model_json_schema()["properties"]["outcome"]["enum"]) == set(feedback.OUTCOMES)


@pytest.mark.usefixtures("deployed")
def test_what_is_not_there_is_an_outcome_and_anothers_request_looks_the_same(deployed: dict[str, Any]) -> None:
    request = ask({"rows": [ROW]})[1]["request_id"]
    deploy(deployed, pk="endpoint#other-1", endpoint="other-1")
    foreign = [{"request_id": request, "value": "1"}]
    assert outcomes(foreign, endpoint="other-1") == ["unknown"]
    old = f"{int((datetime.now(UTC) - timedelta(days=31)).timestamp() * 1000):012x}{'7' * 20}"
    ids = [entries.new_id(), "none", "", "f" * 32, old, request]
    found = outcomes([{"request_id": name, "value": "1"} for name in ids])
    assert found == ["unknown", "unknown", "unknown", "unknown", "expired", "stored"]
    # A value is weighed only where it is known what it belongs to.
    assert outcomes([{"request_id": old, "value": {"no": "class"}}]) == ["expired"]


WRONG: dict[str, tuple[Any, int, str, str]] = {
    "no list": ({"0": 1}, 422, "truth-type", "truth"),
    "empty": ([], 422, "truth-empty", "truth"),
    "too many": ([{}] * 1_001, 413, "truth-too-many", "truth"),
    "no object": ([1], 422, "truth-type", "truth.0"),
    "no id": ([{"value": "1"}], 422, "truth-missing", "truth.0.request_id"),
    "no value": ([{"request_id": "mine"}], 422, "truth-missing", "truth.0.value"),
    "another field": ([{"request_id": "mine", "value": "1", "x": 1}], 422, "truth-unknown", "truth.0.x"),
    "id of another type": ([{"request_id": 5, "value": "1"}], 422, "truth-type", "truth.0.request_id"),
    "long id": ([{"request_id": "a" * 65, "value": "1"}], 422, "truth-type", "truth.0.request_id"),
    "row is text": ([{"request_id": "mine", "row": "0", "value": "1"}], 422, "truth-type", "truth.0.row"),
    "row is yes": ([{"request_id": "mine", "row": True, "value": "1"}], 422, "truth-type", "truth.0.row"),
    "row below none": ([{"request_id": "mine", "row": -1, "value": "1"}], 422, "truth-type", "truth.0.row"),
    "no such row": ([{"request_id": "mine", "row": 0, "value": "1"}, {"request_id": "mine", "row": 1, "value": "1"}], 422, "truth-row", "truth.1.row"),
    "no class": ([{"request_id": "mine", "value": "yes"}], 422, "truth-value", "truth.0.value"),
    "null": ([{"request_id": "mine", "value": None}], 422, "truth-value", "truth.0.value"),
    "yes for 1": ([{"request_id": "mine", "value": True}], 422, "truth-value", "truth.0.value"),
    "half": ([{"request_id": "mine", "value": 0.5}], 422, "truth-value", "truth.0.value"),
    "list": ([{"request_id": "mine", "value": ["1"]}], 422, "truth-value", "truth.0.value"),
    "two of one row": ([{"request_id": "mine", "value": "1"}, {"request_id": "mine", "value": 0}], 422, "truth-conflict", "truth.1.value"),
}  # fmt: skip


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(("truth", "status", "code", "field"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_true_is_refused_by_item_before_anything_is_stored(truth: Any, status: int, code: str, field: str) -> None:
    request = ask({"rows": [ROW]})[1]["request_id"]
    sent = json.loads(json.dumps(truth).replace('"mine"', f'"{request}"'))
    found, problem = tell([{"request_id": request, "value": "1"}, *sent] if isinstance(sent, list) and code == "truth-value" else sent)
    field = field.replace("truth.0", "truth.1") if code == "truth-value" else field
    assert (found, problem["code"], problem["field"]) == (status, code, field)
    assert problem["hint"]
    assert "truth" not in entry_of(request)


@pytest.mark.usefixtures("deployed")
def test_feedback_stands_behind_the_same_door() -> None:
    request = ask({"rows": [ROW]})[1]["request_id"]
    truth = [{"request_id": request, "value": "1"}]
    assert tell(truth, key="fzk_other")[1]["code"] == "key-invalid"
    assert tell(truth, endpoint="nothing-1")[1]["code"] == "endpoint-unknown"
    assert tell(truth, kind="text/plain")[1]["code"] == "content-type"
    assert ask({"rows": [ROW]}, resource=handler.FEEDBACK)[1]["code"] == "truth-missing"
    assert ask({"truth": truth})[1]["code"] == "rows-missing"
    assert ask("[" * 100_000, resource=handler.FEEDBACK)[1]["code"] == "json-invalid"
    assert ask({"truth": "x" * 3_000_000}, resource=handler.FEEDBACK)[1]["code"] == "body-too-large"
    assert "truth" not in entry_of(request)


@pytest.mark.usefixtures("deployed")
def test_feedback_is_counted_and_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metering, "FLUSH_SECONDS", 3_600.0)
    key = {"pk": {"S": "endpoint#titanic-1"}, "sk": {"S": "cap"}}
    cap = {"usd": 2, "rates": {"requests": 0, "milliseconds": 0, "writes": 1}}
    boto3.client("dynamodb").put_item(TableName=SERVING, Item={**key, "cap": {"S": json.dumps(cap)}})
    request = ask({"rows": [ROW]})[1]["request_id"]
    truth = [{"request_id": request, "value": "1"}]
    assert outcomes(truth) == ["stored"]
    assert tell(truth)[1]["code"] == "cap-reached"


def test_the_truth_of_quantities_is_a_number(deployed: dict[str, Any]) -> None:
    """Entries as a model of quantities leaves them: their answers have no classes."""
    request = entries.new_id()
    texts = {"inputs": "[{}, {}]", "outputs": '[{"prediction": 10.0}, {"prediction": 1e308}]'}
    key = entries.key("titanic-1", request, entries.asked_at(request))
    item = {**key, **{name: {"S": text} for name, text in texts.items()}, "expires": {"N": "1"}}
    boto3.client("dynamodb").put_item(TableName=SERVING, Item=item)
    for value in ("12", True, None, 1e301, -(10**400), [1]):
        status, problem = tell([{"request_id": request, "row": 0, "value": value}])
        assert (status, problem["code"], problem["field"]) == (422, "truth-value", "truth.0.value"), value
    endless = json.dumps({"truth": [{"request_id": request, "value": 5}]}).replace("5}]", "1e999}]")
    assert ask(endless, resource=handler.FEEDBACK)[1]["code"] == "truth-value"
    assert outcomes([{"request_id": request, "row": 0, "value": 12}]) == ["stored"]
    assert outcomes([{"request_id": request, "row": 0, "value": 12.0}]) == ["unchanged"]
    assert entry_of(request)["score"] == {"truths": 1, "replaced": 0, "error": 2.0}
    assert outcomes([{"request_id": request, "row": 1, "value": -1e300}]) == ["stored"]
    assert entry_of(request)["score"]["error"] == feedback.LARGEST


def test_the_id_of_a_request_says_where_its_entry_lies() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    request = entries.new_id()
    assert before <= entries.asked_at(request) <= datetime.now(UTC) + timedelta(milliseconds=1)
    assert uuid.UUID(request).version == 7
    at = entries.asked_at("019ae2f0c3e87" + "0" * 19)
    assert entries.key("m-1", "x", at) == {
        "pk": {"S": f"endpoint#m-1#{at:%Y-%m-%d}"},
        "sk": {"S": f"{at.isoformat(timespec='milliseconds')}#x"},
    }


@pytest.mark.usefixtures("deployed")
def test_a_log_that_is_away_is_said_and_the_same_may_be_sent_again() -> None:
    request = ask({"rows": [ROW]})[1]["request_id"]
    boto3.client("dynamodb").delete_table(TableName=SERVING)
    status, problem = tell([{"request_id": request, "value": "1"}])
    assert (status, problem["code"]) == (503, "serving-unavailable")


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


@pytest.mark.usefixtures("deployed")
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON, st.booleans())
def test_no_truth_of_any_shape_makes_a_5xx(value: Any, known: bool) -> None:
    request = ask({"rows": [ROW]})[1]["request_id"] if known else "none"
    for truth in (value, [value], [{"request_id": request, "value": value}], [{"request_id": request, "row": value, "value": "1"}]):
        assert tell(truth)[0] < 500


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
