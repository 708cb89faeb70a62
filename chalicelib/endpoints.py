"""Endpoints: a registered version behind an address, with keys of its own.

The owner's record and the deployment that serving reads are written in one transaction: what is shown is what is served.
"""

import json
import secrets
from typing import Any

from chalicelib import registry, settings
from chalicelib.access import fingerprint
from chalicelib.errors import FlowzaError, NotFound, Upstream
from chalicelib.tables import DeploymentItem, DoesNotExist, EffectItem, EndpointItem, VersionItem, now, transaction

ID_ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789"


def get(owner: str, endpoint: str) -> EndpointItem:
    try:
        return EndpointItem.get(f"{owner}#endpoint", endpoint, consistent_read=True)
    except DoesNotExist:
        raise NotFound("There is no such endpoint.") from None


def url(endpoint: str) -> str:
    return f"/predict/{endpoint}"


def deploy(owner: str, name: str, model: str, version: int, ledger: EffectItem | None = None) -> EndpointItem:
    """Serve a version under a name. An endpoint of that name keeps its address and keys and gets the new version."""
    served = registry.get_version(owner, model, version)
    item = _named(owner, name) or EndpointItem(
        f"{owner}#endpoint",
        f"{name}-{_suffix()}",
        name=name,
        revision=0,
        keys=[],
        created_at=now(),
        model=model,
        version=version,
        updated_at=now(),
    )
    item.model, item.version, item.revision, item.updated_at = model, version, int(item.revision) + 1, now()
    with transaction() as write:
        write.save(item)
        write.save(_deployment(owner, item, served))
        if ledger is not None:
            ledger.result = {"endpoint": item.sk, "url": url(item.sk)}
            write.save(ledger, condition=EffectItem.pk.does_not_exist())
    return item


def _named(owner: str, name: str) -> EndpointItem | None:
    return next(
        (item for item in EndpointItem.query(f"{owner}#endpoint", EndpointItem.sk.startswith(f"{name}-")) if item.name == name), None
    )


def _suffix() -> str:
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(8))


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
    key = f"fzk_{secrets.token_urlsafe(24)}"
    item.keys = [*item.keys, {"prefix": key[:10], "hash": fingerprint(key), "created_at": now()}]
    _save_keys(owner, item)
    return key, key[:10]


def revoke_key(owner: str, endpoint: str, prefix: str) -> None:
    item = get(owner, endpoint)
    kept = [key for key in item.keys if key["prefix"] != prefix]
    if len(kept) == len(item.keys):
        raise NotFound("The endpoint has no such key.")
    item.keys = kept
    _save_keys(owner, item)


def _save_keys(owner: str, item: EndpointItem) -> None:
    served = registry.get_version(owner, item.model, int(item.version))
    with transaction() as write:
        write.save(item)
        write.save(_deployment(owner, item, served))


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
