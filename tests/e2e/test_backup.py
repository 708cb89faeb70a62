"""Backup and restore of tables and bucket, rehearsed: everything is deleted, everything comes back, and a damaged backup restores nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.resources import tables
from tests.e2e.account import ACCOUNT, REGION, Account

BUCKET = f"flowza-ci-{ACCOUNT}-{REGION}"
ITEMS = 60  # more than two batches


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    started = Account(tmp_path_factory.mktemp("account"), "ci").start()
    for table in tables():
        started.client("dynamodb").create_table(**{**table, "TableName": table["TableName"].replace("-local-", "-ci-")})
    started.client("s3").create_bucket(Bucket=BUCKET)
    yield started
    started.stop()


def everything(account: Account) -> tuple[dict[str, list[str]], dict[str, bytes]]:
    dynamodb, s3 = account.client("dynamodb"), account.client("s3")
    names = dynamodb.list_tables()["TableNames"]
    items = {name: sorted(json.dumps(item, sort_keys=True) for item in dynamodb.scan(TableName=name)["Items"]) for name in names}
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return items, {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def test_all_is_deleted_and_all_comes_back(account: Account, tmp_path: Path) -> None:
    dynamodb, s3 = account.client("dynamodb"), account.client("s3")
    for number in range(ITEMS):
        item = {"pk": {"S": f"run#{number}"}, "sk": {"S": "é ☃"}, "n": {"N": "0.1"}, "b": {"BOOL": True}, "x": {"NULL": True}}
        dynamodb.put_item(TableName="flowza-ci-runs", Item=item)
    dynamodb.put_item(TableName="flowza-ci-records", Item={"pk": {"S": "a"}, "sk": {"S": "b"}, "document": {"S": "{}"}})
    for key, body in {"o/usr_1/datasets/a/content": b"\x00\xff" * 1000, "o/usr_1/runs/é/plan.json": b"{}", "o/empty": b""}.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    before, folder = everything(account), tmp_path / "backup"
    saved = account.run("backup", "--stage", "ci", str(folder))
    assert saved.returncode == 0, saved.stderr
    assert f"{ITEMS + 1} items" in saved.stderr
    for name in ("flowza-ci-runs", "flowza-ci-records"):
        for item in dynamodb.scan(TableName=name)["Items"]:
            dynamodb.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})
    for key in before[1]:
        s3.delete_object(Bucket=BUCKET, Key=key)
    assert everything(account) != before
    restored = account.run("restore", "--stage", "ci", str(folder))
    assert restored.returncode == 0, restored.stderr
    assert everything(account) == before
    _a_damaged_backup_restores_nothing(account, folder)


def _a_damaged_backup_restores_nothing(account: Account, folder: Path) -> None:
    before = everything(account)
    place = next(path for path in (folder / "objects").rglob("*") if path.is_file() and path.stat().st_size)
    good = place.read_bytes()
    place.write_bytes(good[:-1] + b"!")
    altered = account.run("restore", "--stage", "ci", str(folder))
    assert altered.returncode == 1
    assert "was altered. Nothing was restored" in altered.stderr
    place.write_bytes(good)
    table = folder / "runs.jsonl.gz"
    table.write_bytes(table.read_bytes()[:-20])
    cut = account.run("restore", "--stage", "ci", str(folder))
    assert cut.returncode == 1
    assert "runs has not its 60 items" in cut.stderr
    assert everything(account) == before
    over = account.run("backup", "--stage", "ci", str(folder))
    assert "never overwrites another" in over.stderr
    assert account.run("restore", "--stage", "ci", str(folder / "objects")).returncode == 1
