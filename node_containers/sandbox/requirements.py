"""What somebody's code needs, held against the packages that are there: it can install nothing, for it reaches nothing."""

from collections.abc import Sequence
from importlib.metadata import version

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from node_containers.sandbox.rules import PACKAGES
from node_containers.sdk import NodeError

HINT = "Code can install nothing: ask for what is there, or write it for that."


def refuse_unmet(requirements: Sequence[str]) -> None:
    """Raise `requirement-invalid` or `requirement-unmet` for the first that does not hold here."""
    for place, text in enumerate(requirements):
        field = f"params.requirements.{place}"
        try:
            wanted = Requirement(text)
            counts = wanted.marker is None or wanted.marker.evaluate()
        except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName) as wrong:
            message = f"“{text[:60]}” is no requirement: {str(wrong).splitlines()[0][:120]}."
            raise NodeError("requirement-invalid", message, field=field, hint="Write scikit-learn>=1.5.") from wrong
        if wanted.url or wanted.extras:
            message = f"“{text[:60]}” asks for an address or for extras."
            raise NodeError("requirement-unmet", message, field=field, hint=HINT)
        if counts and (missing := _missing(wanted)):
            raise NodeError("requirement-unmet", missing, field=field, hint=HINT)


def _missing(wanted: Requirement) -> str | None:
    name = canonicalize_name(wanted.name)
    if name not in PACKAGES:
        there = ", ".join(f"{one} {version(one)}" for one in PACKAGES)
        return f"Code cannot import {name[:60]}; it can import {there}."
    there = version(name)
    return None if wanted.specifier.contains(there, prereleases=True) else f"There is {name} {there}; the code asks for {wanted.specifier}."
