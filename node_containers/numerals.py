"""Numbers in sentences, as people write them."""

import math

# Beyond these a number written out is longer than anybody reads.
LARGEST, SMALLEST = 1e15, 1e-6
# Four digits are read at a glance, and may be a year.
APART_FROM = 10_000


def numeral(value: float | None, digits: int = 4) -> str:
    """So many significant digits, the thousands of large numbers apart: 50,950, 1968 and 0.8254, never 5.095e+04. A dash where there is none."""
    if value is None:
        return "–"
    if not math.isfinite(value) or not (value == 0 or SMALLEST <= abs(value) < LARGEST):
        return f"{value:.{digits}g}"
    rounded = float(f"{value:.{digits}g}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded)))) if rounded else 0
    written = f"{rounded:,.{decimals}f}" if abs(rounded) >= APART_FROM else f"{rounded:.{decimals}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
