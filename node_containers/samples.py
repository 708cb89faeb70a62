"""Datasets that ship with the node image. Licences: `DATA-LICENCES.md`."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from node_containers.profiling import preview
from node_containers.reading import describe_columns, read_csv
from node_containers.sdk import NodeError

HERE = Path(__file__).parent / "samples"


class Sample(NamedTuple):
    title: str
    description: str
    target: str
    read: Callable[[], pd.DataFrame]


def _file(name: str, **options: Any) -> Callable[[], pd.DataFrame]:
    return lambda: read_csv(HERE / f"{name}.csv", **options).frame


def _iris() -> pd.DataFrame:
    from sklearn.datasets import load_iris

    bunch = load_iris(as_frame=True)
    names = {name: name.replace(" (cm)", "").replace(" ", "_") for name in bunch.feature_names}
    return bunch.data.rename(columns=names).assign(species=_names(bunch))


def _digits() -> pd.DataFrame:
    from sklearn.datasets import load_digits

    bunch = load_digits(as_frame=True)
    return bunch.data.astype("int64").assign(digit=bunch.target.astype("int64"))


def _diabetes() -> pd.DataFrame:
    from sklearn.datasets import load_diabetes

    # As measured, not scaled to unit length: age in years, body mass index, blood values.
    bunch = load_diabetes(as_frame=True, scaled=False)
    sex = pd.Series(["female" if code == 1 else "male" for code in bunch.data["sex"]], dtype="str")
    return bunch.data.assign(age=bunch.data["age"].astype("int64"), sex=sex, progression=bunch.target.astype("int64"))


def _wine() -> pd.DataFrame:
    from sklearn.datasets import load_wine

    bunch = load_wine(as_frame=True)
    names = {"od280/od315_of_diluted_wines": "dilution"}
    cultivar = pd.Series([f"cultivar {code + 1}" for code in bunch.target], dtype="str")
    return bunch.data.rename(columns=names).assign(cultivar=cultivar)


def _breast_cancer() -> pd.DataFrame:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    names = {name: name.replace(" ", "_") for name in bunch.feature_names}
    return bunch.data.rename(columns=names).assign(diagnosis=_names(bunch))


def _names(bunch: Any) -> pd.Series:
    return pd.Series([str(bunch.target_names[code]) for code in bunch.target], dtype="str")


SAMPLES = {
    "breast_cancer": Sample(
        "Breast cancer", "569 tumours: thirty measurements of their cells, and whether they were malignant.", "diagnosis", _breast_cancer
    ),
    "churn": Sample("Churn", "3,000 customers of a telephone company (made up); one in nine leaves.", "churned", _file("churn")),
    "diabetes": Sample("Diabetes", "442 patients: ten measurements, and how the disease went on within a year.", "progression", _diabetes),
    "digits": Sample("Digits", "1,797 handwritten digits as 8×8 grey values.", "digit", _digits),
    "housing": Sample(
        "Housing",
        "2,000 homes of one town (made up), sold over five years: where, how large, how old, and for how much.",
        "price",
        _file("housing", parse_dates=["sold"]),
    ),
    "iris": Sample("Iris", "150 flowers of three species, four measurements each.", "species", _iris),
    "penguins": Sample("Penguins", "344 penguins of three species, with some values missing.", "species", _file("penguins")),
    "tickets": Sample("Tickets", "800 messages to a shop (made up), and what they are about.", "subject", _file("tickets")),
    "titanic": Sample("Titanic", "1,313 passengers: class, age, sex, and who survived.", "survived", _file("titanic")),
    "wine": Sample("Wine", "178 wines of three cultivars, thirteen chemical values each.", "cultivar", _wine),
}


@cache
def load(name: str) -> pd.DataFrame:
    """The rows of a sample. Treat as read-only: it is read once a process."""
    if name not in SAMPLES:
        raise NodeError(
            "dataset-unknown", f"There is no sample “{name[:60]}”.", field="params.name", hint=f"There is {', '.join(SAMPLES)}."
        )
    return SAMPLES[name].read()


def profiles() -> dict[str, dict[str, Any]]:
    """First rows and a profile of each column of every sample (`docs/contracts.md`, section 7): what is shown before anything has run."""
    found = {}
    for name in SAMPLES:
        shown = preview(load(name))
        rows = {"columns": describe_columns(load(name)), "rows": shown["rows"]}
        found[name] = {"version": 1, "rows": shown["row_count"], "columns": shown["columns"], "warnings": [], "preview": rows}
    return found


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
