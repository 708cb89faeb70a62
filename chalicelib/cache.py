"""Why a node's stored result is taken, or why it is not: by comparing the node with itself in the run before.

Pure. A reason starts with `hit`, `miss` or `never` and says in a few words what is the same or what has changed.
"""

from collections.abc import Mapping, Set
from typing import Any

from chalicelib.check import Checked
from chalicelib.facts import Facts
from chalicelib.resolved import ResolvedNode

HIT = "hit: same data, same params"
OFF = "miss: the cache is off"
FRESH = "miss: asked to run anew"
NEVER = "never: it acts outside of the workflow, once in every run"
FIRST = "miss: it has not run yet"
GONE = "miss: its stored result is gone"
UNFINISHED = "miss: it did not finish last time"
# A longer list of changes says less.
MAX_CHANGES = 3


def reasons(
    checked: Checked,
    facts: Facts,
    keys: Mapping[str, str],
    hits: Set[str],
    before: Mapping[str, Any],
) -> dict[str, str]:
    """A reason for every node. `before` holds each node as it was in the plan of its last run, with that run's `environment` and `status`."""
    found: dict[str, str] = {}
    for name, node in checked.graph.items():
        if name in hits:
            found[name] = HIT
        elif not node.type.cacheable:
            found[name] = NEVER
        elif name not in before:
            found[name] = FIRST
        else:
            there = before[name]["status"] == "succeeded" or before[name].get("cached")
            found[name] = _difference(node, before, keys, facts, checked) or (GONE if there else UNFINISHED)
    return found


def _difference(node: ResolvedNode, before: Mapping[str, Any], keys: Mapping[str, str], facts: Facts, checked: Checked) -> str | None:
    """What changed, in words; None where nothing did."""
    known = before[node.id]
    inputs = {port: {"node": source.node, "port": source.port} for port, source in node.inputs.items()}
    changed_before = [source.node for source in node.inputs.values() if before.get(source.node, {}).get("key") != keys[source.node]]
    params = _changed_params(node.type.deciding(known["params"]), node.type.deciding(node.params))
    names = ", ".join(dict.fromkeys(checked.graph[name].label or name for name in changed_before))
    findings = (
        (known["type"] != node.type.type, f"it was a {known['type']}"),
        (known["type_version"] != node.type.version, f"the node type is newer: version {known['type_version']} → {node.type.version}"),
        (params, params),
        (_dataset_changed(node, known, facts), "the dataset has changed"),
        (node.model is not None and (known.get("model") or {}).get("sha256") != node.model.sha256, "it is another version of the model"),
        (known["inputs"] != inputs, "its inputs were drawn anew"),
        (known["environment"] != facts.environment, "the node image is newer"),
        (changed_before, f"behind {names}"),
    )
    return next((f"miss: {words}" for holds, words in findings if holds), None)


def _dataset_changed(node: ResolvedNode, known: Mapping[str, Any], facts: Facts) -> bool:
    """A sample's content belongs to the node image; only an uploaded dataset carries its own hash in the plan."""
    if node.dataset is None or known["dataset"] is None:
        return False
    return known["dataset"].get("sha256") not in (None, facts.datasets[node.dataset].sha256)


def _changed_params(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    changed = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    words = [f"`{name}` {_shown(old.get(name))} → {_shown(new.get(name))}" for name in changed[:MAX_CHANGES]]
    return ", ".join(words) + (f" and {len(changed) - MAX_CHANGES} more" if len(changed) > MAX_CHANGES else "")


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
