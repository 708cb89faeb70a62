"""Ask tables in SQL."""

import sqlite3
from collections.abc import Iterable

import pandas as pd

from node_containers.columns import column_type
from node_containers.rows import plain, rebuilt
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, code, node

MAX_ROWS = 10_000_000
# Virtual-machine instructions of the engine: some minutes of work, counted and not timed, so that the same query always ends the same way.
MAX_STEPS = 20_000_000_000
STEP = 1_000_000
READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
FORBIDDEN = ("random", "randomblob", "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer")


class Params(NodeParams):
    sql: str = code(
        "SELECT * FROM a",
        "sqlite",
        min_length=1,
        max_length=20_000,
        title="SQL",
        description="One SELECT over the tables a, b and c, in the words of SQLite.",
    )


# How the engine holds an instant, as text.
WRITTEN, MOMENT = "%Y-%m-%d %H:%M:%S", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
TITLES = {name: f"Table {name}" for name in ("a", "b", "c")}


@node(title="SQL on tables", group="Rows", family="row", icon="database-search", columns=[{"op": "unknown"}], reads="all", titles=TITLES)
def sql_tables(a: AnyTable, params: Params, context: Context, b: AnyTable | None = None, c: AnyTable | None = None) -> SameRows:
    """Ask one, two or three tables in SQL; they are called a, b and c. Which columns come out is known after a run.

    The engine is SQLite, in memory: it reads these tables and nothing else. Without ORDER BY the order of rows is not promised. Truths are 0 and 1, dates
    are text while it works; a column of the answer that is called like dates or truths of a table, and holds nothing else, is such a column again.
    """
    tables = {name: plain(one, "SQL on tables") for name, one in (("a", a), ("b", b), ("c", c)) if one is not None}
    connection = sqlite3.connect(":memory:")
    try:
        for name, frame in tables.items():
            _store(connection, name, frame)
        found = _ask(connection, params.sql)
    finally:
        connection.close()
    found = _as_before(found, tables.values())
    context.drop_count("not in the answer", a.rows - len(found))
    context.add("more rows than the first table has", len(found) - a.rows)
    context.summary = f"{len(found):,} rows, {found.shape[1]} columns"
    return rebuilt(a, found)


def _store(connection: sqlite3.Connection, name: str, frame: pd.DataFrame) -> None:
    types = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}
    names = [str(column).replace('"', '""') for column in frame.columns]
    declared = ", ".join(f'"{column}" {types.get(column_type(frame[frame.columns[place]]), "TEXT")}' for place, column in enumerate(names))
    connection.execute(f"CREATE TABLE {name} ({declared})")
    cells = [_cells(frame[column]) for column in frame.columns]
    marks = ", ".join("?" * len(cells))
    connection.executemany(f"INSERT INTO {name} VALUES ({marks})", zip(*cells, strict=True))  # noqa: S608 a, b or c


def _cells(series: pd.Series) -> list[object]:
    kind = column_type(series)
    missing = series.isna().to_numpy()
    if kind == "datetime":
        series = series.dt.strftime(WRITTEN)
    convert = {"integer": int, "number": float, "boolean": int}.get(kind, str)
    return [None if gone else convert(cell) for cell, gone in zip(series, missing, strict=True)]


def _ask(connection: sqlite3.Connection, sql: str) -> pd.DataFrame:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += STEP
        return int(steps > MAX_STEPS)

    connection.set_authorizer(_allow)
    connection.set_progress_handler(count, STEP)
    try:
        cursor = connection.execute(sql)
        if cursor.description is None:
            raise _refused("it gives no rows")
        names = [str(column[0]) for column in cursor.description]
        rows = cursor.fetchmany(MAX_ROWS + 1)
    except sqlite3.Error as wrong:
        words = "it takes too long" if "interrupted" in str(wrong) else str(wrong)
        raise _refused(words) from wrong
    except sqlite3.Warning as wrong:
        raise _refused("it holds more than one statement") from wrong
    if len(rows) > MAX_ROWS:
        raise _refused(f"it gives more than {MAX_ROWS:,} rows")
    if len(set(names)) < len(names):
        raise _refused("two columns of the answer have one name; name them with AS")
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pd.DataFrame({name: _series(list(cells)) for name, cells in zip(names, columns, strict=True)})


def _allow(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    """What a query may do: read these tables, with functions that give the same answer again."""
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in FORBIDDEN:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in READS else sqlite3.SQLITE_DENY


def _as_before(found: pd.DataFrame, tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Columns that keep the name of dates or truths are those again: the engine knows neither."""
    kinds = {str(name): column_type(frame[name]) for frame in tables for name in frame.columns}
    again: dict[str, pd.Series] = {}
    for name in found.columns:
        present = found[name].dropna()
        if kinds.get(name) == "datetime" and column_type(found[name]) == "text" and present.str.fullmatch(MOMENT).all():
            again[name] = pd.to_datetime(found[name], format=WRITTEN).astype("datetime64[us]")
        elif kinds.get(name) == "boolean" and column_type(found[name]) == "integer" and present.isin([0, 1]).all():
            again[name] = found[name].astype("boolean" if found[name].hasnans else "bool")
    return found.assign(**again)


def _refused(words: str) -> NodeError:
    return NodeError(
        "sql-refused", f"The query cannot be answered: {words[:300]}.", field="params.sql", hint="Write one SELECT over a, b and c."
    )


def _series(cells: list[object]) -> pd.Series:
    present = [cell for cell in cells if cell is not None]
    if any(isinstance(cell, bytes) for cell in present):
        raise _refused("it gives bytes, which no column holds")
    if present and all(isinstance(cell, int) for cell in present):
        return pd.Series(cells, dtype="Int64" if len(present) < len(cells) else "int64")
    if present and all(isinstance(cell, int | float) for cell in present):
        return pd.Series(cells, dtype="float64")
    return pd.Series([None if cell is None else str(cell) for cell in cells], dtype="str")
