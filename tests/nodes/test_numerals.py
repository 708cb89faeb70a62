"""Numbers in sentences."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node_containers.numerals import numeral


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (50_948.7, 4, "50,950"),
        (0.82540, 4, "0.8254"),
        (154.3, 4, "154.3"),
        (-1_234_567, 6, "-1,234,570"),
        (1968.5, 6, "1968.5"),
        (0.000_012_345, 3, "0.0000123"),
        (0.0, 4, "0"),
        (9_999.96, 4, "10,000"),
        (100.0, 4, "100"),
        (2.5e20, 4, "2.5e+20"),
        (None, 4, "–"),
        (math.nan, 4, "nan"),
        (math.inf, 4, "inf"),
    ],
)
def test_numbers_are_written_out(value: float | None, digits: int, text: str) -> None:
    assert numeral(value, digits) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 15))
def test_what_is_written_is_the_number_to_so_many_digits(value: float, digits: int) -> None:
    text = numeral(value, digits)
    assert float(text.replace(",", "")) == float(f"{value:.{digits}g}")
    assert re.fullmatch(r"-?(\d{1,4}|\d{2,3}(,\d{3})+|\d(,\d{3}){2,})(\.\d*[1-9])?", text) or "e" in text
