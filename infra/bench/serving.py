"""A deployed model under load: one row a request over kept-alive connections, every prediction logged."""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from infra.bench.cloud import ROOT, cloud
from infra.figures import Figure, measured
from infra.local.client import Client

ROW = {"class": "1st", "age": 29, "sex": "female"}
LOAD_SECONDS = 3.0
# Serving processes look for new deployments so often.
SETTLE_SECONDS = 2.2


def figures() -> Iterator[Figure]:
    with cloud() as ours:
        ours.run(json.loads((ROOT / "statemachines" / "titanic_deployed.workflow.json").read_text("utf-8")))
        endpoint = ours.client.call("GET", "/endpoints")["items"][0]
        key = ours.client.call("POST", f"/endpoints/{endpoint['id']}/keys")["key"]
        time.sleep(SETTLE_SECONDS)
        for connections in (1, 8):
            times = load(ours.client, endpoint["url"], key, connections)
            words = f"one row a request, {connections} connection{'s' if connections > 1 else ''}, logged"
            yield measured(f"predict-p50-c{connections}", statistics.median(times) * 1000, "ms", len(times), words)
            yield measured(f"predict-rate-c{connections}", len(times) / LOAD_SECONDS, "1/s", len(times), "the same")


def load(client: Client, url: str, key: str, connections: int) -> list[float]:
    """Seconds of every request."""
    times: list[float] = []
    ending = time.perf_counter() + LOAD_SECONDS
    threads = [threading.Thread(target=_ask, args=(client, url, key, ending, times)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _ask(client: Client, url: str, key: str, ending: float, times: list[float]) -> None:
    headers: dict[str, Any] = {"content-type": "application/json", "x-api-key": key}
    parts = urlsplit(client.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    while time.perf_counter() < ending:
        began = time.perf_counter()
        connection.request("POST", url, json.dumps({"rows": [ROW]}), headers)
        reply = connection.getresponse()
        reply.read()
        if reply.status != 200:
            raise SystemExit(f"a prediction was answered {reply.status}")
        times.append(time.perf_counter() - began)
