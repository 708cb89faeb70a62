"""Write a table into PostgreSQL."""

import tempfile
from pathlib import Path
from typing import Literal

from pydantic import Field

from node_containers.connect import postgres
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, advanced, node, secret


class Params(NodeParams):
    table: str = Field(
        "results", min_length=1, max_length=127, title="Table", description="Name of the table, such as results or shop.results."
    )
    connection_secret: str | None = secret(
        title="Database", description="A secret that holds the address: postgresql://user:password@host:5432/database."
    )
    if_exists: Literal["fail", "append", "replace"] = Field(
        "fail", title="If it exists", description="What to do with a table of that name: stop, add the rows, or put them in its place."
    )
    timeout_seconds: int = advanced(120, ge=1, le=840, title="Time limit (s)", description="The database gives up after so many seconds.")


@node(title="Save to PostgreSQL", group="Deliver", family="effect", icon="database-import", columns="same", cacheable=False)
def save_to_postgres(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Write the rows into a table of a PostgreSQL database, all of them or none, and once in a run whatever is retried.

    A small table `flowza_writes` beside it remembers which node of which run has written what. The rows are handed on as they are.
    """
    if params.connection_secret is None:
        raise NodeError(
            "secret-missing", "No database is chosen.", field="params.connection_secret", hint="Save its address as a secret and choose it."
        )
    login = postgres.login_of(context.secret(params.connection_secret))
    context.progress("writing")
    with tempfile.TemporaryDirectory(prefix="flowza-") as place:
        written = postgres.write(
            login,
            params.table,
            table.frame,
            if_exists=params.if_exists,
            identity=context.identity or Path(place).name,
            seconds=params.timeout_seconds,
            csv=Path(place) / "rows.csv",
        )
    words = "were there already from an earlier try" if written is None else f"written to {params.table}"
    context.summary = f"{table.rows:,} rows {words}"
    return table
