"""A bad line to the cloud: what passes is tried again and never blamed on a node."""

import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, IncompleteReadError
from moto.core.models import botocore_stubber

from node_containers.runtime import effects, storage, trouble
from node_containers.runtime.invocation import run_stage
from node_containers.runtime.settings import client
from node_containers.runtime.status import RunStopped, update
from node_containers.runtime.trouble import CloudUnavailable, passes, until_it_passes
from node_containers.sdk import NodeError
from tests.nodes.conftest import PlannedRun

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble, "PAUSE_SECONDS", 0.0)


def refusal(status: int, code: str, operation: str = "Operation") -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal(503, "SlowDown"), True),
        (refusal(500, "InternalError"), True),
        (refusal(400, "ProvisionedThroughputExceededException"), True),
        (refusal(429, "TooManyRequestsException"), True),
        (EndpointConnectionError(endpoint_url="x"), True),
        (ConnectionClosedError(endpoint_url="x"), True),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), True),
        (CloudUnavailable("x"), True),
        (refusal(404, "ResourceNotFoundException", "Invoke"), True),
        (refusal(404, "ResourceNotFoundException"), False),
        (refusal(403, "AccessDenied"), False),
        (refusal(400, "ValidationException"), False),
        (NodeError("code", "message"), False),
        (ValueError("x"), False),
        (MemoryError(), False),
    ],
)
def test_what_passes_is_told_from_what_stays(error: BaseException, expected: bool) -> None:
    assert passes(error) is expected


def test_trouble_that_passes_is_waited_for_and_other_errors_are_not() -> None:
    troubles = [refusal(500, "InternalError"), EndpointConnectionError(endpoint_url="x")]

    def action() -> str:
        if troubles:
            raise troubles.pop()
        return "done"

    assert until_it_passes(action) == "done"
    tries = []

    def refused() -> None:
        tries.append(1)
        raise refusal(403, "AccessDenied")

    with pytest.raises(ClientError):
        until_it_passes(refused)
    assert len(tries) == 1


class Line:
    """Spoils the next calls of one operation: `spoil` gets the request and gives an answer or raises."""

    def __init__(self, service: str, operation: str, times: int, spoil: Callable[[Any], Any]) -> None:
        self.left = times
        self.spoil = spoil
        client(service).meta.events.register_first(f"before-send.{service}.{operation}", self)

    def __call__(self, request: Any, **_: Any) -> Any:
        if self.left <= 0:
            return None
        self.left -= 1
        return self.spoil(request)


def cut_off(request: Any) -> None:
    """Trouble that the client itself does not try to get over."""
    raise IncompleteReadError(actual_bytes=0, expected_bytes=1)


def done_but_unanswered(request: Any) -> None:
    """The call happens; its answer is lost."""
    botocore_stubber(event_name="before-send", request=request)
    raise ConnectionClosedError(endpoint_url=request.url)


def breaks_off(request: Any) -> AWSResponse:
    class Half:
        def __init__(self) -> None:
            self.parts = [b"half"]

        def read(self, *_: Any, **__: Any) -> bytes:
            return self.parts.pop() if self.parts else b""

        stream = read

    return AWSResponse(request.url, 200, {"content-length": "8"}, Half())


def test_a_cloud_that_is_away_while_a_node_works_is_not_the_nodes_failure() -> None:
    run = PlannedRun("iris_two_models")
    run_stage(run.invocation("s1"))
    Line("s3", "GetObject", 100, lambda request: cut_off(request) if "/artifacts/" in request.url else None)
    with pytest.raises(CloudUnavailable):
        run_stage(run.invocation("s2"))
    assert "failed" not in {item["status"] for item in run.items().values()}
    client.cache_clear()
    assert run_stage(run.invocation("s2"))["status"] == "succeeded"


def test_a_body_that_breaks_off_is_read_again() -> None:
    storage.write("name", b"eight by", "text/plain")
    Line("s3", "GetObject", 2, breaks_off)
    assert storage.read("name") == b"eight by"


def test_a_success_that_was_not_answered_is_a_success() -> None:
    run = PlannedRun("titanic")
    line = Line("dynamodb", "UpdateItem", 1, done_but_unanswered)
    update(run.id, "load_csv", {"status": "succeeded"})
    assert line.left == 0
    assert run.items()["load_csv"]["status"] == "succeeded"


def test_a_node_that_another_invocation_finished_is_no_stop() -> None:
    run = PlannedRun("titanic")
    run.set("load_csv", status="succeeded", attempt="2")
    update(run.id, "load_csv", {"status": "running", "attempt": 1})
    assert (run.items()["load_csv"]["status"], run.items()["load_csv"]["attempt"]) == ("succeeded", "2")
    run.set("load_csv", status="stopped")
    with pytest.raises(RunStopped):
        update(run.id, "load_csv", {"status": "running"})
    with pytest.raises(RunStopped):
        update(run.id, "no such node", {"status": "running"})


class Platform:
    """Stands for the Lambda service: gives prepared answers, counts the questions."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def invoke(self, **_: Any) -> dict[str, Any]:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def payload(body: bytes, **words: Any) -> dict[str, Any]:
    return {"Payload": io.BytesIO(body), **words}


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Platform]:
    def make(*answers: dict[str, Any] | Exception) -> Platform:
        made = Platform(*answers)
        monkeypatch.setattr(effects, "client", lambda service: made)
        return made

    return make


EFFECT = {"kind": "register_model", "run": "run_1", "node": "register", "payload": {}}


def test_an_effect_is_asked_for_until_the_platform_answers(platform: Callable[..., Platform]) -> None:
    asked = platform(
        EndpointConnectionError(endpoint_url="x"),
        payload(b'{"errorType": "URLError"}', FunctionError="Unhandled"),
        payload(b"not json"),
        refusal(429, "TooManyRequestsException"),
        refusal(404, "ResourceNotFoundException", "Invoke"),
        payload(b'{"result": {"name": "m", "version": 1}}'),
    )
    assert effects.invoke_effect(EFFECT) == {"name": "m", "version": 1}
    assert asked.asked == 6


def test_a_platform_that_never_answers_is_trouble_and_no_failure_of_the_node(platform: Callable[..., Platform]) -> None:
    asked = platform(*[payload(b"{}", FunctionError="Unhandled") for _ in range(trouble.TRIES)])
    with pytest.raises(CloudUnavailable, match="register_model"):
        effects.invoke_effect(EFFECT)
    assert asked.asked == trouble.TRIES


def test_the_platforms_refusal_is_the_nodes(platform: Callable[..., Platform]) -> None:
    error = {"code": "not-found", "message": "There is no such model.", "field": None, "hint": "Look."}
    platform(payload(json.dumps({"error": error}).encode()))
    with pytest.raises(NodeError, match="no such model") as refused:
        effects.invoke_effect(EFFECT)
    assert refused.value.code == "not-found"


def test_a_result_that_is_gone_is_named() -> None:
    run = PlannedRun("iris_two_models")
    run_stage(run.invocation("s1"))
    objects = boto3.client("s3")
    for entry in objects.list_objects_v2(Bucket="flowza-test", Prefix="o/usr_1/artifacts/")["Contents"]:
        objects.delete_object(Bucket="flowza-test", Key=entry["Key"])
    with pytest.raises(NodeError, match="is gone") as gone:
        storage.fetch("usr_1", run.document["nodes"]["halves"]["key"], "train")
    assert gone.value.code == "artifact-missing"
