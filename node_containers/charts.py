"""Every kind of chart that a node may emit, and the JSON of each.

A chart is data, never a picture: the canvas draws it. A kind is one class below; `chart` refuses a kind that is not here, a field that is missing, a
figure that is not finite (JSON has no NaN) and lists that belong together but differ in length. The page `docs/charts.md` is generated from the
classes and their examples. A new kind is a class here and a drawing in the canvas.
"""

from typing import Annotated, Any, ClassVar, Literal, Union, get_args

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, model_validator

Cell = str | bool | int | FiniteFloat | None
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
# What a picture can show; the data behind it can be downloaded.
CURVE_POINTS = 200
SCATTER_POINTS = 500


class Shape(BaseModel):
    """Base of all parts of a chart."""

    model_config = ConfigDict(extra="forbid")


class Chart(Shape):
    """Base of all kinds. Lists named in `together` have one entry for each thing that is drawn, and so the same length."""

    together: ClassVar[tuple[str, ...]] = ()
    example: ClassVar[dict[str, Any]] = {}

    title: str | None = Field(None, max_length=200, description="What is shown, where the kind does not say it.")
    model: str | None = Field(
        None,
        max_length=200,
        description="Whose figures they are, where a node compares models: charts of one kind are drawn over each other.",
    )

    @model_validator(mode="after")
    def _lengths(self) -> "Chart":
        lengths = {name: len(value) for name in self.together if (value := getattr(self, name)) is not None}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"these lists must have the same length: {lengths}")
        return self


# -- figures ----------------------------------------------------------------------------------------------------------------


class Metric(Shape):
    name: str
    value: FiniteFloat | None = Field(description="Null where it is not defined; `reason` says why.")
    low: FiniteFloat | None = Field(None, description="Lower end of the interval.")
    high: FiniteFloat | None = Field(None, description="Upper end of the interval.")
    baseline: FiniteFloat | None = Field(None, description="The same figure of the dummy baseline.")
    higher_is_better: bool = True
    reason: str | None = None


class Metrics(Chart):
    """Tiles: each figure with its interval (95 % bootstrap over the rows it is measured on) and what the dummy baseline reaches."""

    example: ClassVar[dict[str, Any]] = {
        "rows": 329,
        "baseline": "always “0”",
        "metrics": [{"name": "accuracy", "value": 0.81, "low": 0.77, "high": 0.85, "baseline": 0.66, "higher_is_better": True}],
    }

    kind: Literal["metrics"] = "metrics"
    rows: Count = Field(description="Rows the figures are measured on.")
    baseline: str = Field(description="What the baseline does, in words.")
    metrics: list[Metric]


class Table(Chart):
    """Rows and columns to read: figures by group, the worst rows."""

    example: ClassVar[dict[str, Any]] = {"columns": ["sex", "rows", "accuracy"], "rows": [["female", 120, 0.78], ["male", 209, 0.83]]}

    kind: Literal["table"] = "table"
    columns: list[str]
    rows: list[list[Cell]] = Field(max_length=1_000, description="One list a row, as long as `columns`.")

    @model_validator(mode="after")
    def _rows_fit(self) -> "Table":
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has another length than the columns")
        return self


class Leader(Shape):
    model: str
    estimator: str
    score: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    latency_ms: FiniteFloat | None = Field(None, description="Milliseconds to predict one row, median.")
    bytes: Count | None = Field(None, description="Size of the stored model.")
    best: bool = False
    metrics: dict[str, FiniteFloat | None] = {}


class Leaderboard(Chart):
    """Models beside each other, the best first; `reason` says in words why it is the best."""

    example: ClassVar[dict[str, Any]] = {
        "metric": "roc_auc",
        "higher_is_better": True,
        "reason": "highest roc_auc",
        "leaders": [{"model": "first", "estimator": "XGBClassifier", "score": 0.86, "low": 0.82, "high": 0.9, "best": True}],
    }

    kind: Literal["leaderboard"] = "leaderboard"
    metric: str
    higher_is_better: bool
    reason: str
    leaders: list[Leader]


class Trial(Shape):
    family: str
    params: dict[str, Any]
    score: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    rows: Count | None = Field(None, description="Rows it was scored on; null means all.")
    seconds: FiniteFloat | None = None
    fit_seconds: FiniteFloat | None = None
    latency_ms: FiniteFloat | None = None
    bytes: Count | None = None
    usd: FiniteFloat | None = None
    error: str | None = None


class Trials(Chart):
    """The candidates of a search, the best first."""

    example: ClassVar[dict[str, Any]] = {
        "scoring": "roc_auc",
        "trials": [{"family": "XGBoost", "params": {"max_depth": 3}, "score": 0.86, "low": 0.84, "high": 0.88, "seconds": 0.4}],
    }

    kind: Literal["trials"] = "trials"
    scoring: str
    trials: list[Trial]


# -- classes ----------------------------------------------------------------------------------------------------------------


class Confusion(Chart):
    """How often each class was taken for which: a row is what was true, a column what was predicted."""

    example: ClassVar[dict[str, Any]] = {"labels": ["0", "1"], "counts": [[190, 28], [34, 77]]}
    together: ClassVar[tuple[str, ...]] = ("labels", "counts")

    kind: Literal["confusion"] = "confusion"
    labels: list[str]
    counts: list[list[Count]]


class Roc(Chart):
    """False against true positive rate. A point is what is predicted from its threshold on; guessing is the diagonal."""

    example: ClassVar[dict[str, Any]] = {"fpr": [0, 0.1, 1], "tpr": [0, 0.7, 1], "thresholds": [1, 0.6, 0.1], "auc": 0.85, "positive": "1"}
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

    example: ClassVar[dict[str, Any]] = {
        "precision": [0.34, 0.8, 1],
        "recall": [1, 0.6, 0],
        "thresholds": [0.1, 0.6, 1],
        "average_precision": 0.82,
        "rate": 0.34,
        "positive": "1",
    }
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

    example: ClassVar[dict[str, Any]] = {
        "predicted": [0.05, 0.55],
        "observed": [0.1, 0.5],
        "rows": [120, 40],
        "error": 0.05,
        "positive": "1",
    }
    together: ClassVar[tuple[str, ...]] = ("predicted", "observed", "rows")

    kind: Literal["calibration"] = "calibration"
    predicted: list[Share] = Field(description="Mean probability in each bin.")
    observed: list[Share] = Field(description="Share of the positive class in each bin.")
    rows: list[Count] = Field(description="Rows in each bin; empty bins are left out.")
    error: Share = Field(description="Expected calibration error: mean distance of the two, weighted by rows.")
    positive: str | None = None


class Threshold(Chart):
    """What each threshold would do to the test rows, and what its errors would cost. Confusion and rates follow from the four counts."""

    example: ClassVar[dict[str, Any]] = {
        "thresholds": [0.25, 0.5, 0.75],
        "tn": [150, 190, 205],
        "fp": [68, 28, 13],
        "fn": [20, 34, 60],
        "tp": [91, 77, 51],
        "cost": [88, 62, 73],
        "cost_false_positive": 1,
        "cost_false_negative": 1,
        "chosen": 0.5,
        "best": 0.5,
        "positive": "1",
        "negative": "0",
    }
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

    example: ClassVar[dict[str, Any]] = {
        "shares": [0.1, 0.5, 1],
        "gain": [0.28, 0.86, 1],
        "lift": [2.8, 1.72, 1],
        "rate": 0.34,
        "positive": "1",
    }
    together: ClassVar[tuple[str, ...]] = ("shares", "gain", "lift")

    kind: Literal["lift"] = "lift"
    shares: list[Share] = Field(description="Share of the rows taken.")
    gain: list[Share] = Field(description="Share of all positives among them.")
    lift: list[FiniteFloat] = Field(description="gain ÷ share; picking at random gives 1.")
    rate: Share
    positive: str | None = None


# -- quantities -------------------------------------------------------------------------------------------------------------


class PredictedActual(Chart):
    """Predicted against actual values; on the diagonal they agree. At most 500 rows are shown."""

    example: ClassVar[dict[str, Any]] = {"predicted": [120.5, 98.1], "actual": [131, 90], "total": 111, "target": "progression"}
    together: ClassVar[tuple[str, ...]] = ("predicted", "actual")

    kind: Literal["predicted_actual"] = "predicted_actual"
    predicted: list[FiniteFloat]
    actual: list[FiniteFloat]
    total: Count = Field(description="Rows there are.")
    target: str | None = None


class Residuals(Chart):
    """Actual minus predicted, against predicted, and how they spread. A bend or a funnel means something is left to learn."""

    example: ClassVar[dict[str, Any]] = {
        "predicted": [120.5, 98.1],
        "residuals": [10.5, -8.1],
        "edges": [-10, 0, 10, 20],
        "counts": [1, 0, 1],
        "total": 111,
    }
    together: ClassVar[tuple[str, ...]] = ("predicted", "residuals")

    kind: Literal["residuals"] = "residuals"
    predicted: list[FiniteFloat]
    residuals: list[FiniteFloat]
    edges: list[FiniteFloat] = Field(description="Edges of the histogram of all residuals; one more than `counts`.")
    counts: list[Count]
    total: Count


# -- explaining -------------------------------------------------------------------------------------------------------------


class Importance(Chart):
    """What matters to the model, the most first. `low` and `high` are the ends of the error bars, where the method has any."""

    example: ClassVar[dict[str, Any]] = {
        "features": ["sex", "age"],
        "values": [0.17, 0.02],
        "low": [0.14, 0.0],
        "high": [0.2, 0.04],
        "method": "permutation",
        "measure": "loss of roc_auc",
    }
    together: ClassVar[tuple[str, ...]] = ("features", "values", "low", "high")

    kind: Literal["importance"] = "importance"
    features: list[str]
    values: list[FiniteFloat]
    low: list[FiniteFloat] | None = None
    high: list[FiniteFloat] | None = None
    method: str = Field(description="permutation, gain, impurity, coefficient or contributions.")
    measure: str = Field(description="What the values are, in words.")


class PartialDependence(Chart):
    """The model's mean answer when one feature is set to each value in all rows; `low` to `high` holds the middle 80 % of the single rows."""

    example: ClassVar[dict[str, Any]] = {
        "feature": "age",
        "values": [1, 30, 60],
        "average": [0.55, 0.4, 0.3],
        "low": [0.2, 0.1, 0.05],
        "high": [0.9, 0.8, 0.75],
        "rows": 300,
        "output": "probability of “1”",
    }
    together: ClassVar[tuple[str, ...]] = ("values", "average", "low", "high")

    kind: Literal["partial_dependence"] = "partial_dependence"
    feature: str
    values: list[FiniteFloat] | list[str] = Field(description="Numbers: a line. Categories: bars.")
    average: list[FiniteFloat]
    low: list[FiniteFloat]
    high: list[FiniteFloat]
    rows: Count
    output: str


class Contribution(Shape):
    feature: str
    value: Cell = Field(description="What the row says in this column.")
    contribution: FiniteFloat


class Explained(Shape):
    row: Count = Field(description="Position in the table, from 0.")
    output: FiniteFloat = Field(description="`base` and all contributions added up.")
    prediction: str | None = None
    contributions: list[Contribution] = Field(description="The largest first; small ones may be added up as “other features”.")


class Contributions(Chart):
    """What each feature added to the answer for single rows (a waterfall from `base` to `output`)."""

    example: ClassVar[dict[str, Any]] = {
        "base": -0.6,
        "scale": "log-odds of “1”",
        "exact": True,
        "method": "TreeSHAP of XGBoost",
        "rows": [
            {
                "row": 0,
                "output": 1.3,
                "prediction": "1",
                "contributions": [
                    {"feature": "sex", "value": "female", "contribution": 1.7},
                    {"feature": "age", "value": 29, "contribution": 0.2},
                ],
            }
        ],
    }

    kind: Literal["contributions"] = "contributions"
    base: FiniteFloat = Field(description="The answer before anything is known of the row.")
    scale: str = Field(description="The unit of the contributions, in words.")
    exact: bool
    method: str
    rows: list[Explained]


# -- learning ---------------------------------------------------------------------------------------------------------------


class LearningCurve(Chart):
    """Score against the number of training rows: whether more rows would help. Mean over the folds, with one standard deviation."""

    example: ClassVar[dict[str, Any]] = {
        "rows": [80, 400, 800],
        "train": [0.95, 0.88, 0.86],
        "validation": [0.74, 0.81, 0.82],
        "train_std": [0.01, 0.01, 0.01],
        "validation_std": [0.04, 0.02, 0.02],
        "scoring": "roc_auc",
    }
    together: ClassVar[tuple[str, ...]] = ("rows", "train", "validation", "train_std", "validation_std")

    kind: Literal["learning_curve"] = "learning_curve"
    rows: list[Count]
    train: list[FiniteFloat]
    validation: list[FiniteFloat]
    train_std: list[FiniteFloat]
    validation_std: list[FiniteFloat]
    scoring: str


class Rounds(Chart):
    """Loss after each boosting round, epoch or iteration, while the model was fitted."""

    example: ClassVar[dict[str, Any]] = {
        "rounds": [1, 2, 3],
        "train": [0.6, 0.5, 0.45],
        "validation": [0.62, 0.55, 0.54],
        "measure": "logloss",
        "best": 3,
    }
    together: ClassVar[tuple[str, ...]] = ("rounds", "train", "validation")

    kind: Literal["rounds"] = "rounds"
    rounds: list[Count]
    train: list[FiniteFloat]
    validation: list[FiniteFloat] | None = Field(
        None, description="On training rows that were held back, where the fit stops early by them."
    )
    measure: str
    unit: Literal["boosting round", "epoch", "iteration", "tree"] = "boosting round"
    best: Count | None = Field(None, description="The round the model was cut at.")


# -- clusters ---------------------------------------------------------------------------------------------------------------


class Projection(Chart):
    """Rows in two dimensions (principal components), by group. At most 500 are shown."""

    example: ClassVar[dict[str, Any]] = {
        "x": [0.1, -1.2],
        "y": [0.4, 0.9],
        "groups": ["0", "1"],
        "explained": [0.6, 0.2],
        "total": 150,
        "centres": [{"group": "0", "x": 0.0, "y": 0.3}],
    }
    together: ClassVar[tuple[str, ...]] = ("x", "y", "groups")

    kind: Literal["projection"] = "projection"
    x: list[FiniteFloat]
    y: list[FiniteFloat]
    groups: list[str]
    explained: list[FiniteFloat] = Field(description="Share of the spread that each of the two axes shows.")
    total: Count
    centres: list[dict[str, Any]] = []


class Clusters(Chart):
    """Size of each cluster and how well its rows lie in it (silhouette: 1 well, 0 on an edge, below 0 rather in another)."""

    example: ClassVar[dict[str, Any]] = {"clusters": ["0", "1"], "rows": [62, 88], "silhouette": [0.42, 0.68], "average": 0.55}
    together: ClassVar[tuple[str, ...]] = ("clusters", "rows", "silhouette")

    kind: Literal["clusters"] = "clusters"
    clusters: list[str]
    rows: list[Count]
    silhouette: list[FiniteFloat | None]
    average: FiniteFloat | None


# -- columns ----------------------------------------------------------------------------------------------------------------


class Counts(Shape):
    name: str
    counts: list[Count]


class Histogram(Chart):
    """How a number spreads. Two series over the same edges are before and after, or a part beside another."""

    example: ClassVar[dict[str, Any]] = {
        "column": "age",
        "edges": [0, 20, 40, 60],
        "series": [{"name": "before", "counts": [100, 300, 90]}, {"name": "after", "counts": [100, 850, 90]}],
    }

    kind: Literal["histogram"] = "histogram"
    column: str
    edges: list[FiniteFloat] = Field(description="One more than the counts of each series.")
    series: list[Counts]
    mark: FiniteFloat | None = Field(None, description="A value to mark, such as a limit.")

    @model_validator(mode="after")
    def _edges_fit(self) -> "Histogram":
        if any(len(one.counts) != len(self.edges) - 1 for one in self.series):
            raise ValueError("a series must have one count less than there are edges")
        return self


class BoxFigures(Shape):
    group: str
    rows: Count
    low: FiniteFloat = Field(description="Lower whisker: the least value within 1.5 interquartile ranges of q1.")
    q1: FiniteFloat
    median: FiniteFloat
    q3: FiniteFloat
    high: FiniteFloat
    outliers: list[FiniteFloat] = Field([], max_length=50)


class Box(Chart):
    """Five figures a group: whiskers, quartiles, median, and what lies outside."""

    example: ClassVar[dict[str, Any]] = {
        "y": "age",
        "x": "class",
        "boxes": [{"group": "1st", "rows": 226, "low": 1, "q1": 28, "median": 39, "q3": 50, "high": 71, "outliers": []}],
    }

    kind: Literal["box"] = "box"
    y: str
    x: str | None = None
    boxes: list[BoxFigures]


class Scatter(Chart):
    """Two numbers of each row. At most 500 rows are shown, taken evenly."""

    example: ClassVar[dict[str, Any]] = {
        "x": [5.1, 4.9],
        "y": [3.5, 3.0],
        "x_title": "sepal_length",
        "y_title": "sepal_width",
        "groups": ["setosa", "setosa"],
        "total": 150,
    }
    together: ClassVar[tuple[str, ...]] = ("x", "y", "groups")

    kind: Literal["scatter"] = "scatter"
    x: list[FiniteFloat]
    y: list[FiniteFloat]
    x_title: str
    y_title: str
    groups: list[str] | None = Field(None, description="Colour of each point.")
    group_title: str | None = None
    total: Count


class Values(Shape):
    name: str
    values: list[FiniteFloat | None]


class Bar(Chart):
    """One bar a category; several series stand beside each other."""

    example: ClassVar[dict[str, Any]] = {
        "x": ["1st", "2nd", "3rd"],
        "x_title": "class",
        "y_title": "mean of survived",
        "series": [{"name": "all", "values": [0.6, 0.43, 0.19]}],
    }

    kind: Literal["bar"] = "bar"
    x: list[str]
    x_title: str
    y_title: str
    series: list[Values] = Field(description="Each with one value a category.")


class Line(Chart):
    """A value over an ordered axis; x are numbers, or instants as ISO 8601 text."""

    example: ClassVar[dict[str, Any]] = {
        "x": [1, 2, 3],
        "x_title": "month",
        "y_title": "count",
        "series": [{"name": "all", "values": [10, 12, None]}],
    }

    kind: Literal["line"] = "line"
    x: list[FiniteFloat] | list[str]
    x_title: str
    y_title: str
    series: list[Values]


class Heatmap(Chart):
    """A value for each pair: correlations, or rows by two categories."""

    example: ClassVar[dict[str, Any]] = {
        "x": ["a", "b"],
        "y": ["a", "b"],
        "values": [[1, 0.2], [0.2, 1]],
        "low": -1,
        "high": 1,
        "measure": "Pearson correlation",
    }
    together: ClassVar[tuple[str, ...]] = ("y", "values")

    kind: Literal["heatmap"] = "heatmap"
    x: list[str]
    y: list[str]
    values: list[list[FiniteFloat | None]] = Field(description="One list for each of `y`, one value for each of `x`.")
    low: FiniteFloat = Field(description="The value of the one end of the colours.")
    high: FiniteFloat
    measure: str


class ColumnProfile(Shape):
    name: str
    type: str
    missing: Count
    distinct: Count
    min: Cell = None
    max: Cell = None
    mean: FiniteFloat | None = None
    std: FiniteFloat | None = None
    quantiles: dict[str, FiniteFloat] | None = None
    histogram: dict[str, list[FiniteFloat]] | None = None
    top: list[dict[str, Any]] | None = None
    warnings: list[str] = []


class Profile(Chart):
    """Each column of a table: the `columns` of a profile (contracts, section 7), as a chart."""

    example: ClassVar[dict[str, Any]] = {
        "rows": 3,
        "columns": [
            {
                "name": "sex",
                "type": "text",
                "missing": 0,
                "distinct": 2,
                "top": [{"value": "male", "count": 2}, {"value": "female", "count": 1}],
            }
        ],
    }

    kind: Literal["profile"] = "profile"
    rows: Count
    columns: list[ColumnProfile]


class Drifted(Shape):
    name: str
    type: str
    verdict: Literal["none", "some", "much", "unknown"] = Field(description="By `psi`; unknown where there are too few rows.")
    psi: FiniteFloat | None = Field(description="Population stability index: the effect size the verdict goes by.")
    test: Literal["ks", "chi2"] | None = None
    statistic: FiniteFloat | None = None
    p_value: FiniteFloat | None = None
    missing: list[FiniteFloat] = Field(description="Share of empty cells: reference, current.")
    bins: list[str] = Field(description="Ranges or categories.")
    reference: list[FiniteFloat] = Field(description="Share of the rows in each bin.")
    current: list[FiniteFloat]


class Drift(Chart):
    """How far the rows of today are from the reference, column by column, the farthest first."""

    example: ClassVar[dict[str, Any]] = {
        "some": 0.1,
        "much": 0.25,
        "min_rows": 100,
        "reference_rows": 900,
        "current_rows": 400,
        "features": [
            {
                "name": "age",
                "type": "number",
                "verdict": "much",
                "psi": 0.31,
                "test": "ks",
                "statistic": 0.2,
                "p_value": 0.0001,
                "missing": [0.2, 0.2],
                "bins": ["below 21", "21 to 40", "above 40"],
                "reference": [0.3, 0.4, 0.3],
                "current": [0.1, 0.4, 0.5],
            }
        ],
    }

    kind: Literal["drift"] = "drift"
    some: FiniteFloat = Field(description="From this PSI on a feature has drifted somewhat.")
    much: FiniteFloat = Field(description="From this PSI on it has drifted much.")
    min_rows: Count
    reference_rows: Count
    current_rows: Count
    features: list[Drifted]


AnyChart = Union[  # noqa: UP007 written out: one kind a line
    Metrics,
    Table,
    Leaderboard,
    Trials,
    Confusion,
    Roc,
    Pr,
    Calibration,
    Threshold,
    Lift,
    PredictedActual,
    Residuals,
    Importance,
    PartialDependence,
    Contributions,
    LearningCurve,
    Rounds,
    Projection,
    Clusters,
    Histogram,
    Box,
    Scatter,
    Bar,
    Line,
    Heatmap,
    Profile,
    Drift,
]
KINDS: dict[str, type[Chart]] = {kind.model_fields["kind"].default: kind for kind in get_args(AnyChart)}
_ANY: TypeAdapter[Any] = TypeAdapter(Annotated[AnyChart, Field(discriminator="kind")])


def chart(kind: str, **data: Any) -> dict[str, Any]:
    """The JSON of a chart; raises `ValidationError` where it is not as its class says."""
    found: dict[str, Any] = _ANY.validate_python({"kind": kind, **data}).model_dump(mode="json", exclude_unset=True)
    return {"kind": kind, **found}
