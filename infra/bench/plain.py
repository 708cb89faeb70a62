"""The floor: the nine-node drawing as anybody would write it in one file with pandas and scikit-learn. It stores nothing and shows nothing.

Run as a script of its own, imports included, because that is what a person waits for. The last line of its output is JSON: the figures it found, the
seconds of processor it took, and the most memory it held.
"""

import json
import resource
import sys
from typing import Any

import pandas as pd
from sklearn import metrics as scores
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

# A text column with more values than this names rows rather than describing them.
MANY = 50


def prepared(estimator: Any, scaled: bool, train: pd.DataFrame) -> Any:
    numbers = [SimpleImputer(strategy="median"), *([StandardScaler()] if scaled else [])]
    texts = [SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)]
    kinds = {name: pd.api.types.is_numeric_dtype(train[name]) for name in train}
    telling = [name for name, number in kinds.items() if not number and train[name].nunique() <= MANY]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(*numbers), [name for name, number in kinds.items() if number]),
            ("texts", make_pipeline(*texts), telling),
        ]
    )
    return make_pipeline(columns, estimator)


def scored(model: Any, features: pd.DataFrame, truth: pd.Series) -> dict[str, float]:
    share = model.predict_proba(features)
    # What `predict` says, without asking the model again: the larger share, and the first class where both are equal, as in many leaves of a tree.
    predicted = share.argmax(axis=1)
    fpr, tpr, _ = scores.roc_curve(truth, share[:, 1])
    found = {
        "accuracy": scores.accuracy_score(truth, predicted),
        "balanced_accuracy": scores.balanced_accuracy_score(truth, predicted),
        "precision": scores.precision_score(truth, predicted),
        "recall": scores.recall_score(truth, predicted),
        "f1": scores.f1_score(truth, predicted),
        # XGBoost answers in single precision, whose shares miss one by a rounding error.
        "log_loss": scores.log_loss(truth, share.astype(float)),
        "roc_auc": scores.auc(fpr, tpr),
    }
    scores.confusion_matrix(truth, predicted)
    return {name: float(value) for name, value in found.items()}


def main() -> None:
    path, target = sys.argv[1:3]
    frame = pd.read_csv(path)
    features, truth = frame.drop(columns=target), frame[target]
    train, test, train_truth, test_truth = train_test_split(features, truth, test_size=0.25, random_state=42)
    models = {
        "logreg": prepared(LogisticRegression(), True, train),
        "tree": prepared(DecisionTreeClassifier(random_state=42, max_depth=8), False, train),
        "xgboost": prepared(XGBClassifier(n_jobs=1, tree_method="hist"), False, train),
    }
    found = {name: scored(model.fit(train, train_truth), test, test_truth) for name, model in models.items()}
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"figures": found, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))  # noqa: T201


if __name__ == "__main__":
    main()
