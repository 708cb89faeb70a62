"""Load a file from the web."""

import tempfile
from pathlib import Path

from pydantic import Field

from node_containers.connect import web
from node_containers.loading import load_found
from node_containers.reading.params import FileParams
from node_containers.sdk import AllRows, Context, advanced, node, secret


class Params(FileParams):
    url: str = Field(
        "https://example.org/data.csv",
        min_length=8,
        max_length=2_000,
        title="Address",
        description="Where the file is: https, and the file itself.",
    )
    headers_secret: str | None = secret(
        title="Headers", description="A secret that holds headers to send, such as Authorization: Bearer …, one on each line."
    )
    max_mb: int = advanced(200, ge=1, le=1_500, title="Limit (MB)", description="A larger file is not loaded.")


@node(title="Load URL", group="Sources", family="source", icon="world-download", cacheable=False)
def url_loader(params: Params, context: Context) -> AllRows:
    """Load a CSV, Parquet, Excel or JSON file from a web address, anew in every run.

    Only hosts on the public internet are asked, redirects are not followed, and the file is read by the same rules as an upload.
    What is said about reading must fit the format that is found.
    """
    headers = web.headers_of(context.secret(params.headers_secret)) if params.headers_secret else {}
    with tempfile.TemporaryDirectory(prefix="flowza-") as place:
        path = Path(place) / "content"
        context.progress("downloading")
        web.download(params.url, path, headers=headers, max_bytes=params.max_mb * 2**20, secret=params.headers_secret is not None)
        context.log(f"{path.stat().st_size:,} bytes from {web.target_of(params.url).host}")
        return load_found(context, path, params)
