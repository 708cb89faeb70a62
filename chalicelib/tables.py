"""The items of the three tables. The only importer of PynamoDB.

Owners are part of the key: what belongs to somebody else is looked up under your own key and is simply not there. Layout: `docs/contracts.md`.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite
from ulid import ULID

from chalicelib import settings

__all__ = ["Action", "Condition", "DoesNotExist", "PutError", "TransactWriteError", "UpdateError"]

WriteError = PutError | UpdateError | DeleteError | TransactWriteError

REGION = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "us-east-1")


def new_id(prefix: str) -> str:
    """An id that sorts by time, such as `run_01J…`."""
    return f"{prefix}_{ULID()}"


def now() -> str:
    """The instant as ISO 8601 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_ago(seconds: float) -> str:
    """The instant so long before now, in the form of `now`: the two compare as text."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_between(earlier: str, later: str) -> float:
    """Seconds between two times; none where a clock has jumped back."""
    began, ended = (datetime.fromisoformat(text).astimezone(UTC) for text in (earlier, later))
    return max(0.0, (ended - began).total_seconds())


def holds_fewer(attribute: Any, count: int) -> Condition:
    """Whether a set or list has fewer entries."""
    condition: Condition = size(attribute) < count
    return condition


def lost_race(failure: WriteError) -> bool:
    """Whether a conditional write was refused because somebody else was faster. Any other failure is for the caller to raise."""
    if isinstance(failure, TransactWriteError):
        codes = {reason.code for reason in failure.cancellation_reasons if reason}
        return bool(codes & {"ConditionalCheckFailed", "TransactionConflict"})
    return failure.cause_response_code in ("ConditionalCheckFailedException", "TransactionConflictException")


class Json(JSONAttribute):
    """Structured values as JSON text: DynamoDB knows no NaN, and numbers come back as they went in."""


class _Records(Model):
    class Meta:
        table_name = settings.load().records_table
        region = REGION

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class WorkflowItem(_Records):
    """pk `{owner}#workflow`, sk the id. `schema` is the stored form (`migrating.py`); `document` is None where the body lies in the bucket, as `object`."""

    revision = NumberAttribute()
    name = UnicodeAttribute()
    nodes = NumberAttribute()
    schema = NumberAttribute(default=1)
    document = Json(null=True)
    object = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class RevisionItem(_Records):
    """pk `{owner}#workflow#{id}`, sk the revision as eight digits: every save is kept. `name` is what a person called it."""

    schema = NumberAttribute(default=1)
    document = Json(null=True)
    object = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    name = UnicodeAttribute(null=True)


class DatasetItem(_Records):
    """pk `{owner}#dataset`, sk the id. `status` is uploading, profiling, ready or refused."""

    name = UnicodeAttribute()
    filename = UnicodeAttribute()
    bytes = NumberAttribute()
    status = UnicodeAttribute()
    rows = NumberAttribute(null=True)
    columns = Json(null=True)
    target = UnicodeAttribute(null=True)
    sha256 = UnicodeAttribute(null=True)
    error = Json(null=True)
    warnings = Json(null=True)
    format = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class ProfilingItem(_Records):
    """pk `profiling`, sk the dataset: a profile was ordered at `ordered_at` for the `tries`th time and has not been reported."""

    owner = UnicodeAttribute()
    ordered_at = UnicodeAttribute()
    tries = NumberAttribute()


class ModelItem(_Records):
    """pk `{owner}#model`, sk the name. `versions` counts the versions: they are gapless."""

    versions = NumberAttribute()
    aliases = Json()
    # Those of the version that was registered last, which is `tagged`.
    tags = Json(null=True)
    tagged = NumberAttribute(null=True)
    updated_at = UnicodeAttribute()


class VersionItem(_Records):
    """pk `{owner}#model#{name}`, sk the version as eight digits. Immutable but for what people say of it: notes and tags, whose changes `revision` counts."""

    version = NumberAttribute()
    revision = NumberAttribute(default=1)
    sha256 = UnicodeAttribute()
    object = UnicodeAttribute()
    bytes = NumberAttribute()
    estimator = UnicodeAttribute()
    task = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    tags = Json(null=True)
    classes = Json()
    signature = Json()
    metrics = Json()
    lineage = Json()
    created_at = UnicodeAttribute()


class EndpointItem(_Records):
    """pk `{owner}#endpoint`, sk the id: the owner's view. What serving reads is the DeploymentItem."""

    name = UnicodeAttribute()
    model = UnicodeAttribute()
    version = NumberAttribute()
    revision = NumberAttribute()
    keys = Json()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class TokenItem(_Records):
    """pk `token`, sk the SHA-256 of the token: looked up by whoever presents it."""

    id = UnicodeAttribute()
    owner = UnicodeAttribute()
    name = UnicodeAttribute()
    prefix = UnicodeAttribute()
    scopes = Json()
    created_at = UnicodeAttribute()
    expires_at = UnicodeAttribute(null=True)


class TokenListItem(_Records):
    """pk `{owner}#token`, sk the id: the owner's list."""

    name = UnicodeAttribute()
    prefix = UnicodeAttribute()
    hash = UnicodeAttribute()
    scopes = Json()
    created_at = UnicodeAttribute()
    expires_at = UnicodeAttribute(null=True)


class SecretItem(_Records):
    """pk `{owner}#secret`, sk the name: that there is one. The value lies in Secrets Manager and nowhere else."""

    description = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class TicketItem(_Records):
    """pk `ticket`, sk the SHA-256 of a ticket: the run, or the dataset, that its holder gets credentials for."""

    owner = UnicodeAttribute()
    run = UnicodeAttribute(null=True)
    dataset = UnicodeAttribute(null=True)
    expires = TTLAttribute()


class IdempotencyItem(_Records):
    """pk `{owner}#idempotency`, sk the client's key: the run it starts, the hash of the request, and since when somebody is at it."""

    run = UnicodeAttribute()
    request = UnicodeAttribute()
    claimed_at = UnicodeAttribute()
    expires = TTLAttribute()


class HistoryItem(_Records):
    """pk `{owner}#history`, sk the node type: how its last node runs went (`estimate.Observation`, newest first). Advice: a lost update costs nothing."""

    observations = Json()


class Dollars(NumberAttribute):
    """An amount to a millionth of a cent, written without an exponent."""

    def serialize(self, value: Any) -> str:
        return f"{value:.8f}"


class SpendingItem(_Records):
    """pk `{owner}#spending`, sk `{yyyy-mm}` or `{yyyy-mm}#{workflow}`: dollars of the runs that ended in the month, and how many."""

    dollars = Dollars(default=0)
    runs = NumberAttribute(default=0)


class CapsItem(_Records):
    """pk `{owner}#spending`, sk `caps`: the amounts at which work stops (`spending.Caps`)."""

    caps = Json()


class EffectItem(_Records):
    """pk `effect#{run}`, sk `{node}#{kind}`: what was answered, to be answered again."""

    result = Json()
    created_at = UnicodeAttribute()


class LooksItem(_Records):
    """pk `{owner}#looks`, sk the key of a split: `seen` holds (the first digits of) the keys of the nodes that have scored on its test rows."""

    seen = UnicodeSetAttribute(default=set)


class _Runs(Model):
    class Meta:
        table_name = settings.load().runs_table
        region = REGION

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class ByOwner(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by-owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    run = UnicodeAttribute(range_key=True)


class ByWorkflow(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "by-workflow"
        projection = AllProjection()

    workflow = UnicodeAttribute(hash_key=True)
    run = UnicodeAttribute(range_key=True)


class OpenRuns(GlobalSecondaryIndex[Any]):
    """Sparse: only runs that are not final carry `open`."""

    class Meta:
        index_name = "open-index"
        projection = AllProjection()

    open = UnicodeAttribute(hash_key=True)
    created_at = UnicodeAttribute(range_key=True)


class RunItem(_Runs):
    """pk `run#{run}`, sk `run`."""

    by_owner = ByOwner()
    by_workflow = ByWorkflow()
    open_runs = OpenRuns()
    run = UnicodeAttribute()
    owner = UnicodeAttribute()
    workflow = UnicodeAttribute()
    workflow_name = UnicodeAttribute()
    revision = NumberAttribute()
    status = UnicodeAttribute()
    created_at = UnicodeAttribute()
    started_at = UnicodeAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)
    seconds = NumberAttribute(null=True)
    cost_usd = NumberAttribute(null=True)
    attempt = NumberAttribute(default=0)
    execution_arn = UnicodeAttribute(null=True)
    plan = UnicodeAttribute()
    stages = NumberAttribute(default=0)
    dataset = UnicodeAttribute(null=True)
    error = Json(null=True)
    refusal = UnicodeAttribute(null=True)
    order = Json(null=True)
    scope = UnicodeAttribute(null=True)
    resumed_from = UnicodeAttribute(null=True)
    resumed_by = UnicodeAttribute(null=True)
    resumed_at = UnicodeAttribute(null=True)
    transitions = NumberAttribute(default=0)
    parts = NumberAttribute(default=0)
    estimate = Json(null=True)
    cap_usd = NumberAttribute(null=True)
    spent_gb_ms = NumberAttribute(null=True)
    ledger = Json(null=True)
    open = UnicodeAttribute(null=True)


class NodeRunItem(_Runs):
    """pk `run#{run}`, sk `node#{node}`. Created here, then written by the runtime."""

    node = UnicodeAttribute()
    type = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    key = UnicodeAttribute()
    stage = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    started_at = UnicodeAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)
    heartbeat_at = UnicodeAttribute(null=True)
    seconds = NumberAttribute(null=True)
    billed_ms = NumberAttribute(null=True)
    memory_mb = NumberAttribute(null=True)
    attempt = NumberAttribute(null=True)
    progress = UnicodeAttribute(null=True)
    rows_in = NumberAttribute(null=True)
    rows_out = NumberAttribute(null=True)
    rows_by_port = Json(null=True)
    dropped = NumberAttribute(null=True)
    summary = UnicodeAttribute(null=True)
    peak_mb = NumberAttribute(null=True)
    size = UnicodeAttribute(null=True)
    outgrew = UnicodeAttribute(null=True)
    items_done = NumberAttribute(null=True)
    metrics = Json(null=True)
    warnings = Json(null=True)
    error = Json(null=True)
    log_tail = UnicodeAttribute(null=True)
    approvers = Json(null=True)
    question = UnicodeAttribute(null=True)


class BillItem(_Runs):
    """pk `run#{run}`, sk `bill#{id}`: one invocation, written by the runtime when it starts and when it ends. `billed_ms` is None while it works."""

    stage = UnicodeAttribute()
    phase = UnicodeAttribute(null=True)
    started_at = UnicodeAttribute()
    seen_at = UnicodeAttribute(null=True)
    memory_mb = NumberAttribute()
    task = NumberAttribute(default=0)
    billed_ms = NumberAttribute(null=True)
    init_ms = NumberAttribute(null=True)
    puts = NumberAttribute(default=0)
    gets = NumberAttribute(default=0)
    writes = NumberAttribute(default=0)
    stored_bytes = NumberAttribute(default=0)


class QuestionItem(_Records):
    """pk `{user}#question`, sk `{run}#{node}`: an approval that names this user. `about` is what its inputs say of themselves."""

    run = UnicodeAttribute()
    node = UnicodeAttribute()
    owner = UnicodeAttribute()
    workflow_name = UnicodeAttribute()
    question = UnicodeAttribute()
    about = Json()
    asked_at = UnicodeAttribute()
    timeout_hours = NumberAttribute()
    default = UnicodeAttribute()
    expires = TTLAttribute()


class ApprovalItem(_Runs):
    """pk `run#{run}`, sk `approval#{node}`: the task token of a machine that waits for a person."""

    token = UnicodeAttribute()
    asked_at = UnicodeAttribute()
    answer = UnicodeAttribute(null=True)


class _Serving(Model):
    class Meta:
        table_name = settings.load().serving_table
        region = REGION

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class DeploymentItem(_Serving):
    """Serving table, pk `endpoint#{endpoint}`, sk `deployment`: all that serving needs to answer."""

    sk = UnicodeAttribute(range_key=True, default="deployment")
    endpoint = UnicodeAttribute()
    name = UnicodeAttribute()
    owner = UnicodeAttribute()
    status = UnicodeAttribute()
    model = UnicodeAttribute()
    version = NumberAttribute()
    object = UnicodeAttribute()
    sha256 = UnicodeAttribute()
    signature = Json()
    classes = Json()
    key_hashes = Json()
    revision = NumberAttribute()
    deployed_at = UnicodeAttribute()


class PredictionItem(_Serving):
    """Serving table, pk `endpoint#{endpoint}#{day}`, sk `{time}#{request id}`: one answered request, written by serving, kept thirty days.

    `truth` is what its callers have said since, by the place of the row as text; `score` is how right the answers were: `{truths, replaced}` with `right`, the
    answers that were right, or `error`, the sum of how wrong they were (`node_containers/serving/feedback.py`)."""

    inputs = Json()
    outputs = Json()
    rows = NumberAttribute(default=1)
    version = NumberAttribute()
    latency_ms = NumberAttribute()
    truth = Json(null=True)
    score = Json(null=True)


class EndpointCapItem(_Serving):
    """Serving table, pk `endpoint#{endpoint}`, sk `cap`: `{usd, rates}`, the dollars of a month at which serving stops, and what it counts with."""

    sk = UnicodeAttribute(range_key=True, default="cap")
    cap = Json()


class ServedItem(_Serving):
    """Serving table, pk `endpoint#{endpoint}`, sk `served#{yyyy-mm}`: what serving has counted in the month (UTC)."""

    requests = NumberAttribute(default=0)
    milliseconds = NumberAttribute(default=0)
    writes = NumberAttribute(default=0)


def transaction() -> TransactWrite:
    """Writes that happen together or not at all. Over the models' own connection: making a client takes a tenth of a second."""
    return TransactWrite(connection=_Records._get_connection().connection)
