"""Reading from and writing to a real PostgreSQL."""

from typing import Any

import pandas as pd
import pytest

from node_containers.catalog import declarations
from node_containers.connect import egress
from node_containers.connect.postgres import login_of
from node_containers.connect.statements import check_select
from node_containers.sdk import Context, NodeError, Table
from tests.postgres import PASSWORD, Server

ALLOWED = (
    "SELECT 1",
    "select 'drop table x; --' as text, $$delete$$ as dollar /* insert /* nested */ */ ;  -- end",
    "WITH a AS (SELECT 1 AS n) SELECT n FROM a",
    "VALUES (1), (2)",
    "(SELECT 1) UNION (SELECT 2)",
    'SELECT "update", created_at, e\'it\\\'s\' FROM "set" WHERE deleted = false',
    "SELECT a::text FROM (SELECT 1 AS a) b",
)
REFUSED = (
    "",
    ";",
    "DELETE FROM t",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE t",
    "SELECT 1 /* ; */ ; -- \n DROP TABLE t",
    "/* SELECT */ DROP TABLE t",
    "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
    "SELECT * INTO copied FROM t",
    "SELECT * FROM t INTO OUTFILE '/tmp/x'",
    "COPY t TO PROGRAM 'sh'",
    "EXPLAIN ANALYZE DELETE FROM t",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT \"pg_read_file\"('/etc/passwd')",
    "SELECT U&\"pg_re\\0061d_file\"('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM dblink('host=10.0.0.1', 'SELECT 1') AS t(a int)",
    "SELECT query_to_xml('DROP TABLE t', true, true, '')",
    "SELECT set_config('statement_timeout', '0', false)",
    "SELECT pg_terminate_backend(1)",
    "SELECT nextval('s')",
    "DO $$ BEGIN DELETE FROM t; END $$",
    "ATTACH DATABASE 'x' AS y",
    "SELECT 'never ends",
    "SELECT /* never ends",
    "SELECT $a$ never ends $b$",
    "SELECT 1\x00; DROP TABLE t",
    "SELECT " + "1," * 50_000 + "1",
)


@pytest.mark.parametrize("sql", ALLOWED)
def test_one_query_is_let_through(sql: str) -> None:
    assert check_select(sql)


@pytest.mark.parametrize("sql", REFUSED, ids=range(len(REFUSED)))
def test_anything_else_is_refused_before_it_is_sent(sql: str) -> None:
    with pytest.raises(NodeError) as refused:
        check_select(sql)
    assert refused.value.code == "sql-not-allowed"


@pytest.fixture
def server(database: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The database, opened by the owner of the installation."""
    monkeypatch.setenv(egress.VARIABLE, f"127.0.0.1:{database.port}")
    return database


def run(name: str, server: Server | str, rows: Table | None = None, identity: str = "run_1/n", **params: Any) -> tuple[Table, Context]:
    secret = server if isinstance(server, str) else server.address
    context = Context(secret=lambda name: secret, identity=identity)
    declaration = declarations()[name]
    given = {"table": rows} if rows else {}
    return declaration.function(**given, params=declaration.params(connection_secret="db", **params), context=context), context


def refusal(name: str, server: Server | str, rows: Table | None = None, **params: Any) -> NodeError:
    with pytest.raises(NodeError) as refused:
        run(name, server, rows, **params)
    assert refused.value.hint
    assert PASSWORD not in refused.value.message + str(refused.value.hint)
    return refused.value


TYPES = """SELECT 9007199254740993::bigint AS whole, 1.5::real AS real, 12.34::numeric AS money, 12345678901234567890.12::numeric AS long, true AS truth,
 DATE '2020-02-29' AS day, TIMESTAMPTZ '2020-01-01 12:00+02' AS moment, 'NA' AS text, NULL::int AS gap, '{"a":1}'::json AS doc, '\\xff'::bytea AS raw"""


def test_a_query_gives_exact_types(server: Server) -> None:
    table, context = run("sql_query", server, sql=TYPES)
    row = table.frame.iloc[0]
    assert (row["whole"], row["real"], row["money"], row["long"]) == (9007199254740993, 1.5, 12.34, "12345678901234567890.12")
    assert (row["truth"], row["day"], row["moment"]) == (True, pd.Timestamp("2020-02-29"), pd.Timestamp("2020-01-01 10:00"))
    assert (row["text"], pd.isna(row["gap"]), row["doc"], row["raw"]) == ("NA", True, '{"a": 1}', "ff")
    assert context.warnings == []


def test_values_travel_beside_the_text(server: Server) -> None:
    odd = "x'; DROP TABLE t; --"
    table, _ = run(
        "sql_query", server, sql="SELECT :word AS word, n FROM generate_series(1, 5) n WHERE n > :least", params={"word": odd, "least": 3}
    )
    assert table.frame.to_dict("list") == {"word": [odd, odd], "n": [4, 5]}
    assert refusal("sql_query", server, sql="SELECT :nobody").code == "param-missing"


def test_rows_are_capped_and_that_is_said(server: Server) -> None:
    table, context = run("sql_query", server, sql="SELECT n, n::text AS t FROM generate_series(1, 20000) n", row_limit=12_345)
    assert (table.rows, table.frame["n"].iloc[-1]) == (12_345, 12_345)
    assert [one["code"] for one in context.warnings] == ["row-limit"]
    assert run("sql_query", server, sql="SELECT n FROM generate_series(1, 10) n", row_limit=10)[1].warnings == []


def test_a_query_without_an_end_is_ended(server: Server) -> None:
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r"
    assert refusal("sql_query", server, sql=endless, timeout_seconds=1).code == "sql-timeout"


def test_the_database_refuses_what_the_scanner_might_not_see(server: Server) -> None:
    """Second wall: a function that writes, hidden behind a name of its own."""
    server.run("CREATE TABLE IF NOT EXISTS kept (n int)")
    server.run("CREATE OR REPLACE FUNCTION harmless() RETURNS int LANGUAGE sql AS 'INSERT INTO kept VALUES (1) RETURNING n'")
    assert refusal("sql_query", server, sql="SELECT harmless()").code == "sql-not-allowed"
    assert server.run("SELECT count(*) FROM kept") == [[0]]


def test_what_is_wrong_is_said_without_the_password(server: Server) -> None:
    assert "nowhere" in refusal("sql_query", server, sql="SELECT * FROM nowhere").message
    wrong = server.address.replace(PASSWORD, "another-secret-word")
    found = refusal("sql_query", wrong, sql="SELECT 1")
    assert (found.code, "another-secret-word" in found.message) == ("database-refused", False)
    assert refusal("sql_query", "postgresql://nothing", sql="SELECT 1").code == "secret-invalid"
    assert refusal("sql_query", server, sql="SELECT 1 AS a, 2 AS a").code == "column-duplicate"
    assert refusal("sql_query", server, sql="SELECT 1 AS a WHERE false").code == "data-no-rows"


def test_an_inner_database_that_nobody_opened_is_not_reached(database: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(egress.VARIABLE, raising=False)
    assert refusal("sql_query", database, sql="SELECT 1").code in ("host-not-allowed", "port-not-allowed")
    assert login_of("postgresql://u:p%40ss@db.example.org/shop").sslmode == "require"


ROWS = Table(
    pd.DataFrame(
        {
            "id": pd.array([1, None, 2**62], dtype="Int64"),
            "text": pd.array(['a,b\n"c"', None, ""], dtype="str"),
            "real": [0.1, float("nan"), 1e300],
            "ok": pd.array([True, None, False], dtype="boolean"),
            "when": pd.to_datetime(["2020-02-29 01:02:03.000004", None, "1900-01-01"], format="ISO8601").astype("datetime64[us]"),
        }
    )
)


def test_rows_are_written_exactly_and_come_back_as_they_were(server: Server) -> None:
    handed_on, context = run("save_to_postgres", server, ROWS, table="round_trip", if_exists="replace", identity="run_a/w")
    assert handed_on is ROWS
    assert context.summary == "3 rows written to round_trip"
    back, _ = run("sql_query", server, sql="SELECT * FROM round_trip")
    pd.testing.assert_frame_equal(back.frame, ROWS.frame)


def test_a_retry_writes_nothing_twice_and_a_new_run_appends(server: Server) -> None:
    for identity, total in (("run_b/w", 3), ("run_b/w", 3), ("run_c/w", 6)):
        run("save_to_postgres", server, ROWS, table="appended", if_exists="append", identity=identity)
        assert server.run("SELECT count(*) FROM appended") == [[total]]
    assert refusal("save_to_postgres", server, ROWS, table="appended").code == "table-exists"
    run("save_to_postgres", server, ROWS, table="appended", if_exists="replace", identity="run_d/w")
    assert server.run("SELECT count(*) FROM appended") == [[3]]


def test_rows_that_do_not_fit_change_nothing(server: Server) -> None:
    server.run('CREATE TABLE strict (id bigint NOT NULL, text text, real float8, ok bool, "when" timestamp)')
    assert "null" in refusal("save_to_postgres", server, ROWS, table="strict", if_exists="append").message
    assert server.run("SELECT count(*) FROM strict") == [[0]]
    assert server.run("SELECT count(*) FROM flowza_writes WHERE target = 'strict'") == [[0]]
    assert refusal("save_to_postgres", server, ROWS, table="x; DROP TABLE strict").code == "table-name"
