"""Find clusters with k-means."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field
from sklearn.cluster import KMeans

from node_containers.fitting import fit_unsupervised
from node_containers.scoring.unsupervised import cluster_report, sweep
from node_containers.sdk import AnyModel, Context, NodeError, NodeParams, TrainTable, advanced, node, seed

Tries = Annotated[int, Field(ge=1, le=1_000)]


class Params(NodeParams):
    n_clusters: int = Field(8, ge=1, le=1_000, title="Clusters", description="How many groups to find.")
    init: Literal["k-means++", "random"] = advanced("k-means++", title="Start", description="How the first centres are chosen.")
    n_init: Literal["auto"] | Tries = advanced(
        "auto", title="Tries", description="How many starts; the best is kept. “auto”: 1 or 10, by start."
    )
    max_iter: int = advanced(300, ge=1, le=100_000, title="Iterations", description="How long each try may search at most.")
    tol: float = advanced(1e-4, gt=0, le=1, title="Tolerance", description="The search ends when the centres move less.")
    compare_up_to: int | None = Field(
        None,
        ge=2,
        le=50,
        title="Compare up to",
        description="Also try every number of clusters up to this, and show how well each parts the rows.",
    )
    random_state: int = seed(description="The same seed finds the same clusters.")

    @property
    def settings(self) -> dict[str, Any]:
        """What goes to the estimator."""
        return self.model_dump(exclude={"compare_up_to"})


@node(title="K-means", group="Models", family="train", icon="chart-bubble")
def train_kmeans(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Find groups of rows that are alike, without a target; a new row belongs to the group with the nearest centre.

    Scale the columns first: a column with large numbers would decide alone. The declared target of the dataset is not looked at; Evaluate compares
    the groups with it afterwards.
    """
    if len(table.frame) < params.n_clusters:
        message = f"{params.n_clusters} clusters are asked for; there are {len(table.frame)} rows."
        raise NodeError("clusters-too-many", message, field="params.n_clusters", hint="Ask for fewer clusters.")
    model = fit_unsupervised(table, context, KMeans(**params.settings), task="clustering", gives="cluster", by_distance=True)
    report = cluster_report(model, table.frame, None)
    context.charts.extend(report.charts)
    context.metric("inertia", float(model.pipeline.named_steps["model"].inertia_))
    context.metric("silhouette", report.metrics["silhouette"])
    context.summary = str(report.details["sentence"])
    if params.compare_up_to:
        matrix = np.asarray(model.pipeline.named_steps["recipe"].transform(table.frame))
        sizes, silhouettes = sweep(matrix, params.settings, params.compare_up_to, context)
        best = sizes[int(np.argmax(silhouettes))]
        context.chart(
            "line",
            title="How many clusters?",
            x=[float(size) for size in sizes],
            x_title="clusters",
            y_title="silhouette",
            series=[{"name": "silhouette", "values": silhouettes}],
        )
        context.metric("best_clusters", float(best))
        context.summary += f"; of 2 to {sizes[-1]} clusters, {best} part the rows best (silhouette {max(silhouettes):.2f})"
    return model
