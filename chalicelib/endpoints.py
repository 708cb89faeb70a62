"""Endpoints: a registered version behind an address, with keys of its own.

The owner's record and the deployment that serving reads are written in one transaction: what is shown is what is served.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import Any

from chalicelib import registry, settings
from chalicelib.access import fingerprint
from chalicelib.errors import Conflict, FlowzaError, NotFound, Upstream
from chalicelib.references import EndpointFacts
from chalicelib.tables import (
    Condition,
    DeploymentItem,
    DoesNotExist,
    EffectItem,
    EndpointItem,
    TransactWriteError,
    VersionItem,
    lost_race,
    now,
    transaction,
)

DEPLOY_TRIES = 8
MAX_KEYS = 20


def get(owner: str, endpoint: str) -> EndpointItem:
    try:
        return EndpointItem.get(f"{owner}#endpoint", endpoint, consistent_read=True)
    except DoesNotExist:
        raise NotFound("There is no such endpoint.") from None


def names(owner: str) -> tuple[str, ...]:
    """The names of all endpoints of the owner."""
    return tuple(item.name for item in EndpointItem.query(f"{owner}#endpoint"))


def facts(owner: str, references: Iterable[str]) -> dict[str, EndpointFacts]:
    """The endpoints of these names or ids; those that are none are left out."""
    found = {}
    for reference in references:
        for endpoint in (f"{reference}-{_suffix(owner, reference)}", reference):
            try:
                item = get(owner, endpoint)
            except NotFound:
                continue
            features = registry.get_version(owner, item.model, int(item.version)).signature.get("features", [])
            found[reference] = EndpointFacts(item.sk, item.name, {feature["name"]: feature["type"] for feature in features})
            break
    return found


def url(endpoint: str) -> str:
    return f"/predict/{endpoint}"


def deploy(owner: str, name: str, model: str, version: int, ledger: EffectItem | None = None) -> EndpointItem:
    """Serve a version under a name. An endpoint of that name keeps its address and keys and gets the new version.

    Two at once are served one after the other. Raises `TransactWriteError` where the ledger says that this effect has happened."""
    served = registry.get_version(owner, model, version)
    for _ in range(DEPLOY_TRIES):
        item, unchanged = _named(owner, name)
        item.model, item.version, item.revision, item.updated_at = model, version, int(item.revision) + 1, now()
        try:
            with transaction() as write:
                write.save(item, condition=unchanged)
                write.save(_deployment(owner, item, served), condition=_ours(owner))
                if ledger is not None:
                    ledger.result = {"endpoint": item.sk, "url": url(item.sk)}
                    write.save(ledger, condition=EffectItem.pk.does_not_exist())
            return item
        except TransactWriteError as lost:
            if not lost_race(lost) or (
                ledger is not None and EffectItem.count(ledger.pk, EffectItem.sk == ledger.sk, consistent_read=True)
            ):
                raise
    raise Conflict(f"Too many deployments of “{name}” at once.", hint="Deploy again.")


def _named(owner: str, name: str) -> tuple[EndpointItem, Condition]:
    """The owner's endpoint of that name, new where there is none, and the condition that nobody has changed it meanwhile."""
    endpoint = f"{name}-{_suffix(owner, name)}"
    try:
        item = get(owner, endpoint)
    except NotFound:
        words: dict[str, Any] = {"model": "", "version": 0, "revision": 0, "keys": [], "created_at": now(), "updated_at": now()}
        return EndpointItem(f"{owner}#endpoint", endpoint, name=name, **words), EndpointItem.pk.does_not_exist()
    return item, _unchanged(item)


def _unchanged(item: EndpointItem) -> Condition:
    condition: Condition = (EndpointItem.revision == item.revision) & (EndpointItem.keys == item.keys)
    return condition


def _ours(owner: str) -> Condition:
    """An address belongs to one owner for ever."""
    condition: Condition = DeploymentItem.pk.does_not_exist() | (DeploymentItem.owner == owner)
    return condition


def _suffix(owner: str, name: str) -> str:
    """Part of the address: the same owner and name give the same one, so that two deployments at once cannot make two endpoints."""
    return base64.b32encode(hashlib.sha256(f"{owner} {name}".encode()).digest())[:8].decode().lower()


def _deployment(owner: str, item: EndpointItem, served: VersionItem, status: str = "live") -> DeploymentItem:
    return DeploymentItem(
        f"endpoint#{item.sk}",
        endpoint=item.sk,
        name=item.name,
        owner=owner,
        status=status,
        model=item.model,
        version=int(item.version),
        object=served.object,
        sha256=served.sha256,
        signature=served.signature,
        classes=served.classes,
        key_hashes=[key["hash"] for key in item.keys],
        revision=int(item.revision),
        deployed_at=now(),
    )


def create_key(owner: str, endpoint: str) -> tuple[str, str]:
    """A new key for one endpoint, and its prefix. The key is shown once; only its hash is kept."""
    item = get(owner, endpoint)
    if len(item.keys) >= MAX_KEYS:
        raise Conflict(f"The endpoint has {MAX_KEYS} keys already.", code="too-many-keys", hint="Revoke one that nobody uses.")
    key = f"fzk_{secrets.token_urlsafe(24)}"
    _save_keys(owner, item, [*item.keys, {"prefix": key[:10], "hash": fingerprint(key), "created_at": now()}])
    return key, key[:10]


def revoke_key(owner: str, endpoint: str, prefix: str) -> None:
    item = get(owner, endpoint)
    kept = [key for key in item.keys if key["prefix"] != prefix]
    if len(kept) == len(item.keys):
        raise NotFound("The endpoint has no such key.")
    _save_keys(owner, item, kept)


def _save_keys(owner: str, item: EndpointItem, keys: list[dict[str, str]]) -> None:
    served = registry.get_version(owner, item.model, int(item.version))
    unchanged = _unchanged(item)
    item.keys = keys
    try:
        with transaction() as write:
            write.save(item, condition=unchanged)
            write.save(_deployment(owner, item, served))
    except TransactWriteError as lost:
        if not lost_race(lost):
            raise
        raise Conflict("The endpoint changed in between.", hint="Try again.") from lost


def delete(owner: str, endpoint: str) -> None:
    """The address answers 410 from now on."""
    item = get(owner, endpoint)
    served = registry.get_version(owner, item.model, int(item.version))
    item.keys = []
    with transaction() as write:
        write.delete(item)
        write.save(_deployment(owner, item, served, status="deleted"))


def try_out(owner: str, endpoint: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Predictions for the owner, without a key: the serving function itself, in its direct form."""
    item = get(owner, endpoint)
    payload = json.dumps({"endpoint": item.sk, "rows": rows, "source": "try"}).encode()
    answer = settings.client("lambda").invoke(FunctionName=settings.load().serving_function, Payload=payload)
    reply = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(reply, dict) or "statusCode" not in reply:
        raise Upstream("The serving function did not answer.", hint="Try again in a moment.")
    body: dict[str, Any] = json.loads(reply["body"])
    if reply["statusCode"] >= 400:
        raise refusal(reply["statusCode"], body)
    return body


def refusal(status: int, body: dict[str, Any]) -> FlowzaError:
    """The serving function's refusal, passed on as it is."""
    error = FlowzaError(
        body.get("detail", "The prediction failed."), field=body.get("field"), hint=body.get("hint"), code=body.get("code", "upstream")
    )
    error.status = status  # type: ignore[misc]  # the class carries a default; this one answer carries its own
    return error
