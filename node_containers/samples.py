"""Datasets that ship with the node image. Licences: `DATA-LICENCES.md`."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from node_containers.reading import describe_columns, read_csv
from node_containers.sdk import NodeError

HERE = Path(__file__).parent / "samples"


class Sample(NamedTuple):
    title: str
    description: str
    target: str
    read: Callable[[], pd.DataFrame]


def _titanic() -> pd.DataFrame:
    return read_csv(HERE / "titanic.csv").frame


def _iris() -> pd.DataFrame:
    from sklearn.datasets import load_iris

    bunch = load_iris(as_frame=True)
    names = {name: name.replace(" (cm)", "").replace(" ", "_") for name in bunch.feature_names}
    species = pd.Series([str(bunch.target_names[code]) for code in bunch.target], dtype="str", name="species")
    return bunch.data.rename(columns=names).assign(species=species)


def _digits() -> pd.DataFrame:
    from sklearn.datasets import load_digits

    bunch = load_digits(as_frame=True)
    return bunch.data.astype("int64").assign(digit=bunch.target.astype("int64"))


SAMPLES = {
    "digits": Sample("Digits", "1,797 handwritten digits as 8×8 grey values.", "digit", _digits),
    "iris": Sample("Iris", "150 flowers of three species, four measurements each.", "species", _iris),
    "titanic": Sample("Titanic", "1,313 passengers: class, age, sex, and who survived.", "survived", _titanic),
}


@cache
def load(name: str) -> pd.DataFrame:
    """The rows of a sample. Treat as read-only: it is read once a process."""
    if name not in SAMPLES:
        raise NodeError(
            "dataset-unknown", f"There is no sample “{name[:60]}”.", field="params.name", hint=f"There is {', '.join(SAMPLES)}."
        )
    return SAMPLES[name].read()


def entries() -> dict[str, dict[str, Any]]:
    """What the catalogue says of each sample: enough to check a workflow without its rows."""
    found = {}
    for name, sample in SAMPLES.items():
        frame = load(name)
        found[name] = {
            "title": sample.title,
            "description": sample.description,
            "rows": len(frame),
            "columns": describe_columns(frame),
            "target": sample.target,
            "sha256": hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest(),
        }
    return found
