"""Saved workflows: every save is a revision, and nobody overwrites what they have not seen."""

import hashlib
import json
from typing import Any, NamedTuple

from chalicelib import artifacts, migrating
from chalicelib.errors import InUse, NotFound, RevisionConflict
from chalicelib.nesting import WorkflowFacts, WorkflowReference
from chalicelib.tables import (
    DoesNotExist,
    RevisionItem,
    RunItem,
    TransactWriteError,
    UpdateError,
    WorkflowItem,
    lost_race,
    new_id,
    now,
    transaction,
)
from chalicelib.workflow import Workflow

# DynamoDB takes 400 KB an item; larger bodies lie in the bucket under their hash.
INLINE_MAX_BYTES = 100_000


class Record(NamedTuple):
    id: str
    revision: int
    created_at: str
    updated_at: str
    document: Workflow


def create(owner: str, document: Workflow) -> Record:
    item = WorkflowItem(f"{owner}#workflow", new_id("wf"), revision=1, created_at=now(), **_body(owner, document), updated_at=now())
    with transaction() as write:
        write.save(item, condition=WorkflowItem.pk.does_not_exist())
        write.save(_revision(owner, item))
    return _record(item, document)


def get(owner: str, workflow: str) -> Record:
    item = _item(owner, workflow)
    return _record(item, _document(item))


def save(owner: str, workflow: str, document: Workflow, seen: int) -> Record:
    """Replace revision `seen` by a new one. Raises `RevisionConflict` with the current record where somebody was faster."""
    item = _item(owner, workflow)
    if int(item.revision) == seen:
        for name, value in _body(owner, document).items():
            setattr(item, name, value)
        item.revision, item.updated_at = seen + 1, now()
        try:
            with transaction() as write:
                write.save(item, condition=WorkflowItem.revision == seen)
                write.save(_revision(owner, item), condition=RevisionItem.pk.does_not_exist())
            return _record(item, document)
        except TransactWriteError as lost:
            if not lost_race(lost):
                raise
    current = get(owner, workflow)
    message = f"Revision {seen} is not the current one ({current.revision}): somebody saved in between."
    raise RevisionConflict(message, current=current, hint="Load the current revision and save again.")


def revisions(owner: str, workflow: str, limit: int, start: dict[str, Any] | None) -> Any:
    """A page of the revisions, newest first."""
    _item(owner, workflow)
    return RevisionItem.query(f"{owner}#workflow#{workflow}", limit=limit, last_evaluated_key=start, scan_index_forward=False)


def revision(owner: str, workflow: str, number: int) -> tuple[RevisionItem, Workflow]:
    """The document as it was saved then."""
    try:
        item = RevisionItem.get(f"{owner}#workflow#{workflow}", f"{number:08d}", consistent_read=True)
    except DoesNotExist:
        raise NotFound("There is no such revision.") from None
    return item, _document(item)


def meant(owner: str, reference: WorkflowReference) -> WorkflowFacts | None:
    """The workflow that a card names, in the revision that it names; None where there is none."""
    workflow, number = reference
    try:
        if number is None:
            found = get(owner, workflow)
            return WorkflowFacts(found.id, found.revision, found.document.name, found.document)
        _, document = revision(owner, workflow, number)
        return WorkflowFacts(workflow, number, document.name, document)
    except NotFound:
        return None


def name_revision(owner: str, workflow: str, number: int, name: str) -> RevisionItem:
    """Give a revision a name, or with an empty one take it away; the document stays as it is."""
    _item(owner, workflow)
    item = RevisionItem(f"{owner}#workflow#{workflow}", f"{number:08d}")
    action = RevisionItem.name.set(name) if name else RevisionItem.name.remove()
    try:
        item.update([action], condition=RevisionItem.pk.exists())
    except UpdateError as lost:
        if not lost_race(lost):
            raise
        raise NotFound("There is no such revision.") from None
    return item


def delete(owner: str, workflow: str) -> None:
    """Remove the workflow and its revisions. Refused while a run of it is open; finished runs stay."""
    item = _item(owner, workflow)
    busy = [run.run for run in RunItem.open_runs.query("1") if run.workflow == workflow]
    if busy:
        raise InUse(f"A run of this workflow is open: {busy[0]}.", hint="Wait until it ends, or cancel it.")
    with RevisionItem.batch_write() as batch:
        for revision in RevisionItem.query(f"{owner}#workflow#{workflow}"):
            batch.delete(revision)
    item.delete()


def _item(owner: str, workflow: str) -> WorkflowItem:
    try:
        return WorkflowItem.get(f"{owner}#workflow", workflow, consistent_read=True)
    except DoesNotExist:
        raise NotFound("There is no such workflow.") from None


def _body(owner: str, document: Workflow) -> dict[str, Any]:
    """The document where it belongs: in the item, or in the bucket when it is large."""
    body = document.model_dump(mode="json", exclude_none=True)
    text = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    words = {"name": document.name, "nodes": len(document.nodes), "schema": migrating.SCHEMA}
    if len(text) <= INLINE_MAX_BYTES:
        return {**words, "document": body, "object": None}
    place = f"o/{owner}/workflows/{hashlib.sha256(text).hexdigest()}.json"
    artifacts.put_json(place, body)
    return {**words, "document": None, "object": place}


def _document(item: WorkflowItem | RevisionItem) -> Workflow:
    """What was stored, in the form of today."""
    body = item.document if item.document is not None else artifacts.read_json(item.object)
    return Workflow.model_validate(migrating.upgrade(body, int(item.schema)))


def _revision(owner: str, item: WorkflowItem) -> RevisionItem:
    return RevisionItem(
        f"{owner}#workflow#{item.sk}",
        f"{int(item.revision):08d}",
        schema=item.schema,
        document=item.document,
        object=item.object,
        created_at=item.updated_at,
    )


def _record(item: WorkflowItem, document: Workflow) -> Record:
    return Record(item.sk, int(item.revision), item.created_at, item.updated_at, document)
