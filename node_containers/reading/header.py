"""What the first lines of delimited text say: its delimiter, and the names of its columns."""

import csv
import io
from collections.abc import Iterator, Sequence

from node_containers.sdk import NodeError

MAX_NAME_CHARACTERS = 256
DELIMITERS = (",", ";", "\t", "|")


def column_names(cells: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Names for the columns of a header, and what is to be said about them."""
    names = [cell.strip() or f"column_{i}" for i, cell in enumerate(cells, 1)]
    seen: dict[str, int] = {}
    for i, name in enumerate(names, 1):
        if name in seen:
            message = f"The header names “{name[:60]}” twice (columns {seen[name]} and {i})."
            raise NodeError("column-duplicate", message, field=name[:60], hint="Rename one of them in the file.")
        seen[name] = i
        if len(name) > MAX_NAME_CHARACTERS:
            message = f"The name of column {i} has {len(name):,} characters; {MAX_NAME_CHARACTERS} are allowed."
            raise NodeError("column-name-long", message, hint="Is the first line a header?")
    return names, list(_name_warnings(cells, names))


def _name_warnings(cells: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    empty = [name for name, cell in zip(names, cells, strict=True) if not cell.strip()]
    trimmed = [name for name, cell in zip(names, cells, strict=True) if cell.strip() and cell != cell.strip()]
    lower: dict[str, str] = {}
    alike = [(lower[name.lower()], name) for name in names if lower.setdefault(name.lower(), name) != name]
    if empty:
        yield "column-unnamed", f"Columns without a name are called {', '.join(empty[:5])}."
    if trimmed:
        yield "column-trimmed", f"Blanks around column names were taken off: {', '.join(trimmed[:5])}."
    if alike:
        yield "column-ambiguous", f"Columns differ by case alone: “{alike[0][0][:60]}” and “{alike[0][1][:60]}”."


def detect_delimiter(data: bytes) -> str:
    """The delimiter that splits the first lines most evenly; a comma where nothing does (one column)."""
    head = "\n".join(line[:10_000] for line in data[:200_000].decode(errors="ignore").splitlines()[:30])

    def score(delimiter: str) -> tuple[int, int]:
        rows = [row for row, _ in zip(csv.reader(io.StringIO(head), delimiter=delimiter), range(30), strict=False) if row]
        width = len(rows[0]) if rows else 1
        return (sum(len(row) == width for row in rows), width) if width > 1 else (0, 0)

    best = max(DELIMITERS, key=score)
    return best if score(best)[1] > 1 else ","
