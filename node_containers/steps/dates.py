"""How text is read as dates: as ISO writes them, day or month first, or by a form; never by a guess."""

import re
from datetime import datetime
from typing import NamedTuple

from node_containers.formula import days_of

_LOCAL = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})(?:[ T]+([0-9]{1,2}):(.*))?", re.DOTALL)


class Dates(NamedTuple):
    """`format` as `strptime` takes it; with `dayfirst` open, 01/02/2026 is no date, whoever wrote it.

    Without `utc`, a time with a zone keeps the hour that is written.
    """

    format: str | None = None
    dayfirst: bool | None = None
    utc: bool = True


ISO = Dates()


def read_instant(text: str, dates: Dates) -> float:
    """Days since 1970. Raises `ValueError` where the text is no date, or one that can be read twice."""
    if dates.format is not None:
        instant = datetime.strptime(text, dates.format)  # noqa: DTZ007 a time zone in the form is kept, and UTC is meant where there is none
    else:
        instant = datetime.fromisoformat(text if dates.dayfirst is None else _as_iso(text, dates.dayfirst))
    return days_of(instant if dates.utc else instant.replace(tzinfo=None))


def _as_iso(text: str, dayfirst: bool) -> str:
    """31/12/2026 8:30 as ISO writes it; what is not written so stays."""
    found = _LOCAL.fullmatch(text)
    if found is None:
        return text
    first, _, second, year, hour, rest = found.groups()
    day, month = (first, second) if dayfirst else (second, first)
    return f"{year}-{int(month):02}-{int(day):02}" + (f"T{int(hour):02}:{rest}" if hour else "")
