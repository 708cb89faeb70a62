"""Columns described in batches against the same columns held whole."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node_containers import profiling
from node_containers.columns import column_type
from node_containers.profiling import profile_column, profile_long_column
from node_containers.surveying import Distinct

CELLS: dict[str, Any] = {
    "number": (st.floats(-1e6, 1e6), "float64"),
    "integer": (st.integers(-(2**40), 2**40), "Int64"),
    "text": (st.sampled_from(["Oslo", "Rome", "NA", "", "São Tomé", "007"]), "str"),
    "boolean": (st.booleans(), "boolean"),
    "datetime": (st.datetimes(pd.Timestamp("1900-01-01").to_pydatetime(), pd.Timestamp("2100-01-01").to_pydatetime()), "datetime64[us]"),
}


@pytest.mark.parametrize("kind", CELLS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_in_batches_or_whole_a_profile_is_the_same(tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject) -> None:
    cells, dtype = CELLS[kind]
    series = pd.Series(data.draw(st.lists(st.none() | cells, min_size=1, max_size=60)), dtype=dtype, name="c")
    path = tmp_path_factory.getbasetemp() / "column.parquet"
    series.to_frame().to_parquet(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiling, "BATCH_ROWS", 7)
        batched = profile_long_column(str(path), "c", column_type(series), len(series))
    whole = profile_column(series)
    # Values that are equally frequent have no order.
    tops = [{(one["value"], one["count"]) for one in found.pop("top", [])} for found in (batched, whole)]
    assert tops[0] == tops[1]
    assert batched.keys() == whole.keys()
    for name, value in whole.items():
        if name in ("mean", "std"):
            assert batched[name] == pytest.approx(value, rel=1e-9, abs=1e-6)
        else:
            assert batched[name] == value, name


def test_beyond_what_is_kept_different_values_are_estimated_and_that_is_said(tmp_path: Path) -> None:
    rows = 400_000
    frame = pd.DataFrame({"id": np.arange(rows), "half": np.arange(rows) // 2, "few": np.arange(rows) % 1_000})
    frame.to_parquet(tmp_path / "long.parquet")
    found = {name: profile_long_column(str(tmp_path / "long.parquet"), name, "integer", rows) for name in frame}
    assert found["id"]["distinct"] == pytest.approx(rows, rel=0.01)
    assert found["half"]["distinct"] == pytest.approx(rows / 2, rel=0.01)
    assert (found["few"]["distinct"], "distinct_estimated" in found["few"]) == (1_000, False)
    assert found["id"]["distinct_estimated"]
    assert [found[name]["warnings"] for name in frame] == [["identifier"], [], []]
    assert found["id"]["quantiles"]["p50"] == pytest.approx(rows / 2, rel=0.01)


def test_what_is_kept_of_different_values_does_not_grow() -> None:
    seen = Distinct(kept=100)
    for part in range(50):
        seen.add(np.random.default_rng(part).integers(0, 2**64, 1_000, dtype="uint64"))
    assert len(seen._smallest) == 100
    assert seen.count() == pytest.approx(50_000, rel=0.4)
