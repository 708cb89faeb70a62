"""What a column holds. Told from its dtype alone, so that serving needs no pandas."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def column_type(series: "pd.Series") -> str:
    """The name of a column's type: `integer number text boolean datetime`."""
    kind = series.dtype.kind if hasattr(series.dtype, "kind") else "O"
    return {"i": "integer", "u": "integer", "f": "number", "b": "boolean", "M": "datetime"}.get(kind, "text")
