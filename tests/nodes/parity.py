"""Same numbers everywhere: `python -m tests.nodes.parity` (`make parity`) prints one JSON line a figure.

For every model node and seven datasets, in an AWS in memory, with the runtime and the serving function as they are:

    served      rows that the run predicted and stored, asked of the serving function again: how many answers differ in any bit
    plain       the run's figures against a scikit-learn script, written here in full: the largest distance of any of them
    rerun       outputs whose SHA-256 differs when everything is computed anew

A whole run writes `docs/parity.md`.
"""

import argparse
import hashlib
import io
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
    train_test_split,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier, XGBRegressor

from chalicelib.workflow import Workflow
from node_containers import samples
from node_containers.columns import column_type
from node_containers.serving import handler
from tests.nodes.conftest import SERVING, PlannedRun, cloud_in_memory

SEED, TEST_SHARE = 42, 0.25
KEY = "fzk_parity"
# What each dataset is asked for: a class, and a quantity where it has one.
TARGETS: dict[str, tuple[str, str | None]] = {
    "titanic": ("survived", "age"),
    "iris": ("species", "sepal_length"),
    "digits": ("digit", None),
    "penguins": ("species", "body_mass_g"),
    "diabetes": ("sex", "progression"),
    "wine": ("cultivar", "alcohol"),
    "breast_cancer": ("diagnosis", "mean_radius"),
}
# Columns that name rows: the recipe leaves them out by itself, the plain script must be told.
IDENTIFIERS = {"titanic": ["name"]}
# The largest distance of a figure that is no difference: sums of floats in another order.
NEAR = 1e-9
PAGE = Path(__file__).parents[2] / "docs" / "parity.md"


# -- the plain scripts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plain:
    """A model node's params, and the estimators that a plain script would write: for classes, for quantities, or without a target."""

    params: dict[str, Any]
    classes: Callable[..., Any] | None = None
    quantities: Callable[..., Any] | None = None
    found: Callable[..., Any] | None = None
    scaled: bool = True
    # Ensembles that fit whole pipelines on folds: given the pipeline and the folds, they make the model.
    around: Callable[[Any, Any], Any] | None = None
    binary: bool = False
    inputs: tuple[str, ...] = ()
    # What a search tries, in its order, on two folds; the best is fitted on all rows.
    tried: tuple["Plain", ...] = ()


TREES = {"n_estimators": 30, "random_state": SEED}
ENSEMBLE = ("train_logreg", "train_knn"), ("train_ridge", "train_knn")


class CountedVotes(VotingClassifier):
    """scikit-learn's hard vote, with the shares of the votes that it holds back."""

    def predict_proba(self, features: Any) -> np.ndarray:
        said = self.transform(features)
        return np.stack([(said == code).mean(axis=1) for code in self.classes_], axis=1)


MODELS: dict[str, Plain] = {
    "train_logreg": Plain({}, lambda: LogisticRegression(random_state=SEED)),
    "train_naive_bayes": Plain({}, lambda: GaussianNB()),
    "train_linear": Plain({}, None, lambda: LinearRegression()),
    "train_ridge": Plain({}, None, lambda: Ridge(random_state=SEED)),
    "train_lasso": Plain({"alpha": 0.1}, None, lambda: Lasso(alpha=0.1)),
    "train_elastic_net": Plain({"alpha": 0.1}, None, lambda: ElasticNet(alpha=0.1)),
    "train_tree": Plain(
        {}, lambda: DecisionTreeClassifier(random_state=SEED), lambda: DecisionTreeRegressor(random_state=SEED), scaled=False
    ),
    "train_forest": Plain(
        {"n_estimators": 30}, lambda: RandomForestClassifier(**TREES), lambda: RandomForestRegressor(**TREES), scaled=False
    ),
    "train_extra_trees": Plain(
        {"n_estimators": 30}, lambda: ExtraTreesClassifier(**TREES), lambda: ExtraTreesRegressor(**TREES), scaled=False
    ),
    "train_hist_boosting": Plain(
        {"max_iter": 20},
        lambda: HistGradientBoostingClassifier(max_iter=20, random_state=SEED),
        lambda: HistGradientBoostingRegressor(max_iter=20, random_state=SEED),
        scaled=False,
    ),
    "train_xgboost": Plain(
        {"n_estimators": 30},
        lambda: XGBClassifier(**TREES, n_jobs=1, tree_method="hist"),
        lambda: XGBRegressor(**TREES, n_jobs=1, tree_method="hist"),
        scaled=False,
    ),
    "train_knn": Plain({}, lambda: KNeighborsClassifier(), lambda: KNeighborsRegressor()),
    "train_svm": Plain({}, None, lambda: SVR()),
    "train_svm_classes": Plain(
        {}, lambda: SVC(), around=lambda pipeline, folds: CalibratedClassifierCV(pipeline, ensemble=False, cv=folds)
    ),
    "train_mlp": Plain(
        {"hidden_layer_sizes": [16], "max_iter": 30},
        lambda: MLPClassifier([16], max_iter=30, random_state=SEED),
        lambda: MLPRegressor(hidden_layer_sizes=[16], max_iter=30, random_state=SEED),
    ),
    "train_dummy": Plain({}, lambda: DummyClassifier(random_state=SEED), lambda: DummyRegressor(), scaled=False),
    "train_kmeans": Plain({"n_clusters": 4}, found=lambda: KMeans(4, random_state=SEED)),
    "train_isolation_forest": Plain({"n_estimators": 30}, found=lambda: IsolationForest(**TREES), scaled=False),
    "train_vote": Plain(
        {},
        lambda: VotingClassifier([("first", LogisticRegression(random_state=SEED)), ("second", KNeighborsClassifier())], voting="soft"),
        lambda: VotingRegressor([("first", Ridge(random_state=SEED)), ("second", KNeighborsRegressor())]),
        inputs=("first", "second"),
    ),
    "train_vote_classes": Plain(
        {"voting": "hard"},
        lambda: CountedVotes([("first", LogisticRegression(random_state=SEED)), ("second", KNeighborsClassifier())]),
        inputs=("first", "second"),
    ),
    "train_stack": Plain(
        {},
        lambda: LogisticRegression(random_state=SEED),
        lambda: Ridge(random_state=SEED),
        around=lambda pipeline, folds: _stacked(pipeline, folds),
        inputs=("first", "second"),
    ),
    "train_stack_neighbours": Plain(
        {"final_estimator": "k_neighbors"},
        lambda: LogisticRegression(random_state=SEED),
        lambda: Ridge(random_state=SEED),
        around=lambda pipeline, folds: _stacked(pipeline, folds, neighbours=True),
        inputs=("first", "second"),
    ),
    "calibrate_model": Plain(
        {},
        lambda: LogisticRegression(random_state=SEED),
        around=lambda pipeline, folds: CalibratedClassifierCV(pipeline, ensemble=False, cv=folds),
        inputs=("model",),
    ),
    "tune_threshold": Plain(
        {},
        lambda: LogisticRegression(random_state=SEED),
        around=lambda pipeline, folds: TunedThresholdClassifierCV(pipeline, scoring="balanced_accuracy", cv=folds),
        binary=True,
        inputs=("model",),
    ),
    "automl": Plain(
        {"max_candidates": 6, "cv": 2, "max_seconds": 86_400},
        tried=(
            Plain({}, lambda: LogisticRegression(max_iter=1_000, random_state=SEED), lambda: Ridge(random_state=SEED)),
            Plain({}, lambda: RandomForestClassifier(random_state=SEED), lambda: RandomForestRegressor(random_state=SEED), scaled=False),
            Plain({}, lambda: ExtraTreesClassifier(random_state=SEED), lambda: ExtraTreesRegressor(random_state=SEED), scaled=False),
            Plain(
                {},
                lambda: HistGradientBoostingClassifier(random_state=SEED),
                lambda: HistGradientBoostingRegressor(random_state=SEED),
                scaled=False,
            ),
            Plain({}, lambda: XGBClassifier(random_state=SEED, n_jobs=1), lambda: XGBRegressor(random_state=SEED, n_jobs=1), scaled=False),
            Plain({}, lambda: KNeighborsClassifier(), lambda: KNeighborsRegressor()),
        ),
    ),
    "tune": Plain(
        {"family": "k_neighbors", "search": "grid", "param_grid": {"n_neighbors": [1, 5, 25]}, "cv": 2},
        tried=(
            Plain({}, lambda: KNeighborsClassifier(1), lambda: KNeighborsRegressor(1)),
            Plain({}, lambda: KNeighborsClassifier(5), lambda: KNeighborsRegressor(5)),
            Plain({}, lambda: KNeighborsClassifier(25), lambda: KNeighborsRegressor(25)),
        ),
    ),
}


def _stacked(pipeline: Pipeline, folds: Any, *, neighbours: bool = False) -> Any:
    prepared, first = pipeline.steps[0][1], pipeline.steps[-1][1]
    quantities = isinstance(first, Ridge)
    second = KNeighborsRegressor() if quantities else KNeighborsClassifier()
    members = [("first", make_pipeline(prepared, first)), ("second", make_pipeline(prepared, second))]
    top = {"final_estimator": KNeighborsRegressor() if quantities else KNeighborsClassifier()} if neighbours else {}
    return (StackingRegressor if quantities else StackingClassifier)(members, cv=folds, **top)


def type_of(name: str) -> str:
    return name.removesuffix("_classes").removesuffix("_neighbours")


def split_rows(frame: pd.DataFrame, target: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with different features at random into two parts; a row that repeats goes where its first one went."""
    features = frame.drop(columns=target)
    firsts = np.flatnonzero(~features.duplicated())
    train, _ = train_test_split(np.arange(len(firsts)), test_size=TEST_SHARE, random_state=SEED)
    learned = set(map(_words, features.iloc[firsts[train]].itertuples(index=False)))
    inside = [_words(row) in learned for row in features.itertuples(index=False)]
    # A table without repetitions keeps the order of the shuffled split.
    return (frame.iloc[train] if len(firsts) == len(frame) else frame[inside]), frame[np.logical_not(inside)]


def _words(row: Any) -> tuple[str, ...]:
    return tuple(map(str, row))


def plain_model(plain: Plain, features: pd.DataFrame, y: np.ndarray, task: str, twins: np.ndarray) -> Any:
    """Imputing, scaling and encoding in a ColumnTransformer, and the estimator behind it, fitted on the training rows.

    `twins` has a number for each row, the same for rows that are equal: they stay in one fold.
    """
    with warnings.catch_warnings(), threadpool_limits(limits=1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        if plain.tried:
            plain = _best(plain.tried, features, y, task, twins)
        return _pipeline(plain, features, y, task, twins).fit(features, y)


def _best(tried: Sequence[Plain], features: pd.DataFrame, y: np.ndarray, task: str, twins: np.ndarray) -> Plain:
    folds = _folds(2, y, task, twins)
    scoring = "r2" if task == "quantities" else "roc_auc" if y.max() == 1 else "accuracy"
    pipelines = [_pipeline(plain, features, y, task, twins) for plain in tried]
    scores = [cross_val_score(pipeline, features, y, cv=folds, scoring=scoring, error_score="raise").mean() for pipeline in pipelines]
    return tried[int(np.argmax(scores))]


def _folds(count: int, y: np.ndarray, task: str, twins: np.ndarray) -> list[Any]:
    repeated = len(np.unique(twins)) < len(y)
    kinds = {(True, False): StratifiedKFold, (True, True): StratifiedGroupKFold, (False, False): KFold, (False, True): GroupKFold}
    splitter = kinds[task == "classes", repeated](count, shuffle=True, random_state=SEED)
    return list(splitter.split(np.zeros(len(y)), y, twins if repeated else None))


def _pipeline(plain: Plain, features: pd.DataFrame, y: np.ndarray, task: str, twins: np.ndarray) -> Any:
    steps = []
    for name in features.columns:
        if column_type(features[name]) == "text":
            made = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False))
        else:
            made = make_pipeline(SimpleImputer(strategy="median"), *([StandardScaler()] if plain.scaled else []))
        steps.append((name, made, [name]))
    make = {"classes": plain.classes, "quantities": plain.quantities}.get(task, plain.found)
    assert make is not None
    model: Any = make_pipeline(ColumnTransformer(steps), make())
    if plain.around:
        rarest = int(np.bincount(y).min()) if task == "classes" else 5
        model = plain.around(model, _folds(min(5, rarest), y, task, twins))
    return model


def plain_figures(name: str, dataset: str, task: str) -> dict[str, float]:
    """What a plain script reports for the same node, dataset, target and seed."""
    plain = MODELS[name]
    target = TARGETS[dataset][1 if task == "quantities" else 0]
    declared = samples.SAMPLES[dataset].target
    frame = _numpy_backed(samples.load(dataset).drop(columns=IDENTIFIERS.get(dataset, [])))
    train, test = split_rows(samples.load(dataset), declared if task == "found" else target)
    train, test = (frame.loc[part.index] for part in (train, test))
    if task == "found":
        model = plain_model(plain, train.drop(columns=declared), np.zeros(len(train)), task, np.arange(len(train)))
        said = model.predict(test.drop(columns=declared))
        if name == "train_kmeans":
            return {"adjusted_rand": float(metrics.adjusted_rand_score(test[declared].astype(str), said))}
        return {"odd_share": float((said == -1).mean())}
    train, test = train[train[target].notna()], test[test[target].notna()]
    whole = samples.load(dataset).loc[train.index].drop(columns=target)
    twins = pd.factorize(pd.Series([_words(row) for row in whole.itertuples(index=False)]))[0]
    if task == "quantities":
        model = plain_model(plain, train.drop(columns=target), train[target].to_numpy(dtype=float), task, twins)
        truth, said = test[target].to_numpy(dtype=float), model.predict(test.drop(columns=target))
        found = {"r2": metrics.r2_score(truth, said), "mae": metrics.mean_absolute_error(truth, said)}
        return {**found, "rmse": metrics.root_mean_squared_error(truth, said)}
    classes = sorted(train[target].unique())
    codes = {one: code for code, one in enumerate(classes)}
    y, truth = (np.array([codes[one] for one in part[target]]) for part in (train, test))
    model = plain_model(plain, train.drop(columns=target), y, task, twins)
    features = test.drop(columns=target)
    # XGBoost answers in single precision, in which scikit-learn would sum up, too; as doubles its shares miss one by a rounding error.
    shares = model.predict_proba(features).astype(float)
    scores = shares[:, 1] if len(classes) == 2 else shares
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The y_prob values do not sum to one")
        loss = float(metrics.log_loss(truth, shares, labels=range(len(classes))))
    return {
        "accuracy": float(metrics.accuracy_score(truth, model.predict(features))),
        "log_loss": loss,
        "roc_auc": float(metrics.roc_auc_score(truth, scores, multi_class="ovr", labels=range(len(classes)))),
    }


def _numpy_backed(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64, booleans and text as objects: what a script that reads the file with pandas' defaults would hold."""
    plain = {}
    for name in frame.columns:
        series = frame[name]
        if column_type(series) in ("integer", "number", "boolean"):
            plain[name] = series.to_numpy(dtype="float64", na_value=np.nan)
        else:
            plain[name] = series.astype(object).where(series.notna(), np.nan).to_numpy()
    return pd.DataFrame(plain, index=frame.index)


# -- the run ----------------------------------------------------------------------------------------------------------------


def applies(plain: Plain, dataset: str, task: str) -> bool:
    target = TARGETS[dataset][0]
    plain = plain.tried[0] if plain.tried else plain
    make = {"classes": plain.classes, "quantities": plain.quantities, "found": plain.found}[task]
    if make is None or (task == "quantities" and TARGETS[dataset][1] is None):
        return False
    return not plain.binary or samples.load(dataset)[target].nunique() == 2


def drawing(dataset: str, task: str, names: list[str]) -> Workflow:
    """One table, one split, and every model on it: predicted rows and figures of each."""
    target = TARGETS[dataset][1 if task == "quantities" else 0]
    nodes: list[tuple[str, str, dict[str, Any]]] = [
        ("load", "sample_dataset", {"name": dataset}),
        ("clean", "preprocess", {}),
        ("split", "train_test_split", {"test_size": TEST_SHARE, "random_state": SEED}),
    ]
    lines = [("load.table", "clean.table"), ("clean.table", "split.table")]
    members = dict(zip(("first", "second", "model"), (*ENSEMBLE[task == "quantities"], ENSEMBLE[0][0]), strict=True))
    wanted = [*names, *(members[port] for name in names for port in MODELS[name].inputs)]
    for name in dict.fromkeys(wanted):
        params = dict(MODELS[name].params)
        if task != "found" and name not in ("calibrate_model", "tune_threshold"):
            params["target"] = target
        nodes += [(name, type_of(name), params), (f"{name}_rows", "predict", {}), (f"{name}_score", "evaluate", {"bootstrap": 0})]
        lines += [("split.train", f"{name}.table"), (f"{name}.model", f"{name}_rows.model"), ("split.test", f"{name}_rows.table")]
        lines += [(f"{name}.model", f"{name}_score.model"), ("split.test", f"{name}_score.table")]
        lines += [(f"{members[port]}.model", f"{name}.{port}") for port in MODELS[name].inputs]
    drawn = [{"id": i, "type": t, "position": {"x": 0, "y": 0}, "data": {"label": i, "params": p}} for i, t, p in nodes]
    ends = [(source.split("."), into.split(".")) for source, into in lines]
    connections = [{"source": s[0], "sourceHandle": s[1], "target": t[0], "targetHandle": t[1]} for s, t in ends]
    return Workflow.model_validate({"nodes": drawn, "connections": connections})


def served_differences(run: PlannedRun, name: str) -> tuple[int, int]:
    """Rows the run predicted and stored, and how many of them the serving function answers otherwise."""
    entry = run.manifest(name)["outputs"]["model"]
    stored = pd.read_parquet(io.BytesIO(run.output(f"{name}_rows", "table")))
    columns = [column for column in stored.columns if str(column) == "predicted" or str(column).startswith("predicted_")]
    known = {feature["name"] for feature in entry["signature"]["features"]}
    features = stored[[column for column in stored.columns if column in known]]
    # A row whose cell was empty only outside the training rows is refused by the signature, as it should be: it has no answer to compare.
    nullable = {feature["name"]: feature["nullable"] or feature["imputed"] for feature in entry["signature"]["features"]}
    answerable = ~features[[column for column in features if not nullable[column]]].isna().any(axis=1)
    features, stored = features[answerable], stored[answerable]
    answers = _ask(entry, [_json_row(row) for row in features.to_dict("records")])
    wrong = 0
    for answer, (_, row) in zip(answers, stored[columns].iterrows(), strict=True):
        said = answer["prediction"]
        same = str(row["predicted"]) == said if entry["classes"] else float(row["predicted"]) == said
        shares = [float(row[f"predicted_{one}"]) for one in entry["classes"]]
        wrong += not (same and shares == list(answer.get("probabilities", {}).values()))
    return len(stored), wrong


def _json_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if pd.isna(cell) else cell.item() if isinstance(cell, np.generic) else cell for name, cell in row.items()}


def _ask(model: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A request as API Gateway hands it on, to an endpoint that serves this model."""
    texts = {
        "pk": "endpoint#parity",
        "sk": "deployment",
        "endpoint": "parity",
        "status": "live",
        "model": "parity",
        "object": model["stored"]["object"],
        "sha256": model["stored"]["sha256"],
        "signature": json.dumps(model["signature"]),
        "classes": json.dumps(model["classes"]),
        "key_hashes": json.dumps([hashlib.sha256(KEY.encode()).hexdigest()]),
    }
    item = {name: {"S": value} for name, value in texts.items()} | {"version": {"N": "1"}}
    boto3.client("dynamodb").put_item(TableName=SERVING, Item=item)
    handler._deployments.clear()
    headers = {"Content-Type": "application/json", "X-Api-Key": KEY}
    event = {"httpMethod": "POST", "pathParameters": {"endpoint": "parity"}, "headers": headers, "body": json.dumps({"rows": rows})}
    reply = handler.handler(event)
    body = json.loads(reply["body"])
    assert reply["statusCode"] == 200, body
    return list(body["predictions"])


def lines_of(dataset: str, task: str, names: list[str], *, rerun: bool) -> Iterator[dict[str, Any]]:
    """The figures of one dataset and task, as proof targets print them."""
    chosen = [name for name in names if applies(MODELS[name], dataset, task)]
    if not chosen:
        return
    with cloud_in_memory():
        run = PlannedRun(drawing(dataset, task, chosen))
        run.execute()
        for name in chosen:
            rows, wrong = served_differences(run, name)
            yield _line("served", dataset, task, name, float(wrong), 0, "rows that differ", rows)
            mine = run.manifest(f"{name}_score")["metrics"]
            plain = plain_figures(name, dataset, task)
            far = max(abs(mine[figure] - value) / max(1.0, abs(value)) for figure, value in plain.items())
            yield _line("plain", dataset, task, name, float(far), NEAR, "largest relative difference", len(plain))
        before = run.hashes()
    if not rerun:
        return
    with cloud_in_memory():
        again = PlannedRun(drawing(dataset, task, chosen), "run_2")
        again.execute()
        after = again.hashes()
        for name in chosen:
            pairs = [(before[node][port], after[node][port]) for node in (name, f"{name}_rows", f"{name}_score") for port in before[node]]
            yield _line("rerun", dataset, task, name, float(sum(one != other for one, other in pairs)), 0, "hashes that differ", len(pairs))


def _line(kind: str, dataset: str, task: str, name: str, value: float, goal: float, unit: str, n: int) -> dict[str, Any]:
    title = f"parity.{kind}.{dataset}.{type_of(name)}" + (".quantity" if task == "quantities" else "")
    return {"id": title, "value": value, "goal": goal, "unit": unit, "n": n, "ok": value <= goal}


HEAD = """# Parity

Written by `make parity`; do not edit. Every model node on seven datasets (Titanic, Iris, digits, penguins, diabetes, wine, breast cancer), as far as it can
learn their target; where a dataset has a column of quantities, too, that is learned beside it.

*Served*: rows that the run predicted and stored, asked of the serving function again; an answer counts as different if any bit
of it is. *Plain script*: figures of the run against a script in plain pandas and scikit-learn with the same seed, written in
the test; the largest relative difference. *Run again*: outputs whose SHA-256 is another when everything is computed anew.

| node | datasets | rows served | that differ | figures | largest difference | outputs run again | that differ |
|---|---|---|---|---|---|---|---|
"""


def page(lines: Sequence[Mapping[str, Any]]) -> str:
    """The table of all figures, one row a node."""
    nodes = sorted({str(line["id"]).split(".")[3] for line in lines})
    rows = [_row(f"`{node}`", [line for line in lines if str(line["id"]).split(".")[3] == node]) for node in nodes]
    return HEAD + "\n".join([*rows, _row("all", lines)]) + "\n"


def _row(title: str, lines: Sequence[Mapping[str, Any]]) -> str:
    parts = {kind: [line for line in lines if f".{kind}." in str(line["id"])] for kind in ("served", "plain", "rerun")}
    rows, figures, outputs = (sum(int(line["n"]) for line in part) for part in parts.values())
    differ, hashes = (sum(int(line["value"]) for line in parts[kind]) for kind in ("served", "rerun"))
    far = max(float(line["value"]) for line in parts["plain"])
    datasets = len({str(line["id"]).split(".")[2] for line in lines})
    return f"| {title} | {datasets} | {rows:,} | {differ} | {figures:,} | {far:.1e} | {outputs:,} | {hashes} |"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="parity", description=__doc__)
    parser.add_argument("--dataset", action="append", choices=TARGETS)
    parser.add_argument("--model", action="append", choices=MODELS)
    options = parser.parse_args(arguments)
    printed: list[dict[str, Any]] = []
    began = time.perf_counter()
    for dataset in options.dataset or TARGETS:
        for task in ("classes", "quantities", "found"):
            for line in lines_of(dataset, task, options.model or list(MODELS), rerun=True):
                sys.stdout.write(json.dumps(line) + "\n")
                sys.stdout.flush()
                printed.append(line)
    bad = sum(not line["ok"] for line in printed)
    rows = sum(line["n"] for line in printed if ".served." in line["id"])
    if not options.dataset and not options.model:
        PAGE.write_text(page(printed), "utf-8")
    sys.stderr.write(
        f"{len(printed)} figures, {bad} not as they must be; {rows:,} rows served again; {time.perf_counter() - began:.0f} s\n"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
