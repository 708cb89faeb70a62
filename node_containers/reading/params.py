"""How files are read, as people say it: the params of each format's reader, for the nodes that load one format and for those that find out which it is.

A field stands once, in the class of the formats that know it. Classes that come later in a list of bases come first in a form.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from node_containers.reading.formats import NAMES
from node_containers.sdk import NodeError, NodeParams, advanced, shaping

Missing = Annotated[str, StringConstraints(max_length=40)]
Name = Annotated[str, StringConstraints(max_length=256)]
Type = Literal["integer", "number", "text", "boolean", "datetime"]


class Filter(BaseModel):
    """Rows to load: those whose cell in the column compares so with the value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: Name = Field(title="Column", description="The column that is compared.")
    op: Literal["==", "!=", "<", "<=", ">", ">="] = Field("==", title="Comparison", description="How its cells compare with the value.")
    value: bool | int | float | str = Field(title="Value", description="What they are compared with.", union_mode="left_to_right")


class GridParams(NodeParams):
    """What delimited text and the sheet of a workbook have in common."""

    header: int | None = shaping(
        0,
        ge=0,
        le=1_000,
        title="Header line",
        description="Which line that is not empty names the columns, counted from 0; none gives column_1 and so on.",
    )
    skiprows: int = shaping(0, ge=0, le=100_000, title="Lines to skip", description="So many lines at the top are left out.")
    usecols: list[Name] | None = shaping(
        None, min_length=1, max_length=1_000, title="Columns", description="Names of the columns to load; all of them when left open."
    )
    na_values: list[Missing] = shaping(
        [""],
        title="Missing values",
        description="Cells that count as empty. “NA” in a text column is kept unless it is listed here.",
        max_length=50,
    )


class TextParams(NodeParams):
    """What all files of text have in common."""

    encoding: str = shaping(
        "utf-8", title="Encoding", description="How the bytes spell text: utf-8, latin-1, cp1252 or utf-16.", min_length=1, max_length=40
    )


class CsvParams(TextParams, GridParams):
    """Those of `pandas.read_csv`, with None for `find it out`."""

    sep: str | None = shaping(
        None, title="Delimiter", description="What stands between cells; found out by itself when left open.", min_length=1, max_length=1
    )
    decimal: Literal[".", ","] = shaping(".", title="Decimal mark", description="What stands before the fraction of a number.")
    thousands: Literal[",", ".", " ", "'", "_"] | None = shaping(
        None, title="Thousands mark", description="What stands between groups of three digits, if anything."
    )
    dtype: dict[Name, Type] = shaping(
        {}, max_length=1_000, title="Types", description="The type of a column, where you know it better than its cells show."
    )
    parse_dates: list[Name] = shaping(
        [], max_length=1_000, title="Date columns", description="Columns that hold dates; a cell that is none is put aside."
    )
    date_format: str | None = shaping(
        None,
        min_length=2,
        max_length=60,
        title="Date format",
        description="How dates are written, such as %d/%m/%Y; as 2020-12-31 when left open.",
    )
    nrows: int | None = advanced(None, ge=1, le=10**10, title="Row limit", description="Read this many rows of a file at most.")


class ExcelParams(GridParams):
    """Those of `pandas.read_excel`."""

    sheet_name: Name = shaping("", title="Sheet", description="The name of the sheet; the first one when left empty.")


class JsonParams(TextParams):
    """Those of `pandas.read_json`."""

    orient: Literal["records", "columns", "split"] | None = shaping(
        None,
        title="Form",
        description="A list of objects, an object of columns, or columns and data apart; found out by itself when left open.",
    )
    lines: bool | None = shaping(
        None, title="One object a line", description="Whether each line is an object of its own; found out by itself when left open."
    )


class ParquetParams(NodeParams):
    """Those of `pandas.read_parquet`."""

    columns: list[Name] | None = shaping(
        None,
        min_length=1,
        max_length=1_000,
        title="Columns to read",
        description="Names of the columns to load; all of them when left open.",
    )
    filters: list[Filter] = shaping([], max_length=50, title="Filters", description="Only rows that pass all of these are read.")


OF_FORMAT: Mapping[str, type[NodeParams]] = {"csv": CsvParams, "excel": ExcelParams, "json": JsonParams, "parquet": ParquetParams}


class FormatParam(NodeParams):
    format: Literal["csv", "parquet", "excel", "json"] | None = advanced(
        None, title="Format", description="What the file is; found out by what it holds when left open."
    )


def _name_formats(schema: dict[str, Any]) -> None:
    """Say of each param which formats it is for."""
    for name, one in schema["properties"].items():
        if formats := _formats_of(name):
            one["description"] += f" {_listed(formats, 'and')} only."


class FileParams(ParquetParams, JsonParams, ExcelParams, CsvParams, FormatParam):
    """For nodes that find out what a file is: the params of all readers."""

    model_config = ConfigDict(json_schema_extra=_name_formats)


def _formats_of(name: str) -> list[str]:
    return [form for form, params in OF_FORMAT.items() if name in params.model_fields]


def _listed(formats: list[str], word: str) -> str:
    return f" {word} ".join(NAMES[form] for form in formats)


def refuse_misplaced(params: FileParams, form: str, what: str) -> None:
    """Raise `option-misplaced` where a param is set that the reader of the format does not know. `what` is the file, in words for people."""
    for name, field in FileParams.model_fields.items():
        formats = _formats_of(name)
        if formats and form not in formats and getattr(params, name) != field.default:
            message = f"{what} is {NAMES[form]}; “{name}” says how {_listed(formats, 'or')} is read."
            raise NodeError("option-misplaced", message, field=f"params.{name}", hint="Empty this field, or set the format.")


def reader_options(params: NodeParams, form: str) -> dict[str, Any]:
    """What `read_any` is told for a format: the params that are its own, all others left out."""
    options = params.model_dump(include=set(OF_FORMAT[form].model_fields))
    if form == "excel":
        options["sheet_name"] = options["sheet_name"] or 0
    if form == "parquet":
        options["filters"] = [(rule["column"], rule["op"], rule["value"]) for rule in options["filters"]] or None
    return options
