"""The journal: what was acknowledged is there again after a replay, folded or not."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.journal import FOLD_ABOVE_ROWS, TARGET_PREFIX, Journal, NewerJournal, fold, journalled, replay, request

TABLE = "t"


class Tables:
    """An application that keeps items in memory, as the emulator does: put, delete, add and scan, with conditions."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.tables: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        target = dict(scope["headers"])[b"x-amz-target"].decode().removeprefix(TARGET_PREFIX)
        status, body = self.answer(target, json.loads((await receive())["body"]))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    def answer(self, target: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if target == "CreateTable":
            fresh = body["TableName"] not in self.tables
            self.tables.add(body["TableName"])
            return (200 if fresh else 400), {}
        if target == "Scan":
            return 200, {"Items": [{"pk": {"S": key}, **item} for key, item in sorted(self.items.items())]}
        key = (body.get("Item") or body["Key"])["pk"]["S"]
        if target == "DeleteItem":
            self.items.pop(key, None)
        elif target == "UpdateItem":
            count = int(self.items.get(key, {"n": {"N": "0"}})["n"]["N"])
            self.items[key] = {"n": {"N": str(count + body["by"])}}
        elif body.get("new") and key in self.items:
            return 400, {"__type": "ConditionalCheckFailedException"}
        else:
            self.items[key] = {"n": body["Item"]["n"]}
        return 200, {}


KEYS = st.sampled_from("abcd")
WRITES = st.one_of(
    st.tuples(st.just("PutItem"), KEYS, st.booleans(), st.integers(0, 9)).map(
        lambda w: (w[0], {"TableName": TABLE, "Item": {"pk": {"S": w[1]}, "n": {"N": str(w[3])}}, "new": w[2]})
    ),
    st.tuples(st.just("DeleteItem"), KEYS).map(lambda w: (w[0], {"TableName": TABLE, "Key": {"pk": {"S": w[1]}}})),
    st.tuples(st.just("UpdateItem"), KEYS, st.integers(1, 3)).map(
        lambda w: (w[0], {"TableName": TABLE, "Key": {"pk": {"S": w[1]}}, "by": w[2]})
    ),
)


async def write_all(writes: list[tuple[str, dict[str, Any]]], journal: Journal) -> Tables:
    tables = Tables()
    app = journalled(tables, journal)
    for name, body in [("CreateTable", {"TableName": TABLE}), *writes]:
        await request(app, TARGET_PREFIX + name, "key", json.dumps(body).encode())
    return tables


@given(st.lists(WRITES, max_size=40))
def test_a_replay_gives_the_state_that_was_acknowledged(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[str, dict[str, Any]]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    before = asyncio.run(write_all(writes, Journal(path)))
    after = Tables()
    asyncio.run(replay(after, Journal(path).rows()))
    assert (after.items, after.tables) == (before.items, before.tables)


@given(st.lists(WRITES, max_size=40))
def test_folding_keeps_the_state_in_one_row_an_item(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[str, dict[str, Any]]]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("journal") / "journal.sqlite")
    before = asyncio.run(write_all(writes, journal))
    journal.replace(asyncio.run(fold(before, journal.rows())))
    assert len(journal.rows()) == len(before.items) + 1
    after = Tables()
    asyncio.run(replay(after, journal.rows()))
    assert after.items == before.items


def test_a_refused_write_is_not_journalled(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    put = {"TableName": TABLE, "Item": {"pk": {"S": "a"}, "n": {"N": "1"}}, "new": True}
    asyncio.run(write_all([("PutItem", put), ("PutItem", put)], journal))
    assert len(journal.rows()) == 2


def test_a_journal_of_a_newer_format_is_refused_with_the_way_out(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.sqlite").database.execute("PRAGMA user_version=99")
    with pytest.raises(NewerJournal, match="newer Flowza"):
        Journal(tmp_path / "journal.sqlite")


def test_a_start_folds_only_a_journal_that_is_worth_it() -> None:
    assert FOLD_ABOVE_ROWS > 100
