"""What is said of a column, against NumPy's own figures."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from node_containers.profiling import BINS, QUANTILES, profile_column

numbers = some.lists(
    some.floats(-1e12, 1e12, allow_nan=False) | some.integers(-5, 5).map(float) | some.just(math.nan), min_size=1, max_size=60
)


@given(numbers)
def test_a_column_of_numbers_is_described_as_numpy_does_it(cells: list[float]) -> None:
    said = profile_column(pd.Series(cells, name="x", dtype="float64"))
    values = np.array([cell for cell in cells if not math.isnan(cell)])
    assert said["missing"] == len(cells) - len(values)
    assert said["distinct"] == len(np.unique(values))
    if not len(values):
        assert "histogram" not in said
        return
    assert (said["min"], said["max"]) == (values.min(), values.max())
    scale = float(np.abs(values).max()) or 1.0
    assert [said["mean"], said["std"]] == pytest.approx([values.mean(), values.std()], rel=1e-9, abs=1e-9 * scale)
    assert list(said["quantiles"].values()) == pytest.approx(
        np.quantile(values, list(QUANTILES.values())).tolist(), rel=1e-9, abs=1e-9 * scale
    )
    edges = said["histogram"]["edges"]
    assert said["histogram"]["counts"] == np.histogram(values, bins=edges)[0].tolist()
    assert len(edges) == BINS + 1


@pytest.mark.parametrize("dtype", ["int64", "Int64", "uint8", "float32"])
def test_the_figures_do_not_depend_on_how_numbers_are_held(dtype: str) -> None:
    said = profile_column(pd.Series([3, 1, 2, 2, 9], name="x", dtype=dtype))
    assert (said["min"], said["max"], said["mean"], said["distinct"]) == (1.0, 9.0, 3.4, 4)
    assert said["quantiles"]["p50"] == 2.0
    assert sum(said["histogram"]["counts"]) == 5


def test_endless_numbers_are_left_out_of_the_figures() -> None:
    said = profile_column(pd.Series([1.0, math.inf, 2.0, -math.inf, math.nan], name="x"))
    assert (said["min"], said["max"], said["missing"]) == (1.0, 2.0, 1)
    assert sum(said["histogram"]["counts"]) == 2
