"""A node that works on many items beside each other."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from node_containers.sdk.errors import NodeError

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class FanOut(Generic[Outcome]):
    """What a node gives that works on many items beside each other; its outputs are those of `gather`.

    `propose(results)` names the items of the next round (JSON values), and none when there is nothing more to try. `work(item)` gives the JSON
    result of one; it may run in another process, at the same time as others. `gather(results)` makes the outputs. A result is `{"item", "result",
    "error", "seconds", "usd"}`, in the order of the items; `error` holds the words of an item that failed, and its `result` is None. `usd` is the price of
    its seconds on the compute it had; None where no price is known.
    """

    propose: Callable[[list[dict[str, Any]]], list[Any]]
    work: Callable[[Any], Any]
    gather: Callable[[list[dict[str, Any]]], Outcome]

    def run(self) -> Outcome:
        """All of it in this process, one item after the other."""
        results: list[dict[str, Any]] = []
        while items := self.propose(results):
            results += [self._one(item) for item in items]
        return self.gather(results)

    def _one(self, item: Any) -> dict[str, Any]:
        result: dict[str, Any] = {"item": item, "result": None, "error": None, "usd": None}
        began = time.perf_counter()
        try:
            result["result"] = self.work(item)
        except NodeError as failed:
            result["error"] = failed.message
        return {**result, "seconds": time.perf_counter() - began}
