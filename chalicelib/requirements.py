"""Whether a package that code asks for is in the node image, as far as that can be told from the catalogue. Pure.

The image may have another version by the Python it runs on: a requirement is refused only where none of them meets it. Plain versions are compared here;
what goes beyond (pre-releases, markers) is left to the node, which has the rules of packaging.
"""

import re
from collections.abc import Callable, Mapping, Sequence

Release = tuple[int, ...]

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?)\s*([<>=!~].*)?", re.DOTALL)
_CLAUSE = re.compile(r"\s*(==|!=|>=|<=|~=|>|<)\s*([0-9]{1,9}(?:\.[0-9]{1,9}){0,9})(\.\*)?\s*")


class Unmet(ValueError):
    """No image has what is asked for."""


def check(requirement: str, packages: Mapping[str, Sequence[str]]) -> None:
    """Raise `Unmet` where no version of the image meets the requirement. `packages` are versions by name."""
    found = _REQUIREMENT.fullmatch(requirement)
    if found is None:
        return
    name = re.sub(r"[-_.]+", "-", found[1]).lower()
    if name not in packages:
        raise Unmet(f"code can import {', '.join(f'{known} {_said(versions)}' for known, versions in packages.items())}")
    clauses = _clauses(found[2])
    if clauses is not None and not any(all(clause(_release(version)) for clause in clauses) for version in packages[name]):
        raise Unmet(f"there is {name} {_said(packages[name])}")


def _said(versions: Sequence[str]) -> str:
    return " or ".join(versions)


def _clauses(text: str | None) -> list[Callable[[Release], bool]] | None:
    """What the version must pass; None where that cannot be told here."""
    clauses = []
    for part in text.split(",") if text else ():
        found = _CLAUSE.fullmatch(part)
        if found is None or (found[3] and found[1] not in ("==", "!=")) or (found[1] == "~=" and "." not in found[2]):
            return None
        clauses.append(_clause(found[1], _release(found[2]), prefix=bool(found[3])))
    return clauses


def _clause(sign: str, wanted: Release, *, prefix: bool) -> Callable[[Release], bool]:
    if prefix:
        return lambda there: (_padded(there, len(wanted))[: len(wanted)] == wanted) == (sign == "==")
    if sign == "~=":
        return lambda there: _order(there, wanted) >= 0 and _padded(there, len(wanted))[: len(wanted) - 1] == wanted[:-1]
    passes = {"==": (0,), "!=": (-1, 1), ">=": (0, 1), "<=": (-1, 0), ">": (1,), "<": (-1,)}[sign]
    return lambda there: _order(there, wanted) in passes


def _order(left: Release, right: Release) -> int:
    width = max(len(left), len(right))
    one, other = _padded(left, width), _padded(right, width)
    return (one > other) - (one < other)


def _padded(release: Release, width: int) -> Release:
    return (*release, *(0 for _ in range(width - len(release))))


def _release(version: str) -> Release:
    return tuple(int(part) for part in version.split("."))
