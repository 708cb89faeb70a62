"""Charts of tables against counting by hand; profiles that warn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node_containers import samples
from node_containers.nodes import chart, data_profile
from node_containers.picturing import frames
from node_containers.sdk import Context, Evaluation, NodeError, Table

TITANIC = Table(samples.load("titanic"), target="survived")


def drawn(table: Table = TITANIC, **params: object) -> dict[str, object]:
    report: Evaluation = chart.chart(table, chart.Params(**params), Context())
    return report.charts[0]


def test_bars_are_counts_and_means() -> None:
    frame = TITANIC.frame
    counts = drawn(kind="bar", x="class")
    assert dict(zip(counts["x"], counts["series"][0]["values"], strict=True)) == frame["class"].value_counts().to_dict()  # type: ignore[index]
    means = drawn(kind="bar", x="class", y="survived", agg="mean")
    by_class = frame.groupby("class")["survived"].mean()
    for name, value in zip(means["x"], means["series"][0]["values"], strict=True):  # type: ignore[index]
        assert value == pytest.approx(by_class[name])
    assert means["y_title"] == "mean of survived"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"kind": "bar", "x": "class", "y": "survived", "agg": "mean"}, "mean of survived by “class”"),
        ({"kind": "histogram", "x": "age"}, "spread of “age”"),
        ({"kind": "box", "y": "age", "x": "class"}, "spread of “age” by “class”"),
        ({"kind": "box", "y": "age"}, "spread of “age”"),
        ({"kind": "scatter", "x": "age", "y": "survived"}, "“survived” against “age”"),
        ({"kind": "correlation"}, "Pearson correlation"),
    ],
)
def test_the_sentence_says_what_is_drawn(params: dict[str, object], words: str) -> None:
    context = Context()
    chart.chart(TITANIC, chart.Params(**params), context)
    assert context.summary == f"{words}, {len(TITANIC.frame):,} rows"


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=1, max_size=60).filter(lambda values: any(v is not None for v in values))
)
def test_a_histogram_counts_every_number_once_and_a_box_lies_in_order(values: list[float | None]) -> None:
    frame = pd.DataFrame(
        {"x": pd.Series(values, dtype="Float64"), "g": pd.Series(["a", "b"] * 30, dtype="str").iloc[: len(values)].to_numpy()}
    )
    found = frames.histogram(frame, "x", "g", 10)
    assert sum(sum(one["counts"]) for one in found["series"]) == frame["x"].notna().sum()
    for one in frames.box(frame, "x", "g")["boxes"]:
        assert one["low"] <= one["q1"] <= one["median"] <= one["q3"] <= one["high"]
        assert one["rows"] >= len(one["outliers"])


def test_correlations_are_those_of_numpy() -> None:
    table = Table(samples.load("iris"), target="species")
    found = drawn(table, kind="correlation")
    expected = np.corrcoef(table.frame.drop(columns="species").to_numpy(dtype=float).T)
    assert np.array(found["values"], dtype=float) == pytest.approx(expected)


def test_lines_follow_time_and_scatter_leaves_gaps_out() -> None:
    days = pd.date_range("2026-01-01", periods=3, freq="D").as_unit("us").repeat(2)
    table = Table(pd.DataFrame({"day": days, "sold": [1, 2, 3, 4, 5, 6]}))
    found = drawn(table, kind="line", x="day", y="sold", agg="sum")
    assert found["x"] == ["2026-01-01T00:00:00", "2026-01-02T00:00:00", "2026-01-03T00:00:00"]
    assert found["series"][0]["values"] == [3, 7, 11]  # type: ignore[index]
    points = drawn(kind="scatter", x="age", y="survived", color="sex")
    assert len(points["x"]) <= 500  # type: ignore[arg-type]
    assert set(points["groups"]) == {"female", "male"}  # type: ignore[call-overload]
    cells = drawn(kind="heatmap", x="class", y="sex")
    assert sum(map(sum, cells["values"])) == len(TITANIC.frame)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"kind": "scatter", "x": "age"}, "column-missing"),
        ({"kind": "box", "y": "sex"}, "column-type"),
        ({"kind": "line", "x": "sex"}, "column-type"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_column(params: dict[str, object], code: str) -> None:
    with pytest.raises(NodeError) as refused:
        drawn(**params)
    assert refused.value.code == code


def test_a_profile_warns_of_what_usually_goes_wrong() -> None:
    rows = 100
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            "same": np.ones(rows, dtype=int),
            "gaps": pd.Series([None, 1.5] * 50, dtype="Float64"),
            "a": np.arange(rows) % 7,
            "twice": (np.arange(rows) % 7) * 2.0,
        }
    )
    context = Context()
    report = data_profile.data_profile(Table(frame), data_profile.Params(), context)
    codes = {warning["code"] for warning in context.warnings}
    assert codes == {"column-identifier", "column-constant", "column-missing", "columns-alike"}
    assert report.metrics["missing_share"] == pytest.approx(0.1)
    assert [one["kind"] for one in report.charts] == ["profile", "heatmap"]
    assert [column["name"] for column in report.charts[0]["columns"]] == list(frame.columns)
