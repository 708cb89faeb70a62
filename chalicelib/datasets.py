"""Datasets: uploaded straight into the bucket, profiled by the node function, known by their facts afterwards.

create (an address to upload to) ─▶ complete (the node function reads it strictly) ─▶ ready with columns and profile, or refused with the line
"""

import json
import logging
import re
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import artifacts, settings, tickets, watching
from chalicelib.catalog import Column, load
from chalicelib.errors import Conflict, InUse, Invalid, NotFound, TooLarge
from chalicelib.facts import DatasetFacts
from chalicelib.limits import UPLOAD_MAX_BYTES
from chalicelib.problem import did_you_mean
from chalicelib.tables import (
    DatasetItem,
    DoesNotExist,
    EffectItem,
    ProfilingItem,
    RunItem,
    UpdateError,
    lost_race,
    new_id,
    now,
    seconds_ago,
    transaction,
)

LOG = logging.getLogger("flowza.datasets")
ID = re.compile(r"ds_[0-9A-HJKMNP-TV-Z]{26}")
STUCK_AFTER_SECONDS = 120
PROFILE_TRIES = 4


def create(owner: str, name: str, filename: str, size: int) -> tuple[DatasetItem, dict[str, Any]]:
    """A dataset to be uploaded, and how: method, address and headers."""
    if size > UPLOAD_MAX_BYTES:
        raise TooLarge(f"The file has {size:,} bytes; the limit is {UPLOAD_MAX_BYTES:,}.", field="bytes", hint="Split the file.")
    dataset = new_id("ds")
    item = DatasetItem(
        f"{owner}#dataset", dataset, name=name, filename=filename, bytes=size, status="uploading", created_at=now(), updated_at=now()
    )
    item.save()
    url = artifacts.upload_url(artifacts.dataset_object(owner, dataset), size)
    return item, {"method": "PUT", "url": url, "headers": {}}


def adopt(owner: str, payload: dict[str, Any], ledger: EffectItem) -> dict[str, Any]:
    """A dataset of a file that a node has stored. Dataset and ledger are written together; raises `TransactWriteError` where it has happened before."""
    if not payload["object"].startswith(f"o/{owner}/artifacts/"):
        raise NotFound("There is no such file.")
    dataset = new_id("ds")
    artifacts.copy(payload["object"], artifacts.dataset_object(owner, dataset))
    item = DatasetItem(
        f"{owner}#dataset",
        dataset,
        name=payload["name"][:200],
        filename=payload["filename"][:255],
        bytes=payload["bytes"],
        status="profiling",
        created_at=now(),
        updated_at=now(),
    )
    ledger.result = {"dataset": dataset}
    with transaction() as write:
        write.save(ledger, condition=EffectItem.pk.does_not_exist())
        write.save(item)
        write.save(ProfilingItem("profiling", dataset, owner=owner, ordered_at=now(), tries=1))
    _order_profile(owner, item)
    return dict(ledger.result)


def get(owner: str, dataset: str) -> DatasetItem:
    try:
        return DatasetItem.get(f"{owner}#dataset", dataset, consistent_read=True)
    except DoesNotExist:
        raise NotFound("There is no such dataset.") from None


def complete(owner: str, dataset: str) -> DatasetItem:
    """The upload is there: have it read. Saying it again is no error."""
    item = get(owner, dataset)
    if item.status != "uploading":
        return item
    size = artifacts.size_of(artifacts.dataset_object(owner, dataset))
    if size is None:
        raise Conflict("The file has not arrived.", code="upload-missing", hint="Send it to the upload address first.")
    if size != int(item.bytes):
        raise Conflict(f"{size:,} bytes arrived instead of {int(item.bytes):,}.", code="upload-incomplete", hint="Upload the file again.")
    # Written down before it is ordered: what dies in between is ordered again by the reconciler.
    ProfilingItem("profiling", dataset, owner=owner, ordered_at=now(), tries=1).save()
    _update(item, DatasetItem.status.set("profiling"))
    _order_profile(owner, item)
    return item


def _update(item: DatasetItem, *changes: Any) -> None:
    """Change what is there; a dataset that was deleted in between stays deleted."""
    try:
        item.update([*changes, DatasetItem.updated_at.set(now())], condition=DatasetItem.pk.exists())
    except UpdateError as lost:
        if not lost_race(lost):
            raise
        raise NotFound("There is no such dataset.") from lost


def _order_profile(owner: str, item: DatasetItem) -> None:
    watching.begin()
    order = {"owner": owner, "dataset": item.sk, "object": artifacts.dataset_object(owner, item.sk), "filename": item.filename}
    order["ticket"] = tickets.issue(owner, dataset=item.sk)
    function = settings.load().node_functions["small"]
    try:
        settings.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"profile": order}).encode())
    except (ClientError, BotoCoreError) as refused:
        # The order is written down: the reconciler gives it again.
        LOG.warning("dataset %s: the profile was not ordered: %s", item.sk, refused)


def record_profile(payload: dict[str, Any]) -> dict[str, Any]:
    """What the node function found out. Heard twice, it is written twice alike."""
    ProfilingItem("profiling", payload["dataset"]).delete()
    item = get(payload["owner"], payload["dataset"])
    refused = payload["error"] is not None
    columns = payload["columns"]
    # The classic name of a target is a good guess; people can change it.
    target = next((column["name"] for column in columns if column["name"].lower() in ("target", "label", "class", "y")), None)
    _update(
        item,
        DatasetItem.status.set("refused" if refused else "ready"),
        DatasetItem.sha256.set(payload["sha256"]),
        DatasetItem.rows.set(payload["rows"]),
        DatasetItem.columns.set(columns),
        DatasetItem.warnings.set(payload["warnings"]),
        *([DatasetItem.format.set(payload["format"])] if payload.get("format") else []),
        *([DatasetItem.error.set(payload["error"])] if refused else []),
        *([DatasetItem.target.set(target)] if target else []),
    )
    return {}


def set_target(owner: str, dataset: str, target: str | None) -> DatasetItem:
    """Declare the column that models learn from this dataset."""
    item = get(owner, dataset)
    names = [column["name"] for column in item.columns or []]
    if target is not None and target not in names:
        raise Invalid(f"The dataset has no column “{target[:60]}”.", field="target", hint=did_you_mean(target, names))
    _update(item, DatasetItem.target.set(target) if target is not None else DatasetItem.target.remove())
    return item


def delete(owner: str, dataset: str) -> None:
    """Remove the dataset and its file. Refused while a run reads it."""
    item = get(owner, dataset)
    busy = [run.run for run in RunItem.open_runs.query("1") if run.owner == owner and dataset in (run.dataset or "").split(",")]
    if busy:
        raise InUse(f"A run reads this dataset: {busy[0]}.", hint="Wait until it ends, or cancel it.")
    artifacts.delete_below(f"o/{owner}/datasets/{dataset}/")
    item.delete()


def facts(owner: str, references: Iterable[str]) -> dict[str, DatasetFacts]:
    """Facts of the samples, and of those references that are ready datasets of this owner."""
    known = {ref: DatasetFacts(sample.sha256, sample.rows, 0, sample.columns, sample.target) for ref, sample in load().samples.items()}
    wanted = sorted({ref for ref in references if ID.fullmatch(ref)})
    for item in DatasetItem.batch_get([(f"{owner}#dataset", ref) for ref in wanted]) if wanted else []:
        if item.status == "ready":
            columns = tuple(Column(**column) for column in item.columns)
            place = artifacts.dataset_object(owner, item.sk)
            known[item.sk] = DatasetFacts(item.sha256, int(item.rows), int(item.bytes), columns, item.target, place, item.filename)
    return known


def profiling() -> bool:
    """Whether a profile was ordered that has not been reported."""
    return next(iter(ProfilingItem.query("profiling", limit=1)), None) is not None


def restart_stuck() -> int:
    """Order profiles again that nobody reported in time, and give up on those that never are; how many were stuck."""
    stuck = [order for order in ProfilingItem.query("profiling") if order.ordered_at < seconds_ago(STUCK_AFTER_SECONDS)]
    for order in stuck:
        try:
            _order_again(order)
        except NotFound:
            order.delete()
    return len(stuck)


def _order_again(order: ProfilingItem) -> None:
    item = get(order.owner, order.sk)
    if int(order.tries) >= PROFILE_TRIES:
        message = f"Reading the file was tried {int(order.tries)} times and never ended."
        error = {"code": "profile-failed", "message": message, "field": None, "hint": "Upload a smaller file."}
        _update(item, DatasetItem.status.set("refused"), DatasetItem.error.set(error))
        order.delete()
        return
    order.update([ProfilingItem.tries.set(int(order.tries) + 1), ProfilingItem.ordered_at.set(now())])
    _update(item, DatasetItem.status.set("profiling"))
    _order_profile(order.owner, item)
