"""Metrics of node runs in CloudWatch's embedded format: a line of the function's log that costs no call. Without a namespace nothing is said."""

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

UNITS = {"NodeSeconds": "Seconds", "NodeRows": "Count", "NodePeakMegabytes": "Megabytes"}


def node_ended(run: str, node: str, changes: Mapping[str, Any]) -> None:
    """One line for a node run that ended: seconds, rows and memory by status; run and node can be searched for."""
    namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE")
    if not namespace:
        return
    values = {"NodeSeconds": changes.get("seconds"), "NodeRows": changes.get("rows_out"), "NodePeakMegabytes": changes.get("peak_mb")}
    known = {name: value for name, value in values.items() if value is not None}
    metrics = [{"Name": name, "Unit": UNITS[name]} for name in known]
    about = {
        "Timestamp": int(time.time() * 1000),
        "CloudWatchMetrics": [{"Namespace": namespace, "Dimensions": [["service", "status"]], "Metrics": metrics}],
    }
    words = {"_aws": about, "service": "flowza", "status": changes.get("status", ""), "run": run, "node": node, **known}
    # A node's own prints are caught for its log: this is for the function's.
    (sys.__stdout__ or sys.stdout).write(json.dumps(words) + "\n")
