"""Find clusters with k-means."""

from typing import Annotated, Literal

from pydantic import Field
from sklearn.cluster import KMeans

from node_containers.fitting import fit_unsupervised
from node_containers.scoring.unsupervised import cluster_report
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
    random_state: int = seed(description="The same seed finds the same clusters.")


@node(title="K-means", group="Models", family="train", icon="chart-bubble")
def train_kmeans(table: TrainTable, params: Params, context: Context) -> AnyModel:
    """Find groups of rows that are alike, without a target; a new row belongs to the group with the nearest centre.

    Scale the columns first: a column with large numbers would decide alone. The declared target of the dataset is not looked at; Evaluate compares
    the groups with it afterwards.
    """
    if len(table.frame) < params.n_clusters:
        message = f"{params.n_clusters} clusters are asked for; there are {len(table.frame)} rows."
        raise NodeError("clusters-too-many", message, field="params.n_clusters", hint="Ask for fewer clusters.")
    model = fit_unsupervised(table, context, KMeans(**params.model_dump()), task="clustering", gives="cluster")
    report = cluster_report(model, table.frame, None)
    context.charts.extend(report.charts)
    context.metric("inertia", float(model.pipeline.named_steps["model"].inertia_))
    context.metric("silhouette", report.metrics["silhouette"])
    context.summary = str(report.details["sentence"])
    return model
