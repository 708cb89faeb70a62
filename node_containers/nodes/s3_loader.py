"""Load objects from an S3 bucket."""

import tempfile
from pathlib import Path

import pandas as pd
from pydantic import Field

from node_containers.connect import buckets
from node_containers.loading import load_found
from node_containers.reading.params import FileParams
from node_containers.sdk import AllRows, Context, NodeError, Table, advanced, node, secret


class Params(FileParams):
    uri: str = Field(
        "s3://bucket/folder/file.csv",
        min_length=6,
        max_length=1_100,
        title="Address",
        description="One object, or a folder that ends with a slash: all its files.",
    )
    pattern: str = Field(
        "*",
        min_length=1,
        max_length=200,
        title="Pattern",
        description="Which files of a folder are taken, such as *.csv or part-*.parquet.",
    )
    connection_secret: str | None = secret(
        title="Login", description="A secret with aws_access_key_id and aws_secret_access_key as JSON; none for a public bucket."
    )
    region: str = advanced("us-east-1", min_length=2, max_length=40, title="Region", description="Where the bucket is.")
    max_mb: int = advanced(500, ge=1, le=1_500, title="Limit (MB)", description="More than this in all files together is not loaded.")


@node(title="Load from S3", group="Sources", family="source", icon="bucket", cacheable=False)
def s3_loader(params: Params, context: Context) -> AllRows:
    """Load an object or all files of a folder from a bucket of your own, anew in every run.

    The bucket is asked with the login you give, never with the rights of Flowza itself. Files of a folder are put below each other in the order of
    their names; they must have the same columns. What is said about reading holds for each file; what its format does not know is refused.
    """
    login = buckets.login_of(context.secret(params.connection_secret) if params.connection_secret else None, params.region)
    bucket, name = buckets.split_uri(params.uri)
    found = [buckets.Entry(name, 0)] if name and not name.endswith("/") else buckets.entries(login, bucket, name, params.pattern)
    limit = params.max_mb * 2**20
    if not found:
        raise NodeError(
            "no-objects", f"No file of {params.uri} fits “{params.pattern}”.", field="params.pattern", hint="Check folder and pattern."
        )
    if (total := sum(entry.bytes for entry in found)) > limit:
        raise NodeError(
            "data-too-large",
            f"The {len(found)} files have {total:,} bytes.",
            field="params.max_mb",
            hint="Allow more, or take fewer files.",
        )
    return _together(context, params, [_one(context, params, login, bucket, entry, limit) for entry in found])


def _one(context: Context, params: Params, login: buckets.Login, bucket: str, entry: buckets.Entry, limit: int) -> Table:
    with tempfile.TemporaryDirectory(prefix="flowza-") as place:
        path = Path(place) / "content"
        context.progress(f"downloading {entry.name.rpartition('/')[2]}")
        buckets.fetch(login, bucket, entry.name, path, limit)
        context.log(f"{entry.name}: {path.stat().st_size:,} bytes")
        return load_found(context, path, params, entry.name)


def _together(context: Context, params: Params, tables: list[Table]) -> Table:
    if len(tables) == 1:
        return tables[0]
    names = list(tables[0].frame.columns)
    for number, table in enumerate(tables[1:], 2):
        if set(table.frame.columns) != set(names):
            odd = sorted(set(table.frame.columns) ^ set(names))[:5]
            raise NodeError(
                "columns-differ",
                f"File {number} has other columns than the first: {', '.join(odd)}.",
                field="params.pattern",
                hint="Load them apart.",
            )
    frame = pd.concat([table.frame[names] for table in tables], ignore_index=True)
    context.summary = f"{len(frame):,} rows, {len(names)} columns from {len(tables)} files"
    return Table(frame)
