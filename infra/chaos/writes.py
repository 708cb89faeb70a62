"""Writers that know what they were promised: every write is kept in mind together with whether it was answered.

A writer owns what it writes, so that its own order is the order of the writes. A write that was not answered may have happened or not, either is right; one
that was answered must be there.
"""

import http.client
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from infra.chaos.pipelines import DRAWING, Fleet
from infra.chaos.rig import Rig
from infra.local.client import Refused
from infra.local.layout import ROOT

MODEL = "group-0"
SAMPLE = ROOT / "node_containers" / "samples" / "titanic.csv"
COLUMNS = ("survived", "class", "age", "sex")
# Between two writes of one writer: the journal shall grow by what is proved, not by what the machine can do.
PAUSE_SECONDS = 0.01


class Unanswered(Exception):
    """The write may have happened or not."""


class Cell:
    """One thing that is written again and again: what was last acknowledged, and what was tried since without an answer."""

    def __init__(self, value: Any = None) -> None:
        self.acknowledged = value
        self.tried: list[Any] = []

    def write(self, value: Any, call: Callable[[], Any]) -> Any:
        self.tried.append(value)
        reply = call()
        self.acknowledged, self.tried = value, []
        return reply

    def holds(self, value: Any) -> bool:
        return value == self.acknowledged or value in self.tried


class Writer(threading.Thread):
    """Writes of every kind, one after the other, until it is told to end."""

    def __init__(self, rig: Rig, number: int, seed: int, stock: dict[str, Any]) -> None:
        super().__init__(name=f"writer-{number}", daemon=True)
        self.rig, self.number, self.stock = rig, number, stock
        self.chance = random.Random(seed * 1_000 + number)
        self.ending = threading.Event()
        self.answered = 0
        self.unexpected: list[str] = []
        self.made: dict[str, list[str]] = {"workflows": [], "tokens": [], "datasets": [], "deleted": []}
        self.names: dict[str, Cell] = {}
        self.alias, self.target, self.keys = Cell(), Cell(), set[str]()

    def run(self) -> None:
        actions = [
            self.create,
            self.save,
            self.save,
            self.remove,
            self.make_token,
            self.declare_dataset,
            self.move_alias,
            self.set_target,
            self.make_key,
        ]
        while not self.ending.is_set():
            try:
                self.chance.choice(actions)()
                self.answered += 1
            except Unanswered:
                time.sleep(0.02)
            time.sleep(PAUSE_SECONDS)

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """One try. An answer that somebody on the other side failed promises nothing; a refusal would be a finding."""
        try:
            return self.rig.client.call(method, path, body, headers)
        except (OSError, http.client.HTTPException, ValueError) as gone:
            raise Unanswered from gone
        except Refused as refused:
            if refused.reply.status < 500 and refused.reply.status != 409:
                self.unexpected.append(f"{method} {path}: {refused}")
            raise Unanswered from refused

    # -- the kinds of writes ----------------------------------------------------------------------------------------------

    def create(self) -> None:
        name = f"w{self.number}-{self.answered}"
        made = self.ask("POST", "/workflows", {**DRAWING, "name": name})
        self.made["workflows"].append(made["id"])
        self.names[made["id"]] = Cell(name)

    def save(self) -> None:
        """Over the revision that is there: one that was not answered may have happened."""
        if not self.names:
            return self.create()
        workflow = self.chance.choice(list(self.names))
        seen = self.ask("GET", f"/workflows/{workflow}")
        if not self.names[workflow].holds(seen["document"]["name"]):
            self.unexpected.append(f"{workflow} is named {seen['document']['name']}")
        name = f"w{self.number}-{self.answered}-{self.chance.random()}"
        headers = {"If-Match": f'"{seen["revision"]}"'}
        self.names[workflow].write(name, lambda: self.ask("PUT", f"/workflows/{workflow}", {**DRAWING, "name": name}, headers))
        return None

    def remove(self) -> None:
        if len(self.names) < 5:
            return self.create()
        workflow = self.chance.choice(list(self.names))
        del self.names[workflow]
        self.made["workflows"].remove(workflow)
        self.ask("DELETE", f"/workflows/{workflow}")
        self.made["deleted"].append(workflow)
        return None

    def make_token(self) -> None:
        self.made["tokens"].append(self.ask("POST", "/tokens", {"name": f"w{self.number}"})["id"])

    def declare_dataset(self) -> None:
        order = {"name": f"w{self.number}", "filename": "titanic.csv", "bytes": 10}
        self.made["datasets"].append(self.ask("POST", "/datasets", order)["dataset"]["id"])

    def move_alias(self) -> None:
        version = self.chance.randint(1, 2)
        self.alias.write(version, lambda: self.ask("PUT", f"/models/{MODEL}/aliases/w{self.number}", {"version": version}))

    def set_target(self) -> None:
        dataset, column = self.stock["datasets"][self.number], self.chance.choice(COLUMNS)
        self.target.write(column, lambda: self.ask("PUT", f"/datasets/{dataset}/target", {"target": column}))

    def make_key(self) -> None:
        """A new key, and those before are revoked, so that the endpoint's list does not run full."""
        place = f"/endpoints/{self.stock['endpoints'][self.number]}"
        for key in self.ask("GET", place)["keys"]:
            self.keys.discard(key["prefix"])
            self.ask("DELETE", f"{place}/keys/{key['prefix']}")
        self.keys.add(self.ask("POST", f"{place}/keys")["prefix"])

    # -- what must be there -----------------------------------------------------------------------------------------------

    def lost(self) -> list[str]:
        """Everything that was promised and is not so."""
        there = self._there()
        lost = [f"{kind} {name}" for kind in ("workflows", "tokens", "datasets") for name in set(self.made[kind]) - there[kind]]
        lost += [f"deleted {name} is back" for name in set(self.made["deleted"]) & there["workflows"]]
        for workflow, cell in self.names.items():
            if workflow in there["workflows"]:
                name = self.rig.insist("GET", f"/workflows/{workflow}")["document"]["name"]
                lost += [] if cell.holds(name) else [f"{workflow} is named {name}, not {cell.acknowledged}"]
        alias = self.rig.insist("GET", f"/models/{MODEL}")["aliases"].get(f"w{self.number}")
        lost += [] if self.alias.holds(alias) else [f"alias w{self.number} is {alias}, not {self.alias.acknowledged}"]
        target = self.rig.insist("GET", f"/datasets/{self.stock['datasets'][self.number]}")["target"]
        lost += [] if self.target.acknowledged is None or self.target.holds(target) else [f"target is {target}"]
        keys = {key["prefix"] for key in self.rig.insist("GET", f"/endpoints/{self.stock['endpoints'][self.number]}")["keys"]}
        return lost + [f"key {prefix}" for prefix in self.keys - keys] + self.unexpected

    def _there(self) -> dict[str, set[str]]:
        return {
            "workflows": set(listed(self.rig, "/workflows")),
            "datasets": set(listed(self.rig, "/datasets")),
            "tokens": {item["id"] for item in self.rig.insist("GET", "/tokens")["items"]},
        }


def listed(rig: Rig, path: str) -> list[str]:
    """The ids of a whole list, page by page."""
    found: list[str] = []
    cursor = ""
    while True:
        page = rig.insist("GET", f"{path}?limit=200{cursor}")
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def stock(rig: Rig, writers: int) -> dict[str, Any]:
    """What writers write about: a model with versions, and an endpoint and a dataset for each."""
    runs = Fleet(rig, parallel=4, say=lambda _: None).run(range(max(2, writers)))
    assert all(ended.run["status"] == "succeeded" for ended in runs)  # noqa: S101 writes need something to be about
    endpoints = {one["name"]: one["id"] for one in rig.client.call("GET", "/endpoints?limit=200")["items"]}
    datasets = [rig.client.upload(SAMPLE, f"for writer {number}")["id"] for number in range(writers)]
    while any(rig.client.call("GET", f"/datasets/{dataset}")["status"] == "profiling" for dataset in datasets):
        time.sleep(0.05)
    return {"datasets": datasets, "endpoints": [endpoints[f"group-{number}"] for number in range(writers)]}
