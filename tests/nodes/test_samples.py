"""The datasets that ship: whole, with a target, and those of our own made as they say."""

import csv
import io
import re
from pathlib import Path

import pytest

from infra.samples import customers, homes, tickets
from node_containers import samples
from node_containers.columns import column_type
from node_containers.nodes.sample_dataset import Params, sample_dataset
from node_containers.sdk import Context

ROWS = {
    "breast_cancer": 569,
    "churn": 3_000,
    "diabetes": 442,
    "digits": 1_797,
    "housing": 2_000,
    "iris": 150,
    "penguins": 344,
    "tickets": 800,
    "titanic": 1_313,
    "wine": 178,
}


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_a_sample_is_whole_and_its_target_has_no_gap(name: str) -> None:
    table = sample_dataset(Params(name=name), Context())
    assert len(table.frame) == ROWS[name]
    assert table.target is not None
    assert table.frame[table.target].notna().all()
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in table.frame.columns)
    assert f"| {samples.SAMPLES[name].title}" in (Path(__file__).parents[2] / "DATA-LICENCES.md").read_text("utf-8")


def test_every_sample_can_be_chosen() -> None:
    schema = Params.model_json_schema()["properties"]["name"]
    assert set(schema["enum"]) == set(samples.SAMPLES) == set(ROWS)


@pytest.mark.parametrize(("name", "rows"), [("churn", customers), ("housing", homes), ("tickets", tickets)])
def test_what_is_made_up_is_what_its_rules_give(name: str, rows: object) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows())  # type: ignore[operator]
    assert (samples.HERE / f"{name}.csv").read_text("utf-8") == text.getvalue()


def test_missing_values_are_missing_and_not_words() -> None:
    penguins = samples.load("penguins")
    assert penguins["bill_length_mm"].isna().sum() == 2
    assert penguins["sex"].isna().sum() == 11
    assert column_type(penguins["body_mass_g"]) == "integer"
    assert 0.05 < (samples.load("churn")["churned"] == "yes").mean() < 0.15


def test_homes_lie_in_order_of_time_and_have_a_type_of_every_kind() -> None:
    homes = samples.load("housing")
    assert homes["sold"].is_monotonic_increasing
    assert {column_type(homes[name]) for name in homes.columns} == {"datetime", "text", "integer", "boolean", "number"}
    assert homes["plot_m2"].isna().equals(homes["kind"] == "flat")
