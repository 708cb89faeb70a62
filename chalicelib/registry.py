"""The model registry: versions are immutable and gapless; aliases move, and what people say of a version may be edited."""

import functools
import operator
import random
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from chalicelib import artifacts
from chalicelib.errors import Conflict, Invalid, NotFound, RevisionConflict
from chalicelib.references import ModelFacts, ModelReference
from chalicelib.tables import (
    Condition,
    DoesNotExist,
    EffectItem,
    ModelItem,
    PutError,
    RunItem,
    TransactWriteError,
    VersionItem,
    lost_race,
    now,
    transaction,
)

REGISTER_TRIES = 40
# So many models are looked at for one page of a search; the next page goes on behind them.
MOST_LOOKED_AT = 20_000
ALIAS = re.compile(r"[a-z][a-z0-9-]{0,62}")


class Notes(NamedTuple):
    """What people say of a version; every change makes a new revision."""

    revision: int
    description: str | None
    tags: dict[str, str]


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
    return list(VersionItem.query(f"{owner}#model#{name}", scan_index_forward=False, consistent_read=True))


def found(
    owner: str, fits: Callable[[ModelItem], bool] | None, limit: int, start: dict[str, Any] | None
) -> tuple[list[ModelItem], dict[str, Any] | None]:
    """Models by name that fit (None: all do), and the key behind which the next page goes on; None where there is no more.

    A search through a great many may give fewer than `limit`, or none, and a next page all the same."""
    items: list[ModelItem] = []
    last = None
    every = ModelItem.query(f"{owner}#model", last_evaluated_key=start, page_size=None if fits else limit + 1)
    for looked, item in enumerate(every):
        if len(items) == limit or looked == MOST_LOOKED_AT:
            return items, last
        last = {"pk": {"S": item.pk}, "sk": {"S": item.sk}}
        if fits is None or fits(item):
            items.append(item)
    return items, None


def names(owner: str) -> tuple[str, ...]:
    """The names of all models of the owner."""
    return tuple(item.sk for item in ModelItem.query(f"{owner}#model"))


def facts(owner: str, references: Iterable[ModelReference]) -> dict[ModelReference, ModelFacts]:
    """The version that each reference means now; those that mean none are left out."""
    found = {}
    for name, which in references:
        try:
            item = get_version(owner, name, _version_meant(get_model(owner, name), which))
        except (NotFound, KeyError):
            continue
        info = {
            "estimator": item.estimator,
            "task": item.task,
            "target": (item.signature.get("target") or {}).get("name"),
            "classes": item.classes,
            "signature": item.signature,
            "libraries": item.lineage["libraries"],
        }
        found[name, which] = ModelFacts(name, int(item.version), item.object, item.sha256, int(item.bytes), item.lineage["key"], info)
    return found


def _version_meant(model: ModelItem, which: str) -> int:
    """The number of `version 3`, `alias champion`, or `version`, the newest."""
    kind, _, value = which.partition(" ")
    if kind == "alias":
        return int(model.aliases[value])
    return int(value or model.versions)


def set_alias(owner: str, name: str, alias: str, version: int) -> ModelItem:
    """Let the alias point at another version. Two at once: one wins, the other is told."""
    if not ALIAS.fullmatch(alias):
        raise Invalid("An alias has small letters, digits and hyphens, 1 to 63 of them.", field="alias", hint="Such as champion.")
    get_version(owner, name, version)
    item = get_model(owner, name)
    unchanged = _unchanged(item)
    before, item.aliases, item.updated_at = dict(item.aliases), {**item.aliases, alias: version}, now()
    try:
        item.save(condition=unchanged)
    except PutError as lost:
        if not lost_race(lost):
            raise
        raise Conflict(f"Somebody moved an alias of “{name}” in between.", hint=f"It was {before.get(alias)}; look again.") from lost
    return item


def edit(owner: str, name: str, version: int, seen: int, changes: dict[str, Any]) -> VersionItem:
    """Change the `description` or the `tags` of a version, as revision `seen` has them. Raises `RevisionConflict` with what they are now.

    The list of models shows the tags of the version that was registered last: they change together."""
    item = get_version(owner, name, version)
    head, unchanged = _head(owner, name)
    if int(item.revision) == seen:
        for field, value in changes.items():
            setattr(item, field, value)
        item.revision = seen + 1
        try:
            with transaction() as write:
                write.save(item, condition=_seen(seen))
                if "tags" in changes and _tagged(head) == version:
                    head.tags, head.updated_at = item.tags, now()
                    write.save(head, condition=unchanged)
            return item
        except TransactWriteError as lost:
            if not lost_race(lost):
                raise
    current = get_version(owner, name, version)
    stands = Notes(int(current.revision), current.description, current.tags or {})
    message = f"Revision {seen} of the notes is not the current one ({stands.revision}): somebody changed them in between."
    raise RevisionConflict(message, current=stands, hint="Look at what they are now, and save again.")


def register(run: RunItem, node: str, payload: dict[str, Any], ledger: EffectItem) -> dict[str, Any]:
    """A new version of the model `payload["name"]`, or the version that already holds the same object. Ledger and version are written together."""
    name, model = payload["name"], payload["model"]
    for turn in range(REGISTER_TRIES):
        # Waiting longer and longer, each its own while, lets many at once get through one by one.
        time.sleep(random.uniform(0, 0.01 * 2 ** min(turn, 5)) if turn else 0)  # noqa: S311 no secret
        known = list_versions(run.owner, name)
        same = next((item for item in known if item.sha256 == model["sha256"]), None)
        version = int(same.version) if same else (int(known[0].version) if known else 0) + 1
        ledger.result = {"name": name, "version": version}
        head, unchanged = _head(run.owner, name)
        head.versions, head.tagged, head.updated_at = max(version, len(known)), version, now()
        head.tags = {**((same.tags if same else None) or {}), **payload.get("tags", {})}
        if payload.get("alias"):
            head.aliases = {**head.aliases, payload["alias"]: version}
        try:
            with transaction() as write:
                write.save(ledger, condition=EffectItem.pk.does_not_exist())
                if same is None:
                    write.save(_version(run, node, payload, version), condition=VersionItem.pk.does_not_exist())
                elif head.tags != (same.tags or {}) or (payload.get("description") or same.description) != same.description:
                    same.tags, same.description = head.tags, payload.get("description") or same.description
                    seen, same.revision = int(same.revision), int(same.revision) + 1
                    write.save(same, condition=_seen(seen))
                write.save(head, condition=unchanged)
            return ledger.result
        except TransactWriteError as lost:
            if not lost_race(lost):
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
        tags=payload.get("tags", {}),
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
            "environment": _environment(run),
        },
        created_at=now(),
    )


def _environment(run: RunItem) -> str | None:
    """The image that trained: it is part of the model's key, so the plan of every run that meets this model names it."""
    try:
        return str(artifacts.read_json(run.plan)["environment"])
    except NotFound:
        return None


def _head(owner: str, name: str) -> tuple[ModelItem, Condition]:
    """The model's head record, new where there is none, and the condition that nobody has changed it meanwhile."""
    try:
        item = get_model(owner, name)
    except NotFound:
        return ModelItem(f"{owner}#model", name, versions=0, aliases={}, updated_at=now()), ModelItem.pk.does_not_exist()
    return item, _unchanged(item)


def _tagged(head: ModelItem) -> int:
    """The version whose tags the head shows."""
    return int(head.tagged or head.versions)


def _seen(revision: int) -> Condition:
    """That nobody has changed notes or tags since; versions that were registered before revisions were counted have the first."""
    condition: Condition = VersionItem.revision == revision
    return condition | VersionItem.revision.does_not_exist() if revision == 1 else condition


def _unchanged(item: ModelItem) -> Condition:
    pairs = ((ModelItem.aliases, item.aliases), (ModelItem.tags, item.tags), (ModelItem.tagged, item.tagged))
    condition: Condition = functools.reduce(operator.and_, (_same(*pair) for pair in pairs), ModelItem.versions == item.versions)
    return condition


def _same(attribute: Any, value: Any) -> Condition:
    condition: Condition = attribute.does_not_exist() if value is None else attribute == value
    return condition
