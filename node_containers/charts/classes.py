"""How well classes are told apart."""

from typing import ClassVar, Literal

from pydantic import Field, FiniteFloat

from node_containers.charts.shape import Chart, Count, Share


class Confusion(Chart):
    """How often each class was taken for which: a row is what was true, a column what was predicted."""

    together: ClassVar[tuple[str, ...]] = ("labels", "counts")

    kind: Literal["confusion"] = "confusion"
    labels: list[str]
    counts: list[list[Count]]


class Roc(Chart):
    """False against true positive rate. A point is what is predicted from its threshold on; guessing is the diagonal."""

    together: ClassVar[tuple[str, ...]] = ("fpr", "tpr", "thresholds")

    kind: Literal["roc"] = "roc"
    fpr: list[Share]
    tpr: list[Share]
    thresholds: list[Share]
    auc: Share
    positive: str | None = Field(
        None, description="The class that counts as positive; with more than two classes it is one against the rest."
    )


class Pr(Chart):
    """Precision against recall. Guessing is the horizontal line at `rate`, the share of the positive class."""

    together: ClassVar[tuple[str, ...]] = ("precision", "recall", "thresholds")

    kind: Literal["pr"] = "pr"
    precision: list[Share]
    recall: list[Share]
    thresholds: list[Share]
    average_precision: Share
    rate: Share
    positive: str | None = None


class Calibration(Chart):
    """Said against seen: of the rows with about this probability, the share that had the class. A calibrated model lies on the diagonal."""

    together: ClassVar[tuple[str, ...]] = ("predicted", "observed", "rows")

    kind: Literal["calibration"] = "calibration"
    predicted: list[Share] = Field(description="Mean probability in each bin.")
    observed: list[Share] = Field(description="Share of the positive class in each bin.")
    rows: list[Count] = Field(description="Rows in each bin; empty bins are left out.")
    error: Share = Field(description="Expected calibration error: mean distance of the two, weighted by rows.")
    positive: str | None = None


class Threshold(Chart):
    """What each threshold would do to the test rows, and what its errors would cost. Confusion and rates follow from the four counts."""

    together: ClassVar[tuple[str, ...]] = ("thresholds", "tn", "fp", "fn", "tp", "cost")

    kind: Literal["threshold"] = "threshold"
    thresholds: list[Share]
    tn: list[Count]
    fp: list[Count]
    fn: list[Count]
    tp: list[Count]
    cost: list[FiniteFloat] = Field(description="fp × cost_false_positive + fn × cost_false_negative.")
    cost_false_positive: FiniteFloat
    cost_false_negative: FiniteFloat
    chosen: Share = Field(description="The threshold the figures are measured at.")
    best: Share = Field(description="The threshold with the least cost on these rows.")
    positive: str
    negative: str


class Lift(Chart):
    """Take the rows with the highest scores first: the share of positives found, and how many times better than picking at random that is."""

    together: ClassVar[tuple[str, ...]] = ("shares", "gain", "lift")

    kind: Literal["lift"] = "lift"
    shares: list[Share] = Field(description="Share of the rows taken.")
    gain: list[Share] = Field(description="Share of all positives among them.")
    lift: list[FiniteFloat] = Field(description="gain ÷ share; picking at random gives 1.")
    rate: Share
    positive: str | None = None
