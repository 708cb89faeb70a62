"""What check and plan know of the world outside a drawing. Gathered before (`preparing.py`), so that both stay pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chalicelib import nesting, references
from chalicelib.catalog import Column


class DatasetFacts(NamedTuple):
    """What is known about a dataset without reading it. `object` and `filename` are None for samples, which lie in the node image."""

    sha256: str
    rows: int
    bytes: int
    columns: tuple[Column, ...]
    target: str | None = None
    object: str | None = None
    filename: str | None = None


@dataclass(frozen=True)
class Facts:
    """What check and plan may know about the world: datasets, models, endpoints and workflows by reference, the node image's fingerprint, the run's answers,
    the names of the secrets there are, and which of the users that are named there are (None where nobody has looked)."""

    datasets: Mapping[str, DatasetFacts] = field(default_factory=dict)
    environment: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[references.ModelReference, references.ModelFacts] = field(default_factory=dict)
    model_names: tuple[str, ...] = ()
    secrets: frozenset[str] | None = None
    endpoints: Mapping[str, references.EndpointFacts] = field(default_factory=dict)
    endpoint_names: tuple[str, ...] = ()
    workflows: nesting.Known = field(default_factory=dict)
    users: frozenset[str] | None = None
