"""Scoring what was found without a target: clusters and odd rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, roc_auc_score, silhouette_samples

from node_containers.charts import SCATTER_POINTS, chart
from node_containers.fitting import labels
from node_containers.metrics import METRICS, headed
from node_containers.sdk import Context, Evaluation, Model, NodeError, Table
from node_containers.threads import one_thread

# Silhouettes need every distance: more rows are drawn from at random.
SILHOUETTE_ROWS = 2_000
BINS = 30


def score_groups(model: Model, table: Table, context: Context, chosen: tuple[str, ...] = ()) -> Evaluation:
    """Figures and charts of a clustering or an anomaly model on a table; the declared target, where there is one, is only compared with.

    `chosen` figures come first. Raises `NodeError` metric-unknown where one of them needs a target that is not there.
    """
    if table.frame.empty:
        raise NodeError("data-no-rows", "There is no row to score.", field="table", hint="Take a larger test share.")
    known = labels(table.view[table.target]) if table.target in table.view.columns and table.view[table.target].notna().all() else None
    found = (cluster_report if model.info["task"] == "clustering" else anomaly_report)(model, table.frame, known)
    for name in chosen:
        if name not in found.metrics:
            message = f"{METRICS[name].title} compares with a declared target, and these rows have none that fits."
            raise NodeError("metric-unknown", message, field="params.metrics", hint=f"There is {', '.join(found.metrics)}.")
    found = replace(found, metrics=headed(found.metrics, chosen))
    for name, value in found.metrics.items():
        context.metric(name, value)
    context.charts.extend(found.charts)
    context.summary = str(found.details["sentence"])
    return found


def cluster_report(model: Model, frame: pd.DataFrame, known: np.ndarray | None) -> Evaluation:
    """Silhouettes, sizes, a projection; with `known` labels, how far the clusters agree with them beyond chance."""
    matrix = np.asarray(model.pipeline.named_steps["recipe"].transform(frame))
    clusters = np.asarray(model.pipeline.named_steps["model"].predict(matrix))
    silhouettes, of = _silhouettes(matrix, clusters)
    names, sizes = np.unique(clusters, return_counts=True)
    means = [float(silhouettes[of == one].mean()) if (of == one).any() and len(silhouettes) else None for one in names]
    average = float(silhouettes.mean()) if len(silhouettes) else None
    metrics: dict[str, float | None] = {"silhouette": average}
    undefined = {} if average is not None else {"silhouette": "all rows lie in one cluster, or each in one of its own"}
    words = f"{len(names)} clusters of {sizes.min():,} to {sizes.max():,} rows" + ("" if average is None else f", silhouette {average:.2f}")
    if known is not None:
        metrics["adjusted_rand"] = float(adjusted_rand_score(known, clusters))
        metrics["mutual_information"] = float(normalized_mutual_info_score(known, clusters))
        words += f"; agreement with the declared target {metrics['adjusted_rand']:.2f} of 1"
    sizes_chart = chart("clusters", clusters=[str(one) for one in names], rows=sizes.tolist(), silhouette=means, average=average)
    charts = [_projection(matrix, clusters, getattr(model.pipeline.named_steps["model"], "cluster_centers_", None)), sizes_chart]
    return Evaluation(metrics, charts, undefined, {"rows": len(frame), "sentence": words})


def sweep(matrix: np.ndarray, settings: dict[str, Any], most: int, context: Context) -> tuple[list[int], list[float]]:
    """The mean silhouette for every number of clusters from 2 on; it ends where there are no more different rows than clusters."""
    sizes, found = [], []
    for size in range(2, min(most, len(np.unique(matrix, axis=0)) - 1) + 1):
        context.progress(f"{size} clusters")
        with one_thread():
            clusters = KMeans(**{**settings, "n_clusters": size}).fit_predict(matrix)
        silhouettes, _ = _silhouettes(matrix, clusters)
        sizes.append(size)
        found.append(float(silhouettes.mean()) if len(silhouettes) else 0.0)
    if not sizes:
        message = "There are too few different rows to compare numbers of clusters."
        raise NodeError("clusters-too-many", message, field="params.compare_up_to", hint="Leave it open, or take more rows.")
    return sizes, found


def anomaly_report(model: Model, frame: pd.DataFrame, known: np.ndarray | None) -> Evaluation:
    """Share of odd rows and how the scores spread; with two `known` labels, how well the scores rank the rarer one above the other."""
    matrix = np.asarray(model.pipeline.named_steps["recipe"].transform(frame))
    estimator = model.pipeline.named_steps["model"]
    # Higher is odder, and zero is the limit: the opposite of scikit-learn's decision function.
    oddness = -np.asarray(estimator.decision_function(matrix))
    odd = np.asarray(estimator.predict(matrix)) == -1
    counts, edges = np.histogram(oddness, bins=BINS)
    metrics: dict[str, float | None] = {"odd_share": float(odd.mean())}
    words = f"{int(odd.sum()):,} of {len(odd):,} rows are odd"
    if known is not None and len(values := np.unique(known, return_counts=True)[0]) == 2:
        rare = values[np.argmin(np.unique(known, return_counts=True)[1])]
        metrics["roc_auc"] = float(roc_auc_score(known == rare, oddness))
        words += f"; “{rare}” of the declared target is ranked above the rest with an AUC of {metrics['roc_auc']:.2f}"
    spread = chart("histogram", title="How odd the rows are; above the mark they count as odd", column="oddness", edges=edges.tolist(), mark=0.0,
                   series=[{"name": "rows", "counts": counts.tolist()}])  # fmt: skip
    charts = [spread, _projection(matrix, np.where(odd, "odd", "usual"), None)]
    return Evaluation(metrics, charts, {}, {"rows": len(frame), "sentence": words})


def _silhouettes(matrix: np.ndarray, clusters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Silhouette of each row that was looked at, and its cluster; none where there are not at least two clusters of different rows."""
    rows = _some_rows(len(clusters), SILHOUETTE_ROWS)
    of = clusters[rows]
    if not 2 <= len(np.unique(of)) < len(of):
        return np.zeros(0), of
    return silhouette_samples(matrix[rows], of), of


def _projection(matrix: np.ndarray, groups: np.ndarray, centres: Any) -> dict[str, Any]:
    """The two directions of the largest spread."""
    if matrix.shape[1] < 2 or len(matrix) < 2:
        flat = np.column_stack([matrix[:, 0], np.zeros(len(matrix))])
        places, explained, middle = flat, [1.0, 0.0], None
    else:
        plane = PCA(2, svd_solver="full").fit(matrix)
        places, explained = plane.transform(matrix), np.nan_to_num(plane.explained_variance_ratio_).tolist()
        middle = None if centres is None else plane.transform(centres)
    rows = _some_rows(len(matrix), SCATTER_POINTS)
    found = [{"group": str(group), "x": float(at[0]), "y": float(at[1])} for group, at in enumerate(middle)] if middle is not None else []
    shown = {"x": places[rows, 0].tolist(), "y": places[rows, 1].tolist(), "groups": [str(one) for one in groups[rows]]}
    return chart("projection", **shown, explained=explained, total=len(matrix), centres=found)


def _some_rows(rows: int, most: int) -> np.ndarray:
    """All rows, or so many spread evenly."""
    return np.unique(np.linspace(0, rows - 1, most).round().astype(int)) if rows > most else np.arange(rows)
