"""A run as it is stored: its item, those of its nodes, and those of its invocations."""

from typing import Any, NamedTuple

from chalicelib.tables import ApprovalItem, BillItem, DoesNotExist, NodeRunItem, RunItem

FINAL = ("succeeded", "failed", "stopped")


class RunView(NamedTuple):
    item: RunItem
    nodes: list[NodeRunItem]
    bills: list[BillItem]


def head(run: str) -> RunItem | None:
    try:
        return RunItem.get(f"run#{run}", "run", consistent_read=True)
    except DoesNotExist:
        return None


def view(run: str) -> RunView | None:
    """A run, its node runs and its invocations: one query. None where there is no such run."""
    kinds = {"run": RunItem, "node": NodeRunItem, "bill": BillItem, "approval": ApprovalItem}
    found: dict[str, list[Any]] = {kind: [] for kind in kinds}
    connection = RunItem._get_connection()
    key: dict[str, Any] | None = None
    while True:
        page: Any = connection.query(f"run#{run}", consistent_read=True, exclusive_start_key=key)
        for raw in page["Items"]:
            kind = raw["sk"]["S"].partition("#")[0]
            # How lanes share a round is the runtime's own business.
            if kind != "share":
                found[kind].append(kinds[kind].from_raw_data(raw))
        key = page.get("LastEvaluatedKey")
        if key is None:
            return RunView(found["run"][0], found["node"], found["bill"]) if found["run"] else None
