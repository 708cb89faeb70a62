"""The emulator process: MiniStack on one loopback port, its DynamoDB writes journalled."""

import asyncio
import contextvars
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

# MiniStack 1.5.33 (pinned) lets every execution wait this long before its first state.
START_DELAY_SECONDS = 0.15
# Longer than any stage with its wait in line: the pool is the one that keeps the limits.
PROXY_SECONDS = 12 * 3600


class PromptTime:
    """The `time` module as the emulator's Step Functions see it: without the pause before an execution, which is a third of a small run."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        if seconds != START_DELAY_SECONDS:
            time.sleep(seconds)


def invoke_by_proxy(func: dict[str, Any], event: Any, url: str, request_id: str) -> dict[str, Any]:
    """Invoke a function through its proxy address and keep what went wrong by name.

    The emulator's own way folds every failure into one name, so no Retry or Catch of a machine could tell a node that failed from a worker that was too small.
    """
    config = func.get("config") or func
    headers = {
        "Content-Type": "application/json",
        "X-Amzn-Lambda-Function-Name": config["FunctionName"],
        "X-Amzn-Lambda-Request-Id": request_id,
    }
    request = urllib.request.Request(url, data=json.dumps(event).encode(), headers=headers, method="POST")  # noqa: S310 loopback, made by us
    try:
        # The pool keeps the function's time limit itself and names it; waiting in line for a worker is not part of it.
        with urllib.request.urlopen(request, timeout=PROXY_SECONDS) as reply:  # noqa: S310
            return {"body": json.loads(reply.read() or b"null")}
    except urllib.error.HTTPError as failed:
        return {"body": _lambda_error(failed.read()), "error": True}
    except OSError as gone:
        return {"body": {"errorType": "Runtime.ExitError", "errorMessage": f"the pool did not answer: {gone}"}, "error": True}


def _lambda_error(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
        return {"errorType": str(found["errorType"]), "errorMessage": str(found["errorMessage"])}
    except (ValueError, KeyError, TypeError):
        return {"errorType": "Runtime.ExitError", "errorMessage": body[:500].decode(errors="replace")}


def run_task(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """`ecs:RunTask` without Docker: the pool runs the container's own entry, told by the same environment variables."""
    variables = {entry["name"]: entry["value"] for entry in data["overrides"]["containerOverrides"][0]["environment"]}
    order = {name.removeprefix("FLOWZA_TASK_").lower(): value for name, value in variables.items()}
    token = order.pop("token")
    order.pop("heartbeat")
    if "item" in order:
        order["item"] = json.loads(order["item"])
    payload = json.dumps({"task": {"order": order, "token": token}}).encode()
    headers = {"Content-Type": "application/json", "X-Amzn-Lambda-Function-Name": data["taskDefinition"]}
    try:
        urllib.request.urlopen(  # noqa: S310 loopback, made by us
            urllib.request.Request(os.environ["FLOWZA_POOL_URL"], data=payload, headers=headers, method="POST"),  # noqa: S310
            timeout=PROXY_SECONDS,
        ).close()
    except OSError as gone:
        return 400, {}, json.dumps({"message": f"no capacity: {gone}"}).encode()
    task = {"taskArn": f"arn:aws:ecs:local:000000000000:task/{uuid.uuid4()}", "lastStatus": "RUNNING"}
    return 200, {}, json.dumps({"tasks": [task], "failures": []}).encode()


Callback = Callable[[str, Any, str, dict[str, Any]], Any]


def only_while_running(execute_task: Any, failure: type[Exception]) -> Any:
    """A stopped execution starts no further task. The emulator asks its main line alone: the items of a Map and the branches of a Parallel would go on."""

    def execute(state: Any, given: Any, execution: Any, context: Any) -> Any:
        if execution["status"] != "RUNNING":
            raise failure("States.Runtime", "the execution was stopped")
        return execute_task(state, given, execution, context)

    return execute


def missing_heartbeats(inner: Callback, tokens: MutableMapping[str, Any]) -> Callback:
    """A state that waits for a token also ends when its worker stays silent for `HeartbeatSeconds`: the emulator only knows `TimeoutSeconds`."""

    def call(resource: str, given: Any, token: str, state: dict[str, Any]) -> Any:
        if "HeartbeatSeconds" in state:
            # The emulator keeps tokens by account and region, which it takes from the context.
            watch = contextvars.copy_context().run
            threading.Thread(target=watch, args=(_watch, tokens, token, float(state["HeartbeatSeconds"])), daemon=True).start()
        return inner(resource, given, token, state)

    return call


def _watch(tokens: MutableMapping[str, Any], token: str, seconds: float) -> None:
    heard, last = time.monotonic(), None
    # The state that is about to wait enters its token a moment later.
    while token in tokens or time.monotonic() - heard < 1:
        waiting = tokens.get(token)
        if waiting is not None and waiting["heartbeat"] != last:
            heard, last = time.monotonic(), waiting["heartbeat"]
        if waiting is not None and time.monotonic() - heard > seconds:
            waiting["error"] = {"Error": "States.HeartbeatTimeout", "Cause": f"The worker was silent for {seconds:g} seconds."}
            waiting["event"].set()
            return
        time.sleep(min(1.0, seconds / 10))


def main() -> None:
    """`python -m infra.local.emulator STATE PORT`."""
    from infra.local import containers, lifeline

    state, port = Path(sys.argv[1]), sys.argv[2]
    images = containers.load()
    lifeline.hold((lambda: containers.sweep(images)) if images else None)
    os.environ.update(
        GATEWAY_PORT=port,
        BIND_HOST="127.0.0.1",
        S3_PERSIST="1",
        S3_DATA_DIR=str(state / "s3"),
        STATE_DIR=str(state / "emulator"),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LOG_LEVEL="WARNING",
        CLOUDTRAIL_RECORDING="0",
        # An engine under load takes longer than the emulator's ten seconds to start a container.
        MINISTACK_DOCKER_TIMEOUT="120",
    )
    if images is None:
        # Without DOCKER=1 no container is started and no engine asked, also where there is one.
        sys.modules["docker"] = None  # type: ignore[assignment]
    else:
        containers.sweep(images)
        containers.confine(images)
    # The emulator talks to nobody: its own SDK calls must not come back to it by the endpoint variable of this tree.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app
    from ministack.services import ecs, lambda_svc, stepfunctions

    from infra.local.journal import Journal, journalled

    stepfunctions.time = PromptTime()
    lambda_svc._execute_function_proxy = invoke_by_proxy
    stepfunctions._execute_task = only_while_running(stepfunctions._execute_task, stepfunctions._ExecutionError)
    stepfunctions._invoke_with_callback = missing_heartbeats(stepfunctions._invoke_with_callback, stepfunctions._task_tokens)
    if images is None:
        ecs._run_task = run_task
    else:
        lambda_svc._execute_function_docker = containers.refuse_missing_images(lambda_svc._execute_function_docker)
    config = Config()
    # Containers reach the emulator on their bridge; nobody else does.
    config.bind = [f"{address}:{port}" for address in dict.fromkeys(["127.0.0.1", images.gateway if images else "127.0.0.1"])]
    config.keep_alive_timeout = 120
    config.loglevel = "WARNING"
    config.startup_timeout = 600
    journal = Journal(state / "journal.sqlite", survive_power_cut=os.environ.get("FLOWZA_SURVIVE_POWER_CUT") == "1")
    wrapped: Any = journalled(app, journal)
    asyncio.run(serve(wrapped, config))


if __name__ == "__main__":
    main()
