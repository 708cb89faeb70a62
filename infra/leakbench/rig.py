"""Run a drawing for real in this process: the check, the plan, and the stage runtime on an AWS in memory.

rows ─▶ dataset in the bucket, profiled ─▶ check ─▶ plan ─▶ run_stage for every stage ─▶ manifests
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pandas as pd
from moto import mock_aws

from chalicelib.catalog import Column, load
from chalicelib.check import check
from chalicelib.compiler import keys, plan
from chalicelib.facts import DatasetFacts, Facts
from chalicelib.problem import Problem
from chalicelib.workflow import Workflow
from node_containers.runtime import settings
from node_containers.runtime.invocation import run_stage
from node_containers.runtime.profile import profile_dataset

BUCKET, RUNS, OWNER = "flowza-leakbench", "runs", "usr_leaks"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "FLOWZA_BUCKET": BUCKET,
    "FLOWZA_RUNS_TABLE": RUNS,
    "FLOWZA_PLATFORM_FUNCTION": "platform",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "10240",
}


@dataclass(frozen=True)
class Outcome:
    """What came of a drawing: problems of the check, and where it could run, the metrics and warnings of its nodes."""

    problems: tuple[Problem, ...]
    metrics: dict[str, float]
    warnings: tuple[tuple[str, str], ...]

    def names(self, code: str) -> bool:
        return any(problem.code == code for problem in self.problems) or any(known == code for known, _ in self.warnings)


@contextmanager
def memory_cloud() -> Iterator[None]:
    """A bucket and a runs table that exist in this process alone. The environment must hold `ENVIRONMENT`."""
    settings.load.cache_clear()
    settings.client.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        boto3.client("dynamodb").create_table(
            TableName=RUNS,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield
    settings.load.cache_clear()
    settings.client.cache_clear()


def upload(frame: pd.DataFrame) -> DatasetFacts:
    """The rows as a dataset, read strictly as an upload is."""
    data = frame.to_csv(index=False).encode()
    digest = hashlib.sha256(data).hexdigest()
    place = f"o/{OWNER}/datasets/{digest}/content"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=place, Body=data)
    read = profile_dataset({"owner": OWNER, "dataset": "ds_noise", "object": place, "filename": "noise.csv"})["payload"]
    if read["error"]:
        raise ValueError(read["error"]["message"])
    columns = tuple(Column(**column) for column in read["columns"])
    return DatasetFacts(digest, read["rows"], len(data), columns, None, place, "noise.csv")


def run(drawing: dict[str, Any], dataset: DatasetFacts, name: str) -> Outcome:
    """Check, plan and run the drawing; a drawing that the check refuses does not run."""
    facts = Facts(datasets={"ds_noise": dataset}, environment="leakbench")
    checked = check(Workflow.model_validate(drawing), load(), facts)
    if not checked.ok:
        return Outcome(checked.problems, {}, ())
    planned = plan(checked, facts, keys(checked, facts, run=name), {})
    document = planned.to_document(run=name, owner=OWNER, workflow="wf_leaks")
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"plan/{name}", Body=json.dumps(document))
    for node in checked.graph:
        item = {"pk": {"S": f"run#{name}"}, "sk": {"S": f"node#{node}"}, "status": {"S": "queued"}}
        boto3.client("dynamodb").put_item(TableName=RUNS, Item=item)
    for stage in planned.stages:
        run_stage({"run": name, "plan": f"plan/{name}", "stage": stage.id, "attempt": 1})
    manifests = [_manifest(document["nodes"][node]["key"]) for node in checked.graph]
    metrics = {key: value for manifest in manifests for key, value in manifest["metrics"].items()}
    warnings = [(one["code"], one["message"]) for manifest in manifests for one in manifest["warnings"]]
    return Outcome(checked.problems, metrics, tuple(warnings))


def _manifest(key: str) -> dict[str, Any]:
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"o/{OWNER}/artifacts/{key}/manifest.json")["Body"]
    found: dict[str, Any] = json.loads(body.read())
    return found
