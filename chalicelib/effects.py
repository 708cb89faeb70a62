"""What nodes ask the control plane for, once each (`docs/contracts.md`, section 7)."""

from collections.abc import Callable
from typing import Any

from chalicelib import datasets, endpoints, notices, registry
from chalicelib.errors import FlowzaError, Invalid, NotFound
from chalicelib.tables import DoesNotExist, EffectItem, RunItem, TransactWriteError, now


def apply(effect: dict[str, Any]) -> dict[str, Any]:
    """`{"result": …}` or `{"error": …}`; a repetition answers what was answered before."""
    return answered(lambda: _apply(effect["kind"], effect["run"], effect["node"], effect["payload"]))


def answered(action: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the node function is told: the result, or the refusal in its own words."""
    try:
        return {"result": action()}
    except FlowzaError as refused:
        return {"error": {"code": refused.code, "message": refused.message, "field": refused.field, "hint": refused.hint}}


def _apply(kind: str, run: str, node: str, payload: dict[str, Any]) -> dict[str, Any]:
    if kind == "profile_dataset":
        return datasets.record_profile(payload)
    try:
        item = RunItem.get(f"run#{run}", "run", consistent_read=True)
    except DoesNotExist:
        raise NotFound("There is no such run.") from None
    ledger = EffectItem(f"effect#{run}", f"{node}#{kind}", result={}, created_at=now())
    if (known := _known(ledger)) is not None:
        return known
    if kind == "register_model":
        return registry.register(item, node, payload, ledger)
    if kind == "deploy_endpoint":
        return _deploy(item, payload, ledger)
    if kind == "save_dataset":
        return _save_dataset(item, payload, ledger)
    if kind == "send_notice":
        return _send_notice(item, node, payload, ledger)
    raise Invalid(f"There is no effect “{kind[:40]}”.")


def _deploy(item: RunItem, payload: dict[str, Any], ledger: EffectItem) -> dict[str, Any]:
    model = payload["model"]
    try:
        endpoints.deploy(item.owner, payload["name"], model["name"], int(model["version"]), ledger)
    except TransactWriteError:
        known = _known(ledger)
        if known is None:
            raise
        return known
    return dict(ledger.result)


def _save_dataset(item: RunItem, payload: dict[str, Any], ledger: EffectItem) -> dict[str, Any]:
    try:
        return datasets.adopt(item.owner, payload, ledger)
    except TransactWriteError:
        known = _known(ledger)
        if known is None:
            raise
        return known


def _send_notice(item: RunItem, node: str, payload: dict[str, Any], ledger: EffectItem) -> dict[str, Any]:
    """A mail cannot be written together with the ledger. It goes out first: whoever dies between the two says it twice, and never not at all."""
    ledger.result = notices.publish(item, node, payload)
    ledger.save()
    return dict(ledger.result)


def _known(ledger: EffectItem) -> dict[str, Any] | None:
    try:
        return dict(EffectItem.get(ledger.pk, ledger.sk, consistent_read=True).result)
    except DoesNotExist:
        return None
