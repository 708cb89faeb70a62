"""PostgreSQL through the one door: read one query, write one table."""

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd
import pyarrow as pa
from pg8000.dbapi import InterfaceError
from pg8000.exceptions import DatabaseError
from pg8000.native import Connection, identifier, to_statement

from node_containers.columns import column_type
from node_containers.connect import egress
from node_containers.connect.statements import check_select
from node_containers.sdk import NodeError

FETCH_ROWS = 5_000
MAX_QUERY_BYTES = 2 * 2**30
_INTEGERS, _FLOATS, _BOOLEAN, _NUMERIC, _DATES = (20, 21, 23, 26), (700, 701), (16,), (1700,), (1082, 1114, 1184)
_SQL_TYPES = {"integer": "bigint", "number": "double precision", "text": "text", "boolean": "boolean", "datetime": "timestamp"}
_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?")
# A table of our own in somebody's schema: which node of which run has written what, so that a retry does not write it twice.
WRITES = "flowza_writes"


class Login(NamedTuple):
    """What a secret holds for a database: `postgresql://user:password@host:port/database?sslmode=require`."""

    host: str
    port: int
    user: str
    password: str
    database: str
    sslmode: str


def login_of(secret: str) -> Login:
    """Raises `secret-invalid` without its words. Encryption is required unless the owner has opened this very host or the address says otherwise."""
    hint = "It looks like postgresql://user:password@host:5432/database."
    try:
        parts = urlsplit(secret.strip())
        port = parts.port or 5432
    except ValueError as wrong:
        raise NodeError(
            "secret-invalid", "The secret does not hold the address of a database.", field="params.connection_secret", hint=hint
        ) from wrong
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not parts.username or not parts.path.strip("/"):
        raise NodeError(
            "secret-invalid", "The secret does not hold the address of a PostgreSQL database.", field="params.connection_secret", hint=hint
        )
    mode = (parse_qs(parts.query).get("sslmode") or ["prefer" if egress.is_open(parts.hostname, port) else "require"])[-1]
    if mode not in ("disable", "prefer", "require", "verify-full"):
        raise NodeError(
            "secret-invalid",
            "The secret asks for an sslmode there is not.",
            field="params.connection_secret",
            hint="require or verify-full.",
        )
    return Login(parts.hostname, port, unquote(parts.username), unquote(parts.password or ""), unquote(parts.path.strip("/")), mode)


@contextmanager
def session(login: Login, seconds: int) -> Iterator[Connection]:
    """A connection that is closed in the end, whatever happens. What the server says becomes a `NodeError`."""
    context: Any = {"disable": False, "prefer": None, "require": True, "verify-full": ssl.create_default_context()}[login.sslmode]
    socket = egress.connect(login.host, login.port)
    # The server ends a statement by itself; this is for a server that does not answer at all.
    socket.settimeout(seconds + 15)
    try:
        connection = Connection(
            login.user,
            host=login.host,
            port=login.port,
            database=login.database,
            password=login.password,
            ssl_context=context,
            sock=socket,
            application_name="flowza",
        )
    except (InterfaceError, DatabaseError, OSError) as refused:
        socket.close()
        raise _said(refused, "database-refused", login) from refused
    try:
        yield connection
    except (InterfaceError, DatabaseError, OSError) as refused:
        raise _said(refused, "sql-failed", login) from refused
    finally:
        # It is being closed: nothing is lost any more.
        with suppress(InterfaceError, DatabaseError, OSError):
            connection.close()


def query(login: Login, sql: str, params: Mapping[str, Any], *, row_limit: int, seconds: int) -> tuple[pa.Table, bool]:
    """The rows of one query that only reads, and whether there were more than `row_limit`. `:name` in the statement stands for a param."""
    statement, values = to_statement(check_select(sql))
    try:
        bound = values(params)
    except (KeyError, InterfaceError) as missing:
        raise NodeError(
            "param-missing", f"The statement names a param that has no value: {missing}.", field="params.params", hint="Give it one."
        ) from missing
    with session(login, seconds) as connection:
        connection.run("BEGIN TRANSACTION READ ONLY")
        connection.run(f"SET LOCAL statement_timeout = {int(seconds) * 1000}")
        connection.execute_unnamed(f"DECLARE rows NO SCROLL CURSOR FOR {statement}", bound)
        parts, total, schema = [], 0, None
        while total <= row_limit:
            rows = connection.run(f"FETCH FORWARD {min(FETCH_ROWS, row_limit + 1 - total)} FROM rows")
            schema = schema or [(str(one["name"]), int(one["type_oid"])) for one in connection.columns]
            if not rows:
                break
            total += len(rows)
            parts.append(_columns(schema, rows))
        connection.run("ROLLBACK")
    table = pa.concat_tables(parts, promote_options="permissive") if parts else _columns(schema or [], [])
    return table.slice(0, row_limit), total > row_limit


def _columns(schema: list[tuple[str, int]], rows: list[Any]) -> pa.Table:
    names = _unique([name for name, _ in schema])
    arrays = [_array(oid, [row[i] for row in rows]) for i, (_, oid) in enumerate(schema)]
    return pa.Table.from_arrays(arrays, names=names)


def _unique(names: list[str]) -> list[str]:
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise NodeError(
            "column-duplicate", f"The query gives two columns “{twice[:60]}”.", field="params.sql", hint="Rename one: AS another_name."
        )
    return names


def _array(oid: int, cells: list[Any]) -> pa.Array:
    if oid in _INTEGERS:
        return pa.array(cells, pa.int64())
    if oid in _FLOATS:
        return pa.array(cells, pa.float64())
    if oid in _BOOLEAN:
        return pa.array(cells, pa.bool_())
    if oid in _DATES:
        return pa.array([_moment(cell) for cell in cells], pa.timestamp("us"))
    if oid in _NUMERIC and all(cell is None or _is_float(cell) for cell in cells):
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return pa.array([None if cell is None else _words(cell) for cell in cells], pa.string())


def _words(cell: Any) -> str:
    if isinstance(cell, bytes):
        return cell.hex()
    return json.dumps(cell, default=str, ensure_ascii=False) if isinstance(cell, dict | list) else str(cell)


def _is_float(cell: Decimal) -> bool:
    """Whether a float keeps every digit."""
    return cell.is_finite() and len(cell.as_tuple().digits) <= 15


def _moment(cell: Any) -> datetime | None:
    """A time without a zone; one with a zone in UTC. Times that a table cannot hold (infinity) are missing."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
    return datetime(cell.year, cell.month, cell.day) if isinstance(cell, date) else None  # noqa: DTZ001 a day has no zone


# -- writing ----------------------------------------------------------------------------------------------------------------


def write(login: Login, table: str, frame: pd.DataFrame, *, if_exists: str, identity: str, seconds: int, csv: Path) -> int | None:
    """Write a frame in one transaction; None where this node of this run has written it before. `csv` is a place for a file in between."""
    if not _TABLE.fullmatch(table):
        raise NodeError(
            "table-name",
            f"“{table[:80]}” is no name of a table.",
            field="params.table",
            hint="Letters, digits and underscores: sales or shop.sales.",
        )
    schema, _, name = table.rpartition(".")
    place = ".".join(identifier(part) for part in (schema, name) if part)
    ledger = ".".join(identifier(part) for part in (schema, WRITES) if part)
    frame.to_csv(csv, index=False, header=False, na_rep="\\N")
    with session(login, seconds) as connection:
        connection.run("BEGIN")
        connection.run(f"SET LOCAL statement_timeout = {int(seconds) * 1000}")
        # One writer of this table at a time; it lets go with the transaction.
        connection.run("SELECT pg_advisory_xact_lock(hashtext(:table))", table=f"flowza {table}")
        connection.run(
            f"CREATE TABLE IF NOT EXISTS {ledger} (write text PRIMARY KEY, target text, row_count bigint, written_at timestamptz DEFAULT now())"
        )
        # Names of tables are quoted by the driver; values travel beside the text.
        taken = f"INSERT INTO {ledger} (write, target, row_count) VALUES (:write, :target, :count) ON CONFLICT DO NOTHING RETURNING write"  # noqa: S608
        if not connection.run(taken, write=identity, target=table, count=len(frame)):
            connection.run("ROLLBACK")
            return None
        _make(connection, place, frame, if_exists)
        columns = ", ".join(identifier(str(column)) for column in frame.columns)
        with csv.open("rb") as file:
            connection.run(f"COPY {place} ({columns}) FROM STDIN WITH (FORMAT csv, NULL '\\N')", stream=file)
        connection.run("COMMIT")
    return len(frame)


def _make(connection: Connection, place: str, frame: pd.DataFrame, if_exists: str) -> None:
    known = connection.run("SELECT to_regclass(:place) IS NOT NULL", place=place)[0][0]
    if known and if_exists == "fail":
        raise NodeError("table-exists", f"The table {place} exists already.", field="params.if_exists", hint="Choose append or replace.")
    if known and if_exists == "replace":
        connection.run(f"DROP TABLE {place}")
    if not known or if_exists == "replace":
        columns = ", ".join(f"{identifier(str(name))} {_SQL_TYPES[column_type(frame[name])]}" for name in frame.columns)
        connection.run(f"CREATE TABLE {place} ({columns})")


def _said(refused: Exception, code: str, login: Login) -> NodeError:
    """The server's own words, which speak of the statement and never of the password."""
    words = refused.args[0] if refused.args else ""
    if isinstance(words, dict):
        state, message = str(words.get("C", "")), str(words.get("M", ""))
        if state == "57014":
            return NodeError(
                "sql-timeout",
                "The statement took too long and was ended.",
                field="params.timeout_seconds",
                hint="Read fewer rows, or allow more time.",
            )
        if state in ("28P01", "28000", "3D000"):
            return NodeError(
                code,
                f"{login.host} refused the login: {message}.",
                field="params.connection_secret",
                hint="Check user, password and database in the secret.",
            )
        if state in ("25006", "0A000", "42601"):
            return NodeError(
                "sql-not-allowed",
                f"The statement is not one query that only reads: {message}.",
                field="params.sql",
                hint="One SELECT is allowed.",
            )
        return NodeError(
            code,
            f"The database says: {message}.",
            field="params.sql" if code == "sql-failed" else None,
            hint=str(words.get("H") or "Check the statement."),
        )
    return NodeError(code, f"{login.host} broke off: {type(refused).__name__}.", hint="Try again; does the server offer encryption?")
