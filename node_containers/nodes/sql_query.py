"""Rows of a PostgreSQL query."""

from typing import Annotated

import pandas as pd
from pydantic import Field, StringConstraints

from node_containers.connect import postgres
from node_containers.loading import say
from node_containers.reading.formats import from_arrow
from node_containers.sdk import AllRows, Context, NodeError, NodeParams, Table, advanced, code, node, secret

Name = Annotated[str, StringConstraints(max_length=63)]


class Params(NodeParams):
    sql: str = code(
        "SELECT 1 AS one",
        "postgresql",
        min_length=1,
        max_length=50_000,
        title="Query",
        description="One SELECT. A name after a colon, such as :since, stands for a value below.",
    )
    params: dict[Name, str | int | float | bool | None] = Field(
        {}, max_length=50, title="Values", description="Values for the names in the query; they are never pasted into its text."
    )
    connection_secret: str | None = secret(
        title="Database", description="A secret that holds the address: postgresql://user:password@host:5432/database."
    )
    parse_dates: list[Name] = advanced(
        [], max_length=100, title="Date columns", description="Text columns of the result that hold dates as 2020-12-31."
    )
    row_limit: int = advanced(
        1_000_000, ge=1, le=10_000_000, title="Row limit", description="So many rows are read at most; that there were more is said."
    )
    timeout_seconds: int = advanced(
        30, ge=1, le=600, title="Time limit (s)", description="The database ends the query after so many seconds."
    )


@node(title="SQL query", group="Sources", family="source", icon="database-search", cacheable=False)
def sql_query(params: Params, context: Context) -> AllRows:
    """Read the rows of one query from a PostgreSQL database, anew in every run.

    The query runs in a read-only transaction with a time limit and a row limit; anything but one SELECT is refused. Use a database user that may only read.
    """
    if params.connection_secret is None:
        raise NodeError(
            "secret-missing", "No database is chosen.", field="params.connection_secret", hint="Save its address as a secret and choose it."
        )
    login = postgres.login_of(context.secret(params.connection_secret))
    context.progress("asking the database")
    found, more = postgres.query(login, params.sql, params.params, row_limit=params.row_limit, seconds=params.timeout_seconds)
    reading = from_arrow(found)
    say(context, reading)
    if more:
        context.warn("row-limit", f"The query has more than {params.row_limit:,} rows; the rest was not read.")
    return Table(_with_dates(reading.frame, params.parse_dates))


def _with_dates(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    for name in names:
        if name not in frame.columns:
            raise NodeError(
                "column-unknown",
                f"The query has no column “{name}”.",
                field="params.parse_dates",
                hint=f"There is {', '.join(frame.columns[:12])}.",
            )
        try:
            frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]")
        except ValueError as wrong:
            raise NodeError(
                "date-ambiguous", f"“{name}” does not hold dates as 2020-12-31.", field="params.parse_dates", hint="Cast it in the query."
            ) from wrong
    return frame
