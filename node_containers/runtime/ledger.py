"""The row ledger: rows in + rows added = rows out + rows dropped, with a reason for each line, on every node that passes rows on."""

from collections.abc import Mapping
from typing import Any

from node_containers.sdk import Context, Table

UNEXPLAINED = "the node gives no reason"


def ledger(inputs: Mapping[str, Any], outputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """`{"in", "out", "dropped": [{"reason", "count", "sample"}], "added": [{"reason", "count"}]}`.

    Rows come in by the first table; other tables are looked up, or their rows are added with a reason. A source reads what it gives and what it drops. A node
    that ends here (it trains, it scores) has `out` None. What a node does not account for gets a line of its own, so that the sum always holds.
    """
    taken = [value.rows for value in inputs.values() if hasattr(value, "rows")]
    given = [value.rows for value in outputs.values() if isinstance(value, Table)]
    dropped: list[dict[str, Any]] = [{"reason": line.reason, "count": line.rows, "sample": line.sample} for line in context.dropped]
    added: list[dict[str, Any]] = [{"reason": reason, "count": count} for reason, count in context.added]
    rows_out = sum(given) if given else None
    lost, gained = sum(line["count"] for line in dropped), sum(line["count"] for line in added)
    rows_in = taken[0] if taken else None if rows_out is None else rows_out + lost - gained
    if rows_in is not None and rows_out is not None:
        gap = rows_in + gained - rows_out - lost
        if gap > 0:
            dropped.append({"reason": UNEXPLAINED, "count": gap, "sample": []})
        elif gap < 0:
            added.append({"reason": UNEXPLAINED, "count": -gap})
    return {"in": rows_in, "out": rows_out, "dropped": dropped, "added": added}
