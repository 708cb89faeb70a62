"""Does it work? Health, then the Titanic template from upload to model, by the same address that people use."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from typing import Any

from infra.deploy.target import Refused, Target
from infra.local.client import Client
from infra.local.client import Refused as Answer
from infra.package import ROOT

OWNER = "usr_smoke"
# A new distribution may take minutes until every edge knows it.
HEALTH_SECONDS = 900
RUN_SECONDS = 600
SCRIPT = """
import sys
from chalicelib import access
if sys.argv[2] == "issue":
    made = access.issue(sys.argv[1], "smoke test", days=1)
    print(made.id, made.token)
else:
    access.revoke(sys.argv[1], sys.argv[3])
"""


def address(target: Target, outputs: Mapping[str, str]) -> str:
    """Where the deployment answers: CloudFront on AWS; an emulator has no such thing, so its gateway."""
    if target.endpoint:
        return f"{target.endpoint}/_aws/execute-api/{outputs['RestAPIId']}/api"
    return outputs["Address"]


def test(target: Target, outputs: Mapping[str, str]) -> dict[str, Any]:
    """The finished Titanic run. Raises `Refused` where anything does not answer as it should."""
    url = address(target, outputs)
    _health(url)
    identity, token = _token(target, outputs, "issue").split()
    try:
        return _titanic(Client(url, token))
    except Answer as refused:
        raise Refused(f"The deployment is up at {url}, but its API refused the smoke test: {refused}") from refused
    finally:
        _token(target, outputs, "revoke", identity)


def _health(url: str) -> None:
    deadline, said = time.monotonic() + HEALTH_SECONDS, "no answer"
    while time.monotonic() < deadline:
        try:
            reply = Client(url, None).request("GET", "/api/health")
            if reply.status == 200 and isinstance(reply.body, dict) and reply.body.get("status") == "ok":
                return
            said = f"status {reply.status}"
        except OSError as gone:
            said = str(gone)
        time.sleep(1)
    raise Refused(
        f"The deployment is up, but {url}/api/health does not answer as it should ({said}). Look at the logs of its API function."
    )


def _titanic(client: Client) -> dict[str, Any]:
    templates = client.call("GET", "/templates")["items"]
    workflow = next(one["workflow"] for one in templates if one["id"] == "titanic")
    saved = client.call("POST", "/workflows", {**workflow, "name": "Smoke test"})
    run = client.call("POST", f"/workflows/{saved['id']}/runs", {"cache": False}, {"Idempotency-Key": str(uuid.uuid4())})
    deadline = time.monotonic() + RUN_SECONDS
    while run["status"] not in ("succeeded", "failed", "stopped"):
        if time.monotonic() > deadline:
            raise Refused(f"The deployment is up, but its first run ({run['id']}) has not ended within ten minutes. Look at the run.")
        time.sleep(1)
        run = client.call("GET", f"/runs/{run['id']}")
    client.call("DELETE", f"/workflows/{saved['id']}")
    if run["status"] != "succeeded":
        raise Refused(
            f"The deployment is up, but its first run {run['status']}: {(run.get('error') or {}).get('message', 'without a reason')}"
        )
    return dict(run)


def _token(target: Target, outputs: Mapping[str, str], verb: str, identity: str = "") -> str:
    """A token of its own for the test. A process of its own, because the control plane reads its environment once."""
    environment = {**os.environ, "FLOWZA_STAGE": target.stage, "FLOWZA_BUCKET": outputs["BucketName"], "AWS_DEFAULT_REGION": target.region}
    command = [sys.executable, "-c", SCRIPT, OWNER, verb, identity]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"The smoke test gets no token: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no reason given'}")
    return done.stdout
