"""Load a CSV dataset."""

from typing import Annotated

from pydantic import StringConstraints

from node_containers import samples
from node_containers.reading import read_csv
from node_containers.sdk import AllRows, Context, NodeError, NodeParams, Table, advanced, dataset, node

Missing = Annotated[str, StringConstraints(max_length=40)]


class Params(NodeParams):
    dataset: str = dataset("sample:titanic", title="Dataset", description="One of your uploads, or a sample such as sample:titanic.")
    sep: str | None = advanced(
        None, title="Delimiter", description="What stands between cells; found out by itself when left open.", max_length=1
    )
    encoding: str = advanced(
        "utf-8", title="Encoding", description="How the bytes spell text: utf-8, latin-1, cp1252 or utf-16.", max_length=40
    )
    na_values: list[Missing] = advanced(
        [""], title="Missing values", description="Cells that count as empty. “NA” is kept as text unless it is listed here.", max_length=50
    )
    nrows: int | None = advanced(None, ge=1, title="Row limit", description="Read this many rows at most.")


@node(title="Load CSV", group="Sources", family="source", icon="file-type-csv", columns="source")
def csv_loader(params: Params, context: Context) -> AllRows:
    """Load a CSV file that was uploaded, or a sample that ships with Flowza.

    Every cell is read as text first and a column becomes a number only when all its cells are numbers written as numbers: 00501 and NA
    stay what they are. Rows with too many or too few cells are put aside and counted, or the file is refused with the line numbers.
    """
    source = context.dataset
    if source is None:
        raise NodeError("dataset-unknown", "No dataset is chosen.", field="params.dataset", hint="Choose a dataset or a sample.")
    if source.sample:
        frame = samples.load(source.sample)
        return Table(frame.head(params.nrows) if params.nrows else frame, target=samples.SAMPLES[source.sample].target)
    if source.path is None:
        raise NodeError(
            "dataset-unknown", f"The dataset {source.reference} has no content.", field="params.dataset", hint="Upload it again."
        )
    reading = read_csv(source.path, sep=params.sep, encoding=params.encoding, na_values=params.na_values)
    for code, message in reading.warnings:
        context.warn(code, message)
    if reading.ragged:
        context.drop_lines("too many or too few cells", reading.ragged)
    frame = reading.frame
    context.summary = f"{len(frame):,} rows, {len(frame.columns)} columns"
    return Table(frame.head(params.nrows) if params.nrows else frame)
