"""Warnings about columns that decide alone how far rows are from each other."""

import numpy as np
import pandas as pd

from node_containers import samples
from node_containers.nodes import evaluate, scale, text_features, train_kmeans, train_svm, train_test_split
from node_containers.sdk import Context, Table


def test_a_column_that_decides_all_distances_is_warned_of() -> None:
    table = Table(samples.load("tickets"), target="subject")
    train, test, _ = train_test_split.train_test_split(table, train_test_split.Params(stratify="subject"), Context())
    words = text_features.text_features(train, text_features.Params(columns=["text"]), Context())
    found = {}
    for name, given in {
        "bare": words,
        "scaled": scale.scale(words, scale.Params(columns=["words"]), Context()),
        "text": words.with_frame(train.frame.drop(columns="words")),
    }.items():
        context = Context()
        model = train_svm.train_svm(given, train_svm.Params(), context)
        report = evaluate.evaluate(model, test, evaluate.Params(bootstrap=0), Context())
        found[name] = (report.metrics["accuracy"], [one["message"] for one in context.warnings if one["code"] == "scale-differs"])
    assert found["bare"][1][0].startswith("“words” makes up 9")
    assert found["scaled"][1] == found["text"][1] == []
    assert min(found["text"][0], found["scaled"][0]) > found["bare"][0] + 0.2


def test_columns_of_like_width_are_not_warned_of() -> None:
    draw = np.random.default_rng(5)
    alike = pd.DataFrame(
        {"a": draw.normal(size=200), "b": draw.normal(scale=2, size=200), "c": draw.normal(size=200), "flag": draw.random(200) < 0.02}
    )
    apart = alike.assign(a=1_000 * alike["a"])
    for frame, warned in ((alike, False), (apart, True)):
        context = Context()
        train_kmeans.train_kmeans(Table(frame.assign(flag=frame["flag"].astype("int64"))), train_kmeans.Params(n_clusters=2), context)
        assert ("scale-differs" in {one["code"] for one in context.warnings}) == warned
