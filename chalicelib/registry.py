"""The model registry: versions are immutable and gapless, only aliases move."""

from typing import Any

from chalicelib.errors import Conflict, NotFound
from chalicelib.tables import DoesNotExist, EffectItem, ModelItem, RunItem, TransactWriteError, VersionItem, now, transaction

REGISTER_TRIES = 8


def get_model(owner: str, name: str) -> ModelItem:
    try:
        return ModelItem.get(f"{owner}#model", name, consistent_read=True)
    except DoesNotExist:
        raise NotFound("There is no such model.") from None


def get_version(owner: str, name: str, version: int) -> VersionItem:
    try:
        return VersionItem.get(f"{owner}#model#{name}", f"{version:08d}")
    except DoesNotExist:
        raise NotFound("There is no such model version.") from None


def list_versions(owner: str, name: str) -> list[VersionItem]:
    """Newest first."""
    return list(VersionItem.query(f"{owner}#model#{name}", scan_index_forward=False))


def set_alias(owner: str, name: str, alias: str, version: int) -> ModelItem:
    """Let the alias point at another version. Two at once: one wins, the other is told."""
    get_version(owner, name, version)
    item = get_model(owner, name)
    before, item.aliases = dict(item.aliases), {**item.aliases, alias: version}
    seen, item.updated_at = item.updated_at, now()
    try:
        item.save(condition=ModelItem.updated_at == seen)
    except Exception as lost:
        raise Conflict(f"Somebody moved an alias of “{name}” in between.", hint=f"It was {before.get(alias)}; look again.") from lost
    return item


def register(run: RunItem, node: str, payload: dict[str, Any], ledger: EffectItem) -> dict[str, Any]:
    """A new version of the model `payload["name"]`, or the version that already holds the same object. Ledger and version are written together."""
    name, model = payload["name"], payload["model"]
    for _ in range(REGISTER_TRIES):
        known = list_versions(run.owner, name)
        same = next((item for item in known if item.sha256 == model["sha256"]), None)
        version = int(same.version) if same else (int(known[0].version) if known else 0) + 1
        ledger.result = {"name": name, "version": version}
        try:
            with transaction() as write:
                write.save(ledger, condition=EffectItem.pk.does_not_exist())
                if same is None:
                    write.save(_version(run, node, payload, version), condition=VersionItem.pk.does_not_exist())
                write.save(_counted(run.owner, payload, version, len(known)))
            return ledger.result
        except TransactWriteError as lost:
            if not any(reason and reason.code == "ConditionalCheckFailed" for reason in lost.cancellation_reasons):
                raise
            try:
                return dict(EffectItem.get(ledger.pk, ledger.sk, consistent_read=True).result)
            except DoesNotExist:
                continue  # somebody registered another version in between: take the next number
    raise Conflict(f"Too many registrations of “{name}” at once.", hint="Run again.")


def _version(run: RunItem, node: str, payload: dict[str, Any], version: int) -> VersionItem:
    model = payload["model"]
    return VersionItem(
        f"{run.owner}#model#{payload['name']}",
        f"{version:08d}",
        version=version,
        description=payload.get("description") or None,
        sha256=model["sha256"],
        object=model["object"],
        bytes=model["bytes"],
        estimator=model["estimator"],
        task=model["task"],
        classes=model["classes"],
        signature=model["signature"],
        metrics=payload["metrics"],
        lineage={
            "run": run.run,
            "workflow": run.workflow,
            "revision": int(run.revision),
            "node": node,
            "key": payload["key"],
            "dataset": run.dataset,
            "libraries": model["libraries"],
        },
        created_at=now(),
    )


def _counted(owner: str, payload: dict[str, Any], version: int, known: int) -> ModelItem:
    """The model's head record. Aliases are kept; the one asked for moves to this version."""
    try:
        item = get_model(owner, payload["name"])
    except NotFound:
        item = ModelItem(f"{owner}#model", payload["name"], versions=0, aliases={}, updated_at=now())
    item.versions = max(version, known)
    item.updated_at = now()
    if payload.get("alias"):
        item.aliases = {**item.aliases, payload["alias"]: version}
    return item
