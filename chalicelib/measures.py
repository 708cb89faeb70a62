"""What operators count: metrics in CloudWatch's embedded format, and the run and node that a log line belongs to.

A metric is a line of the function's log: it costs no call. Without a namespace (the embedded cloud) nothing is said.
"""

import os
from collections.abc import Mapping
from typing import Any

# Loggers of the modules, which say their words as JSON (`app.py`).
LOGGERS = (
    "flowza.executions",
    "flowza.closing",
    "flowza.reconciling",
    "flowza.sweeping",
    "flowza.watching",
    "flowza.redriving",
    "flowza.datasets",
    "flowza.api",
)


def count(name: str, value: float = 1, **properties: str) -> None:
    """One value of a metric. Properties (run, node, owner) can be searched for, and make no metric of their own."""
    namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE")
    if not namespace:
        return
    # Imported where it is used: a process that counts nothing does not pay for it.
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=namespace) as metric:
        metric.add_dimension("service", os.environ.get("POWERTOOLS_SERVICE_NAME", "flowza"))
        for key, text in properties.items():
            metric.add_metadata(key, text)


def keys(event: Mapping[str, Any]) -> dict[str, str | None]:
    """Run and node of an event, for every line that is logged while it is handled; None where it has none, so that the last event's are forgotten."""
    effect = event.get("effect") or event.get("predictions")
    detail = event.get("detail")
    if isinstance(effect, Mapping):
        return {"run": str(effect.get("run")), "node": effect.get("node") and str(effect["node"])}
    if isinstance(detail, Mapping) and "name" in detail:
        return {"run": str(detail["name"]).partition("-")[0], "node": None}
    return {"run": None, "node": None}
