"""Reading files as tables: whole and right, or refused with the place.

delimited.py   CSV and its kin, streamed            stream.py   bytes of any origin as text, bombs and archives found out
formats.py     Parquet, Excel, JSON, by content     kinds.py    which type a column is, and why
params.py      what people may say about reading, by format
"""

from node_containers.reading.delimited import CsvOptions, Reading, csv_to_parquet, read_csv
from node_containers.reading.formats import FORMATS, format_of, read_any
from node_containers.reading.kinds import TYPES, describe_columns
from node_containers.reading.lines import Aside

__all__ = [
    "FORMATS",
    "TYPES",
    "Aside",
    "CsvOptions",
    "Reading",
    "csv_to_parquet",
    "describe_columns",
    "format_of",
    "read_any",
    "read_csv",
]
