"""`demo`: the main job from the terminal. Titanic: run, register, deploy, two predictions."""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from infra.local.client import Client, Refused, connect
from infra.local.supervisor import Supervisor, up

PASSENGERS = [
    {"class": "1st", "age": 29, "sex": "female"},
    {"class": "3rd", "age": 22, "sex": "male"},
]
MARKS = {"queued": "·", "running": "…", "succeeded": "✓", "cached": "=", "failed": "✗", "skipped": "-", "stopped": "■"}


def demo(state: Path, *, fresh: bool = False) -> int:
    """Against the cloud that runs on `state`, or one of its own that it starts and stops."""
    client = connect(state)
    if client is not None:
        return _guarded(client, fresh)
    with tempfile.TemporaryDirectory(prefix="flowza-demo-") as place:
        _say("No Flowza is running: starting one for the demo.")
        return up(Path(place), 0, open_browser=False, until=lambda cloud: _guarded(_own(cloud), fresh))


def _own(cloud: Supervisor) -> Client:
    return Client(cloud.layout.url, cloud.layout.secret("token"))


def _guarded(client: Client, fresh: bool) -> int:
    try:
        return run_demo(client, fresh)
    except Refused as refused:
        sys.stderr.write(f"flowza: {refused}\n")
    except OSError as gone:
        sys.stderr.write(f"flowza: the server went away ({gone})\n")
    return 1


def run_demo(client: Client, fresh: bool) -> int:
    began = time.perf_counter()
    templates = client.call("GET", "/templates")["items"]
    template = next(one for one in templates if one["id"] == "titanic-deployed")
    _say(f"{template['name']}: {template['rows']:,} passengers. {template['description']}\n")
    run = client.start(template["workflow"], cache=not fresh)
    final = run
    for final in client.watch(run["id"], lambda: time.sleep(0.05)):
        _progress(final)
    _say("\n")
    _table(final)
    if final["status"] != "succeeded":
        error = final["error"] or {}
        sys.stderr.write(f"flowza: the run {final['status']}: {error.get('message')} {error.get('hint') or ''}\n")
        return 1
    _figures(client, final)
    _predict(client)
    _say(f"\nDone in {time.perf_counter() - began:.2f} s. Look at the run: {client.url}/#/workflows/{final['workflow']}?run={final['id']}")
    return 0


def _progress(run: dict[str, Any]) -> None:
    marks = "  ".join(f"{MARKS[node['status']]} {node['node']}" for node in _ordered(run))
    if sys.stdout.isatty():
        sys.stdout.write(f"\r{marks}")
        sys.stdout.flush()
    else:
        _say(marks)


def _ordered(run: dict[str, Any]) -> list[dict[str, Any]]:
    order = ["load_csv", "clean_data", "train_test_split", "train_model", "evaluate", "register", "deploy"]
    return sorted(run["nodes"], key=lambda node: order.index(node["node"]))


def _table(run: dict[str, Any]) -> None:
    _say(f"{'node':<18}{'status':<11}{'rows':>7}{'seconds':>10}{'dollars':>13}  ")
    for node in _ordered(run):
        rows = "" if node["rows_out"] is None else f"{node['rows_out']:,}"
        seconds = "" if node["seconds"] is None else f"{node['seconds']:.3f}"
        dollars = "" if node["cost_usd"] is None else f"{node['cost_usd']:.8f}"
        _say(f"{node['node']:<18}{node['status']:<11}{rows:>7}{seconds:>10}{dollars:>13}  {node['summary'] or ''}")
    if run["seconds"] is not None:
        _say(
            f"{'the whole run':<18}{run['status']:<11}{'':>7}{run['seconds']:>10.3f}{run['cost_usd']:>13.8f}  (dollars: AWS list price of this work)\n"
        )


def _figures(client: Client, run: dict[str, Any]) -> None:
    manifest = client.call("GET", f"/runs/{run['id']}/nodes/evaluate")["manifest"]
    metrics = manifest["metrics"]
    _say(
        f"accuracy {metrics['accuracy']:.3f}, guessing the majority class {metrics['baseline_accuracy']:.3f}, ROC AUC {metrics['roc_auc']:.3f}"
    )
    confusion = next(chart for chart in manifest["charts"] if chart["kind"] == "confusion")
    _say("\nconfusion matrix (rows: truth, columns: prediction)")
    _say(" " * 10 + "".join(f"{label:>8}" for label in confusion["labels"]))
    for label, counts in zip(confusion["labels"], confusion["counts"], strict=True):
        _say(f"{label:>10}" + "".join(f"{count:>8}" for count in counts))


def _predict(client: Client) -> None:
    endpoint = next(one for one in client.call("GET", "/endpoints")["items"] if one["name"] == "titanic")
    model = client.call("GET", f"/models/{endpoint['model']}")
    _say(f"\nregistered: {model['name']}, version {model['versions'][0]['version']}   deployed: {client.url}{endpoint['url']}")
    key = client.call("POST", f"/endpoints/{endpoint['id']}/keys")["key"]
    body = {"rows": PASSENGERS}
    # A new key is known to the serving function within two seconds.
    for _ in range(60):
        reply = Client(client.url, None).request("POST", endpoint["url"], body, {"x-api-key": key})
        if reply.status not in (401, 503):
            break
        time.sleep(0.1)
    if reply.status != 200:
        raise Refused(reply)
    for passenger, answer in zip(PASSENGERS, reply.body["predictions"], strict=True):
        words = f"{passenger['sex']}, {passenger['age']}, {passenger['class']} class"
        _say(f"  {words:<24} survives with probability {answer['probabilities']['1']:.2f}")
    _say(
        f"\ncurl -X POST {client.url}{endpoint['url']} -H 'content-type: application/json' -H 'x-api-key: {key}' \\\n  -d '{json.dumps(body)}'"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
