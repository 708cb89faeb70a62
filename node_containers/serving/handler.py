"""The prediction function: `POST /predict/{endpoint}`, and `POST /predict/{endpoint}/feedback` for the truth that comes later.

    key ─▶ deployment and cap (kept two seconds) ─▶ model (kept, hash checked) ─▶ rows against the signature ─▶ predictions, logged or counted as dropped

Takes API Gateway proxy events, and the direct form `{"endpoint", "rows", "source": "try"}` that only the control plane may invoke. The pipeline that answers is
the object that was evaluated. Whatever a client sends, the answer is a prediction or a problem document that names the field, never a 5xx of ours.
"""

import base64
import hashlib
import hmac
import io
import json
import logging
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import boto3
import joblib
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from node_containers.deciding import decide, threshold_of
from node_containers.sdk.errors import NodeError
from node_containers.serving import entries, feedback
from node_containers.serving.metering import Meter, month_of
from node_containers.serving.signature import MAX_ERRORS, Prepared, Refusal, finding, prepare

LOG = logging.getLogger("flowza.serving")
DEPLOYMENT_SECONDS = 2.0
MODELS_KEPT = 4
MAX_ROWS = 10_000
# What API Gateway hands to a function and takes from it is JSON of 6,291,556 bytes at most, in which a body is a text, every quote of it escaped: a body
# of this size always fits. The same figure as the API's.
MAX_BODY_BYTES = 3_000_000
MAX_ANSWER_BYTES = 6_291_556
LOG_MAX_CHARACTERS = 100_000
FEEDBACK = "/predict/{endpoint}/feedback"
EXAMPLES = {"rows": 'Send {"rows": [{…}]}.', "truth": feedback.EXAMPLE}
ENDPOINT = re.compile(r"[a-z][a-z0-9-]{1,80}")


@cache
def _client(service: str) -> Any:
    return boto3.client(
        service, config=Config(retries={"max_attempts": 3, "mode": "standard"}, read_timeout=10, connect_timeout=3, tcp_keepalive=True)
    )


_deployments: dict[str, tuple[float, dict[str, Any]]] = {}
_meters: dict[str, Meter] = {}
_models: "OrderedDict[str, Any]" = OrderedDict()
dropped_logs = 0


def handler(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """One request, as an API Gateway proxy answer: statusCode, headers, body."""
    request_id = entries.new_id()
    try:
        return _fitting(_reply(200, _serve(event, request_id), request_id))
    except Refusal as refused:
        body = {
            "type": f"urn:flowza:problem:{refused.code}",
            "title": "Prediction refused",
            "status": refused.status,
            "request_id": request_id,
        }
        details = {"code": refused.code, "detail": refused.detail, "field": refused.field, "hint": refused.hint, "errors": refused.errors}
        return _reply(refused.status, {**body, **details}, request_id)


def _reply(status: int, body: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    kind = "application/json" if status < 400 else "application/problem+json"
    headers = {"Content-Type": kind, "Cache-Control": "no-store", "X-Request-Id": request_id, "X-Content-Type-Options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body, separators=(",", ":"), allow_nan=False)}


def _fitting(reply: dict[str, Any]) -> dict[str, Any]:
    """The answer, where it can be sent; the smallest ones are not counted."""
    if len(reply["body"]) * 3 > MAX_ANSWER_BYTES and (size := len(json.dumps(reply))) > MAX_ANSWER_BYTES:
        raise Refusal(
            413,
            "answer-too-large",
            f"The answer has {size:,} bytes as it is sent; the limit is {MAX_ANSWER_BYTES:,}.",
            field="rows",
            hint="Send the rows in parts, or score them in a workflow with Batch score.",
        )
    return reply


def _serve(event: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    started = time.perf_counter()
    answer: Callable[[Mapping[str, Any], Any, str, float], tuple[dict[str, Any], int]] = _predicted
    if event.get("source") == "try":
        deployment, given = _deployment(str(event["endpoint"])), event["rows"]
    else:
        deployment = _deployment(str((event.get("pathParameters") or {}).get("endpoint", "")))
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        _check_key(deployment, headers.get("x-api-key") or "")
        name, answer = ("truth", _heard) if event.get("resource") == FEEDBACK else ("rows", _predicted)
        given = _given(event, headers, name)
    if deployment["status"] != "live":
        gone = deployment["status"] == "deleted"
        raise Refusal(410 if gone else 409, f"endpoint-{deployment['status']}", f"The endpoint is {deployment['status']}.")
    meter = _meters[deployment["endpoint"]]
    meter.check(month_of())
    units = 0
    try:
        body, units = answer(deployment, given, request_id, started)
        return body
    finally:
        meter.count(month_of(), time.perf_counter() - started, units, lambda: _client("dynamodb"))


def _predicted(deployment: Mapping[str, Any], rows: Any, request_id: str, started: float) -> tuple[dict[str, Any], int]:
    answer = _predict(deployment, rows)
    answer |= {"model": {"name": deployment["model"], "version": deployment["version"]}, "request_id": request_id}
    units = _log(deployment, rows, answer, request_id, time.perf_counter() - started)
    return {**answer, "logged": units > 0}, units


def _heard(deployment: Mapping[str, Any], truth: Any, request_id: str, started: float) -> tuple[dict[str, Any], int]:
    answer, units = feedback.record(os.environ["FLOWZA_SERVING_TABLE"], deployment["endpoint"], truth, _client("dynamodb"))
    return {**answer, "request_id": request_id}, units


# -- who and what -----------------------------------------------------------------------------------------------------------


def _deployment(endpoint: str) -> dict[str, Any]:
    """The deployment record, at most two seconds old; the cap and the month's count lie beside it and come with it."""
    known = _deployments.get(endpoint)
    if known and time.monotonic() - known[0] < DEPLOYMENT_SECONDS:
        return known[1]
    if not ENDPOINT.fullmatch(endpoint):
        raise _unknown()
    try:
        items = _client("dynamodb").query(
            TableName=os.environ["FLOWZA_SERVING_TABLE"],
            KeyConditionExpression="pk = :endpoint",
            ExpressionAttributeValues={":endpoint": {"S": f"endpoint#{endpoint}"}},
        )["Items"]
    except (ClientError, BotoCoreError) as broken:
        if known:  # an old record beats no answer
            return known[1]
        raise Refusal(
            503, "serving-unavailable", "The deployment cannot be looked up right now.", hint="Try again in a moment."
        ) from broken
    item = next((one for one in items if one["sk"]["S"] == "deployment"), None)
    if item is None:
        raise _unknown()
    deployment: dict[str, Any] = {name: item[name]["S"] for name in ("endpoint", "status", "model", "object", "sha256")}
    deployment |= {name: json.loads(item[name]["S"]) for name in ("signature", "classes", "key_hashes")}
    deployment["version"] = int(item["version"]["N"])
    _meters.setdefault(endpoint, Meter(endpoint)).learn(items, month_of())
    _deployments[endpoint] = (time.monotonic(), deployment)
    return deployment


def _unknown() -> Refusal:
    return Refusal(404, "endpoint-unknown", "There is no such endpoint.", hint="Look the address up on the endpoint's page.")


def _check_key(deployment: Mapping[str, Any], key: str) -> None:
    if deployment["status"] == "deleted":
        return
    given = hashlib.sha256(key.encode()).hexdigest()
    # Compared with every key, so that the time tells nothing.
    if not key or not any([hmac.compare_digest(given, known) for known in deployment["key_hashes"]]):  # noqa: C419
        raise Refusal(
            401, "key-invalid", "The endpoint needs a key of its own in the header x-api-key.", hint="Make one on the endpoint's page."
        )


def _given(event: Mapping[str, Any], headers: Mapping[str, str], name: str) -> Any:
    """The one field of the body, `rows` or `truth`."""
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "content-type", "The body must be application/json.", hint="Set the Content-Type header.")
    raw = event.get("body") or ""
    data = base64.b64decode(raw) if event.get("isBase64Encoded") else raw.encode()
    if len(data) > MAX_BODY_BYTES:
        raise Refusal(
            413, "body-too-large", f"The body has {len(data):,} bytes; the limit is {MAX_BODY_BYTES:,}.", hint="Send it in parts."
        )
    try:
        body = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as wrong:
        raise Refusal(400, "json-invalid", f"The body is not JSON: {str(wrong)[:120]}.", hint=EXAMPLES[name]) from wrong
    if not isinstance(body, dict) or set(body) != {name}:
        message = f"The body must be an object with the one field “{name}”."
        raise Refusal(422, f"{name}-missing", message, field=name, hint=EXAMPLES[name])
    return body[name]


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


# -- predicting -------------------------------------------------------------------------------------------------------------


def _predict(deployment: Mapping[str, Any], rows: Any) -> dict[str, Any]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refusal(422, "rows-type", "“rows” must be a list of objects.", field="rows", hint='Send {"rows": [{…}]}.')
    if not rows:
        raise Refusal(422, "rows-empty", "There is no row to predict.", field="rows", hint="Send at least one row.")
    if len(rows) > MAX_ROWS:
        raise Refusal(
            413, "rows-too-many", f"{len(rows):,} rows at once; the limit is {MAX_ROWS:,}.", field="rows", hint="Send them in parts."
        )
    prepared = prepare(deployment["signature"], rows)
    pipeline = _model(deployment)
    try:
        return {"predictions": _outputs(pipeline, prepared, deployment["classes"]), "warnings": prepared.warnings}
    except NodeError as refused:
        # A step of the recipe takes no such row: a category that no training row had, where the drawing says that this is an error.
        errors = [finding(row, refused.field or "", refused.code, refused.message) for row in refused.rows[:MAX_ERRORS]]
        raise Refusal(422, refused.code, refused.message, field=refused.field, hint=refused.hint, errors=errors) from refused


def _outputs(pipeline: Any, prepared: Prepared, classes: list[str]) -> list[dict[str, Any]]:
    matrix = pipeline.named_steps["recipe"].matrix(prepared.columns, prepared.rows)
    estimator = pipeline.named_steps["model"]
    if not classes:
        return [{"prediction": float(value)} for value in estimator.predict(matrix)]
    probabilities = estimator.predict_proba(matrix)
    return [
        {"prediction": classes[code], "probabilities": {name: float(value) for name, value in zip(classes, row, strict=True)}}
        for code, row in zip(decide(probabilities, threshold_of(estimator)), probabilities, strict=True)
    ]


def _model(deployment: Mapping[str, Any]) -> Any:
    """The pipeline, loaded once a process; only bytes with the registered hash are ever unpickled."""
    if deployment["sha256"] in _models:
        _models.move_to_end(deployment["sha256"])
        return _models[deployment["sha256"]]
    try:
        data = _client("s3").get_object(Bucket=os.environ["FLOWZA_BUCKET"], Key=deployment["object"])["Body"].read()
    except (ClientError, BotoCoreError) as gone:
        raise Refusal(
            503, "model-unavailable", "The model cannot be read right now.", hint="Try again; deploy another version if it stays."
        ) from gone
    if hashlib.sha256(data).hexdigest() != deployment["sha256"]:
        raise Refusal(
            503, "model-altered", "The stored model does not match its registered hash and is not served.", hint="Deploy another version."
        )
    _models[deployment["sha256"]] = joblib.load(io.BytesIO(data))
    while len(_models) > MODELS_KEPT:
        _models.popitem(last=False)
    return _models[deployment["sha256"]]


# -- the prediction log -----------------------------------------------------------------------------------------------------


def _log(deployment: Mapping[str, Any], rows: list[Any], answer: Mapping[str, Any], request_id: str, seconds: float) -> int:
    """Write the prediction log; returns the write units it took. A log that cannot be written is counted, takes none, and never costs an answer."""
    global dropped_logs
    at = entries.asked_at(request_id)
    inputs, outputs = json.dumps(rows), json.dumps(answer["predictions"])
    try:
        if len(inputs) + len(outputs) > LOG_MAX_CHARACTERS:
            raise ValueError("the request is too large for the log")
        _client("dynamodb").put_item(
            TableName=os.environ["FLOWZA_SERVING_TABLE"],
            Item={
                **entries.key(deployment["endpoint"], request_id, at),
                "inputs": {"S": inputs},
                "outputs": {"S": outputs},
                "rows": {"N": str(len(rows))},
                "version": {"N": str(deployment["version"])},
                "latency_ms": {"N": f"{seconds * 1000:.3f}"},
                "expires": {"N": str(int((at + timedelta(days=entries.LOG_DAYS)).timestamp()))},
            },
        )
    except (ClientError, BotoCoreError, ValueError) as lost:
        dropped_logs += 1
        LOG.warning("prediction %s not logged (%d so far): %s", request_id, dropped_logs, lost)
        return 0
    return entries.write_units(inputs, outputs)
