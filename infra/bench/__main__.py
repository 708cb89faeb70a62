"""`make bench`: Flowza against a plain script and its own goals. One JSON line a figure; the page of figures is written from them.

The exit code is 0 whether goals are met or not: a missed goal is a figure like any other, and the page says so.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.bench import compiling, reading, rows, searching, serving, sizes, titanic
from infra.figures import LINES, PAGE, Figure, emit, keep

SECTIONS: Mapping[str, tuple[str, Callable[[Any], Iterator[Figure]]]] = {
    "titanic": ("Nine nodes", lambda options: titanic.figures(options.rounds)),
    "rows": ("Large tables", lambda options: rows.figures(options.rows)),
    "compile": ("Compiling", lambda _: compiling.figures()),
    "reading": ("Reading", lambda options: reading.figures(options.megabytes)),
    "search": ("Searching", lambda _: searching.figures()),
    "serving": ("Serving", lambda _: serving.figures()),
    "sizes": ("Starts and sizes", lambda _: sizes.figures()),
}


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="python -m infra.bench", description="Measure Flowza against a plain script, on clouds of its own.")
    main.add_argument("--only", choices=SECTIONS, action="append", help="one section (may be given several times; default: all)")
    main.add_argument("--rounds", type=int, default=7, help="rounds in turn where something is compared (default: %(default)s)")
    main.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000], help="sizes of the large tables (default: %(default)s)")
    main.add_argument(
        "--megabytes", type=int, nargs="+", default=[200, 1_000], help="sizes of the CSV files that are read (default: %(default)s)"
    )
    main.add_argument("--dry", action="store_true", help="print the figures and leave the page as it is")
    main.add_argument("--lines", type=Path, default=LINES, help="where the lines are kept (default: %(default)s)")
    main.add_argument("--page", type=Path, default=PAGE, help="the page that is written (default: %(default)s)")
    return main


def main() -> int:
    options = parser().parse_args()
    began = time.perf_counter()
    for name in options.only or SECTIONS:
        title, measure = SECTIONS[name]
        sys.stderr.write(f"bench {time.perf_counter() - began:7.1f} s  {title}\n")
        found = []
        for figure in measure(options):
            found.append(figure._replace(command=f'make bench ARGS="--only {name}"'))
            emit(found[-1])
        if not options.dry:
            keep(title, found, options.lines, options.page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
