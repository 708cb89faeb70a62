"""`make bench`: Flowza against a plain script, in the same run. One JSON line a figure; `docs/benchmarks.md` is written from those lines.

The floor is one Python process that does the work of the Titanic drawing with pandas and scikit-learn, stores nothing and shows nothing; its whole
process counts, imports included, because that is what a person waits for. Rounds alternate, medians are compared.
"""

import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.local.client import FINAL, Client, connect

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
ROUNDS = 7
ROW = {"class": "1st", "age": 29, "sex": "female"}

PLAIN = """
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

frame = pd.read_csv("node_containers/samples/titanic.csv")
train, test = train_test_split(frame, test_size=0.25, random_state=42)
numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False))
model = make_pipeline(ColumnTransformer([("n", numbers, ["age"]), ("t", texts, ["class", "sex"])]), LogisticRegression())
model.fit(train, train["survived"])
predicted, share = model.predict(test), model.predict_proba(test)[:, 1]
accuracy_score(test["survived"], predicted), confusion_matrix(test["survived"], predicted), roc_auc_score(test["survived"], share)
"""

LINES: list[dict[str, Any]] = []


def report(name: str, value: float, unit: str, count: int, what: str, goal: str = "", ok: bool | None = None) -> None:
    line = {"id": name, "value": round(value, 4), "goal": goal, "unit": unit, "n": count, "ok": ok, "what": what}
    LINES.append(line)
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def seconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


class Bench:
    """A cloud of its own in a folder of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def start(self) -> float:
        """Seconds until the API answers."""
        command = [sys.executable, "-m", "infra.local", "up", "--state", str(self.state), "--port", "0", "--no-open"]
        began = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        while (client := connect(self.state)) is None:
            if self.process.poll() is not None:
                raise SystemExit("the embedded cloud did not start")
            time.sleep(0.01)
        self.client = client
        return time.perf_counter() - began

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def run(self, workflow: dict[str, Any], **order: Any) -> dict[str, Any]:
        """Save, start and poll a run to its end, as the canvas does."""
        run = self.client.start(workflow, **order)
        while run["status"] not in FINAL:
            time.sleep(0.01)
            run = self.client.call("GET", f"/runs/{run['id']}")
        if run["status"] != "succeeded":
            raise SystemExit(f"the run {run['status']}: {run['error']}")
        return run


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="flowza-bench-") as place:
        bench = Bench(Path(place))
        report("start-first", bench.start(), "s", 1, "the embedded cloud, an empty state folder, set-up done before", "< 5 s", None)
        bench.stop()
        again = bench.start()
        report("start-again", again, "s", 1, "the same again", "< 5 s", again < 5)
        try:
            runs(bench)
            serving(bench)
        finally:
            bench.stop()
    sizes()
    write_page()


def workflow(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / "statemachines" / f"{name}.workflow.json").read_text("utf-8"))
    return document


def runs(bench: Bench) -> None:
    titanic = workflow("titanic")
    bench.run(titanic, cache=False)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    plain: list[float] = []
    ours: list[float] = []
    again: list[float] = []
    finished: dict[str, Any] = {}
    for _ in range(ROUNDS):
        plain.append(seconds(lambda: subprocess.run([sys.executable, "-c", PLAIN], cwd=ROOT, env=environment, check=True)))
        started = time.perf_counter()
        finished = bench.run(titanic, cache=False)
        ours.append(time.perf_counter() - started)
        again.append(seconds(lambda: bench.run(titanic)))
    floor = statistics.median(plain)
    report("plain-script", floor, "s", ROUNDS, "the floor: one Python process, nothing stored")
    report(
        "titanic-run", statistics.median(ours), "s", ROUNDS, "five nodes, all results stored, through API, Step Functions, pool and status"
    )
    ratio = statistics.median(ours) / floor
    report("titanic-run-ratio", ratio, "x plain", ROUNDS, "the same as a share of the plain script", "<= 0.25", ratio <= 0.25)
    ratio = statistics.median(again) / floor
    report("unchanged-run-ratio", ratio, "x plain", ROUNDS, "nothing changed: all cached, nothing executed", "<= 0.1", ratio <= 0.1)
    unfused = statistics.median([seconds(lambda: bench.run(titanic, cache=False, fusion=False)) for _ in range(3)])
    report("unfused-ratio", unfused / statistics.median(ours), "x fused", 3, "one state and one invocation for every node")
    report(
        "run-dollars",
        finished["cost_usd"],
        "USD",
        1,
        "the Titanic run at AWS list price, warm",
        "<= 0.0008",
        finished["cost_usd"] <= 0.0008,
    )
    work = sum(node["seconds"] for node in finished["nodes"])
    report(
        "node-seconds",
        work / len(finished["nodes"]) * 1000,
        "ms",
        len(finished["nodes"]),
        "mean of a node: its work and handing over its results",
    )
    report(
        "run-overhead",
        (statistics.median(ours) - work) * 1000,
        "ms",
        ROUNDS,
        "all that is not a node: save, check, plan, start, status, polling",
    )


def serving(bench: Bench) -> None:
    bench.run(workflow("titanic_deployed"))
    endpoint = bench.client.call("GET", "/endpoints")["items"][0]
    key = bench.client.call("POST", f"/endpoints/{endpoint['id']}/keys")["key"]
    time.sleep(2.2)
    for connections in (1, 8):
        times = load(bench.client, endpoint["url"], key, connections, 3.0)
        report(
            f"predict-p50-c{connections}",
            statistics.median(times) * 1000,
            "ms",
            len(times),
            f"one row a request, {connections} connections, logged",
        )
        report(f"predict-rate-c{connections}", len(times) / 3.0, "1/s", len(times), "the same")


def load(client: Client, url: str, key: str, connections: int, length: float) -> list[float]:
    """Seconds of every request in `length` seconds, over kept-alive connections."""
    times: list[float] = []
    headers = {"content-type": "application/json", "x-api-key": key}
    ending = time.perf_counter() + length

    def ask() -> None:
        parts = urlsplit(client.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        while time.perf_counter() < ending:
            started = time.perf_counter()
            connection.request("POST", url, json.dumps({"rows": [ROW]}), headers)
            reply = connection.getresponse()
            reply.read()
            if reply.status != 200:
                raise SystemExit(f"a prediction was answered {reply.status}")
            times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def sizes() -> None:
    code = "import time; t = time.perf_counter(); import app; print(time.perf_counter() - t)"
    found = [
        float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout) for _ in range(5)
    ]
    report("api-import", statistics.median(found) * 1000, "ms", 5, "a fresh process imports the API")
    template = ROOT / "dist" / "aws" / "deployment.zip"
    if template.exists():
        report("api-zip", template.stat().st_size / 1e6, "MB", 1, "the API's deployment package (make package)")
    if (ROOT / "frontend" / "dist").exists():
        sized = json.loads(subprocess.run(["node", "size.mjs"], cwd=ROOT / "frontend", capture_output=True, text=True, check=True).stdout)
        kilobytes = sized["js_gzip_bytes"] / 1000
        report("canvas-js", kilobytes, "kB gzip", 1, "all scripts of the canvas", "<= 300", kilobytes <= 300)


def write_page() -> None:
    marks = {True: "yes", False: "**no**", None: ""}
    rows = [
        f"| {one['id']} | {one['value']:g} {one['unit']} | {one['goal']} | {marks[one['ok']]} | {one['n']} | {one['what']} |"
        for one in LINES
    ]
    head = (
        "# Benchmarks\n\nWritten by `make bench`; do not edit. Ratios are taken within one run, rounds in turn; absolute times depend on the machine "
        f"(this one: {os.cpu_count()} cores, Python {platform.python_version()}).\n\n| figure | value | goal | met | n | what |\n|---|---|---|---|---|---|\n"
    )
    PAGE.write_text(head + "\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
