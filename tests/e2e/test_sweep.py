"""The sweeper on the embedded cloud: every kind can be asked for, and nothing that is in use goes."""

import json
import urllib.request
from typing import Any

from tests.conftest import Cloud


def sweep(cloud: Cloud) -> dict[str, Any]:
    port = json.loads((cloud.state / "instance.json").read_text())["ports"]["platform"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/", data=b'{"sweep": true}', headers={"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310 loopback
        return dict(json.loads(reply.read()))


def test_a_sweep_leaves_what_is_in_use(cloud: Cloud) -> None:
    template = next(one["workflow"] for one in cloud.client.call("GET", "/templates")["items"] if one["id"] == "titanic")
    run = cloud.finish(cloud.client.start(template, cache=False))
    assert run["status"] == "succeeded"
    assert sweep(cloud) == {"machines": 0, "versions": 0, "uploads": 0, "results": 0, "tasks": 0, "watched": 0}
    again = cloud.finish(cloud.client.start(template))
    assert (again["status"], {node["status"] for node in again["nodes"]} & {"failed"}) == ("succeeded", set())
