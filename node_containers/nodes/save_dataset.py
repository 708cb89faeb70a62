"""Save a table as a file or as a dataset."""

import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
from pyarrow import csv
from pydantic import Field

from node_containers.connect import buckets
from node_containers.sdk import AnyTable, Context, NodeError, NodeParams, SameRows, Table, advanced, node, secret

CONTENT_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
# What a spreadsheet takes for a formula, or steps over to find one.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Params(NodeParams):
    name: str = Field(
        "results", pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$", title="Name", description="Name of the file, and of the dataset."
    )
    format: Literal["csv", "parquet"] = Field(
        "parquet", title="Format", description="Parquet keeps every type; CSV can be opened anywhere."
    )
    to: Literal["file", "dataset", "s3"] = Field(
        "file",
        title="Where to",
        description="A file to download from this run, a new dataset of yours, or an object in a bucket of your own.",
    )
    uri: str = advanced(
        "",
        max_length=1_100,
        title="S3 address",
        description="Where in your bucket: s3://bucket/folder/; the file's name is added to a folder.",
    )
    connection_secret: str | None = secret(
        title="Login", description="For a bucket: a secret with aws_access_key_id and aws_secret_access_key as JSON."
    )
    mode: Literal["overwrite", "fail", "new"] = advanced(
        "overwrite",
        title="If there is one",
        description="In a bucket, an object of that name: put the new one in its place, stop, or give each run an object of its own, with the run in its name.",
    )
    region: str = advanced("us-east-1", min_length=2, max_length=40, title="Region", description="Where the bucket is.")
    compression: Literal["zstd", "snappy", "gzip"] = advanced("zstd", title="Compression", description="How a Parquet file is packed.")
    index: bool = advanced(False, title="Row numbers", description="Write the number of each row as a first column.")
    spreadsheet_safe: bool = advanced(
        True,
        title="Safe to open",
        description="In a CSV, put an apostrophe before texts that a spreadsheet would run as a formula; it is said how many.",
    )


@node(title="Save dataset", group="Deliver", family="effect", icon="device-floppy", columns="same", cacheable=False)
def save_dataset(table: AnyTable, params: Params, context: Context) -> SameRows:
    """Save the rows as CSV or Parquet: to download, as a new dataset, or into a bucket of your own. The rows are handed on as they are.

    A run that is retried saves once. Only the rows are saved, not the steps of the recipe they carry.
    """
    with tempfile.TemporaryDirectory(prefix="flowza-") as place:
        path = Path(place) / f"{params.name.removesuffix('.' + params.format)}.{params.format}"
        _write(table, path, params, context)
        size = path.stat().st_size
        if params.to == "s3":
            words = _to_bucket(path, params, context)
        else:
            kept = context.keep_file(path.name, str(path), CONTENT_TYPES[params.format])
            words = "to download"
        if params.to == "dataset":
            made = context.effect(
                "save_dataset", {"name": params.name, "filename": path.name, **{part: kept[part] for part in ("object", "sha256", "bytes")}}
            )
            words = f"dataset {made['dataset']}"
    context.summary = f"{table.rows:,} rows, {size:,} bytes, {words}"
    return table


def _write(table: Table, path: Path, params: Params, context: Context) -> None:
    frame = table.frame
    if params.index:
        frame = frame.rename_axis("row").reset_index()
    if params.format == "parquet":
        frame.to_parquet(path, index=False, compression=params.compression)
        return
    if params.spreadsheet_safe:
        frame = _guarded(frame, context)
    # Arrow writes many times faster than pandas.
    csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), path)


def _guarded(frame: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Texts that begin like a formula get an apostrophe: a spreadsheet then shows them and does not run them."""
    guarded: dict[str, Any] = {}
    total = 0
    for name in frame.columns:
        if not pd.api.types.is_string_dtype(frame[name].dtype):
            continue
        odd = frame[name].str.startswith(FORMULA, na=False)
        if (count := int(odd.sum())) > 0:
            total += count
            guarded[name] = frame[name].where(~odd, "'" + frame[name])
    if total:
        context.warn("formula-guarded", f"{total:,} texts that begin like a formula got an apostrophe before them.")
    return frame.assign(**guarded)


def _to_bucket(path: Path, params: Params, context: Context) -> str:
    if params.connection_secret is None:
        raise NodeError(
            "secret-missing",
            "No login for the bucket is chosen.",
            field="params.connection_secret",
            hint="Save it as a secret and choose it.",
        )
    login = buckets.login_of(context.secret(params.connection_secret), params.region)
    bucket, name = buckets.split_uri(params.uri)
    name = f"{name}{path.name}" if not name or name.endswith("/") else name
    if params.mode == "overwrite":
        buckets.store(login, bucket, name, path)
        return f"at s3://{bucket}/{name}"
    # A call outside of a run is one of its own.
    identity = context.identity or path.parent.name
    if params.mode == "new":
        place = PurePosixPath(name)
        name = str(place.with_name(f"{place.stem}-{identity.partition('/')[0]}{place.suffix}"))
    written = buckets.create(login, bucket, name, path, identity)
    return f"{'at' if written else 'put there by an earlier try:'} s3://{bucket}/{name}"
