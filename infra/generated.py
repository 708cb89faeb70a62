"""Pages of the docs that hold a table made from what it describes: all between two marks is written anew, the rest is a person's."""

import sys
from collections.abc import Callable
from pathlib import Path

END = "<!-- end -->\n"


def put(text: str, begin: str, table: str) -> str:
    """The text with this table between the mark and the next end."""
    before, _, rest = text.partition(begin)
    return before + begin + table + END + rest.partition(END)[2]


def show(place: Path, page: Callable[[str], str], table: str) -> None:
    """Print the table; with `--write` on the command line, put it into its page, too."""
    if "--write" in sys.argv:
        place.write_text(page(place.read_text("utf-8")), "utf-8")
    sys.stdout.write(table)
