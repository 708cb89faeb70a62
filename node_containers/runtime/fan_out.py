"""A node that fans out, one phase an invocation: prepare the items, work on one, gather the results.

    o/{owner}/artifacts/{key}/items/{hash of the item}.json     a result, addressed by what it is a result of
    o/{owner}/artifacts/{key}/items/rounds/{hash}.json          the items that a round still has to work on

Results belong to the node's key: another execution of the same run, and another run of the same node, takes those that are there. Which items a
round has follows
from the results before it, so every phase can be invoked again.

A round is shared by as many lanes as work beside each other: each takes the next item when it is done with one, so that all end together and a start-up is
paid once a lane. A lane whose worker dies is not begun again; what a shared round leaves undone is shared once more, and where that leaves the same, each item
has an invocation of its own, which is tried again and goes to a larger size like any other.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from node_containers.runtime import storage
from node_containers.runtime.billing import COUNTS
from node_containers.runtime.settings import client, load
from node_containers.runtime.stage import NodeLog, Stage, describe_error
from node_containers.runtime.status import key_of, now, read_items, update
from node_containers.sdk import Context, FanOut, NodeError

# An inline Map writes into its machine's history, which bears so many items with all that may happen to each; once there are more, each has an execution
# (`chalicelib/limits.py`, FAN_OUT_INLINE_ITEMS).
INLINE_ITEMS = 128
# A lane takes no further item when it has worked for this share of a stage's time: the next round goes on.
LANE_SHARE = 0.5
# A round; its list of numbers stays below the 256 KiB that a state may hand on. The rest follows in the next round.
MAX_ITEMS = 5_000
NOTHING_MORE = {"items": [], "more": False, "apart": False}


def run_phase(stage: Stage, phase: str, item: Any) -> dict[str, Any]:
    """The answer of prepare and gather: `items` (numbers of items in the round), whether there are `more`, and whether each has an execution `apart`."""
    stage.items = read_items(stage.run_id)
    name = stage.stage["nodes"][0]
    if stage.is_done(name):
        return NOTHING_MORE
    node = stage.plan["nodes"][name]
    return _Phases(stage, node).run(phase, item)


class _Phases:
    def __init__(self, stage: Stage, node: Mapping[str, Any]) -> None:
        self.stage = stage
        self.node = node
        self.log = NodeLog(stage.secrets.hide)
        self.started = time.perf_counter()
        self.folder = f"{storage.folder(stage.owner, node['key'])}/items"

    def run(self, phase: str, item: Any) -> dict[str, Any]:
        if phase != "item":
            self._begin()
        self.stage.recorder.watch(self.node["id"])
        with self.stage.guarded(self.node, self.log, self.started), self.stage.context(self.node, self.log) as context:
            self.stage.budget.check()
            declaration = self.stage.declaration(self.node)
            inputs = self._inputs(declaration.flow)
            fan_out: FanOut[Any] = self.stage.call(declaration, self.node, inputs, context)
            if phase == "item":
                self._work(fan_out, item, context)
                answer: dict[str, Any] = {}
            else:
                answer = self._round(fan_out, declaration, inputs, context)
            self.stage.recorder.drain()
            return answer
        raise AssertionError("a failure is raised by the guard")

    def _begin(self) -> None:
        """The node works from its first phase on; what its phases and items were billed adds up."""
        known = self.stage.items.get(self.node["id"], {})
        self.stage.billed_before = known.get("billed_ms", 0.0)
        if known.get("status") == "running" and known["attempt"] == self.stage.attempt and known["started_at"]:
            began = datetime.fromisoformat(known["started_at"])
            # A clock that jumped back must not make the node end before it began.
            self.started -= max(0.0, (datetime.now(UTC) - began).total_seconds())
        else:
            self.stage.begin(self.node)

    def _inputs(self, flow: str) -> dict[str, Any]:
        if flow != "distributed":
            return self.stage.inputs(self.node)
        nodes = self.stage.plan["nodes"]
        tables = {
            port: storage.StoredTable(self.stage.owner, nodes[source["node"]]["key"], source["port"])
            for port, source in self.node["inputs"].items()
            if source["port"] in ("table", "train", "test", "rows")
        }
        others = {port: source for port, source in self.node["inputs"].items() if port not in tables}
        return {**self.stage.inputs({**self.node, "inputs": others}), **tables}

    def _round(self, fan_out: FanOut[Any], declaration: Any, inputs: dict[str, Any], context: Context) -> dict[str, Any]:
        """The items that are still to be worked on; where there are none, the end: gather, and store the outputs."""
        results: list[dict[str, Any]] = []
        while items := fan_out.propose(results):
            known = self._known(items)
            missing = [number for number, result in enumerate(known) if result is None]
            if missing:
                done, asked = len(results) + len(items) - len(missing), len(results) + len(items)
                changes = {"progress": f"{done:,} of {asked:,}", "heartbeat_at": now(), "billed_ms": self.stage.billed_ms()}
                self.stage.recorder.later(update, self.stage.run_id, self.node["id"], changes)
                addresses = self._share_out([items[number] for number in missing])
                return {"items": addresses, "more": True, "apart": asked > INLINE_ITEMS}
            results += [result for result in known if result is not None]
        if results and all(result["error"] for result in results):
            raise NodeError("items-failed", f"All {len(results)} items failed: {results[0]['error']}", hint="See the log of the node.")
        outputs = declaration.name_outputs(fan_out.gather(results))
        self.stage.store(self.node, outputs, context, {}, self.log, self.started)
        return NOTHING_MORE

    def _share_out(self, items: list[Any]) -> list[dict[str, Any]]:
        """The lanes of a round, or its items one by one where these were shared already, or nothing is there to share them by."""
        lanes = min(len(items), load().fan_out, self.stage.stage.get("max_parallel") or len(items))
        data = _bytes(items)
        name = hashlib.sha256(data).hexdigest()[:16]
        storage.write(f"{self.folder}/rounds/{name}.json", data, "application/json")
        if load().runs_table and lanes < len(items) and not self._queue(name).was_shared():
            return [{"round": name, "lane": lane} for lane in range(lanes)]
        return [{"round": name, "number": number} for number in range(min(len(items), MAX_ITEMS))]

    def _queue(self, name: str) -> "_Queue":
        return _Queue(self.stage.run_id, self.node["id"], self.stage.attempt, name)

    def _work(self, fan_out: FanOut[Any], address: Mapping[str, Any], context: Context) -> None:
        """The one item that is named, or in a lane one item after another until none is left."""
        items = json.loads(storage.read(f"{self.folder}/rounds/{address['round']}.json"))
        if "lane" not in address:
            self._work_on(fan_out, items[int(address["number"])], context)
            return
        queue = self._queue(address["round"])
        if not queue.begin(int(address["lane"])):
            return
        until = self.started + LANE_SHARE * float(self.stage.stage["timeout_seconds"])
        while time.perf_counter() < until and (number := queue.take()) < len(items):
            self.stage.budget.check()
            self._work_on(fan_out, items[number], context)

    def _work_on(self, fan_out: FanOut[Any], item: Any, context: Context) -> None:
        began = time.perf_counter()
        result: dict[str, Any] = {"item": item, "result": None, "error": None}
        try:
            result["result"] = fan_out.work(item)
        except NodeError as failed:
            # One item that cannot be done does not end the others.
            result["error"] = failed.message
        except (ValueError, TypeError, ArithmeticError) as failed:
            result["error"] = describe_error(failed)["message"]
        result["seconds"] = time.perf_counter() - began
        # Of the size it ran on: what gathers may run on another.
        result["usd"] = context.price(result["seconds"])
        storage.write(self._name(item), _bytes(result), "application/json")
        self._count()

    def _known(self, items: list[Any]) -> list[dict[str, Any] | None]:
        """The results that are there already, by item."""
        there = set(storage.names_below(f"{self.folder}/"))
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda item: json.loads(storage.read(self._name(item))) if self._name(item) in there else None, items))

    def _name(self, item: Any) -> str:
        return f"{self.folder}/{hashlib.sha256(_bytes(item)).hexdigest()[:32]}.json"

    def _count(self) -> None:
        """One more is done: what the card shows while others work."""
        if not load().runs_table:
            return
        client("dynamodb").update_item(
            TableName=load().runs_table,
            Key=key_of(self.stage.run_id, self.node["id"]),
            UpdateExpression="ADD items_done :one, billed_ms :spent SET heartbeat_at = :now",
            ExpressionAttributeValues={":one": {"N": "1"}, ":spent": {"N": repr(self.stage.billed_ms())}, ":now": {"S": now()}},
        )


class _Queue:
    """What is left of a shared round, in an item of the runs table: the lanes that have begun, and how many items were taken."""

    def __init__(self, run: str, node: str, attempt: int, name: str) -> None:
        self._key = {"pk": {"S": f"run#{run}"}, "sk": {"S": f"share#{node}#{attempt}#{name}"}}

    def was_shared(self) -> bool:
        found = client("dynamodb").get_item(TableName=load().runs_table, Key=self._key, ConsistentRead=True)
        return "Item" in found

    def begin(self, lane: int) -> bool:
        """Whether this lane is new. One that is not had a worker that died: what it was at may be the reason."""
        values = {":lane": {"S": str(lane)}, ":lanes": {"SS": [str(lane)]}}
        try:
            self._update("ADD lanes :lanes", values, ConditionExpression="NOT contains(lanes, :lane)")
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def take(self) -> int:
        """The number of the next item."""
        answer = self._update("ADD taken :one", {":one": {"N": "1"}}, ReturnValues="UPDATED_NEW")
        return int(answer["Attributes"]["taken"]["N"]) - 1

    def _update(self, expression: str, values: dict[str, Any], **more: Any) -> Any:
        COUNTS["writes"] += 1
        table = load().runs_table
        return client("dynamodb").update_item(
            TableName=table, Key=self._key, UpdateExpression=expression, ExpressionAttributeValues=values, **more
        )


def _bytes(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
