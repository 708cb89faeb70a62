"""Eight ways to fool oneself, on rows where there is nothing to learn: the truth is one half.

Each recipe makes its noise, draws the workflow in the worst order, and does the same naively with pandas and scikit-learn. `named` is the code of the
warning that says what is wrong where the drawing itself cannot be mended for the person: then the score may be anything, as long as the warning is there with
its figure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

Params = Mapping[str, Any]
SPLIT: Params = {"random_state": 0}
FOREST: Params = {"n_estimators": 50, "random_state": 0}


@dataclass(frozen=True)
class Recipe:
    """`before` are the nodes between the data and the split; `better` are params of the split that mend a leak that is only named."""

    title: str
    data: Callable[[np.random.Generator], pd.DataFrame]
    before: tuple[tuple[str, Params], ...]
    train: tuple[str, Params]
    metric: str
    naive: Callable[[pd.DataFrame], float]
    named: str | None = None
    fools: bool = True
    better: Params = field(default_factory=dict)

    def drawing(self, split: Params = SPLIT) -> dict[str, Any]:
        """The workflow document: data, what stands in front of the split, split, training, evaluation."""
        kinds = [("csv_loader", {"dataset": "ds_noise"}), *self.before, ("train_test_split", split), self.train, ("evaluate", {})]
        nodes = [
            {"id": f"n{place}", "type": kind, "data": {"label": kind, "params": dict(params)}} for place, (kind, params) in enumerate(kinds)
        ]
        connections = [{"source": f"n{place}", "target": f"n{place + 1}"} for place in range(len(kinds) - 1)]
        return {"name": self.title, "nodes": nodes, "connections": connections}


def _noise(rows: int, columns: int, positive: float = 0.5) -> Callable[[np.random.Generator], pd.DataFrame]:
    def make(draw: np.random.Generator) -> pd.DataFrame:
        frame = pd.DataFrame(draw.normal(size=(rows, columns)), columns=[f"x{i}" for i in range(columns)])
        return frame.assign(y=(np.arange(rows) < positive * rows).astype(int)[draw.permutation(rows)])

    return make


def _categories(draw: np.random.Generator) -> pd.DataFrame:
    shop = pd.array([f"shop {i}" for i in draw.integers(0, 800, 2_000)], dtype="str")
    return pd.DataFrame({"shop": shop, "x": draw.normal(size=2_000), "y": draw.integers(0, 2, 2_000)})


def _twice(draw: np.random.Generator) -> pd.DataFrame:
    return pd.concat([_noise(400, 10)(draw)] * 2, ignore_index=True)


def _holes(draw: np.random.Generator) -> pd.DataFrame:
    frame = _noise(400, 20)(draw)
    features = [name for name in frame.columns if name != "y"]
    return frame.assign(**frame[features].mask(draw.random((400, 20)) < 0.6))


def _patients(draw: np.random.Generator) -> pd.DataFrame:
    patient = np.repeat(np.arange(100), 6)
    body = draw.normal(size=(100, 8))[patient] + draw.normal(0, 0.05, (600, 8))
    ill = draw.permutation(np.arange(100) % 2)[patient]
    frame = pd.DataFrame(body, columns=[f"x{i}" for i in range(8)])
    return frame.assign(patient=pd.array([f"patient {i}" for i in patient], dtype="str"), y=ill)


def _copied(draw: np.random.Generator) -> pd.DataFrame:
    frame = _noise(400, 10)(draw)
    return frame.assign(discharge_code=frame["y"] * 2 + draw.normal(0, 0.05, 400))


# -- the same without Flowza --------------------------------------------------------------------------------------------------


def _score(model: Any, features: pd.DataFrame, y: pd.Series, metric: str) -> float:
    train, test, y_train, y_test = train_test_split(features, y, random_state=0)
    model.fit(train, y_train)
    if metric == "accuracy":
        return float(model.score(test, y_test))
    return float(roc_auc_score(y_test, model.predict_proba(test)[:, 1]))


def _naive_selection(frame: pd.DataFrame) -> float:
    features = SelectKBest(f_classif, k=20).set_output(transform="pandas").fit_transform(frame.drop(columns="y"), frame["y"])
    return _score(LogisticRegression(max_iter=1_000), features, frame["y"], "accuracy")


def _naive_encoding(frame: pd.DataFrame) -> float:
    means = frame.groupby("shop")["y"].transform("mean")
    return _score(LogisticRegression(), frame[["x"]].assign(shop=means), frame["y"], "roc_auc")


def _naive_oversampling(frame: pd.DataFrame) -> float:
    rare = frame[frame["y"] == 1]
    more = pd.concat([frame, rare.sample(len(frame) - 2 * len(rare), replace=True, random_state=0)], ignore_index=True)
    return _score(RandomForestClassifier(**FOREST), more.drop(columns="y"), more["y"], "roc_auc")


def _naive_rows(frame: pd.DataFrame) -> float:
    features = frame.drop(columns=[name for name in ("y", "patient") if name in frame])
    return _score(RandomForestClassifier(**FOREST), features, frame["y"], "accuracy")


def _naive_scaling(frame: pd.DataFrame) -> float:
    features = StandardScaler().set_output(transform="pandas").fit_transform(frame.drop(columns="y"))
    return _score(LogisticRegression(max_iter=1_000), features, frame["y"], "accuracy")


def _naive_imputation(frame: pd.DataFrame) -> float:
    # Over the whole table, as it comes: the target is one of the columns by which rows are alike.
    filled = KNNImputer(n_neighbors=1).set_output(transform="pandas").fit_transform(frame)
    return _score(RandomForestClassifier(**FOREST), filled.drop(columns="y"), frame["y"], "accuracy")


LINEAR = ("train_logreg", {"target": "y", "max_iter": 1_000})
TREES = ("train_forest", {"target": "y", **FOREST})

RECIPES: dict[str, Recipe] = {
    "feature-selection": Recipe(
        "The best 20 of 2,000 columns, chosen before the split",
        _noise(120, 2_000),
        (("select_features", {"k": 20}),),
        LINEAR,
        "accuracy",
        _naive_selection,
    ),
    "target-encoding": Recipe(
        "The mean of the target for 800 categories, before the split",
        _categories,
        (("encode", {"columns": ["shop"], "method": "target"}),),
        LINEAR,
        "roc_auc",
        _naive_encoding,
    ),
    "oversampling": Recipe(
        "Rows of a rare class repeated before the split",
        _noise(1_000, 10, positive=0.1),
        (("balance_classes", {"method": "oversample"}),),
        TREES,
        "roc_auc",
        _naive_oversampling,
    ),
    "duplicate-rows": Recipe("Every row twice", _twice, (), TREES, "accuracy", _naive_rows),
    "scaling": Recipe("Scaled before the split", _noise(1_000, 20), (("scale", {}),), LINEAR, "accuracy", _naive_scaling, fools=False),
    "imputation": Recipe(
        "Empty cells filled from the most similar row, before the split",
        _holes,
        (("impute", {"method": "knn", "n_neighbors": 1}),),
        TREES,
        "accuracy",
        _naive_imputation,
    ),
    "group-leakage": Recipe(
        "Six rows of each patient, split at random",
        _patients,
        (("encode", {"columns": ["patient"]}),),
        TREES,
        "accuracy",
        _naive_rows,
        named="groups-across-split",
        better={**SPLIT, "group_column": "patient"},
    ),
    "target-copy": Recipe(
        "A column that is written when the answer is known",
        _copied,
        (),
        TREES,
        "accuracy",
        _naive_rows,
        named="leak-suspect",
    ),
}
