"""From an uploaded dataset to a table: what all source nodes that read files have in common."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from node_containers import samples
from node_containers.reading import Reading, csv_to_parquet, format_of, read_any
from node_containers.reading.formats import NAMES
from node_containers.reading.params import FileParams, reader_options, refuse_misplaced
from node_containers.sdk import Context, FileTable, NodeError, Table

# A larger file is never held whole: it becomes a Parquet file on the way, and its rows are read when a node asks for them.
STREAMED_BYTES = 48 * 2**20


def load_dataset(context: Context, form: str, **options: Any) -> Table:
    """The node's dataset as a table, read as `form`. Raises `dataset-unknown`, `data-format`, and what the reader raises."""
    source = context.dataset
    if source is None:
        raise NodeError("dataset-unknown", "No dataset is chosen.", field="params.dataset", hint="Choose a dataset or a sample.")
    if source.sample:
        frame = samples.load(source.sample)
        rows = options.get("nrows")
        context.summary = f"{samples.SAMPLES[source.sample].title}: {len(frame):,} rows, {len(frame.columns)} columns"
        return Table(frame.head(rows) if rows else frame, target=samples.SAMPLES[source.sample].target)
    if source.path is None:
        raise NodeError(
            "dataset-unknown", f"The dataset {source.reference} has no content.", field="params.dataset", hint="Upload it again."
        )
    path = Path(source.path)
    if path.stat().st_size and (found := format_of(path)) not in (form, "csv"):
        message = f"The file is {NAMES[found]}, not {NAMES[form]}."
        raise NodeError("data-format", message, field="params.dataset", hint=f"Load it with a Load {NAMES[found]} node.")
    return load_file(context, path, form, **options)


def load_found(context: Context, path: Path, params: FileParams, what: str = "The file") -> Table:
    """A file of any format as a table, read as its params say. `what` is the file, in words for people. Raises `option-misplaced`, and as `load_file`."""
    form = params.format or format_of(path)
    refuse_misplaced(params, form, what)
    return load_file(context, path, form, **reader_options(params, form))


def load_file(context: Context, path: Path, form: str, **options: Any) -> Table:
    """A file as a table, with its ledger and warnings said."""
    if form == "csv" and path.stat().st_size > STREAMED_BYTES:
        place = tempfile.TemporaryDirectory(prefix="flowza-")
        target = Path(place.name) / "table.parquet"
        reading = csv_to_parquet(path, target, _progress(context), **options)
        say(context, reading)
        return FileTable(place, str(target), reading.rows)
    reading = read_any(path, form, _progress(context), **options)
    say(context, reading)
    return Table(reading.frame)


def say(context: Context, reading: Reading) -> None:
    """What was found while reading: types and why, warnings, and the rows that were put aside."""
    for kind in reading.kinds[:200]:
        context.log(f"{kind.name}: {kind.type} ({kind.reason})")
    for code, message in reading.warnings:
        context.warn(code, message)
    for reason, aside in reading.aside.items():
        context.drop_lines(reason, aside.lines, aside.rows)
    context.summary = f"{reading.rows:,} rows, {len(reading.kinds)} columns"


def _progress(context: Context) -> Callable[[float], None]:
    said = -1

    def tell(share: float) -> None:
        nonlocal said
        percent = int(share * 100)
        if percent > said:
            said = percent
            context.progress(f"reading, {percent} %")

    return tell
